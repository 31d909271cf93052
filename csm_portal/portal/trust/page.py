"""What the page says about k: the figures in words, the tables, and the way back from a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from churn.k import FEWEST, Measure, Rate, Relation, Way, Window, parts, pool, shrunk, way, way_by_k
from churn.k_reads import BATCHES, BY, COHORTS, Coming, Group, Told
from churn.k_sql import LEAD_MONTHS
from csm_portal.lib.periods import add_months
from csm_portal.portal import words
from csm_portal.portal.churn.notes import ChartNote, on_chart
from csm_portal.portal.trust.bands import BandTable, band_table, group_name, interval, name_of
from csm_portal.portal.trust.charts import active_and_renewed
from csm_portal.portal.trust.dues import dues_address
from csm_portal.portal.version_lines import Changes, months_on_axis, with_versions

if TYPE_CHECKING:
    from decimal import Decimal

MOST_MONTHS = 36
DEFAULT_TARGET = 0.85
BY_COUNT = (Window.LEAD, Measure.COUNT)


@dataclass(frozen=True, slots=True)
class RateText:
    """A share with its interval."""

    value: str
    interval: str
    of: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of k. `few`: there are too few dues to tell k. `leaning` is k drawn towards the pool of all lines.

    `href` leads to the dues it counts.
    """

    name: str
    href: str
    n: int
    unknown: int
    active: str
    rate: RateText
    p1: RateText
    p0: RateText
    k: str
    k_interval: str
    few: bool
    leaning: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Dues of one month to come, or all paying accounts, with what their activity makes expect and what the target takes."""

    name: str
    told: str
    n: int
    active: int
    unknown: int
    decided: str
    expected: str
    more: str
    changeable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page places. `sentence` is the finding; `few` says plainly that there is too little to find."""

    sentence: str
    few: str
    closed_before: date
    chart: dict[str, Any] | None
    chart_text: str
    months: list[Line]
    measures: list[Line]
    groups: list[Line]
    pooled: str
    bands: BandTable
    whole: Ahead | None
    answer: str
    by_k: str
    coming: list[Ahead]
    notes: list[ChartNote]


def page(  # noqa: PLR0917 - what was read, what was asked
    told: Told, coming: Sequence[Coming], notes: Sequence[ChartNote], changes: Changes, target: float, as_of: date, by: str
) -> Page:
    """The page as of a day, for a target of the renewal rate by count (a share).

    `changes`: days from which another activity definition counted, with its version.
    """
    batches = _from_first_known(told.batches)[-MOST_MONTHS:]
    months = [one.name or "" for one in batches]
    groups = [_of_group(group, by) for group in told.groups]
    whole = next((one for one in coming if one.month is None), None)
    found = told.relation
    told_parts = parts(found) if found else None
    marked = [note for note in notes if months and note.day >= date.fromisoformat(f"{months[0]}-01")]
    return Page(
        sentence=_sentence(found),
        few=_few(told),
        closed_before=told.closed_before,
        chart=_chart(batches, marked, changes) if any(BY_COUNT in one.relations for one in batches) else None,
        chart_text=_chart_text(batches),
        months=_leaning([(_of_group(one, BATCHES), one) for one in batches]),
        measures=measures(told.whole),
        groups=groups,
        pooled=_pooled(told.groups),
        bands=band_table(told.bands, months),
        whole=_ahead(whole, told_parts, target, as_of) if whole else None,
        answer=_answer(whole, told_parts, found, target),
        by_k=_by_k(whole, found, target),
        coming=[_ahead(one, told_parts, target, as_of) for one in coming if one.month is not None],
        notes=marked,
    )


def _from_first_known(batches: Sequence[Group]) -> list[Group]:
    """The months from the first one of which activity is known."""
    first = next((place for place, one in enumerate(batches) if BY_COUNT in one.relations), len(batches))
    return list(batches[first:])


def names_of_cuts() -> dict[str, str]:
    """What the table may be split by, and its word."""
    known = {
        COHORTS: _("cohort: quarter they began"),
        BATCHES: _("month of the due"),
        "csm": _("owner"),
        "team": _("team"),
        "product": _("product"),
        "plan": _("plan"),
        "tier": _("tier"),
        "industry": _("industry"),
        "region": _("region"),
        "size": _("size"),
        "stage": _("stage"),
    }
    return {key: name for key, name in known.items() if key in BY}


def target_asked(text: str, fallback: Decimal | float | None) -> tuple[float, str]:
    """The target of the address as a share, with what is wrong with it (empty: nothing). Percent, between 1 and 100."""
    usual = float(fallback) if fallback else DEFAULT_TARGET
    if not text.strip():
        return usual, ""
    try:
        asked = float(text.strip().rstrip("%％")) / 100
    except ValueError:
        asked = -1.0
    if 0.01 <= asked <= 1:
        return asked, ""
    return usual, _("This is no rate; right would be a number from 1 to 100, such as 85.")


