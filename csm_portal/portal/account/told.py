"""One dated fact in words: what the stream of an account writes for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.account import kinds
from csm_portal.portal.account.dated import Dated
from csm_portal.portal.account.told_kinds import ICONS, TONES
from csm_portal.portal.account.told_value import VALUE_TELLERS
from csm_portal.portal.account.told_words import Facts, Told, day_of, joined, money, short, titled
from csm_portal.portal.acting.names import rule_name
from csm_portal.portal.helping.words import kind as intervention_kind
from csm_portal.portal.likelihood.words import chance_of
from health.types import Level


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
    ref: str = ""
    mentions: tuple[str, ...] = ()


def line(row: Dated, today: date, questions: Mapping[str, str] | None = None) -> Line:
    """The row as the page shows it; `questions` are the rating questions in words, by key."""
    facts = row.facts
    if row.kind == "rated" and questions:
        facts = {**facts, "question": questions.get(facts["question"], facts["question"])}
    title, text, tone = TELLERS.get(row.kind, _plain)(row.kind, facts)
    ahead = row.on is not None and row.on > today
    return Line(
        kind=row.kind,
        icon=ICONS.get(row.kind, "circle-dashed"),
        title=title,
        text=text,
        by=row.facts.get("by") or "",
        on=row.on,
        day=words.day(row.on),
        ago=words.until(row.on, today) if row.on and ahead else words.ago(row.on, today),
        tone="" if ahead else tone,
        ref=row.ref,
        mentions=tuple(row.facts.get("mentions") or ()),
    )


def _plain(kind: str, facts: Facts) -> Told:
    return titled(kind), facts.get("text") or "", TONES.get(kind, "")


def _ticket(kind: str, facts: Facts) -> Told:
    parts = [
        facts["subject"] or kinds.ticket(facts["ticket"]),
        words.readable(facts["priority"] or ""),
        _("escalated") if facts["escalated"] else "",
    ]
    if facts.get("satisfaction") is not None:
        parts.append(_("rated %(score)s of %(scale)s") % {"score": short(facts["satisfaction"]), "scale": short(facts["scale"])})
    tone = "amber" if facts["escalated"] and kind == "ticket_opened" else ""
    return titled(kind), joined(parts), tone


def _term(kind: str, facts: Facts) -> Told:
    mrr = money(facts["mrr"], facts["currency"])
    return (
        titled(kind),
        joined([words.readable(facts["product"]), words.readable(facts["plan"] or ""), _("%(mrr)s a month") % {"mrr": mrr}]),
        "",
    )


def _money(kind: str, facts: Facts) -> Told:
    return titled(kind), money(facts["amount"], facts["currency"]), TONES.get(kind, "")


def _reminded(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([_("to %(name)s") % {"name": facts["contact"]} if facts["contact"] else "", facts["text"]]), ""


def _touch(_kind: str, facts: Facts) -> Told:
    contact = _("with %(name)s") % {"name": facts["contact"]} if facts.get("contact") else ""
    return kinds.touch(facts["touch"]).capitalize(), joined([contact, facts["text"]]), ""


def _survey(_kind: str, facts: Facts) -> Told:
    said = f"{facts['survey'].upper()} {short(facts['score'])}/{short(facts['scale'])}"
    detractor = facts["survey"] == "nps" and float(facts["score"]) <= 6
    return said, facts["text"], "red" if detractor else ""


def _contact_left(kind: str, facts: Facts) -> Told:
    tone = "amber" if facts["role"] in ("champion", "sponsor") else ""
    return titled(kind), joined([facts["text"], kinds.role(facts["role"])]), tone


def _rated(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([f"{words.readable(facts['question'])} {facts['score']}/5", facts["text"]]), ""


def _override(kind: str, facts: Facts) -> Told:
    until = _("until %(day)s") % {"day": day_of(facts["until"])}
    return titled(kind), joined([words.band(facts["band"]), until, facts["text"]]), facts["band"]


def _override_ended(kind: str, facts: Facts) -> Told:
    return titled(kind), _("%(band)s no longer holds; the computed band counts again") % {"band": words.band(facts["band"])}, ""


def _edited(kind: str, facts: Facts) -> Told:
    old, new = _shown(facts["old"]), _shown(facts["new"])
    undone = _("undone") if facts["undone"] else ""
    return titled(kind), joined([f"{kinds.account_field(facts['field'])}: {old} → {new}", undone]), ""


def _item(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([rule_name(facts["rule"]), facts["text"]]), ""


def _play(kind: str, facts: Facts) -> Told:
    return titled(kind), facts["zh"] if facts["zh"] and words.chinese() else facts["text"], ""


def _intervention(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([intervention_kind(facts["intervention"]), facts["text"]]), ""


def _quiet(kind: str, facts: Facts) -> Told:
    return titled(kind), joined([facts["text"], _("until %(day)s") % {"day": day_of(facts["until"])}]), ""


def _band(kind: str, facts: Facts) -> Told:
    # One decimal: 49.6 is below a border of 50, "50" would not look so.
    score = "" if facts["score"] is None else _("score %(score)s") % {"score": words.number(Decimal(str(facts["score"])), 1)}
    return titled(kind), joined([f"{words.band(facts['before'])} → {words.band(facts['band'])}", score]), facts["band"]


def _level(kind: str, facts: Facts) -> Told:
    before, now = Level(facts["before"]), Level(facts["level"])
    return titled(kind), f"{words.level(before.word)} → {words.level(now.word)}", "amber" if now < before and kind == "level" else ""


def _period(kind: str, facts: Facts) -> Told:
    figures = {"days": facts["days"], "bar": words.UNKNOWN if facts["bar"] is None else facts["bar"]}
    text = _("%(days)d active days, %(bar)s are needed") % figures
    if kind == "month":
        what = words.month(date.fromisoformat(facts["starts_on"]))
        title = _("Month active again") if facts["active"] else _("Month no longer active")
        return title, joined([what, text]), "green" if facts["active"] else "amber"
    return (_("Week active again"), text, "green") if facts["active"] else (_("Week no longer active"), text, "amber")


def _likelihood(kind: str, facts: Facts) -> Told:
    now, before = chance_of(facts), facts["before"]
    moved = "" if before is None else _("was %(before)s") % {"before": words.percent(Decimal(str(before)))}
    call = "" if facts["call"] is None else _("own forecast %(call)s") % {"call": words.percent(Decimal(str(facts["call"])))}
    return titled(kind), joined([now.whole, moved, call, _("rests on: %(basis)s") % {"basis": now.basis}]), ""


def _redone(kind: str, facts: Facts) -> Told:
    before, now = (_("nothing") if value is None else words.level(Level(value).word) for value in (facts["before"], facts["level"]))
    text = _("%(day)s was computed again: %(before)s → %(now)s") % {"day": day_of(facts["day"]), "before": before, "now": now}
    return titled(kind), text, ""


def _redone_days(kind: str, facts: Facts) -> Told:
    """All that one night computed again; of a single day what became of it."""
    n, higher, lower = facts["days"], facts["higher"], facts["lower"]
    if n == 1:
        return _redone("redone", {**facts, "day": facts["first"]})
    text = _("%(n)d days from %(first)s to %(last)s") % {"n": n, "first": day_of(facts["first"]), "last": day_of(facts["last"])}
    moved = [
        _("level higher on %(n)d") % {"n": higher} if higher else "",
        _("level lower on %(n)d") % {"n": lower} if lower else "",
        _("unknown before or now on %(n)d") % {"n": n - higher - lower} if n > higher + lower else "",
    ]
    return titled(kind), joined([text, *moved]), ""


def _definition(kind: str, facts: Facts) -> Told:
    versions = {"now": facts["version"], "before": facts["before"]}
    if kind == "definition_health":
        return titled(kind), _("health from this day on is by version %(now)d, before by %(before)d") % versions, ""
    return titled(kind), _("levels from this day on are by version %(now)d, before by %(before)d") % versions, ""


Teller = Callable[[str, Facts], Told]
TELLERS: dict[str, Teller] = {
    "ticket_opened": _ticket,
    "ticket_closed": _ticket,
    "contract_started": _term,
    "contract_ended": _term,
    "invoice_issued": _money,
    "invoice_overdue": _money,
    "invoice_paid": _money,
    "reminded": _reminded,
    "interaction": _touch,
    "survey_answered": _survey,
    "contact_left": _contact_left,
    "rated": _rated,
    "override_started": _override,
    "override_ended": _override_ended,
    "edited": _edited,
    "quiet_started": _quiet,
    "item_done": _item,
    "item_dismissed": _item,
    "play_begun": _play,
    "intervention": _intervention,
    "band": _band,
    "level": _level,
    "level_step": _level,
    "week": _period,
    "month": _period,
    "redone": _redone,
    "redone_days": _redone_days,
    "likelihood": _likelihood,
    "definition_activity": _definition,
    "definition_health": _definition,
    **VALUE_TELLERS,
}


def _shown(value: object) -> str:
    if value in (None, "", []):
        return words.UNKNOWN
    if isinstance(value, dict):  # a person
        return str(value.get("name") or words.UNKNOWN)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
