"""A row of the book as it is shown: every figure already in words, so the template only places it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from csm_portal.portal import evidence, strip, words
from csm_portal.portal.addresses import account_address
from health.reasons import reason_words
from health.types import DayFlag, Level

if TYPE_CHECKING:
    from health.models import AccountState

FALLING, RISING = -0.5, 0.5
SOON_DAYS = 30
# A decision date further off than this would only crowd the row.
DECIDE_DAYS = 60
STALE_RATING_DAYS = 90


@dataclass(frozen=True)
class Period:
    """Week or month of an account against its bar."""

    name: str
    days: str
    state: str
    icon: str
    note: str


@dataclass(frozen=True)
class Change:
    """A signed change and which way it points: `up`, `down` or `flat`."""

    text: str
    way: str


@dataclass(frozen=True)
class Dated:
    """A day with its distance from today, and whether it asks for attention."""

    day: str
    note: str
    late: bool = False


@dataclass(frozen=True)
class BookRow:
    """One account of the book."""

    name: str
    external_id: str
    href: str
    subtitle: str
    paying: bool
    level: str
    level_word: str
    flags: str
    strip: strip.Strip
    strip_text: str
    periods: list[Period]
    score: str
    band: str
    band_word: str
    change: Change | None
    parts: str
    parts_text: str
    reason: str
    outcome: str
    outcome_word: str
    mrr: str
    seats: str
    activation: str
    renewal: Dated | None
    rating: Dated
    contact: Dated
    tickets: int
    owner: str


def book_row(state: AccountState, today: date) -> BookRow:
    """The row of one state. Unknown figures are a dash and named unknown, never zero."""
    account = state.account
    drawn = strip.draw(state.strip)
    return BookRow(
        name=account.name,
        external_id=account.external_id,
        href=account_address(account.external_id),
        subtitle=" · ".join(part for part in (account.industry, state.plan or account.plan, account.tier) if part),
        paying=state.paying,
        level=Level(state.level).word,
        level_word=words.level(Level(state.level).word),
        flags="; ".join(words.flag(word) for word in DayFlag(state.flags).words),
        strip=drawn,
        strip_text=_("%(n)d days to %(day)s: %(levels)s")
        % {"n": len(state.strip), "day": words.day(state.as_of), "levels": words.counts_of_levels(drawn.days)},
        periods=[week_of(state), month_of(state)],
        score=words.score(state.score),
        band=state.band,
        band_word=words.band(state.band),
        change=change_of(state.score_change_30d),
        parts=f"{words.score(state.machine)} · {words.score(state.human)} · {words.percent(state.coverage)}",
        parts_text=parts_of(state),
        reason=reason_of(state.top_reason),
        outcome=state.outcome_status or "none",
        outcome_word=words.outcome(state.outcome_status),
        mrr=words.money(state.mrr, state.currency),
        seats=f"{state.seats_active:,} / {state.seats_activated:,} / {state.seats_purchased:,}",
        activation=activation_of(state.seats_activated, state.seats_purchased),
        renewal=renewal_of(state, today),
        rating=Dated(words.day(state.rated_on), words.ago(state.rated_on, today), _old(state.rated_on, today, STALE_RATING_DAYS)),
        contact=Dated(words.day(state.last_contact_on), words.ago(state.last_contact_on, today)),
        tickets=state.open_tickets,
        owner=account.owner.get_full_name() if account.owner else "",
    )


def reason_of(reason: Mapping[str, Any]) -> str:
    """The top reason in words; one stored by an older release without a fact it now needs names its facet only."""
    try:
        return reason_words(reason)
    except (KeyError, TypeError, ValueError):
        return evidence.facet_name(str(reason.get("code", "")))


def week_of(state: AccountState) -> Period:
    """The running week."""
    word, icon = _state(state.week_active, can_reach=True)
    return Period(_("Week"), _days(state.week_days, state.week_bar), word, icon, word)


def month_of(state: AccountState) -> Period:
    """The running month with its pace."""
    word, icon = _state(state.month_active, can_reach=state.month_can_reach)
    note = words.pace(state.month_days, state.month_bar, state.month_days_left, active=state.month_active, can_reach=state.month_can_reach)
    return Period(_("Month"), _days(state.month_days, state.month_bar), word, icon, note)


def change_of(value: Any) -> Change | None:
    """Change of the score in 30 days; None where either side is unknown."""
    if value is None:
        return None
    way = "down" if value < FALLING else "up" if value > RISING else "flat"
    return Change(words.signed(value, 1), way)


def parts_of(state: AccountState) -> str:
    """Machine and human part with the coverage."""
    return _("system %(machine)s · CSM %(human)s · %(coverage)s covered") % {
        "machine": words.score(state.machine),
        "human": words.score(state.human),
        "coverage": words.percent(state.coverage),
    }


def activation_of(activated: int, purchased: int) -> str:
    """Activated of purchased seats, as a share."""
    if not purchased:
        return _("activation rate unknown")
    return _("%(share)s activated") % {"share": words.percent(activated / purchased)}


def renewal_of(state: AccountState, today: date) -> Dated | None:
    """The next renewal, overdue ones first; None where nothing is due."""
    if state.renewal_on is None:
        return None
    late = ((state.decision_on or state.renewal_on) - today).days < SOON_DAYS
    note = words.until(state.renewal_on, today)
    if state.decision_on and state.decision_on != state.renewal_on and (state.decision_on - today).days < DECIDE_DAYS:
        note = f"{note} · {words.decision(state.decision_on, today)}"
    return Dated(words.day(state.renewal_on), note, late)


def _old(day: date | None, today: date, limit: int) -> bool:
    return day is None or (today - day).days > limit


def _days(days: int, bar: int | None) -> str:
    return f"{days}/{words.UNKNOWN if bar is None else bar}"


def _state(active: bool | None, *, can_reach: bool) -> tuple[str, str]:
    if active is None:
        return _("unknown"), "help"
    if active:
        return _("active"), "circle-check"
    return (_("not yet active"), "circle-dashed") if can_reach else (_("not active"), "circle-minus")
