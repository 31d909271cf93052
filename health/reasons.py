"""The one reason shown beside a score: what holds the band, what is missing, or the facet that costs the most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from health import band_words
from health.caps import FACT_SOURCES, HUMAN_FACETS, parse_conditions
from health.types import Band

Facts = Mapping[str, Any]


def top_reason(facets: Mapping[str, Facts], caps: Sequence[Facts], band: str, as_of: date) -> dict[str, Any]:
    """`{code, …facts}` of the reason that matters most; empty where nothing costs anything.

    In this order: an override in force, the cap that holds the band lowest, for an unknown score the heaviest missing facet, the known
    facet with the largest weight x (100 - value) / sum of known weights, an expired rating. The code of a facet is its key.
    """
    for cap in caps:
        if cap["when"] == "override":
            return {"code": "override", **{name: fact for name, fact in cap.items() if name != "when"}}
    if caps:
        return cap_reason(min(caps, key=lambda cap: list(Band).index(Band(cap["band"]))), facets)
    weighed = {key: one for key, one in facets.items() if one["weight"] > 0}
    missing = {key: one for key, one in weighed.items() if one["value"] is None}
    if band == Band.UNKNOWN:
        return _missing_reason(missing, as_of)
    known = sum(one["weight"] for one in weighed.values() if one["value"] is not None)
    costs = {key: one["weight"] * (100 - one["value"]) / known for key, one in weighed.items() if one["value"] is not None}
    worst = max(costs, key=lambda key: costs[key], default=None)
    if worst is not None and costs[worst] > 0:
        return {"code": worst, "points": round(costs[worst], 1), "value": facets[worst]["value"], **facets[worst]["evidence"]}
    expired = {key: one for key, one in missing.items() if key in HUMAN_FACETS and "expires_on" in one["evidence"]}
    return _missing_reason(expired, as_of)


def reason_words(reason: Facts) -> str:
    """The reason as a page writes it, in the language in force; empty for an empty reason."""
    code = str(reason.get("code", ""))
    return WORDS[code](reason) if code in WORDS else ""


def cap_reason(cap: Facts, facets: Mapping[str, Facts]) -> dict[str, Any]:
    """A cap with the figure it looks at, None where that is not stored; several conditions are listed as `figures`."""
    figures = [[condition.field, _figure_of(condition.field, facets)] for condition in parse_conditions(cap["when"])]
    field, figure = figures[0]
    reason = {"code": "cap", "when": cap["when"], "band": cap["band"], "field": field, "figure": figure}
    return reason if len(figures) == 1 else {**reason, "figures": figures}


def _figure_of(field: str, facets: Mapping[str, Facts]) -> Any:
    key, fact = FACT_SOURCES.get(field, (field, ""))
    facet = facets.get(key, {})
    return facet.get("evidence", {}).get(fact) if fact else facet.get("value")


def _missing_reason(missing: Mapping[str, Facts], as_of: date) -> dict[str, Any]:
    if not missing:
        return {}
    key = max(missing, key=lambda name: missing[name]["weight"])
    reason: dict[str, Any] = {"code": "unknown", "facet": key}
    if expires_on := missing[key]["evidence"].get("expires_on"):
        reason["expired_days"] = (as_of - date.fromisoformat(expires_on)).days
    return reason


def missing_facets(facets: Mapping[str, Facts]) -> list[str]:
    """Keys of the facets that weigh and are unknown, the heaviest first."""
    missing = [key for key, one in facets.items() if one["value"] is None and one["weight"] > 0]
    return sorted(missing, key=lambda key: (-facets[key]["weight"], key))


def _unknown(facts: Facts) -> str:
    if "expired_days" in facts:
        days = int(facts["expired_days"])
        return ngettext("rating expired %(days)d day ago", "rating expired %(days)d days ago", days) % {"days": days}
    return {
        "activity": _("no known activity in 28 days"),
        "outcome": _("no outcome defined"),
        "adoption": _("no seats loaded"),
        "support": _("no tickets loaded"),
        "invoices": _("no invoices in 180 days"),
        "surveys": _("no survey answer in 180 days"),
        "growth": _("a customer for less than 90 days"),
        "renewal_history": _("nothing came due yet"),
        "onboarding": _("no onboarding under way"),
        "ratings": _("not rated yet"),
        "executive": _("executives not rated yet"),
    }.get(facts["facet"], _("too little is known"))


def _activity(facts: Facts) -> str:
    """The level that costs the most points: days without activity, or days that were active and low, or medium."""
    zero, low, medium = (int(facts.get(level, 0)) for level in ("zero", "low", "medium"))
    days = {"n": low, "open": facts["open_days"]}
    if low and 2 * low >= max(3 * zero, medium):
        return _("%(n)d of %(open)d open days at low activity") % days
    if medium > 3 * zero:
        return _("%(n)d of %(open)d open days at medium activity") % {**days, "n": medium}
    return _("%(active)d of %(open)d open days active") % {"active": facts["active_days"], "open": facts["open_days"]}


def _outcome(facts: Facts) -> str:
    missed, behind = int(facts.get("missed", 0)), int(facts.get("behind", 0))
    if missed:
        return ngettext("%(n)d outcome missed", "%(n)d outcomes missed", missed) % {"n": missed}
    if behind:
        return ngettext("%(n)d outcome behind", "%(n)d outcomes behind", behind) % {"n": behind}
    if "north_star_progress" in facts:
        return _("north star at %(share)d%%") % {"share": int(100 * facts["north_star_progress"])}
    return _("outcome on its way")


def _adoption(facts: Facts) -> str:
    if facts.get("purchased"):
        figures = {"activated": facts.get("activated", 0), "purchased": facts["purchased"], "key": facts["key_seats"]}
        return _("%(activated)d of %(purchased)d seats activated, %(key)d with a key action") % figures
    return _("%(key)d of %(activated)d seats with a key action") % {"key": facts["key_seats"], "activated": facts["activated"]}


def _support(facts: Facts) -> str:
    if escalated := int(facts["escalated"]):
        return ngettext("%(n)d ticket escalated", "%(n)d tickets escalated", escalated) % {"n": escalated}
    if old := int(facts["old"]):
        return ngettext("%(n)d ticket open over 7 days", "%(n)d tickets open over 7 days", old) % {"n": old}
    return ngettext("%(n)d ticket in 90 days", "%(n)d tickets in 90 days", int(facts["tickets"])) % {"n": facts["tickets"]}


def _invoices(facts: Facts) -> str:
    if unpaid := int(facts["unpaid_overdue_days"]):
        return ngettext("invoice %(days)d day overdue", "invoice %(days)d days overdue", unpaid) % {"days": unpaid}
    if (failed := int(facts["failed_attempts"])) > 1:
        return _("payment failed %(n)d times") % {"n": failed}
    if late := int(facts["overdue_days"]):
        return ngettext("an invoice was paid %(days)d day late", "an invoice was paid %(days)d days late", late) % {"days": late}
    return _("an invoice is disputed")


def _surveys(facts: Facts) -> str:
    n = int(facts["answers"])
    return ngettext("%(n)d survey answer, %(value)d of 100", "%(n)d survey answers, mean %(value)d of 100", n) % {
        "n": n,
        "value": facts["value"],
    }


def _growth(facts: Facts) -> str:
    change = 100 * float(facts["change"])
    if change < 0:
        return _("revenue down %(share).1f%% in a year") % {"share": -change}
    return _("revenue up %(share).1f%% in a year") % {"share": change} if change else _("revenue the same as a year ago")


def _renewals(facts: Facts) -> str:
    return _("%(renewed)d of %(due)d past dues renewed") % {"renewed": facts["renewed"], "due": facts["due"]}


def _onboarding(facts: Facts) -> str:
    return _("%(done)d of %(due)d milestones done") % {"done": facts["milestones_done"], "due": facts["milestones_due"]}


def _community(facts: Facts) -> str:
    return _("in the community in %(n)d of 3 months") % {"n": facts["months"]}


def _self_sufficiency(facts: Facts) -> str:
    n = int(facts["how_to_tickets"])
    return ngettext("%(n)d how-to ticket in 90 days", "%(n)d how-to tickets in 90 days", n) % {"n": n}


def _ratings(facts: Facts) -> str:
    return _("rated %(mean).1f of 5") % {"mean": facts["mean"]}


def _executive(facts: Facts) -> str:
    return _("executives rated %(mean).1f of 5") % {"mean": facts["mean"]}


WORDS: Mapping[str, Callable[[Facts], str]] = {
    **band_words.WORDS,
    "unknown": _unknown,
    "activity": _activity,
    "outcome": _outcome,
    "adoption": _adoption,
    "support": _support,
    "invoices": _invoices,
    "surveys": _surveys,
    "growth": _growth,
    "renewal_history": _renewals,
    "onboarding": _onboarding,
    "community": _community,
    "self_sufficiency": _self_sufficiency,
    "ratings": _ratings,
    "executive": _executive,
}
