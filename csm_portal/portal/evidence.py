"""Facets of health in words: their names, what they stand for, and the facts behind a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from csm_portal.portal import words
from csm_portal.portal.cap_words import condition_in_words
from health.facet_names import facet_name
from health.reasons import reason_words

Facts = Mapping[str, Any]
MEANINGS = {
    "activity": gettext_lazy("Mean level of the open days among the last 28: zero 0, low 33, medium 67, high 100."),
    "outcome": gettext_lazy("Where the desired outcomes stand: achieved 100, on track 75, behind 25, missed 0."),
    "adoption": gettext_lazy("Half the activation rate, half the share of activated seats with a key action in 28 days."),
    "support": gettext_lazy("100 less escalated tickets, tickets open over 7 days and tickets beyond 1 per 10 seats, over 90 days."),
    "invoices": gettext_lazy("How late the worst invoice of the last 180 days was paid."),
    "surveys": gettext_lazy("Mean of the latest answer per seat in 180 days, as 0 to 100."),
    "growth": gettext_lazy("50 plus half the change of monthly revenue over a year."),
    "renewal_history": gettext_lazy("Share of all past dues that were renewed."),
    "onboarding": gettext_lazy("Milestones done of those due, until go-live or 90 days."),
    "community": gettext_lazy("Share of the last three months with a community action."),
    "self_sufficiency": gettext_lazy("How seldom seats ask how something is done."),
    "ratings": gettext_lazy("Mean of the latest unexpired answers of the CSM, from 1 to 5 as 0 to 100."),
    "executive": gettext_lazy("Same, over the questions about the executives."),
}


def facet_meaning(key: str) -> str:
    """What the value is a proxy of, in one line."""
    return str(MEANINGS.get(key, ""))


def facts_in_words(key: str, facts: Facts, *, known: bool) -> list[str]:
    """The facts behind a facet's value, one sentence each; for an unknown one the reason comes first."""
    told = [sentence for sentence in SENTENCES.get(key, _plain)(facts) if sentence]
    return told if known else [_why_unknown(key, facts), *told]


def cap_in_words(cap: Facts) -> str:
    """What holds the band: a condition of the health model, or a correction made by hand."""
    if cap["when"] == "override":
        return reason_in_words({"code": "override", **cap})
    return _("At most %(band)s while %(condition)s") % {
        "band": words.band(cap["band"]),
        "condition": condition_in_words(cap["when"], facet_name),
    }


def reason_in_words(reason: Facts) -> str:
    """The top reason as a page writes it: its days in the reader's language, while REST keeps them as stored."""
    return reason_words({**reason, "until": words.iso_day(reason["until"])} if "until" in reason else reason)


def _why_unknown(key: str, facts: Facts) -> str:
    expired = _on(facts, "expires_on")
    if key in ("ratings", "executive") and expired:
        return _("unknown: the last answer expired on %(day)s") % {"day": expired}
    return {
        "activity": _("unknown: no open day with a known level in 28 days"),
        "outcome": _("unknown: no outcome is defined"),
        "adoption": _("unknown: no seats are loaded"),
        "support": _("unknown: no ticket source"),
        "invoices": _("unknown: no invoice"),
        "surveys": _("unknown: no answer in 180 days"),
        "growth": _("unknown: a customer for less than 90 days, or an exchange rate is missing"),
        "renewal_history": _("unknown: nothing has come due yet"),
        "onboarding": _("unknown: onboarding is over, or no milestone is due"),
        "community": _("unknown: no community source"),
        "self_sufficiency": _("unknown: no seats, or no how-to tickets recorded"),
        "ratings": _("unknown: nobody has rated"),
        "executive": _("unknown: nobody has rated"),
    }.get(key, _("unknown"))


def _activity(facts: Facts) -> list[str]:
    counts = {word: _count(facts, word) for word in ("high", "medium", "low", "zero", "unknown") if _count(facts, word)}
    return [
        _("%(active)d active of %(open)d open days in the last 28")
        % {"active": _count(facts, "active_days"), "open": _count(facts, "open_days")},
        words.counts_of_levels(counts),
    ]


def _outcome(facts: Facts) -> list[str]:
    counts = ", ".join(
        f"{words.outcome(status)} {_count(facts, status)}"
        for status in ("achieved", "on_track", "behind", "missed")
        if _count(facts, status)
    )
    progress = facts.get("north_star_progress")
    reached = {"reached": words.number(facts.get("north_star")), "share": words.percent(progress)}
    if progress is None:
        return [counts, ""]
    if progress >= 1:  # the share ends there, the figure goes on
        return [counts, _("north star: %(reached)s, threshold reached") % reached]
    return [counts, _("north star: %(reached)s, %(share)s of the threshold") % reached]


