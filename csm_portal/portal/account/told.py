"""One dated fact in words: what the stream of an account writes for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.account.dated import Dated
from health.types import Level

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of the stream: icon, what happened, the thing itself, and who did it. `tone` is a band's name or empty."""

    kind: str
    icon: str
    title: str
    text: str
    by: str
    on: date | None
    day: str
    ago: str
    tone: str = ""


TITLES = {
    "ticket_opened": gettext_lazy("Ticket opened"),
    "ticket_closed": gettext_lazy("Ticket closed"),
    "contract_started": gettext_lazy("Contract started"),
    "contract_ended": gettext_lazy("Contract ended"),
    "invoice_issued": gettext_lazy("Invoice issued"),
    "invoice_overdue": gettext_lazy("Invoice due, not paid"),
    "invoice_paid": gettext_lazy("Invoice paid"),
    "churned": gettext_lazy("Left us"),
    "note": gettext_lazy("Note"),
    "rated": gettext_lazy("Rated"),
    "override": gettext_lazy("Band set by hand"),
    "edited": gettext_lazy("Edited"),
    "outcome_achieved": gettext_lazy("Outcome achieved"),
    "outcome_due": gettext_lazy("Outcome was due"),
    "milestone_done": gettext_lazy("Milestone done"),
    "milestone_due": gettext_lazy("Milestone was due"),
    "quiet_started": gettext_lazy("Quiet period begins"),
    "redone": gettext_lazy("Day recomputed"),
    "band": gettext_lazy("Health band"),
    "level": pgettext_lazy("stream", "Level"),
}
ICONS = {
    "ticket_opened": "ticket",
    "ticket_closed": "circle-check",
    "contract_started": "signature",
    "contract_ended": "signature",
    "invoice_issued": "receipt",
    "invoice_overdue": "alert-triangle",
    "invoice_paid": "coin",
    "churned": "logout",
    "interaction": "phone",
    "note": "table",
    "review_held": "users",
    "survey": "star",
    "rated": "gauge",
    "override": "flag",
    "edited": "settings",
    "outcome_achieved": "target",
    "outcome_due": "target",
    "milestone_done": "flag",
    "milestone_due": "flag",
    "quiet_started": "moon",
    "redone": "refresh",
    "band": "heartbeat",
    "level": "activity",
    "week": "calendar",
}
TONES = {"invoice_overdue": "red", "churned": "red", "outcome_achieved": "green", "outcome_due": "amber", "milestone_due": "amber"}


def line(row: Dated, today: date) -> Line:
    """The row as the page shows it."""
    title, text, tone = TELLERS.get(row.kind, _plain)(row.kind, row.facts)
    return Line(
        kind=row.kind,
        icon=ICONS.get(row.kind, "circle-dashed"),
        title=title,
        text=text,
        by=row.facts.get("by") or "",
        on=row.on,
        day=words.day(row.on),
        ago=words.ago(row.on, today),
        tone=tone,
    )


Told = tuple[str, str, str]


def _plain(kind: str, facts: Facts) -> Told:
    return str(TITLES.get(kind, kind)), facts.get("text") or "", TONES.get(kind, "")


def _ticket(kind: str, facts: Facts) -> Told:
    parts = [facts["subject"] or kinds.ticket(facts["ticket"]), facts["priority"], _("escalated") if facts["escalated"] else ""]
    if facts.get("satisfaction") is not None:
        parts.append(_("rated %(score)s of %(scale)s") % {"score": _short(facts["satisfaction"]), "scale": _short(facts["scale"])})
    tone = "amber" if facts["escalated"] and kind == "ticket_opened" else ""
    return str(TITLES[kind]), _joined(parts), tone


def _term(kind: str, facts: Facts) -> Told:
    mrr = words.money(Decimal(str(facts["mrr"])), facts["currency"])
    return str(TITLES[kind]), _joined([facts["product"], facts["plan"], _("%(mrr)s a month") % {"mrr": mrr}]), ""


def _money(kind: str, facts: Facts) -> Told:
    return str(TITLES[kind]), words.money(Decimal(str(facts["amount"])), facts["currency"]), TONES.get(kind, "")


def _churned(kind: str, facts: Facts) -> Told:
    return str(TITLES[kind]), _joined([kinds.churn(facts["type"]), facts["note"]]), "red"


