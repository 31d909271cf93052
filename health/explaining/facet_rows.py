"""The rows behind a facet's value on a day, for one viewer: one statement per facet, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from csm_portal.lib.versions import version_on
from health.caps import FACETS
from health.explaining import goal_rows, judged_rows, money_rows, service_rows, use_rows
from health.explaining.definitions import Definitions
from health.explaining.reading import Reading, Row, Rows, Viewed, read_rows
from health.model_types import HealthRules

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One facet on one day: its stored evidence, the definitions, the rules that graded it, and the page asked for (no `size`: all)."""

    facet: str
    day: date
    evidence: Facts
    known: Definitions
    rules: HealthRules | None
    size: int | None = None
    skip: int = 0


def facet_rows(viewed: Viewed, asked: Asked) -> Rows:
    """Rows in which `counts` says whether the row enters the value. The sums over them are the stored evidence.

    As of the day by occurrence: facts that were loaded later and belong to it are in, as in a score that is built again.
    """
    reader = READERS.get(asked.facet)
    if reader is not None:
        return reader(viewed, asked)
    reading = READINGS[asked.facet]
    return read_rows(reading, viewed, _values(asked), size=asked.size, skip=asked.skip)


def columns_of_rows(facet: str) -> tuple[str, ...]:
    """Names of the columns of a facet's rows."""
    return COLUMNS[facet] if facet in COLUMNS else READINGS[facet].columns


def _values(asked: Asked) -> dict[str, Any]:
    values: dict[str, Any] = {"day": asked.day}
    if asked.facet == "growth":
        values["then"] = asked.evidence.get("then_on")
    if asked.facet == "community":
        values["actions"] = list(asked.rules.community_actions if asked.rules else ())
    if asked.facet == "adoption":
        version = version_on(asked.known.activity, asked.day)
        base = version.rules[0] if version else None
        values["personas"] = list(base.excluded_personas if base else ())
        values["domains"] = list(base.excluded_email_domains if base else ())
    return values


def _ratings(viewed: Viewed, asked: Asked) -> Rows:
    read = read_rows(judged_rows.RATINGS, viewed, {"day": asked.day})
    part = "executive" if asked.facet == "executive" else "ratings"
    return _page(judged_rows.COLUMNS, judged_rows.judged(read.lines, asked.day, asked.known.questions, part=part), asked, read.hidden)


def _dues(viewed: Viewed, asked: Asked) -> Rows:
    return _page(money_rows.DUE_COLUMNS, money_rows.due_rows(viewed, asked.day, asked.known.grace_days(asked.day)), asked)


def _page(columns: tuple[str, ...], lines: Sequence[Row], asked: Asked, hidden: int = 0) -> Rows:
    stop = None if asked.size is None else asked.skip + asked.size
    shown = [{name: line.get(name) for name in columns} for line in lines[asked.skip : stop]]
    return Rows(columns, shown, len(lines), hidden)


READINGS: Mapping[str, Reading] = {
    "activity": use_rows.DAYS,
    "outcome": goal_rows.OUTCOMES,
    "adoption": use_rows.SEATS,
    "support": service_rows.TICKETS,
    "invoices": money_rows.INVOICES,
    "surveys": service_rows.ANSWERS,
    "growth": money_rows.CONTRACTS,
    "onboarding": goal_rows.MILESTONES,
    "community": use_rows.COMMUNITY,
    "self_sufficiency": service_rows.HOW_TO,
}
READERS: Mapping[str, Callable[[Viewed, Asked], Rows]] = {"renewal_history": _dues, "ratings": _ratings, "executive": _ratings}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "renewal_history": money_rows.DUE_COLUMNS,
    "ratings": judged_rows.COLUMNS,
    "executive": judged_rows.COLUMNS,
}
assert {*READINGS, *READERS} == set(FACETS)  # noqa: S101 - a facet without rows would explain nothing