def _adoption(facts: Facts) -> list[str]:
    return [
        _("%(activated)s of %(purchased)s purchased seats activated (%(rate)s)")
        % {
            "activated": _number(facts, "activated"),
            "purchased": _number(facts, "purchased"),
            "rate": words.percent(facts.get("activation_rate")),
        },
        _("%(seats)s seats with a key action in 28 days (%(share)s of the activated)")
        % {"seats": _number(facts, "key_seats"), "share": words.percent(facts.get("key_seat_share"))},
    ]


def _support(facts: Facts) -> list[str]:
    excess = facts.get("excess") or 0
    return [
        ngettext("%(n)d ticket in 90 days", "%(n)d tickets in 90 days", _count(facts, "tickets")) % {"n": _count(facts, "tickets")},
        _("%(open)d open, %(old)d of them over 7 days, %(escalated)d escalated")
        % {"open": _count(facts, "open"), "old": _count(facts, "old"), "escalated": _count(facts, "escalated")},
        _("%(n)s tickets more than 1 per 10 seats") % {"n": words.number(excess, 1)} if excess else "",
    ]


def _invoices(facts: Facts) -> list[str]:
    n, late, unpaid, failed = (_count(facts, name) for name in ("invoices", "overdue_days", "unpaid_overdue_days", "failed_attempts"))
    return [
        ngettext("%(n)d invoice in 180 days", "%(n)d invoices in 180 days", n) % {"n": n},
        ngettext("the worst %(n)d day late", "the worst %(n)d days late", late) % {"n": late} if late else _("none late") if n else "",
        ngettext("one unpaid, %(n)d day overdue", "one unpaid, %(n)d days overdue", unpaid) % {"n": unpaid} if unpaid else "",
        ngettext("%(n)d failed attempt to collect", "%(n)d failed attempts to collect", failed) % {"n": failed} if failed else "",
        _("%(n)d disputed") % {"n": _count(facts, "disputed")} if _count(facts, "disputed") else "",
    ]


def _surveys(facts: Facts) -> list[str]:
    n = _count(facts, "answers")
    lowest = {"lowest": words.number(facts.get("lowest")), "day": _on(facts, "answered_on")}
    return [
        ngettext("%(n)d answer", "%(n)d answers", n) % {"n": n} if n else "",
        _("lowest %(lowest)s of 100, last answered on %(day)s") % lowest if n else "",
    ]


def _growth(facts: Facts) -> list[str]:
    if facts.get("change") is None:
        return []
    return [
        _("monthly revenue %(now)s now, %(then)s on %(day)s (%(change)s)")
        % {
            "now": _number(facts, "mrr_now"),
            "then": _number(facts, "mrr_then"),
            "day": _on(facts, "then_on"),
            "change": words.signed(float(facts["change"]) * 100, 1, "%"),
        }
    ]


def _renewals(facts: Facts) -> list[str]:
    return (
        [_("%(renewed)d of %(due)d dues renewed") % {"renewed": _count(facts, "renewed"), "due": _count(facts, "due")}]
        if _count(facts, "due")
        else []
    )


def _onboarding(facts: Facts) -> list[str]:
    due = _count(facts, "milestones_due")
    return [
        _("%(done)d of %(due)d milestones due are done") % {"done": _count(facts, "milestones_done"), "due": due} if due else "",
        _("judged until %(day)s") % {"day": _on(facts, "ends_on")} if _on(facts, "ends_on") else "",
    ]


def _community(facts: Facts) -> list[str]:
    return [_("active in %(n)d of the last 3 months") % {"n": _count(facts, "months")}] if "months" in facts else []


def _self_sufficiency(facts: Facts) -> list[str]:
    n = _count(facts, "how_to_tickets")
    return [ngettext("%(n)d how-to ticket in 90 days", "%(n)d how-to tickets in 90 days", n) % {"n": n}] if facts.get("seats") else []


def _rated(facts: Facts) -> list[str]:
    n = _count(facts, "answers")
    if not n:
        return []
    return [
        ngettext("%(n)d valid answer, mean %(mean)s of 5", "%(n)d valid answers, mean %(mean)s of 5", n)
        % {"n": n, "mean": words.number(facts.get("mean"), 1)},
        _("rated on %(rated)s, valid until %(until)s") % {"rated": _on(facts, "rated_on"), "until": _on(facts, "expires_on")},
    ]


def _executive(facts: Facts) -> list[str]:
    if facts.get("executive_seats") is None:
        return _rated(facts)
    figures = {"active": _count(facts, "executive_active"), "seats": _count(facts, "executive_seats")}
    return [*_rated(facts), _("%(active)d of %(seats)d executive seats logged in within 28 days") % figures]


def _plain(facts: Facts) -> list[str]:
    return [f"{name}: {value}" for name, value in facts.items() if value is not None]


SENTENCES: dict[str, Callable[[Facts], list[str]]] = {
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
    "ratings": _rated,
    "executive": _executive,
}


def _count(facts: Facts, name: str) -> int:
    return int(facts.get(name) or 0)


def _number(facts: Facts, name: str) -> str:
    return words.number(facts.get(name))


def _on(facts: Facts, name: str) -> str:
    return words.iso_day(facts.get(name) or "")
