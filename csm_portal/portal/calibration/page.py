"""What the calibration page says: the findings in words, the tables, and what is missing where there is too little to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from csm_portal.lib.periods import add_months
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.calibration.charts import by_month, reliability
from csm_portal.portal.calibration.parts import KindRow, Missing, MissRow, Page, QuarterRow, Row, Tile
from csm_portal.portal.trust.separation import said
from csm_portal.portal.version_lines import Changes, months_on_axis, with_versions

if TYPE_CHECKING:
    from churn.calibration.reads import Calibration, Miss
    from churn.calibration.report import Kind, Quarter, Report
    from churn.calibration.tables import Group

MOST_MONTHS = 36
POINTS = Decimal("0.01")


def page(found: Calibration, people: Mapping[int, str], currency: str, grace: int) -> Page:
    """The page of a report; `people` names owners by id."""
    report = found.report
    made = Made(found, currency)
    months = report.months[-MOST_MONTHS:]
    first = next((place for place, one in enumerate(months) if one.score is not None), 0)
    months = months[first:]
    bands = {one.name: one for one in report.bands}
    green, red = bands.get("green"), bands.get("red")
    return Page(
        empty=_empty(found),
        finding=_finding(report),
        good=bool(report.separates),
        warning=_warning(report, found.lead),
        drift=_drift(report),
        span=_span(found),
        chart=_month_chart(months, found.health_changes) if report.n else None,
        chart_text=_chart_text(months),
        months=[made.row(one, name_of(one.name), month=one.name) for one in reversed(months)],
        tiles=_tiles(report) if report.enough else [],
        reliability=reliability(report.reliability) if report.told_enough else None,
        groups=[made.row(one, pgettext("group of renewals", "Group %(n)s") % {"n": one.name}) for one in report.reliability],
        fault_text=_fault_text(report),
        bands=[made.row(one, words.band(one.name), band=one.name) for one in report.bands],
        without=report.n - sum(one.rate.n for one in report.bands),
        parts=[made.row(one, one.name) for one in report.parts],
        tenths=len(report.parts) > 5,
        quarters=[made.quarter(one) for one in reversed(report.quarters)],
        kinds=[made.kind(one) for one in report.kinds],
        green_lost=[made.miss(one, people) for one in found.green_lost],
        green_lost_n=green.lost if green else 0,
        red_renewed=[made.miss(one, people) for one in found.red_renewed],
        red_renewed_n=red.rate.hits if red else 0,
        left_out=_left_out(found),
        missing=_missing(found, grace),
    )


def name_of(batch: str) -> str:
    """A month `2026-07` in words."""
    return words.month(date.fromisoformat(f"{batch}-01"))


def quarter_name(quarter: str) -> str:
    """A quarter `2026-Q3` in words."""
    year, number = quarter.split("-Q")
    return f"{year}年第{number}季度" if words.chinese() else f"Q{number} {year}"


def interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval of shares; empty where there is none."""
    return "" if low is None or high is None else f"{words.percent(low)} … {words.percent(high)}"


def auc_text(value: float | None) -> str:
    """An AUC with two places."""
    return words.number(value, 2)


def auc_interval(low: float | None, high: float | None) -> str:
    """Both ends of an AUC's interval; empty where there is none."""
    return "" if low is None or high is None else f"{words.number(low, 2)} … {words.number(high, 2)}"