def _sentence(found: Relation | None) -> str:
    if found is None or not found.enough:
        return ""
    text = _("%(p1)s of the active accounts renewed (%(p1_interval)s), %(p0)s of the others (%(p0_interval)s).")
    told = text % {
        "p1": words.percent(found.p1.value),
        "p1_interval": interval(found.p1.low, found.p1.high),
        "p0": words.percent(found.p0.value),
        "p0_interval": interval(found.p0.low, found.p0.high) or words.UNKNOWN,
    }
    if parts(found) is None:
        return told + " " + _("So far the difference lies within chance.")
    return told


def _few(told: Told) -> str:
    n = told.relation.n if told.relation else 0
    if n >= FEWEST:
        return ""
    text = ngettext(
        "Too few renewals to tell k: %(n)s closed one whose activity three months before is known; right would be %(least)s or more.",
        "Too few renewals to tell k: %(n)s closed ones whose activity three months before is known; right would be %(least)s or more.",
        n,
    )
    return text % {"n": n, "least": FEWEST}


def _chart(batches: Sequence[Group], notes: Sequence[ChartNote], changes: Changes) -> dict[str, Any]:
    first, last = (date.fromisoformat(f"{batches[place].name}-01") for place in (0, -1))
    by_month = {group.name: group for group in batches}
    months = [first]
    while months[-1] < last:
        months.append(add_months(months[-1], 1))
    stamps = [words.month(month) for month in months]
    found = [by_month[f"{month:%Y-%m}"].relations.get(BY_COUNT) if f"{month:%Y-%m}" in by_month else None for month in months]
    figure = active_and_renewed(stamps, found)
    due_in = months_on_axis(months)
    # A due stands in its own month, its activity was told LEAD_MONTHS before.
    told_in = [(add_months(first, -LEAD_MONTHS), add_months(after, -LEAD_MONTHS), stamp) for first, after, stamp in due_in]
    return with_versions(on_chart(figure, notes, due_in), changes, told_in)


def _chart_text(batches: Sequence[Group]) -> str:
    known = [(name_of(one.name or ""), one.relations[BY_COUNT]) for one in batches if BY_COUNT in one.relations]
    if not known:
        return ""
    name, last = known[-1]
    text = _("%(n)s months; the last, %(month)s: %(active)s active before, %(rate)s renewed (n = %(dues)s).")
    return text % {
        "n": len(known),
        "month": name,
        "active": words.percent(last.active),
        "rate": words.percent(last.rate.value),
        "dues": last.n,
    }


def _of_group(group: Group, by: str) -> Line:
    href = dues_address(by, group.name)
    return _line(group_name(group.name), group.relations.get(BY_COUNT), group.unknown[Window.LEAD], href)


def _line(name: str, found: Relation | None, unknown: int, href: str) -> Line:
    if found is None:
        nothing = RateText(words.UNKNOWN, "", "")
        return Line(name, href, 0, unknown, words.UNKNOWN, nothing, nothing, nothing, words.UNKNOWN, "", few=True)
    return Line(
        name=name,
        href=href,
        n=found.n,
        unknown=unknown,
        active=words.percent(found.active),
        rate=_rate(found.rate, found.measure),
        p1=_rate(found.p1, found.measure),
        p0=_rate(found.p0, found.measure),
        k=words.number(found.k, 2),
        k_interval="" if found.low is None else f"{words.number(found.low, 2)} … {words.number(found.high, 2)}",
        few=not found.enough,
    )


def _rate(found: Rate, measure: Measure) -> RateText:
    of = _("of %(n)s") % {"n": words.number(found.weight, 0)} if measure is Measure.COUNT and found.weight else ""
    return RateText(words.percent(found.value), interval(found.low, found.high), of)


def measures(whole: Group, windows: Sequence[Window] = tuple(Window)) -> list[Line]:
    """k of all dues by count and by amount, a line for each way to tell who was active."""
    told = pgettext("measure of k", "%(measure)s, %(window)s")
    names = {Window.LEAD: _("active in the month three before"), Window.MEAN: _("mean of the three months before")}
    by = {Measure.COUNT: _("by count"), Measure.GROSS: _("by gross amount"), Measure.NET: _("by net amount")}
    return [
        _line(
            told % {"measure": measure_name, "window": names[window]},
            whole.relations.get((window, measure)),
            whole.unknown[window],
            reverse("portal:trust-dues"),
        )
        for window in windows
        for measure, measure_name in by.items()
    ]


