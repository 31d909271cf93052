"""What the page about combinations places: each rule as a card, the search in words, single conditions, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.types import Role
from churn.models import RiskRule, RuleQuarter
from churn.monday.expected import expected_of
from churn.rules.conditions import BadConditionError, read_condition
from churn.rules.listing import Matching, Told, safety
from churn.rules.validated import Matched
from churn.types import RuleState
from csm_portal.lib.estimates import share
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.rules.words import condition_words, facts_in_words, name_of, nothing_why, refused_why, retired_why

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account that a rule matches, or nearly: its figures, and of a near one what is missing."""

    name: str
    href: str
    owner: str
    amount: str
    due_on: date | None
    facts: list[str]
    missing: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Renewals that matched in one half, in words: `37 matched, 26 lost`, `70%`, `54–83`, `3.7 × 19%`. `bar` is the rate of 100."""

    counted: str
    rate: str
    interval: str
    against: str
    bar: int
    days: str


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """One quarter of a rule's life. `verdict`: above or under the base, or too few to tell; `bar` and `base_bar` are of 100."""

    quarter: str
    n: int
    lost: int
    rate: str
    base: str
    bar: int
    base_bar: int
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """A rule as the page shows it. `loaded`: its accounts and its life are here; else they come when it is opened."""

    pk: int
    name: str
    phrases: list[str]
    state: str
    mark: str
    tone: str
    note: str
    found: Rate
    checked: Rate
    q: str
    n: int
    amount: str
    expected: str
    few: str
    accounts: list[AccountLine]
    n_near: int
    near: list[AccountLine]
    quarters: list[QuarterLine]
    may_retire: bool
    may_withdraw: bool
    loaded: bool


@dataclass(frozen=True, slots=True)
class SingleLine:
    """A single condition on all renewals; `under`: it lies under the base rate."""

    phrase: str
    n: int
    lost: int
    rate: str
    interval: str
    lift: str
    under: bool


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A figure that stands in no combination, or of which a part was hidden."""

    name: str
    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page places. `nothing`: why there is no rule; `searched`: what was looked at, in sentences."""

    searched_on: date | None
    searched: list[str]
    nothing: str
    found: list[Card]
    own: list[Card]
    retired: list[Card]
    singles: list[SingleLine]
    refused: list[RefusedLine]
    base: str


def page(told: Told, user: User) -> Page:
    """The page of one viewer. Rules and their rates are the installation's; accounts are those the viewer sees."""
    cards = [(rule, card(rule, told, user)) for rule in told.rules]
    safest = sorted(cards, key=lambda one: (-safety(one[0]), one[0].pk))
    body = told.search.body if told.search else {}
    return Page(
        searched_on=told.search.as_of if told.search else None,
        searched=searched_words(body) if body else [],
        nothing=nothing_why(body.get("why", ""), body.get("lost", 0), body.get("history", 0)) if body else "",
        found=[one for rule, one in safest if rule.state == RuleState.VALIDATED and rule.author_id is None],
        own=[one for rule, one in safest if rule.state != RuleState.RETIRED and rule.author_id is not None],
        retired=[one for rule, one in cards if rule.state == RuleState.RETIRED],
        singles=single_lines(body),
        refused=refused_lines(body),
        base=words.percent(body.get("base")),
    )


def card(rule: RiskRule, told: Told, user: User) -> Card:
    """One rule with its accounts and its life."""
    figures = rule.figures
    now, near = told.now.get(rule.pk, Matching()), told.near.get(rule.pk, Matching())
    loaded = rule.pk == told.open_rule
    leads = user.role in {Role.MANAGER, Role.ADMIN}
    mark, tone = _mark(rule)
    return Card(
        pk=rule.pk,
        name=rule.name,
        phrases=phrases(rule.conditions),
        state=rule.state,
        mark=mark,
        tone=tone,
        note=_note(rule),
        found=_rate(figures, "", "support", "found"),
        checked=_rate(figures, "holdout_", "holdout_n", "checked"),
        q=_small(figures.get("q_value")),
        n=now.n,
        amount=words.money(now.amount, settings.REPORTING_CURRENCY) if now.n else "",
        expected=expected_words(now.n, figures) if rule.state == RuleState.VALIDATED else "",
        few="" if rule.state != RuleState.UNPROVEN else _unproven(figures),
        accounts=[account_line(one) for one in now.first] if loaded else [],
        n_near=near.n,
        near=[account_line(one) for one in near.first] if loaded else [],
        quarters=[_quarter(one) for one in told.quarters.get(rule.pk, ())],
        may_retire=leads,
        may_withdraw=rule.author_id is not None and (rule.author_id == user.pk or user.role == Role.ADMIN),
        loaded=loaded,
    )