def _touch(_kind: str, facts: Facts) -> Told:
    contact = _("with %(name)s") % {"name": facts["contact"]} if facts.get("contact") else ""
    return kinds.touch(facts["touch"]).capitalize(), _joined([contact, facts["text"]]), ""


def _review(_kind: str, facts: Facts) -> Told:
    executive = _("an executive was there") if facts["executive"] else _("no executive was there")
    review = kinds.review(facts["review"])
    return _("%(review)s held") % {"review": review[:1].upper() + review[1:]}, _joined([executive, facts["landed"]]), ""


def _survey(_kind: str, facts: Facts) -> Told:
    said = f"{facts['survey'].upper()} {_short(facts['score'])}/{_short(facts['scale'])}"
    detractor = facts["survey"] == "nps" and float(facts["score"]) <= 6
    return said, facts["text"], "red" if detractor else ""


def _rated(kind: str, facts: Facts) -> Told:
    return str(TITLES[kind]), _joined([f"{facts['question']} {facts['score']}/5", facts["text"]]), ""


def _override(kind: str, facts: Facts) -> Told:
    until = _("until %(day)s") % {"day": words.day(date.fromisoformat(facts["until"]))}
    return str(TITLES[kind]), _joined([words.band(facts["band"]), until, facts["text"]]), facts["band"]


def _edited(kind: str, facts: Facts) -> Told:
    old, new = _shown(facts["old"]), _shown(facts["new"])
    undone = _("undone") if facts["undone"] else ""
    return str(TITLES[kind]), _joined([f"{kinds.account_field(facts['field'])}: {old} → {new}", undone]), ""


def _outcome(kind: str, facts: Facts) -> Told:
    return str(TITLES[kind]), _joined([facts["text"], words.outcome(facts["status"])]), TONES[kind]


def _quiet(kind: str, facts: Facts) -> Told:
    until = _("until %(day)s") % {"day": words.day(date.fromisoformat(facts["until"]))}
    return str(TITLES[kind]), _joined([facts["text"], until]), ""


def _band(kind: str, facts: Facts) -> Told:
    score = "" if facts["score"] is None else _("score %(score)s") % {"score": words.score(Decimal(str(facts["score"])))}
    return str(TITLES[kind]), _joined([f"{words.band(facts['before'])} → {words.band(facts['band'])}", score]), facts["band"]


def _level(kind: str, facts: Facts) -> Told:
    before, now = Level(facts["before"]), Level(facts["level"])
    return str(TITLES[kind]), f"{words.level(before.word)} → {words.level(now.word)}", "amber" if now < before else ""


def _week(_kind: str, facts: Facts) -> Told:
    figures = {"days": facts["days"], "bar": facts["bar"]}
    if facts["active"]:
        return _("Week active again"), _("%(days)d active days, %(bar)d are needed") % figures, "green"
    return _("Week no longer active"), _("%(days)d active days, %(bar)d are needed") % figures, "amber"


def _redone(kind: str, facts: Facts) -> Told:
    before, now = (_("nothing") if value is None else words.level(Level(value).word) for value in (facts["before"], facts["level"]))
    day = words.day(date.fromisoformat(facts["day"]))
    return str(TITLES[kind]), _("late data changed %(day)s: %(before)s → %(now)s") % {"day": day, "before": before, "now": now}, ""


TELLERS: dict[str, Callable[[str, Facts], Told]] = {
    "ticket_opened": _ticket,
    "ticket_closed": _ticket,
    "contract_started": _term,
    "contract_ended": _term,
    "invoice_issued": _money,
    "invoice_overdue": _money,
    "invoice_paid": _money,
    "churned": _churned,
    "interaction": _touch,
    "review_held": _review,
    "survey": _survey,
    "rated": _rated,
    "override": _override,
    "edited": _edited,
    "outcome_due": _outcome,
    "quiet_started": _quiet,
    "band": _band,
    "level": _level,
    "week": _week,
    "redone": _redone,
}


def _joined(parts: list[Any]) -> str:
    return " · ".join(str(part) for part in parts if part)


def _short(number: Any) -> str:
    return f"{Decimal(str(number)).normalize():f}"


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return words.UNKNOWN
    if isinstance(value, dict):  # a person
        return str(value.get("name") or words.UNKNOWN)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