def _leaning(rows: Sequence[tuple[Line, Group]]) -> list[Line]:
    """The lines newest first, each with its k drawn towards the pool of all."""
    found = [group.relations.get(BY_COUNT) for _line_of, group in rows]
    pooled = pool([one for one in found if one])
    made = [
        Line(
            **{name: getattr(line, name) for name in Line.__slots__ if name != "leaning"},
            leaning=words.number(shrunk(one, pooled), 2) if one else "",
        )
        for (line, _group), one in zip(rows, found, strict=True)
    ]
    return made[::-1]


def _pooled(groups: Sequence[Group]) -> str:
    pooled = pool([found for group in groups if (found := group.relations.get(BY_COUNT))])
    if pooled is None:
        return ""
    text = _("%(n)s groups pooled: k %(k)s (%(low)s … %(high)s).")
    told = text % {"n": pooled.n, "k": words.number(pooled.k, 2), "low": words.number(pooled.low, 2), "high": words.number(pooled.high, 2)}
    if pooled.between == 0:
        return told + " " + _("They differ by no more than chance.")
    return told + " " + _("Beyond chance they spread by a factor of %(spread)s.") % {"spread": words.number(2.718281828**pooled.between, 2)}


def _ahead(one: Coming, told_parts: tuple[float, float] | None, target: float, as_of: date) -> Ahead:
    expected, more = words.UNKNOWN, words.UNKNOWN
    changeable = one.month is None or add_months(one.month, -2) > as_of + timedelta(days=1)
    if told_parts and one.known:
        found = way(one.known, one.active, *told_parts, target)
        expected = words.percent(found.expected, 1)
        # Nobody becomes active in a month that is over.
        more = _more(found) if changeable or found.more == 0 else _("too late: their month is over")
    return Ahead(
        name=words.month(one.month) if one.month else _("all paying accounts"),
        told=words.month(one.told),
        n=one.n,
        active=one.active,
        unknown=one.unknown,
        decided=_decided(one),
        expected=expected,
        more=more,
        changeable=changeable,
    )


def _decided(one: Coming) -> str:
    told = []
    if one.renewed:
        told.append(_("%(n)s renewed already") % {"n": one.renewed})
    if one.lost:
        told.append(_("%(n)s lost already") % {"n": one.lost})
    return ", ".join(told)


def _more(found: Way) -> str:
    if found.more is None:
        return _("out of reach: all active would bring %(best)s") % {"best": words.percent(found.best, 1)}
    if not found.more:
        return _("reached")
    return ngettext("activate %(n)s more", "activate %(n)s more", found.more) % {"n": found.more}


def _answer(whole: Coming | None, told_parts: tuple[float, float] | None, found: Relation | None, target: float) -> str:
    if whole is None or not whole.known:
        return _("No month is graded yet, so nobody knows who is active.")
    if told_parts is None:
        if found is not None and found.enough:
            return _("Active accounts have not renewed more than the others beyond chance, so activating more promises nothing yet.")
        return _("There are too few closed renewals to say how many accounts a target takes.")
    one = way(whole.known, whole.active, *told_parts, target)
    facts = {
        "active": words.number(whole.active),
        "n": words.number(whole.known),
        "month": words.month(whole.told),
        "expected": words.percent(one.expected, 1),
        "target": words.percent(target, 0 if float(target * 100).is_integer() else 1),
        "best": words.percent(one.best, 1),
        "best_interval": interval(found.p1.low, found.p1.high) if found else "",
    }
    told = _("%(active)s of %(n)s paying accounts were active in %(month)s: %(expected)s would renew.") % facts
    if one.more is None:
        return (
            told
            + " "
            + _("With all of them active about %(best)s would (%(best_interval)s): activity alone may not lead to %(target)s.") % facts
        )
    if not one.more:
        return told + " " + _("The target of %(target)s is reached.") % facts
    step = ngettext("Activate %(more)s more account to reach %(target)s.", "Activate %(more)s more accounts to reach %(target)s.", one.more)
    return told + " " + step % {**facts, "more": words.number(one.more)}


def _by_k(whole: Coming | None, found: Relation | None, target: float) -> str:
    """The same by k alone, for whoever reckons so; empty where there is no k."""
    if whole is None or not whole.known or found is None or not found.enough or not found.k:
        return ""
    more = way_by_k(whole.known, whole.active, found.k, target)
    facts = {"k": words.number(found.k, 2), "active": words.percent(found.active), "n": "" if more is None else words.number(more)}
    if more == 0:
        return (
            _("By k = %(k)s alone the target is reached; k holds near an active share of %(active)s, and falls as more become active.")
            % facts
        )
    if more is None:
        return _("By k = %(k)s alone it would take more than all; k holds near an active share of %(active)s.") % facts
    return (
        _("By k = %(k)s alone it would be %(n)s more; k holds near an active share of %(active)s, and falls as more become active.") % facts
    )
