"""Renewals, outcomes, scenarios and reviews of a stream in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.account.told_kinds import TONES
from csm_portal.portal.account.told_words import Facts, Told, day_of, joined, money, short, titled
from csm_portal.portal.reasons.words import cause
from csm_portal.portal.renewals.said import CATEGORIES

STATES = {"renewed": "green", "lost": "red"}
STEPS = {"explore": gettext_lazy("Asked why it is not used"), "push": gettext_lazy("Pushed the use")}


def _due(kind: str, facts: Facts) -> Told:
    return (
        titled(kind),
        joined([words.readable(facts["product"]), _("%(mrr)s a month") % {"mrr": money(facts["amount"], facts["currency"])}]),
        TONES[kind],
    )


def _decided(kind: str, facts: Facts) -> Told:
    amount, state = facts["amount"], facts["state"]
    mrr = "" if amount is None or state != "renewed" else _("%(mrr)s a month") % {"mrr": money(amount, facts["currency"])}
    said = joined(
        [kinds.DUES.get(state, state), words.readable(facts["product"]), _("due %(day)s") % {"day": day_of(facts["ends_on"])}, mrr]
    )
    return titled(kind), joined([said, facts.get("text")]), STATES.get(state, "")


def _forecast(kind: str, facts: Facts) -> Told:
    said = [
        CATEGORIES.get(facts["category"], facts["category"]),
        words.percent(Decimal(str(facts["probability"]))),
        _("%(mrr)s a month") % {"mrr": money(facts["amount"], facts["currency"])},
        _("%(mrr)s more") % {"mrr": money(facts["expansion"], facts["currency"])} if float(facts["expansion"]) else "",
        _("due %(day)s") % {"day": day_of(facts["ends_on"])},
        facts["text"],
    ]
    return titled(kind), joined(said), "red" if facts["category"] == "at_risk" else ""


def _sheet(kind: str, facts: Facts) -> Told:
    said = [_("figures as of %(day)s") % {"day": day_of(facts["as_of"])}, _("due %(day)s") % {"day": day_of(facts["ends_on"])}]
    return titled(kind), joined(said), ""


def _churned(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([kinds.churn(facts["type"]), cause(facts["cause"]) if facts["cause"] else "", facts["text"]]), "red"


def _interview(kind: str, facts: Facts) -> Told:
    would = _("would have changed their mind: %(what)s") % {"what": facts["changed_mind"]} if facts["changed_mind"] else ""
    return titled(kind), joined([facts["text"], would]), ""


def _outcome_due(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([facts["text"], words.outcome(facts["status"])]), TONES[kind]


def _outcome_defined(kind: str, facts: Facts) -> Told:
    target = _("target %(target)s") % {"target": facts["target"]} if facts["target"] else ""
    due = _("due %(day)s") % {"day": day_of(facts["due_on"])} if facts["due_on"] else ""
    return titled(kind), joined([facts["text"], target, due]), ""


def _outcome_changed(kind: str, facts: Facts) -> Told:
    """Only what differs, each as before → now."""
    moved = [
        ("", facts["text_before"], facts["text"]),
        ("", words.outcome(facts["status_before"]), words.outcome(facts["status"])),
        (_("target"), facts["target_before"], facts["target"]),
        (_("due"), day_of(facts["due_before"]), day_of(facts["due_on"])),
        (_("proof"), facts["proof_before"], facts["proof"]),
    ]
    said = [f"{name} {old or words.UNKNOWN} → {new or words.UNKNOWN}".strip() for name, old, new in moved if old != new]
    same = facts["text"] if facts["text"] == facts["text_before"] else ""
    worse = facts["status"] in ("behind", "missed") and facts["status"] != facts["status_before"]
    return titled(kind), joined([same, *said]), "amber" if worse else ""


def _proven(kind: str, facts: Facts) -> Told:
    reached = "" if facts["reached"] is None or facts["needed"] is None else f"{short(facts['reached'])} / {short(facts['needed'])}"
    return titled(kind), joined([facts["text"], words.readable(facts["action"] or facts["metric"]), reached]), TONES[kind]


def _north_star(kind: str, facts: Facts) -> Told:
    reached = facts["reached"]
    return titled(kind), "" if reached is None else _("now at %(n)s") % {"n": words.number(Decimal(str(reached)))}, TONES[kind]


def _step(_kind: str, facts: Facts) -> Told:
    return str(STEPS.get(facts["step"], facts["step"])), joined([facts["scenario"], facts["text"]]), ""


def _agreed(kind: str, facts: Facts) -> Told:
    days = _("%(n)d days a month") % {"n": facts["days"]} if facts["days"] is not None else ""
    share = _("%(share)s of the seats") % {"share": words.percent(Decimal(str(facts["share"])))} if facts["share"] is not None else ""
    return titled(kind), joined([facts["scenario"], days, share, facts["text"]]), ""


def _planned(_kind: str, facts: Facts) -> Told:
    return _("%(review)s planned") % {"review": _capital(kinds.review(facts["review"]))}, "", ""


def _moved(kind: str, facts: Facts) -> Told:
    review = {"review": _capital(kinds.review(facts["review"]))}
    if kind == "review_cancelled":
        return _("%(review)s cancelled") % review, _("was planned for %(day)s") % {"day": day_of(facts["before"])}, ""
    return _("%(review)s moved") % review, f"{day_of(facts['before'])} → {day_of(facts['now'])}", ""


def _held(_kind: str, facts: Facts) -> Told:
    said = [
        _("an executive was there") if facts["executive"] else _("no executive was there"),
        facts["landed"],
        _("fell flat: %(what)s") % {"what": facts["fell_flat"]} if facts["fell_flat"] else "",
        _("feedback: %(what)s") % {"what": facts["feedback"]} if facts["feedback"] else "",
        _("next on %(day)s") % {"day": day_of(facts["next_on"])} if facts["next_on"] else "",
    ]
    return _("%(review)s held") % {"review": _capital(kinds.review(facts["review"]))}, joined(said), ""


def _answered(kind: str, facts: Facts) -> Told:
    asked = _("to “%(what)s”") % {"what": facts["feedback"]} if facts["feedback"] else ""
    return titled(kind), joined([facts["text"], asked]), ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


VALUE_TELLERS: dict[str, Callable[[str, Facts], Told]] = {
    "renewal_due": _due,
    "renewal_decided": _decided,
    "forecast": _forecast,
    "renewal_entered": _decided,
    "sheet_shared": _sheet,
    "churned": _churned,
    "exit_interview": _interview,
    "outcome_due": _outcome_due,
    "outcome_defined": _outcome_defined,
    "outcome_changed": _outcome_changed,
    "outcome_proven": _proven,
    "north_star": _north_star,
    "scenario_step": _step,
    "scenario_agreed": _agreed,
    "review_planned": _planned,
    "review_moved": _moved,
    "review_cancelled": _moved,
    "review_held": _held,
    "feedback_answered": _answered,
}