@dataclass(frozen=True, slots=True)
class Made:
    """Makes the lines of the tables for one report."""

    found: Calibration
    currency: str

    def address(self, **narrowed: str) -> str:
        """Where the renewals behind a number are listed."""
        asked = {**narrowed, "lead": str(self.found.lead), "kind": self.found.kind}
        return f"{reverse('portal:trust-renewals')}?{urlencode(asked)}"

    def money(self, amount: float | None) -> str:
        """An amount in the reporting currency."""
        return words.money(None if amount is None else Decimal(str(amount)).quantize(POINTS), self.currency)

    def row(self, one: Group, name: str, **narrowed: str) -> Row:
        """A group in words."""
        return Row(
            name=name,
            href=self.address(**narrowed) if narrowed else "",
            n=words.number(one.rate.n),
            amount=self.money(one.amount) if one.amount else words.UNKNOWN,
            expected=words.percent(one.expected),
            renewed=words.percent(one.rate.value),
            interval=interval(one.rate.low, one.rate.high),
            gross=words.percent(one.gross),
            lost=words.number(one.lost),
            lift=words.UNKNOWN if one.lift is None else words.number(one.lift, 1),
            caught=words.percent(one.caught),
            health=words.score(one.score),
            band=narrowed.get("band", ""),
        )

    def quarter(self, one: Quarter) -> QuarterRow:
        """A past quarter in words."""
        return QuarterRow(
            name=quarter_name(one.name),
            href=self.address(quarter=one.name),
            n=words.number(one.group.rate.n),
            renewed=words.percent(one.group.rate.value),
            auc=auc_text(one.auc.value if one.auc else None),
            interval=auc_interval(one.auc.low, one.auc.high) if one.auc else "",
            expected_lost=words.number(one.expected_lost, 1),
            lost=words.number(one.lost_of_told) if one.group.told else words.UNKNOWN,
            far=one.beyond is not None and abs(one.beyond) > 2,
            green_lost=self.money(one.green_lost) if one.green_lost else words.UNKNOWN,
        )

    def kind(self, one: Kind) -> KindRow:
        """Losses of a kind in words."""
        names = {"all": _("All losses"), "chosen": _("Without involuntary ones"), "involuntary": _("Involuntary: payment lapsed")}
        auc = one.auc if self.found.report.enough else None
        return KindRow(
            name=names[one.name],
            lost=words.number(one.lost),
            green=words.number(one.green),
            amount=self.money(one.amount) if one.lost else words.UNKNOWN,
            auc=auc_text(auc.value if auc else None),
            interval=auc_interval(auc.low, auc.high) if auc else "",
        )

    def miss(self, one: Miss, people: Mapping[int, str]) -> MissRow:
        """A miss in words."""
        told = [CHURN_TYPES[one.churn_type]()] if one.churn_type in CHURN_TYPES else []
        if one.regrettable is not None:
            told.append(_("regrettable") if one.regrettable else _("not regrettable"))
        return MissRow(
            name=one.name,
            href=account_address(one.external_id),
            product=words.readable(one.product) if one.product else "",
            ends_on=one.ends_on,
            owner=people.get(one.owner_id or 0, ""),
            health=words.score(one.score),
            amount=self.money(one.amount),
            why=", ".join(told),
        )


CHURN_TYPES = {
    "voluntary": lambda: pgettext("churn type", "voluntary"),
    "satisfied": lambda: pgettext("churn type", "satisfied"),
    "involuntary": lambda: pgettext("churn type", "involuntary"),
}


def _empty(found: Calibration) -> str:
    if found.report.n:
        return ""
    if not found.coming:
        return _("No renewal is due yet: load contracts with an end, and the comparison fills as they close.")
    text = ngettext(
        "No renewal has closed yet; %(n)s is open, the first decided after %(day)s.",
        "No renewal has closed yet; %(n)s are open, the first decided after %(day)s.",
        len(found.coming),
    )
    return text % {"n": len(found.coming), "day": words.day(min(found.coming))}


def _finding(report: Report) -> str:
    if not report.enough or report.auc is None:
        return ""
    told = said(report.separation, good=bool(report.separates))
    if report.beyond_base is False:
        return told + _gap() + _("The portal sees nothing beyond the base rate: the order by health lies within chance.")
    return told


def _gap() -> str:
    return "" if words.chinese() else " "


def _warning(report: Report, lead: int) -> str:
    leak = report.leak
    if leak.too_good:
        return _(
            "Too good to be true: an AUC of %(auc)s, %(lead)s days ahead. Look for a leak first:"
            " a rating, a ticket or a survey that was entered after the decision and dated before it."
        ) % {"auc": words.number(leak.value, 2), "lead": lead}
    if leak.too_sudden:
        return _(
            "The AUC rises to %(auc)s from %(before)s sixty days earlier. Look for a leak first:"
            " a rating, a ticket or a survey that was entered after the decision and dated before it."
        ) % {"auc": words.number(leak.value, 2), "before": words.number(leak.before, 2)}
    return ""


def _drift(report: Report) -> str:
    if not report.drifts:
        return ""
    return _("Expected and actual losses lay more than two standard errors apart in two quarters running, the last in %(quarter)s.") % {
        "quarter": quarter_name(report.drifts[-1])
    }


def _span(found: Calibration) -> str:
    if found.kind == "snapshot":
        return _("weekly looks at accounts with shorter terms, lost within 180 days or not, before %(day)s") % {
            "day": words.day(found.closed_before)
        }
    return _("terms of 90 days or more that ended before %(day)s, health of %(lead)s days before") % {
        "day": words.day(found.closed_before),
        "lead": found.lead,
    }


def _month_chart(months: Sequence[Group], changes: Changes) -> dict[str, Any] | None:
    if not months:
        return None
    first, last = (date.fromisoformat(f"{months[place].name}-01") for place in (0, -1))
    known = {one.name: one for one in months}
    listed = [first]
    while listed[-1] < last:
        listed.append(add_months(listed[-1], 1))
    figure = by_month([words.month(month) for month in listed], [known.get(f"{month:%Y-%m}") for month in listed])
    return with_versions(figure, changes, months_on_axis(listed))


