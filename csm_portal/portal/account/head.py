"""The head of an account's page and the facts beside it: what one must know before saying hello."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from csm_portal.portal import evidence, strip, words
from csm_portal.portal.account import kinds
from csm_portal.portal.book.rows import change_of, month_of, reason_of, set_by_hand, week_of
from csm_portal.portal.book.shown import Change, Period
from csm_portal.portal.night.notice import stale_text
from csm_portal.portal.value import words as named
from health.types import DayFlag, Level
from health.value.seat_quality import seats_unnamed

if TYPE_CHECKING:
    from accounts.models import Account
    from health.models import AccountState

# A decision nearer than this asks for attention, as in the book.
SOON_DAYS = 30
STALE_RATING_DAYS = 90


@dataclass(frozen=True)
class When:
    """A day with its distance from today in words; `late` asks for attention."""

    on: date | None
    day: str
    note: str
    late: bool = False


@dataclass(frozen=True)
class Head:
    """Marks and figures at the top; built of the state, so it costs no query."""

    level: str
    level_word: str
    flags: str
    band: str
    band_word: str
    outcome: str
    outcome_word: str
    paying: bool
    by_hand: str
    mrr: str
    renewal: When | None
    decision: When | None
    contact: When
    rating: When
    states: list[tuple[str, str, str]]
    stale: str


@dataclass(frozen=True)
class Standing:
    """Where they stand: the last 28 days, week and month against their bars, seats, and the score with its parts."""

    strip: strip.Strip
    strip_text: str
    strip_known: str
    periods: list[Period]
    active: str
    activated: str
    purchased: str
    activation: str
    activation_share: float
    active_share: float
    score: str
    change: Change | None
    machine: str
    human: str
    coverage: str
    reason: str
    caps: list[str]
    activity_version: int | None
    health_version: int | None


@dataclass(frozen=True)
class Fact:
    """One attribute. `field` names what may be changed by hand; empty: files alone bring it."""

    label: str
    value: str
    field: str = ""
    on: date | None = None


def head(state: AccountState, today: date) -> Head:
    """The head of the page."""
    return Head(
        level=Level(state.level).word,
        level_word=words.level(Level(state.level).word),
        flags="; ".join(words.flag(word) for word in DayFlag(state.flags).words),
        band=state.band,
        band_word=words.band(state.band),
        outcome=state.outcome_status or "none",
        outcome_word=words.outcome(state.outcome_status),
        paying=state.paying,
        by_hand=set_by_hand(state),
        mrr=words.money(state.mrr, state.currency) if state.mrr is not None else _("unknown: a rate is missing"),
        renewal=_coming(state.renewal_on, today),
        decision=_coming(state.decision_on, today),
        contact=_past(state.last_contact_on, today),
        rating=_rated(state, today),
        states=named.of(state),
        stale=stale_text(state),
    )


def standing(state: AccountState) -> Standing:
    """Figures of the state in words. Unknown ones say so."""
    drawn = strip.draw(state.strip)
    purchased, activated = state.seats_purchased, state.seats_activated
    return Standing(
        strip=drawn,
        strip_text=_("%(n)d days to %(day)s: %(levels)s")
        % {"n": len(state.strip), "day": words.day(state.as_of), "levels": words.counts_of_levels(drawn.days)},
        strip_known=words.percent(sum(day != "U" for day in state.strip) / len(state.strip)) if state.strip else "",
        periods=[week_of(state), month_of(state)],
        active=_("unknown") if seats_unnamed(state) else words.number(state.seats_active),
        activated=words.number(activated),
        purchased=words.number(purchased) if purchased else _("unknown"),
        activation=words.percent(activated / purchased) if purchased else _("unknown: no contract says how many seats were bought"),
        activation_share=min(100.0, 100 * activated / purchased) if purchased else 0.0,
        active_share=min(100.0, 100 * state.seats_active / purchased) if purchased else 0.0,
        score=words.score(state.score) if state.score is not None else _("unknown"),
        change=change_of(state.score_change_30d),
        machine=words.score(state.machine) if state.machine is not None else _("unknown"),
        human=words.score(state.human) if state.human is not None else _("unknown"),
        coverage=words.percent(state.coverage),
        reason=reason_of(state.top_reason),
        caps=[evidence.cap_in_words(cap) for cap in state.caps],
        activity_version=state.activity_version,
        health_version=state.health_version,
    )


def facts(account: Account, state: AccountState | None) -> list[Fact]:
    """Who they are; what is not known is left out, but for what can be entered here."""
    weeks, fits = kinds.WORK_WEEKS, kinds.FITS
    region = ", ".join(part for part in (account.region, account.country) if part)
    parent, payer = account.parent, account.counts_for
    found = [
        Fact(_("Account id"), account.external_id),
        Fact(_("Part of"), parent.name if parent else ""),
        Fact(_("Counts for"), payer.name if payer else ""),
        Fact(_("Co-owner"), account.co_owner.get_full_name() if account.co_owner else "", "co_owner"),
        Fact(_("Team"), str(account.team) if account.team else ""),
        Fact(_("Industry"), words.readable(account.industry)),
        Fact(_("Region"), region),
        Fact(_("Stage"), words.readable(account.lifecycle_stage), "stage"),
        Fact(_("Tier"), words.readable(account.tier), "tier"),
        Fact(_("Plan"), words.readable((state.plan if state else "") or account.plan)),
        Fact(_("Tags"), ", ".join(account.tags), "tags"),
        Fact(_("Fit"), str(fits.get(account.fit, ""))),
        Fact(_("Employees"), words.number(account.employees) if account.employees is not None else ""),
        Fact(_("Domain"), account.domain),
        Fact(_("Time zone"), account.timezone),
        Fact(_("Work week"), str(weeks.get(account.work_week, account.work_week))),
        Fact(_("Customer since"), words.day(account.onboarded_on) if account.onboarded_on else "", on=account.onboarded_on),
        Fact(_("Live since"), words.day(account.went_live_on) if account.went_live_on else "", on=account.went_live_on),
    ]
    return [fact for fact in found if fact.value or fact.field]


def _coming(on: date | None, today: date) -> When | None:
    return None if on is None else When(on, words.day(on), words.until(on, today), (on - today).days < SOON_DAYS)


def _rated(state: AccountState, today: date) -> When:
    """The last rating; one that the figures do not know yet says so."""
    when = _past(state.rated_on, today, STALE_RATING_DAYS)
    if state.rated_on is None or state.rated_on <= state.as_of:
        return when
    return replace(when, note=_("%(rated)s: counts from the next night") % {"rated": when.note})


def _past(on: date | None, today: date, limit: int | None = None) -> When:
    late = limit is not None and (on is None or (today - on).days > limit)
    return When(on, words.day(on) if on else "", words.ago(on, today), late)
