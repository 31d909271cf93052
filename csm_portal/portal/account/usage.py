"""How an account uses the product: scenarios against what is expected, and its outlets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.portal import words
from csm_portal.portal.strip import Strip, draw
from csm_portal.portal.value.words import last_step
from health.units import UnitLine as Unit
from health.units import account_units
from health.value.scenario_reads import ScenarioLine, Step, account_scenarios
from health.value.scenario_steps import last_steps

if TYPE_CHECKING:
    from accounts.models import Account, User
    from health.models import ScenarioStep

UNITS_SHOWN = 50


@dataclass(frozen=True)
class Scenario:
    """One scenario of the running month: actual against expected, the gap, and what to do about it."""

    name: str
    days: str
    days_share: float
    share: str
    seat_share: float
    state: str
    icon: str
    gap: str
    step: str
    step_word: str
    agreed: str
    taken: str = ""


@dataclass(frozen=True)
class UnitLine:
    """One outlet over 28 days."""

    name: str
    key_actions: str
    bar: float
    seats: str
    key_seats: str
    logged_in: str
    days: str
    level: str
    level_word: str
    strip: Strip
    strip_text: str


@dataclass(frozen=True)
class Usage:
    """Scenarios of one month and outlets over 28 days; `more` outlets are not listed."""

    month: str
    provisional: bool
    scenarios: list[Scenario]
    units: list[UnitLine]
    more: int


def usage(account: Account, user: User, as_of: date, today: date) -> Usage:
    """Scenarios of the month of `as_of`, and outlets over the 28 days to it, those with the most key actions first; four queries."""
    month = as_of.replace(day=1)
    lines = account_scenarios(account, month)
    steps = last_steps(user, [account.pk]) if lines else {}
    units = account_units(account, as_of)
    rows = sorted(units, key=lambda row: -row.key_actions) if any(row.unit or row.store for row in units) else []
    most = max((row.key_actions for row in rows), default=Decimal(0)) or Decimal(1)
    return Usage(
        month=words.month(month),
        provisional=any(line.provisional for line in lines),
        scenarios=[scenario(line, _taken(steps.get((account.pk, line.name)), today)) for line in lines],
        units=[_unit(row, most) for row in rows[:UNITS_SHOWN]],
        more=max(0, len(rows) - UNITS_SHOWN),
    )


def _unit(row: Unit, most: Decimal) -> UnitLine:
    drawn = draw(row.strip)
    return UnitLine(
        name=" · ".join(part for part in (row.store, row.unit) if part) or _("without outlet"),
        key_actions=words.number(row.key_actions),
        bar=float(100 * row.key_actions / most),
        seats=words.number(row.seats),
        key_seats=words.number(row.key_seats),
        logged_in=words.number(row.logged_in),
        days=words.number(row.active_days) if row.known_days else _("unknown"),
        level=row.level.word,
        level_word=words.level(row.level.word),
        strip=drawn,
        strip_text=words.counts_of_levels(drawn.days),
    )


def scenario(line: ScenarioLine, taken: str = "") -> Scenario:
    """One scenario in words; `taken` is the last step on it."""
    state, icon = _state(line)
    step = None if _nameless(line) and not line.gap_days else line.step
    return Scenario(
        name=line.name,
        days=_against(words.number(line.days), None if line.expected_days is None else words.number(line.expected_days)),
        days_share=_filled(Decimal(line.days), line.expected_days),
        share=_against(
            _share(line),
            None if line.expected_share is None else words.percent(line.expected_share),
        ),
        seat_share=0.0 if line.share is None else _filled(line.share, line.expected_share),
        state=state,
        icon=icon,
        gap=_gap(line),
        step=step.value if step else "",
        step_word=_step(step),
        agreed=(_("agreed with them: %(reason)s") % {"reason": line.reason} if line.reason else _("agreed with them"))
        if line.agreed
        else "",
        taken=taken,
    )


def _taken(step: ScenarioStep | None, today: date) -> str:
    return last_step(step.kind, step.author.get_full_name(), step.taken_on, step.note, today) if step else ""


def _share(line: ScenarioLine) -> str:
    if line.share is None:
        return _("unknown: no seats")
    return _("unknown: names no seat") if _nameless(line) else words.percent(line.share)


def _nameless(line: ScenarioLine) -> bool:
    """It was used, and what was loaded names no seat: the share of seats is unknown, not zero."""
    return line.days > 0 and not line.seats


def _step(step: Step | None) -> str:
    if step is None:
        return ""
    return {Step.EXPLORE: _("explore: ask why it is not used"), Step.PUSH: _("push: they have begun, help them on")}[step]


def _against(actual: str, expected: str | None) -> str:
    return f"{actual} / {expected}" if expected is not None else actual


def _filled(actual: Decimal, expected: Decimal | int | None) -> float:
    return 0.0 if not expected else float(min(Decimal(100), 100 * actual / expected))


def _state(line: ScenarioLine) -> tuple[str, str]:
    if line.expected_days is None and line.expected_share is None:
        return _("nothing expected"), "minus"
    if line.met is None or (_nameless(line) and line.expected_share is not None and not line.gap_days):
        return _("unknown"), "help"
    if line.met:
        return _("as expected"), "circle-check"
    if line.provisional and line.can_reach:
        return _("not yet"), "circle-dashed"
    return _("below"), "circle-minus"


def _gap(line: ScenarioLine) -> str:
    parts = []
    if line.gap_days:
        parts.append(ngettext("%(n)d day missing", "%(n)d days missing", line.gap_days) % {"n": line.gap_days})
    if line.gap_share and not _nameless(line):
        parts.append(_("%(share)s of seats missing") % {"share": words.percent(line.gap_share)})
    return ", ".join(parts)