def _chart_text(months: Sequence[Group]) -> str:
    if not months:
        return ""
    last = months[-1]
    text = _("%(n)s months; the last, %(month)s: %(rate)s renewed (n = %(dues)s), health %(health)s points, expected %(expected)s.")
    return text % {
        "n": len(months), "month": name_of(last.name), "rate": words.percent(last.rate.value), "dues": last.rate.n,
        "health": words.score(last.score), "expected": words.percent(last.expected),
    }  # fmt: skip


def _tiles(report: Report) -> list[Tile]:
    made = []
    if report.auc is not None:
        note = _("0.50 is chance; %(lost)s lost against %(kept)s renewed") % {"lost": report.auc.lost, "kept": report.auc.kept}
        made.append(Tile("auc", _("AUC"), auc_text(report.auc.value), auc_interval(report.auc.low, report.auc.high), note))
    worst = report.worst_lift
    if worst is not None and worst.lift is not None:
        part = _("of the worst tenth %(lost)s were lost") if len(report.parts) > 5 else _("of the worst fifth %(lost)s were lost")
        lost = worst.lost / worst.rate.n
        made.append(Tile("lift", _("Lift of the worst"), f"{words.number(worst.lift, 1)} x", "", part % {"lost": words.percent(lost)}))
    if report.fault is not None and report.told_enough:
        note = _("chance alone: %(mean)s, up to %(top)s (n = %(n)s)") % {
            "mean": words.number(report.fault.chance, 3), "top": words.number(report.fault.chance_95, 3), "n": report.fault.n,
        }  # fmt: skip
        made.append(Tile("calibration_error", _("Calibration error"), words.number(report.fault.value, 3), "", note))
    if report.brier is not None and report.told_enough:
        note = _("the base rate alone: %(base)s") % {"base": words.number(report.brier_of_base, 3)}
        made.append(Tile("brier", _("Brier score"), words.number(report.brier, 3), "", note))
    return made


def _fault_text(report: Report) -> str:
    from churn.calibration.report import FEWEST

    if report.fault is None:
        return _("Nothing is expected yet: two numbers that turn health into a chance need 10 lost and 10 renewed before.")
    if not report.told_enough:
        text = _(
            "Too few to compare: %(n)s renewals have an expected chance, told from what had closed before; from %(least)s on it is shown."
        )
        return text % {"n": report.told, "least": FEWEST}
    lost = sum(one.lost for one in report.reliability)
    expected = sum(one.rate.n * (1 - (one.expected or 0.0)) for one in report.reliability)
    text = _("Out of time, over %(n)s renewals: %(expected)s losses were expected, %(lost)s came.")
    said = text % {"n": report.told, "expected": words.number(expected, 1), "lost": lost}
    if report.fault.value > report.fault.chance_95:
        return said + " " + _("The chances are further off than chance alone would have it.")
    return said + " " + _("The chances are off by no more than chance alone would have it.")


def _left_out(found: Calibration) -> str:
    n = found.report.known_before
    if not n:
        return ""
    text = ngettext(
        "%(n)s renewal is left out: its outcome was recorded before that day, so nothing was foreseen.",
        "%(n)s renewals are left out: their outcome was recorded before that day, so nothing was foreseen.",
        n,
    )
    return text % {"n": n}


def _missing(found: Calibration, grace: int) -> list[Missing]:
    """What each finding needs, and when there will be enough of it by the due days known today."""
    from churn.calibration.report import FEWEST, FEWEST_LOST
    from churn.likelihood.past import FOR_LEARNED

    report = found.report
    n, lost = report.scored, report.scored_lost
    return [
        _need(_("AUC, calibration error and lift"), (FEWEST, FEWEST_LOST), (n, lost), found, grace),
        _need(_("Weights learned from renewals"), FOR_LEARNED, (n, lost), found, grace),
    ]


def _need(name: str, wanted: tuple[int, int], have: tuple[int, int], found: Calibration, grace: int) -> Missing:
    from churn.likelihood.past import enough_on

    facts = {"n": have[0], "lost": have[1], "want_n": wanted[0], "want_lost": wanted[1]}
    held = _("%(n)s renewals with a health (%(want_n)s needed), %(lost)s of them lost (%(want_lost)s needed)") % facts
    if have[0] >= wanted[0] and have[1] >= wanted[1]:
        return Missing(name, held, _("enough"), done=True)
    day = enough_on(found.coming, *have, wanted=wanted, closes_after=grace + 1)
    if day is None:
        return Missing(name, held, _("not by the due days known today"), done=False)
    soonest = max(day, found.as_of + timedelta(days=1))
    return Missing(name, held, _("enough around %(day)s, if losses go on as before") % {"day": words.day(soonest)}, done=False)
