"""Rows of the QBR page's lists in words, with the ways to their forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.qbr.addresses import care_address, move_address, plan_address, qbr_address, record_address
from csm_portal.portal.qbr.asked import Asked
from csm_portal.portal.qbr.words import UNSORTED, executive, kind, theme

Row = dict[str, Any]


@dataclass(frozen=True)
class Who:
    """The account of a row."""

    name: str
    href: str
    qbr_href: str
    owner: str
    mrr: str
    renewal_on: date | None
    renewal: str


@dataclass(frozen=True)
class Planned:
    """A planned review; `late`: its day is over."""

    who: Who
    pk: int
    kind: str
    on: date
    when: str
    late: bool
    last_on: date | None
    last: str
    record_href: str
    move_href: str


@dataclass(frozen=True)
class ToPlan:
    """An account without a review with executives in 90 days and without a plan; `agreed_on`: the day named at the last one."""

    who: Who
    last_on: date | None
    last: str
    agreed_on: date | None
    plan_href: str


@dataclass(frozen=True)
class Held:
    """A review that was held."""

    who: Who
    pk: int
    kind: str
    on: date
    when: str
    executive: bool
    executive_word: str
    landed: str
    fell_flat: str
    feedback: str
    next_on: date | None
    record_href: str


@dataclass(frozen=True)
class Said:
    """Feedback of a review; `waits` says for how long, empty once it is answered."""

    who: Who
    pk: int
    kind: str
    on: date
    when: str
    text: str
    themes: list[str]
    carer: str
    answer: str
    answered_on: date | None
    answered_by: str
    care_href: str


@dataclass(frozen=True)
class Quote:
    """One feedback among those of a theme."""

    text: str
    name: str
    href: str
    on: date


@dataclass(frozen=True)
class Theme:
    """What several customers said, counted; `share` is the bar, in percent of the longest."""

    name: str
    n: int
    open: int
    accounts: int
    mrr: str
    href: str
    quotes: list[Quote] = field(default_factory=list)


def line_of(asked: Asked, row: Row, today: date) -> Any:
    """The row as the list of this tab shows it."""
    return {"planned": _planned, "to-plan": _to_plan, "held": _held, "feedback": _said, "themes": _theme}[asked.tab](asked, row, today)


def _who(row: Row, today: date) -> Who:
    external_id = row["external_id"]
    return Who(
        name=row["name"],
        href=account_address(external_id),
        qbr_href=qbr_address(external_id),
        owner=row["owner"],
        mrr=words.UNKNOWN if row["mrr"] is None else words.money(row["mrr"], row["currency"]),
        renewal_on=row["renewal_on"],
        renewal=words.until(row["renewal_on"], today) if row["renewal_on"] else "",
    )


def _planned(_asked: Asked, row: Row, today: date) -> Planned:
    return Planned(
        who=_who(row, today),
        pk=row["id"],
        kind=kind(row["kind"]),
        on=row["planned_on"],
        when=words.until(row["planned_on"], today),
        late=row["planned_on"] < today,
        last_on=row["last_on"],
        last=executive(row["last_executive"]),
        record_href=record_address(row["external_id"], row["id"]),
        move_href=move_address(row["id"]),
    )


def _to_plan(_asked: Asked, row: Row, today: date) -> ToPlan:
    last = executive(row["last_executive"])
    return ToPlan(_who(row, today), row["last_on"], last, row["next_on"], plan_address(row["external_id"], on=row["next_on"]))


def _held(_asked: Asked, row: Row, today: date) -> Held:
    return Held(
        who=_who(row, today),
        pk=row["id"],
        kind=kind(row["kind"]),
        on=row["held_on"],
        when=words.ago(row["held_on"], today),
        executive=row["executive_attended"],
        executive_word=executive(row["executive_attended"]),
        landed=row["landed"],
        fell_flat=row["fell_flat"],
        feedback=row["feedback"],
        next_on=row["next_on"],
        record_href=record_address(row["external_id"], row["id"]),
    )


def _said(_asked: Asked, row: Row, today: date) -> Said:
    return Said(
        who=_who(row, today),
        pk=row["id"],
        kind=kind(row["kind"]),
        on=row["said_on"],
        when=words.ago(row["said_on"], today),
        text=row["feedback"],
        themes=[theme(key) for key in row["themes"]],
        carer=row["carer"],
        answer=row["answer"],
        answered_on=row["answered_on"],
        answered_by=row["answered_by"],
        care_href=care_address(row["id"]),
    )


def _theme(asked: Asked, row: Row, _today: date) -> Theme:
    return Theme(
        name=theme(row["theme"]),
        n=row["n"],
        open=row["open"],
        accounts=row["accounts"],
        mrr=words.UNKNOWN if row["mrr_reporting"] is None else words.money(row["mrr_reporting"], settings.REPORTING_CURRENCY),
        href=asked.href(tab="feedback", theme=row["theme"] or UNSORTED) + "&state=all",
        quotes=[Quote(text, name, account_address(known), date.fromisoformat(on)) for text, name, known, on in row["quotes"]],
    )
