"""Columns of how the books are used: accounts, money, activity, levels, health."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csm_portal.lib.periods import add_months, first_day_of_week, label
from csm_portal.portal import words
from csm_portal.portal.team import drill
from csm_portal.portal.team.cells import Cell, Part, spark, stacked
from csm_portal.portal.team.column import (
    Column,
    Setting,
    change,
    kept,
    reading,
    share_of,
)
from csm_portal.portal.team.tree import Line

LEVELS = ("high", "medium", "low", "zero", "unknown")
OUTCOMES = ("achieved", "on_track", "behind", "missed")
BANDS = ("red", "amber", "green", "unknown")


def accounts(to: Setting) -> Column:
    """Paying accounts and all, each with its list."""

    def cell(line: Line) -> Cell:
        paying = Part(words.number(line.figures.paying), to.drill(line, paying="yes"), "strong", _("paying accounts"))
        every = Part(words.number(line.figures.accounts), to.drill(line), says=_("accounts"))
        return Cell([[paying, Part("/"), every]], "num")

    return Column(
        "accounts",
        _("Accounts"),
        _("paying / all"),
        cell,
        lambda line: line.figures.paying,
        [(_("Paying"), lambda line: line.figures.paying), (_("Accounts"), lambda line: line.figures.accounts)],
        help="paying",
    )


def money(to: Setting) -> Column:
    """MRR in the reporting currency."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        lines = [[Part(words.money(figures.mrr, to.currency), to.drill(line, paying="yes"), "strong", _("MRR of the paying accounts"))]]
        if figures.without_rate:
            text = ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", figures.without_rate)
            lines.append([Part(text % {"n": figures.without_rate}, to.drill(line, "mrr:unknown:", paying="yes"), "sub")])
        return Cell(lines, "num")

    return Column(
        "mrr",
        _("MRR"),
        to.currency,
        cell,
        lambda line: float(line.figures.mrr),
        [(f"{_('MRR')} {to.currency}", lambda line: line.figures.mrr)],
        help="mrr",
    )


def month(to: Setting) -> Column:
    """Monthly active accounts and rate, with the change."""

    before = words.month(add_months(to.as_of, -1))

    def last(line: Line) -> float | None:
        return line.figures.rate_of("month", to.last_month)

    def cell(line: Line) -> Cell:
        figures = line.figures
        says = _("against %(month)s (%(rate)s), the book as it stood then") % {"month": before, "rate": words.percent(last(line), 1)}
        rate = Part(words.percent(figures.rate, 1), css="strong")
        counts = [
            Part(words.number(figures.active), to.drill(line, drill.is_("month", "yes"), paying="yes"), says=_("monthly active accounts")),
            Part("/"),
            Part(words.number(figures.paying), to.drill(line, paying="yes"), says=_("paying accounts")),
        ]
        if figures.unknown:
            text = ngettext("%(n)d unknown", "%(n)d unknown", figures.unknown) % {"n": figures.unknown}
            counts.append(Part(text, to.drill(line, drill.is_("month", drill.NOBODY), paying="yes"), "unknown"))
        return Cell([kept(rate, change(figures.rate, last(line), says)), counts], "num")

    return Column(
        "active",
        _("Monthly active"),
        _("rate, change on %(month)s") % {"month": before},
        cell,
        lambda line: line.figures.rate,
        [
            (_("Monthly active rate"), lambda line: line.figures.rate),
            (_("Monthly active"), lambda line: line.figures.active),
            (_("Activity unknown"), lambda line: line.figures.unknown),
            (_("Monthly active rate, %(month)s") % {"month": before}, last),
        ],
        help="monthly_active_rate",
    )


def week(to: Setting, weeks: tuple[str, str] | None) -> Column:
    """Weekly active accounts and rate, against the week before."""

    def last(line: Line) -> float | None:
        return line.figures.rate_of("week", weeks[1]) if weeks else None

    def weekly(line: Line, state: str) -> str:
        return to.drill(line, drill.is_("week", state), paying="yes")

    def cell(line: Line) -> Cell:
        figures = line.figures
        says = _("against the week before (%(rate)s)") % {"rate": words.percent(last(line), 1)}
        active = Part(words.number(figures.week_active), weekly(line, "yes"), says=_("weekly active accounts"))
        counts = [active, Part("/"), Part(words.number(figures.paying))]
        if figures.week_unknown:
            text = ngettext("%(n)d unknown", "%(n)d unknown", figures.week_unknown) % {"n": figures.week_unknown}
            counts.append(Part(text, to.drill(line, drill.is_("week", drill.NOBODY), paying="yes"), "unknown"))
        return Cell(
            [kept(Part(words.percent(figures.week_rate, 1), css="strong"), change(figures.week_rate, last(line), says)), counts], "num"
        )

    return Column(
        "week",
        _("Weekly active"),
        words.week(first_day_of_week(weeks[0])) if weeks else "",
        cell,
        lambda line: line.figures.week_rate,
        [
            (_("Weekly active rate"), lambda line: line.figures.week_rate),
            (_("Weekly active"), lambda line: line.figures.week_active),
            (_("Weekly active rate, week before"), last),
        ],
        help="weekly_active_rate",
    )


