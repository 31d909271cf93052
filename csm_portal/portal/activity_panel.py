"""An account's activity as its page shows it: 28 days, a year, weeks and months against their bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import QuietPeriod
from csm_portal.lib.figures import weekly_bars, with_lines_down
from csm_portal.lib.periods import days_in
from csm_portal.lib.versions import changes
from csm_portal.portal import words, year
from csm_portal.portal.version_lines import Changes, version_name
from health.models import AccountDay, AccountPeriod
from health.types import DayFlag, Grain, Level

if TYPE_CHECKING:
    from accounts.models import Account, User

DAYS = 53 * 7
N_PERIODS = 13


@dataclass(frozen=True)
class DayLine:
    """One day of the table behind the calendar."""

    day: date
    level: str
    level_word: str
    key_actions: str
    active_seats: str
    seats: str
    working: bool
    flags: str

    @property
    def title(self) -> str:
        """The day in one line, shown on hover."""
        return _("%(day)s: %(level)s, %(actions)s key actions, %(active)s of %(seats)s seats") % {
            "day": words.day(self.day),
            "level": self.level_word,
            "actions": self.key_actions,
            "active": self.active_seats,
            "seats": self.seats,
        }


@dataclass(frozen=True)
class PeriodLine:
    """One week or month."""

    label: str
    active_days: str
    working_days: int
    state: str
    icon: str
    provisional: bool
    note: str


@dataclass(frozen=True)
class ActivityPanel:
    """All that the activity part of the page places."""

    calendar: year.YearCalendar
    calendar_text: str
    off_text: str
    cells: list[tuple[year.Cell, str]]
    months_named: list[tuple[year.Label, str]]
    weekdays_named: list[tuple[year.Label, str]]
    weeks: list[PeriodLine]
    months: list[PeriodLine]
    figure: dict[str, Any]
    versions: str

    @property
    def empty(self) -> bool:
        """Nothing of the last year is known."""
        return not self.cells


def day_lines(account: Account, user: User, as_of: date) -> list[DayLine]:
    """The days of the year to `as_of` as the table behind the calendar, the latest first; days without a row are left out."""
    return [_day_line(row) for row in _rows(account, user, as_of)]


def _rows(account: Account, user: User, as_of: date) -> list[AccountDay]:
    first = as_of - timedelta(days=DAYS - 1)
    days = AccountDay.objects.visible_to(user).published().filter(account=account, day__gte=first, day__lte=as_of)
    return list(days.order_by("-day"))


def activity_panel(account: Account, user: User, as_of: date) -> ActivityPanel:
    """Activity of the year up to `as_of`, read from the published run; days without a row are unknown."""
    first = as_of - timedelta(days=DAYS - 1)
    rows = _rows(account, user, as_of)
    lines = [_day_line(row) for row in rows]
    levels = {line.day: line.level for line in lines}
    quiet = list(
        QuietPeriod.objects.visible_to(user).filter(account=account, starts_on__lte=as_of, ends_on__gt=first).order_by("starts_on")
    )
    off = days_off(rows, quiet)
    begun = changes((row.day, row.version) for row in reversed(rows))
    calendar = year.draw(levels, last=as_of, off=off, changes=[day for day, _version in begun])
    titles = {line.day: line.title for line in lines}
    periods = list(
        AccountPeriod.objects.visible_to(user)
        .published()
        .filter(account=account, starts_on__gt=first, starts_on__lte=as_of)
        .order_by("-starts_on")
    )
    return ActivityPanel(
        calendar=calendar,
        calendar_text=_year_text(levels),
        off_text=_off_text(off, quiet),
        cells=[(cell, titles[cell.day]) for cell in calendar.cells],
        months_named=[(label, date_format(label.day, "M")) for label in calendar.months],
        weekdays_named=[(label, date_format(label.day, "D")) for label in calendar.weekdays],
        weeks=[_period_line(period) for period in periods if period.grain == Grain.WEEK][:N_PERIODS],
        months=[_period_line(period) for period in periods if period.grain == Grain.MONTH][:N_PERIODS],
        figure=_weekly_figure(rows, begun),
        versions=_versions_text(rows, begun),
    )


def days_off(rows: Sequence[AccountDay], quiet: Sequence[QuietPeriod]) -> dict[date, str]:
    """Quiet days, and holidays: days off that fall on a weekday on which the account usually works."""
    worked: dict[int, list[bool]] = defaultdict(list)
    for row in rows:
        worked[row.day.weekday()].append(row.working)
    usual = {weekday for weekday, days in worked.items() if 2 * sum(days) > len(days)}
    off = {row.day: "holiday" for row in rows if not row.working and row.day.weekday() in usual}
    return off | {day: "quiet" for period in quiet for day in days_in(period.starts_on, period.ends_on)}


def _off_text(off: dict[date, str], quiet: Sequence[QuietPeriod]) -> str:
    """The days off in words; empty where none is known."""
    holidays = sum(kind == "holiday" for kind in off.values())
    parts = [ngettext("%(n)d public holiday", "%(n)d public holidays", holidays) % {"n": holidays}] if holidays else []
    for period in quiet:
        last = period.ends_on - timedelta(days=1)
        parts.append(
            _("quiet %(first)s to %(last)s: %(reason)s")
            % {"first": words.day(period.starts_on), "last": words.day(last), "reason": period.reason}
        )
    return "; ".join(parts)


def _day_line(row: AccountDay) -> DayLine:
    level = Level(row.level).word
    return DayLine(
        day=row.day,
        level=level,
        level_word=words.level(level),
        key_actions=words.number(row.key_actions, 0),
        active_seats=words.number(row.active_seats, 0),
        seats=words.number(row.seats, 0),
        working=row.working,
        flags="; ".join(words.flag(word) for word in DayFlag(row.flags).words),
    )


def _period_line(period: AccountPeriod) -> PeriodLine:
    if period.active:
        state, icon = _("active"), "circle-check"
    elif period.active is None:
        state, icon = _("unknown"), "help"
    elif period.provisional and period.can_reach:
        state, icon = _("not yet active"), "circle-dashed"
    else:
        state, icon = _("not active"), "circle-minus"
    monthly = period.grain == Grain.MONTH
    return PeriodLine(
        label=words.month(period.starts_on) if monthly else words.week(period.starts_on),
        active_days=f"{period.active_days}/{words.UNKNOWN if period.bar is None else period.bar}",
        working_days=period.working_days,
        state=state,
        icon=icon,
        provisional=period.provisional,
        note=_("joined in this period") if period.joined else "",
    )


def _year_text(levels: dict[date, str]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for level in levels.values():
        counts[level] += 1
    ordered = {word: counts[word] for word in ("high", "medium", "low", "zero", "unknown") if counts[word]}
    return _("%(n)d days: %(levels)s") % {"n": len(levels), "levels": words.counts_of_levels(ordered)}


def _versions_text(rows: Sequence[AccountDay], begun: Changes) -> str:
    """Which version of the definition counted, and from when on; empty where nothing is known."""
    if not rows:
        return ""
    since = [_("version %(n)d from %(day)s") % {"n": version, "day": words.day(day)} for day, version in begun]
    return "; ".join([_("definition version %(n)s") % {"n": rows[-1].version}, *since])


def _weekly_figure(rows: list[AccountDay], begun: Changes) -> dict[str, Any]:
    actions: dict[date, float] = defaultdict(float)
    seats: dict[date, int] = defaultdict(int)
    for row in rows:
        monday = row.day - timedelta(days=row.day.weekday())
        actions[monday] += float(row.key_actions)
        seats[monday] = max(seats[monday], row.active_seats)
    weeks = sorted(actions)
    figure = weekly_bars(
        weeks,
        [actions[week] for week in weeks],
        [seats[week] for week in weeks],
        action_label=_("Key actions a week"),
        seat_label=_("Active seats, best day"),
    )
    return with_lines_down(figure, [(day.isoformat(), version_name(version)) for day, version in begun])
