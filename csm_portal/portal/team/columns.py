"""The columns of the table of people: what each shows, sorts by and writes into a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from csm_portal.lib.periods import Period, add_months, label, period_of
from csm_portal.portal import words
from csm_portal.portal.stats import name_of
from csm_portal.portal.team import drill
from csm_portal.portal.team.cells import Cell, Part, spark, stacked
from csm_portal.portal.team.past import MONTHS
from csm_portal.portal.team.tree import Line, Measure

if TYPE_CHECKING:
    from csm_portal.portal.team.drill import Drill

LEVELS = ("high", "medium", "low", "zero", "unknown")
BANDS = ("red", "amber", "green", "unknown")
CASES = (("any", "due"), ("renewed", "renewed"), ("lost", "lost"), ("open", "open"))
POINTS_FLAT = 0.0005
Value = str | int | float | Decimal | None


@dataclass(frozen=True)
class Setting:
    """What all cells of one table share."""

    as_of: date
    period: Period
    currency: str
    drill: Drill
    provisional: bool
    lowest_rate: float = 0.0
    targets: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    @property
    def month(self) -> str:
        """The running month as the rates name it."""
        return label("month", self.as_of)

    @property
    def months(self) -> list[str]:
        """The last 12 months, the running one last."""
        return [label("month", add_months(self.as_of, back - MONTHS + 1)) for back in range(MONTHS)]

    @property
    def last_month(self) -> str:
        """The month before, as the rates name it."""
        return label("month", add_months(self.as_of, -1))

    @property
    def month_name(self) -> str:
        """The running month in words."""
        return words.month(self.as_of)


@dataclass(frozen=True)
class Column:
    """One column. `measure` is what it sorts by; `figures` are heading and value of each of its columns in a file."""

    key: str
    name: str
    note: str
    cell: Callable[[Line], Cell]
    measure: Measure
    figures: Sequence[tuple[str, Callable[[Line], Value]]]
    ascending_first: bool = False
    help: str = ""


def columns(setting: Setting, weeks: tuple[str, str] | None) -> list[Column]:
    """Every column in order. `weeks` are the running week and the one before, as the rates name them."""
    return [
        _accounts(setting),
        _money(setting),
        _month(setting),
        _week(setting, weeks),
        _trend(setting),
        _levels(setting),
        _bands(setting),
        _scores(setting),
        _renewals(setting),
        _renewal_rates(setting),
        _ratings(setting),
        _reviews(setting),
        _nps(setting),
        _load(setting),
        _targets(setting),
    ]


def change(now: float | None, before: float | None, says: str, *, scale: int = 100, unit: str = "") -> Part | None:
    """A change as a part with its direction; None where either side is unknown."""
    if now is None or before is None:
        return None
    shown = Decimal(str((now - before) * scale))
    text = words.signed(shown, 1) + unit
    way = "flat" if text.startswith("±") else "up" if shown > 0 else "down"
    return Part(text, css=f"change change-{way}", says=says)


def _kept(*parts: Part | None) -> list[Part]:
    return [part for part in parts if part is not None]


def _accounts(to: Setting) -> Column:
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


def _money(to: Setting) -> Column:
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


def _month(to: Setting) -> Column:
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
        return Cell([_kept(rate, change(figures.rate, last(line), says)), counts], "num")

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


def _week(to: Setting, weeks: tuple[str, str] | None) -> Column:
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
            [_kept(Part(words.percent(figures.week_rate, 1), css="strong"), change(figures.week_rate, last(line), says)), counts], "num"
        )

    return Column(
        "week",
        _("Weekly active"),
        weeks[0] if weeks else "",
        cell,
        lambda line: line.figures.week_rate,
        [
            (_("Weekly active rate"), lambda line: line.figures.week_rate),
            (_("Weekly active"), lambda line: line.figures.week_active),
            (_("Weekly active rate, week before"), last),
        ],
        help="weekly_active_rate",
    )


def _trend(to: Setting) -> Column:
    def rates(line: Line) -> list[float | None]:
        return [line.figures.rate_of("month", month) for month in to.months]

    def cell(line: Line) -> Cell:
        known = rates(line)
        pairs = zip(to.months, known, strict=True)
        says = ", ".join(
            f"{words.month(date.fromisoformat(f'{month}-01'))} {words.percent(rate)}" for month, rate in pairs if rate is not None
        )
        drawn = spark(known, to.lowest_rate, _("Monthly active rate: %(months)s") % {"months": says})
        return Cell([] if drawn else [[Part(words.UNKNOWN)]], spark=drawn)

    def gain(line: Line) -> float | None:
        known = [rate for rate in rates(line) if rate is not None]
        return known[-1] - known[0] if len(known) > 1 else None

    scale = _("monthly active rate, from %(low)s to 100%%") % {"low": words.percent(to.lowest_rate)}
    return Column("trend", _("12 months"), scale, cell, gain, [])


def _levels(to: Setting) -> Column:
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
        lambda line: _share_of(count(line, "high") + count(line, "medium"), line.figures.paying),
        [(f"{_('Activity level')}: {words.level(level)}", _reading(f"level_{level}")) for level in LEVELS],
        help="level",
    )


def _bands(to: Setting) -> Column:
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
        lambda line: _share_of(count(line, "red"), line.figures.paying),
        [(f"{_('Health')}: {words.band(band)}", _reading(f"band_{band}")) for band in BANDS],
        help="band",
    )


def _scores(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        if figures.mean_score is None:
            return Cell([[Part(words.UNKNOWN, says=_("no known health"))]], "num")
        says = _("mean change in 30 days of %(n)d accounts known on both days") % {"n": len(figures.changes)}
        first = _kept(
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


def case_names() -> dict[str, str]:
    """Names of what may have become of a due."""
    return {
        "due": pgettext("renewals", "due"),
        "renewed": pgettext("renewals", "renewed"),
        "lost": pgettext("renewals", "lost"),
        "open": pgettext("renewals", "open"),
    }


def _renewals(to: Setting) -> Column:
    def counted(line: Line) -> list[list[Part]]:
        """Dues; where an account has several of them, the accounts below, which are what the list can show."""
        dues, accounts = [], []
        for state, name in CASES:
            n, n_accounts, says = getattr(line.figures, name), getattr(line.figures, f"{name}_accounts"), case_names()[name]
            address = to.drill(line, drill.due(state, to.period))
            dues.append(Part(words.number(n), address if n == n_accounts else "", f"case-{name}", says))
            accounts.append(Part(f"({words.number(n_accounts)})", address, "sub", _("%(state)s, accounts") % {"state": says}))
        return [dues] if all(due.href for due in dues) else [dues, accounts]

    def cell(line: Line) -> Cell:
        figures = line.figures
        amounts = [Part(short(getattr(figures, f"{name}_amount")), css="sub", says=says) for name, says in case_names().items()]
        dues, *accounts = counted(line)
        lines = [dues, amounts, *accounts]
        if figures.cases_without_rate:
            text = ngettext("%(n)d left out: no exchange rate", "%(n)d left out: no exchange rate", figures.cases_without_rate)
            lines.append([Part(text % {"n": figures.cases_without_rate}, css="sub wide")])
        return Cell(lines, "cases")

    amount = _("%(state)s, amount %(currency)s")
    return Column(
        "renewals",
        _("Renewals"),
        _("due · renewed · lost · open"),
        cell,
        lambda line: float(line.figures.due_amount),
        [
            *((says, _reading(name)) for name, says in case_names().items()),
            *((amount % {"state": says, "currency": to.currency}, _reading(f"{name}_amount")) for name, says in case_names().items()),
        ],
        help="renewal_case",
    )


def _renewal_rates(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        count = Part(words.percent(figures.renewal_rate), css="strong", says=_("renewed / decided, by count"))
        amount = Part(words.percent(figures.renewal_rate_amount), css="sub", says=_("by net amount, expansion included"))
        return Cell([[count], [amount]], "num")

    return Column(
        "renewal_rate",
        _("Renewal rate"),
        _("count, net amount"),
        cell,
        lambda line: line.figures.renewal_rate,
        [
            (_("Renewal rate by count"), lambda line: line.figures.renewal_rate),
            (_("Renewal rate by net amount"), lambda line: line.figures.renewal_rate_amount),
        ],
        ascending_first=True,
        help="renewal_rate_count",
    )


def _ratings(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        rated = Part(words.number(figures.rated), to.drill(line, drill.is_("all_rated", "yes"), paying="yes"), says=_("every rating valid"))
        age = _("median age %(days)s d") % {"days": words.number(figures.median_age)} if figures.ages else _("never rated")
        first = [Part(words.percent(figures.rated_share), css="strong"), rated, Part("/"), Part(words.number(figures.paying))]
        return Cell([first, [Part(age, css="sub")]], "num")

    return Column(
        "rated",
        _("Ratings valid"),
        _("of paying accounts"),
        cell,
        lambda line: line.figures.rated_share,
        [
            (_("Ratings valid"), _reading("rated")),
            (_("Rating coverage"), lambda line: line.figures.rated_share),
            (_("Median days since rating"), lambda line: line.figures.median_age),
        ],
        ascending_first=True,
        help="ratings",
    )


def _reviews(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        held = Part(
            words.number(figures.reviewed),
            to.drill(line, drill.is_("qbr", "yes"), paying="yes"),
            says=_("executive-attended QBR in 90 days"),
        )
        return Cell(
            [[Part(words.percent(figures.reviewed_share), css="strong")], [held, Part("/"), Part(words.number(figures.paying))]], "num"
        )

    return Column(
        "qbr",
        _("QBR"),
        _("90 days"),
        cell,
        lambda line: line.figures.reviewed_share,
        [(_("QBR in 90 days"), _reading("reviewed")), (_("QBR coverage"), lambda line: line.figures.reviewed_share)],
        ascending_first=True,
        help="qbr",
    )


def _nps(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        value = words.UNKNOWN if figures.nps is None else words.signed(figures.nps, 0).replace("±", "")
        n = ngettext("%(n)d answer", "%(n)d answers", figures.answers) % {"n": figures.answers}
        return Cell([[Part(value, css="strong")], [Part(n, css="sub")]], "num")

    return Column(
        "nps",
        _("NPS"),
        to.month_name,
        cell,
        lambda line: line.figures.nps,
        [(_("NPS"), lambda line: line.figures.nps), (_("NPS answers"), _reading("answers"))],
        help="nps",
    )


def _load(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        figures = line.figures
        lines = []
        if figures.csms > 1:
            each = {"accounts": words.number(figures.accounts_per_csm, 1), "mrr": short(Decimal(str(figures.mrr_per_csm or 0)))}
            lines.append([Part(_("%(accounts)s accounts · %(mrr)s MRR") % each, css="sub", says=_("per person with a book"))])
        tickets = Part(ngettext("%(n)d ticket", "%(n)d tickets", figures.tickets) % {"n": figures.tickets}, css="strong")
        where = Part(words.number(figures.ticket_accounts), to.drill(line, "tickets:above:0"), says=_("accounts with an open ticket"))
        lines.append([tickets, Part(pgettext("tickets in accounts", "in")), where])
        return Cell(lines, "num")

    return Column(
        "load",
        _("Load"),
        _("per CSM; open tickets"),
        cell,
        lambda line: line.figures.tickets,
        [
            (_("Accounts per CSM"), lambda line: line.figures.accounts_per_csm),
            (_("MRR per CSM"), lambda line: line.figures.mrr_per_csm),
            (_("Open tickets"), _reading("tickets")),
        ],
        help="load",
    )


def _targets(to: Setting) -> Column:
    def cell(line: Line) -> Cell:
        goals, values = to.targets.get(line.key, {}), line.figures.month_values
        told = [_attained(key, values[key], goals[key]) for key in values if key in goals]
        return Cell([told[:2], told[2:]] if told else [[Part(_("none set"), css="sub")]], "goals")

    def met(line: Line) -> float | None:
        goals, values = to.targets.get(line.key, {}), line.figures.month_values
        known = [float(value >= goals[key]) for key, value in values.items() if key in goals and value is not None]
        return sum(known) / len(known) if known else None

    return Column(
        "targets",
        _("Targets"),
        to.month_name,
        cell,
        met,
        [(_("Target: %(name)s") % {"name": name_of(key)}, _goal(to, key)) for key in SHORT_KEYS],
        ascending_first=True,
        help="target",
    )


SHORT_KEYS = ("renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps")


def short_names() -> dict[str, str]:
    """The headlines in a word each."""
    return {"renewal_rate_count": _("Count"), "renewal_rate_amount": _("Amount"), "monthly_active_rate": _("Active"), "nps": _("NPS")}


def _attained(key: str, value: float | None, goal: Decimal) -> Part:
    nps = key == "nps"
    goal_text = words.number(goal) if nps else words.percent(goal)
    says = _("%(name)s: target %(goal)s") % {"name": name_of(key), "goal": goal_text}
    name = short_names()[key]
    if value is None:
        return Part(f"{name} {words.UNKNOWN}", css="goal", says=says)
    says += ", " + _("now %(value)s") % {"value": words.number(value, 0) if nps else words.percent(value, 1)}
    met = value >= goal
    # A share of a score that may be negative says nothing; the distance does.
    part = words.signed(Decimal(str(value)) - goal, 0) if nps else words.percent(value / float(goal)) if goal else words.UNKNOWN
    return Part(f"{name} {part}", css="goal goal-met" if met else "goal goal-missed", says=says + (" ✓" if met else ""))


def _goal(to: Setting, key: str) -> Callable[[Line], Value]:
    return lambda line: to.targets.get(line.key, {}).get(key)


def _reading(name: str) -> Callable[[Line], Value]:
    def read(line: Line) -> Value:
        value: Value = getattr(line.figures, name)
        return value

    return read


def _share_of(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def short(amount: Decimal) -> str:
    """An amount in thousands or millions, for narrow places: `950`, `12.3k`, `4.1M`."""
    if abs(amount) < 1_000:
        return words.number(amount)
    if abs(amount) < 1_000_000:
        return f"{words.number(amount / 1_000, 1)}k"
    return f"{words.number(amount / 1_000_000, 1)}M"


def lowest_rate(top: Line, as_of: date) -> float:
    """Where the scale of the trends begins, one for all lines: the lowest rate of the last 12 months, down to the next 10 %."""
    months = [label("month", add_months(as_of, -back)) for back in range(MONTHS)]
    known = [rate for line in top.lines() for month in months if (rate := line.figures.rate_of("month", month)) is not None]
    return int(min(known, default=0.0) * 10) / 10 if min(known, default=0.0) < 1 else 0.0


def running_week(as_of: date, known: Sequence[str]) -> tuple[str, str] | None:
    """The running week and the one before, of those that the rates know; None where there is none."""
    if not known:
        return None
    newest, *earlier = sorted(set(known), reverse=True)
    return newest, earlier[0] if earlier else ""


def provisional_month(line: Line, as_of: date) -> bool:
    """Whether the running month still runs, or its calendar is not official."""
    month = period_of("month", as_of)
    return as_of < month.last or line.figures.past["month", label("month", as_of), "provisional"] > 0