def phrases(bodies: Sequence[Mapping[str, Any]]) -> list[str]:
    """Stored conditions as phrases; one that this release does not know by its spelling."""
    told = []
    for body in bodies:
        try:
            told.append(condition_words(read_condition(body)))
        except BadConditionError:
            told.append(" ".join(str(part) for part in body.values()))
    return told


def expected_words(n: int, figures: Mapping[str, Any]) -> str:
    """`about 20 (13–27) of these 36 will leave unless you act`; empty where nothing was checked."""
    checked = figures.get("holdout_n") or 0
    if not n or not checked:
        return ""
    told = expected_of([(checked, figures.get("holdout_lost") or 0)] * n)
    text = ngettext(
        "Of this %(n)s account about %(count)s (%(low)s–%(high)s) will leave unless you act.",
        "Of these %(n)s accounts about %(count)s (%(low)s–%(high)s) will leave unless you act.",
        n,
    )
    return text % {"n": words.number(n), "count": words.number(told.count), "low": told.low, "high": told.high}


def account_line(one: Matched) -> AccountLine:
    """An account in words."""
    met = [fact for fact in one.facts if fact.get("met")]
    missed = [fact for fact in one.facts if not fact.get("met")]
    return AccountLine(
        name=one.name,
        href=account_address(one.external_id),
        owner=one.owner,
        amount=words.money(one.amount, settings.REPORTING_CURRENCY),
        due_on=one.due_on,
        facts=facts_in_words(met, one.facts),
        missing="; ".join(facts_in_words(missed, one.facts)) if one.near else "",
    )


def searched_words(body: Mapping[str, Any]) -> list[str]:
    """What the last search looked at, a sentence each."""
    out = body.get("left_out", {})
    sentences = [
        _("%(n)s closed renewals, %(lost)s lost (%(base)s), each seen 90 days ahead with what was recorded by then.")
        % {"n": words.number(body["n"]), "lost": words.number(body["lost"]), "base": words.percent(body.get("base"))}
    ]
    if body.get("candidates"):
        text = _(
            "%(features)s figures, %(conditions)s conditions, %(tried)s combinations tried; %(passed)s stood out, "
            "%(checked)s distinct ones were checked, %(held)s held."
        )
        sentences.append(
            text
            % {
                "features": body["features"],
                "conditions": len(body["conditions"]),
                "tried": words.number(body["candidates"]),
                "passed": words.number(body["passed"]),
                "checked": body["checked"],
                "held": body["validated"],
            }
        )
    asides = [
        (out.get("before_use", 0), _("%(n)s seen before four weeks of use were recorded")),
        (out.get("involuntary", 0), _("%(n)s involuntary losses")),
        (out.get("known_before", 0), _("%(n)s whose outcome was known before")),
    ]
    told = [text % {"n": words.number(n)} for n, text in asides if n]
    if told:
        sentences.append(_("Left out: %(what)s.") % {"what": ", ".join(told)})
    return sentences


def single_lines(body: Mapping[str, Any]) -> list[SingleLine]:
    """The single conditions of a search, the highest rate first."""
    base = body.get("base") or 0
    lines = []
    for one in body.get("singles", ()):
        (phrase,) = phrases([one["condition"]])
        rate = share(one["lost"], one["n"])
        lines.append(
            SingleLine(
                phrase=phrase,
                n=one["n"],
                lost=one["lost"],
                rate=words.percent(rate.value),
                interval=_interval(rate.low, rate.high),
                lift=words.number(rate.value / base, 1) if rate.value is not None and base else words.UNKNOWN,
                under=rate.value is not None and rate.value < base,
            )
        )
    return lines