def outcomes(to: Setting) -> Column:
    """Paying accounts by where their desired outcome stands: being busy is not being successful, so it stands beside."""

    def count(line: Line, status: str) -> int:
        return int(getattr(line.figures, f"outcome_{status}"))

    def listed(line: Line, status: str, says: str) -> Part:
        return Part(words.number(count(line, status)), to.drill(line, drill.is_("outcome", status), paying="yes"), says=says)

    def cell(line: Line) -> Cell:
        figures = line.figures
        with_one = figures.successful + figures.outcome_behind + figures.outcome_missed
        says = _("achieved or on track, of the %(n)d with an outcome") % {"n": with_one}
        spread = [part for status in OUTCOMES for part in (listed(line, status, words.outcome(status)), Part("·"))][:-1]
        if figures.outcome_none:
            text = ngettext("%(n)d without", "%(n)d without", figures.outcome_none) % {"n": figures.outcome_none}
            href = to.drill(line, drill.is_("outcome", drill.NOBODY), paying="yes")
            spread.append(Part(text, href, "unknown", _("no outcome defined")))
        return Cell([[Part(words.percent(figures.success_rate, 1), css="strong", says=says)], spread], "num")

    return Column(
        "outcome",
        _("Successful"),
        _("achieved · on track · behind · missed"),
        cell,
        lambda line: line.figures.success_rate,
        [
            (_("Successful share"), lambda line: line.figures.success_rate),
            *[(f"{_('Outcome')}: {words.outcome(status)}", reading(f"outcome_{status}")) for status in OUTCOMES],
            (_("No outcome defined"), lambda line: line.figures.outcome_none),
        ],
        help="outcome",
    )


def trend(to: Setting) -> Column:
    """The monthly active rate of the last 12 months."""

    def rates(line: Line) -> list[float | None]:
        return [line.figures.rate_of("month", month) for month in to.months]

    def cell(line: Line) -> Cell:
        known = rates(line)
        pairs = zip(to.months, known, strict=True)
        says = ", ".join(
            f"{words.month(date.fromisoformat(f'{month}-01'))} {words.percent(rate)}" for month, rate in pairs if rate is not None
        )
        drawn = spark(known, to.lowest_rate, _("Monthly active rate: %(months)s") % {"months": says}, down)
        return Cell([] if drawn else [[Part(words.UNKNOWN)]], spark=drawn)

    def gain(line: Line) -> float | None:
        known = [rate for rate in rates(line) if rate is not None]
        return known[-1] - known[0] if len(known) > 1 else None

    scale = _("monthly active rate, from %(low)s to 100%%") % {"low": words.percent(to.lowest_rate)}
    down = [to.months.index(label("month", month)) for month, _version in to.version_changes]
    since = [_("version %(n)d from %(day)s") % {"n": version, "day": words.month(month)} for month, version in to.version_changes]
    scale = "; ".join([scale, *since])
    return Column("trend", _("12 months"), scale, cell, gain, [])


def levels(to: Setting) -> Column:
    """Paying accounts by the level of the as-of day."""

    def count(line: Line, level: str) -> int:
        return int(getattr(line.figures, f"level_{level}"))

    def cell(line: Line) -> Cell:
        parts = [
            Part(words.number(count(line, level)), to.drill(line, paying="yes", level=level), f"of-{level}", words.level(level))
            for level in LEVELS
            if count(line, level) or level != "unknown"
        ]
        return Cell([parts], "spread", stacked([(f"lv-{level}", count(line, level)) for level in LEVELS]))

    return Column(
        "level",
        _("Activity levels"),
        _("high · medium · low · zero, %(day)s") % {"day": words.short_day(to.as_of)},
        cell,
        lambda line: share_of(count(line, "high") + count(line, "medium"), line.figures.paying),
        [(f"{_('Activity level')}: {words.level(level)}", reading(f"level_{level}")) for level in LEVELS],
        help="level",
    )


def bands(to: Setting) -> Column:
    """Paying accounts by health band."""

    def count(line: Line, band: str) -> int:
        return int(getattr(line.figures, f"band_{band}"))

    def cell(line: Line) -> Cell:
        parts = [
            Part(words.number(count(line, band)), to.drill(line, paying="yes", band=band), f"of-band-{band}", words.band(band))
            for band in BANDS
            if count(line, band) or band != "unknown"
        ]
        return Cell([parts], "spread", stacked([(f"bd-{band}", count(line, band)) for band in BANDS]))

    return Column(
        "band",
        _("Health"),
        _("red · amber · green"),
        cell,
        lambda line: share_of(count(line, "red"), line.figures.paying),
        [(f"{_('Health')}: {words.band(band)}", reading(f"band_{band}")) for band in BANDS],
        help="band",
    )


def scores(to: Setting) -> Column:
    """Mean and median health, with the change in 30 days."""

    def cell(line: Line) -> Cell:
        figures = line.figures
        if figures.mean_score is None:
            return Cell([[Part(words.UNKNOWN, says=_("no known health"))]], "num")
        says = _("mean change in 30 days of %(n)d accounts known on both days") % {"n": len(figures.changes)}
        first = kept(
            Part(words.number(figures.mean_score, 1), css="strong", says=_("mean of %(n)d accounts") % {"n": len(figures.scores)}),
            change(figures.score_change, 0.0, says, scale=1),
        )
        return Cell([first, [Part(_("median %(score)s") % {"score": words.number(figures.median_score, 1)}, css="sub")]], "num")

    return Column(
        "score",
        _("Health score"),
        _("mean, change in 30 days"),
        cell,
        lambda line: line.figures.mean_score,
        [
            (_("Mean health"), lambda line: line.figures.mean_score),
            (_("Median health"), lambda line: line.figures.median_score),
            (_("Mean health change in 30 days"), lambda line: line.figures.score_change),
        ],
        ascending_first=True,
        help="health",
    )
