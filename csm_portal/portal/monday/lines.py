"""Entries of a Monday's list in words, for the page, the file and the letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.monday.listing import OPEN, Entry, Sum, whole
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.monday import words as told
from csm_portal.portal.rules.words import facts_in_words

URGENT_DAYS = 30


@dataclass(frozen=True)
class Line:
    """One account of the list. `why`: its conditions with the figures met; `more`: that other combinations match it too."""

    pk: int
    name: str
    href: str
    owner: str
    amount: str
    chance: str
    proof: str
    why: list[str]
    more: str
    decision: str
    decision_on: date | None
    urgent: bool
    band: str
    band_word: str
    likelihood: str
    result: str
    result_word: str
    note: str
    called: str
    earlier: str
    outcome: str
    outcome_word: str


@dataclass(frozen=True)
class OwnerLine:
    """One book's part of the list. `share`: called ones in percent, for its bar."""

    name: str
    email: str
    accounts: str
    expected: str
    amount: str
    at_risk: str
    called: str
    share: float
    total: bool = False


def line(entry: Entry, today: date) -> Line:
    """One entry in words."""
    days = (entry.decision_on - today).days if entry.decision_on else None
    return Line(
        pk=entry.pk,
        name=entry.name,
        href=account_address(entry.external_id),
        owner=entry.owner or _("no owner"),
        amount=told.money(entry.amount),
        chance=words.percent(entry.chance),
        proof=_("%(lost)s of %(n)s lost") % {"lost": words.number(entry.proof.lost), "n": words.number(entry.proof.n)},
        why=conditions_of(entry),
        more=_more(entry),
        decision=words.decision(entry.decision_on, today) if entry.decision_on and entry.outcome == OPEN else "",
        decision_on=entry.decision_on,
        urgent=entry.outcome == OPEN and days is not None and days < URGENT_DAYS,
        band=str(entry.evidence.get("band") or ""),
        band_word=words.band(str(entry.evidence.get("band") or "")),
        likelihood=likelihood_of(entry),
        result=entry.result,
        result_word=told.result(entry.result),
        note=entry.note,
        called=_called(entry),
        earlier=_earlier(entry),
        outcome=entry.outcome,
        outcome_word="" if entry.outcome == OPEN else told.outcome(entry.outcome),
    )


def conditions_of(entry: Entry) -> list[str]:
    """Why it is on the list: each condition with the account's figure, or its score."""
    evidence = entry.evidence
    if evidence.get("facts"):
        return facts_in_words(evidence["facts"], evidence["facts"])
    return [_("health score %(score)s") % {"score": words.number(evidence.get("score"), 1)}]


def likelihood_of(entry: Entry) -> str:
    """How likely it renews, as told on that day: `78% (66–87)`; empty where nothing was told."""
    value, low, high = (entry.evidence.get(name) for name in ("likelihood", "likelihood_low", "likelihood_high"))
    if value is None:
        return ""
    if low is None or high is None:
        return words.percent(value)
    return f"{words.percent(value)} ({words.number(100 * float(low))}–{words.number(100 * float(high))})"


def owner_lines(books: Sequence[Sum]) -> list[OwnerLine]:
    """Every book with accounts on the list, all of them together at the head."""
    rows = [_owner_line(one) for one in books]
    return [_owner_line(whole(books), total=True), *rows] if len(rows) > 1 else rows


def file_lines(entries: Sequence[Entry], monday: date) -> Iterator[list[Cell]]:
    """The list as a file: days as days, money and shares as numbers."""
    yield [
        "monday", "as_of", "account_external_id", "account", "owner_email", "mrr", "chance_of_loss", "matched", "lost", "why",
        "due_on", "decision_on", "score", "likelihood", "result", "note", "called_at", "called_by", "outcome",
    ]  # fmt: skip
    for one in entries:
        evidence: Any = one.evidence
        yield [
            monday, one.as_of, one.external_id, one.name, one.owner_email, one.amount, round(one.chance, 6), one.proof.n, one.proof.lost,
            "; ".join(conditions_of(one)), one.due_on, one.decision_on, evidence.get("score"), evidence.get("likelihood"), one.result,
            one.note, one.called_at.isoformat() if one.called_at else None, one.called_by_email, one.outcome,
        ]  # fmt: skip


def _owner_line(one: Sum, *, total: bool = False) -> OwnerLine:
    return OwnerLine(
        name=_("All") if total else one.owner or _("no owner"),
        email=one.owner_email,
        accounts=words.number(one.accounts),
        expected=told.span(one.expected),
        amount=told.money(one.amount),
        at_risk=told.money(one.at_risk),
        called=_("%(n)s of %(all)s") % {"n": words.number(one.called), "all": words.number(one.accounts)},
        share=round(100 * one.called / one.accounts, 1) if one.accounts else 0.0,
        total=total,
    )


def _more(entry: Entry) -> str:
    others = int(entry.evidence.get("rules") or 1) - 1
    return ngettext("and %(n)d other combination", "and %(n)d other combinations", others) % {"n": others} if others > 0 else ""


def _called(entry: Entry) -> str:
    if entry.called_at is None:
        return ""
    day = words.short_day(timezone.localtime(entry.called_at).date())
    return _("%(day)s, %(who)s") % {"day": day, "who": entry.called_by} if entry.called_by else day


def _earlier(entry: Entry) -> str:
    if not entry.earlier or entry.earlier_at is None:
        return ""
    day = words.short_day(timezone.localtime(entry.earlier_at).date())
    return _("last time %(result)s, %(day)s") % {"result": told.result(entry.earlier), "day": day}