def refused_lines(body: Mapping[str, Any]) -> list[RefusedLine]:
    """What was refused or partly hidden, and why."""
    lines = []
    for one in body.get("refused", ()):
        details = []
        if one["late"]:
            told = _("recorded late for %(late)s of %(figures)s renewals")
            details.append(told % {"late": words.number(one["late"]), "figures": words.number(one["figures"])})
        if one["auc_later"] is not None and one["auc_later"] != one["auc"]:
            details.append(_("with it AUC %(auc)s") % {"auc": words.number(one["auc_later"], 2)})
        elif one["auc"] is not None:
            details.append(_("AUC %(auc)s") % {"auc": words.number(one["auc"], 2)})
        lines.append(RefusedLine(name_of(one["feature"]), refused_why(one["why"]), ", ".join(details)))
    return lines


def _mark(rule: RiskRule) -> tuple[str, str]:
    if rule.state == RuleState.VALIDATED:
        return _("confirmed"), "green"
    return (_("unproven"), "amber") if rule.state == RuleState.UNPROVEN else (_("retired"), "unknown")


def _note(rule: RiskRule) -> str:
    if rule.state == RuleState.RETIRED:
        who = str(rule.retired_by) if rule.retired_by else _("by its figures")
        return _("Retired: %(why)s (%(who)s).") % {"why": retired_why(rule.retired_why), "who": who}
    return _("Written by %(who)s.") % {"who": rule.author} if rule.author else ""


def _unproven(figures: Mapping[str, Any]) -> str:
    if not figures.get("support") and not figures.get("holdout_n"):
        return _("No past renewal met these conditions: nothing is known of such accounts yet.")
    return _("Unproven: it counts for nothing until the weekly search confirms it in both halves of the renewals.")


def _rate(figures: Mapping[str, Any], prefix: str, n: str, half: str) -> Rate:
    rate, base = figures.get(f"{prefix}rate"), figures.get(f"{prefix}base")
    counted = _("%(n)s matched, %(lost)s lost")
    lift = figures.get("holdout_lift" if prefix else "lift")
    against = (
        _("%(lift)s times the %(base)s of all") % {"lift": words.number(lift, 1), "base": words.percent(base)} if lift is not None else ""
    )
    if not prefix and figures.get("expected_lift") is not None:
        told = _("chosen among many for being high: %(lift)s times is to be expected later")
        against = f"{against}; {told % {'lift': words.number(figures['expected_lift'], 1)}}"
    days = [figures.get(f"{half}_from"), figures.get(f"{half}_to")]
    return Rate(
        counted=counted % {"n": figures.get(n) or 0, "lost": figures.get(f"{prefix}lost") or 0},
        rate=words.percent(rate),
        interval=_interval(figures.get(f"{prefix}low"), figures.get(f"{prefix}high")),
        against=against,
        bar=round(100 * (rate or 0)),
        days=" – ".join(words.day(date.fromisoformat(day)) for day in days if day),
    )


def _quarter(one: RuleQuarter) -> QuarterLine:
    rate, base = share(one.lost, one.n), share(one.base_lost, one.base_n)
    verdict, tone = _("none matched"), "unknown"
    if rate.value is not None and base.value is not None:
        verdict, tone = (_("above the base"), "red") if rate.value > base.value else (_("not above the base"), "green")
    return QuarterLine(
        quarter=one.quarter.replace("-", " "),
        n=one.n,
        lost=one.lost,
        rate=words.percent(rate.value),
        base=words.percent(base.value),
        bar=round(100 * (rate.value or 0)),
        base_bar=round(100 * (base.value or 0)),
        verdict=verdict,
        tone=tone,
    )


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{words.number(100 * low)}–{words.percent(high)}"


def _small(q: float | None) -> str:
    if q is None:
        return words.UNKNOWN
    return "< 0.001" if q < 0.001 else words.number(q, 3)
