"""Headlines in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from csm_portal.portal.headlines import KEYS, Headline
from csm_portal.portal.stats import stat_of


def headline(key: str, **fields: Any) -> Headline:
    """A headline of November 2026 as of its 19th, undefined unless said otherwise."""
    empty: dict[str, Any] = dict.fromkeys(("value", "previous", "change", "target", "attainment", "numerator", "denominator"))
    extra = {"due": 0, "renewed": 0, "lost": 0, "open": 0, "gross": None, "response_rate": None} | fields.pop("extra", {})
    return Headline(
        key=key, group="all", month=date(2026, 11, 1), **{**empty, "n": 0, "as_of": date(2026, 11, 19), "extra": extra, **fields}
    )


@pytest.mark.parametrize("key", KEYS)
def test_an_undefined_headline_is_a_dash_and_never_zero(key: str) -> None:
    stat = stat_of(headline(key))
    assert stat.value == "–"
    assert stat.change is None
    assert stat.target == ""
    assert stat.version is None
    assert "Nov 2026" in stat.note


def test_a_rate_shows_its_change_in_points_and_its_target() -> None:
    stat = stat_of(
        headline(
            "renewal_rate_count",
            value=Decimal("0.8125"),
            previous=Decimal("0.85"),
            change=Decimal("-0.0375"),
            target=Decimal("0.9"),
            attainment=Decimal("0.902777"),
            version=2,
            extra={"due": 20, "renewed": 13, "lost": 3, "open": 4},
        )
    )
    assert stat.value == "81.2%"
    assert stat.change is not None
    assert (stat.change.text, stat.change.way) == ("−3.8 pts", "down")
    assert stat.target == "target 90.0%, 90% attained"
    assert stat.meter == "90"
    assert stat.notes == ["13 renewed, 3 lost, 4 open of 20 due"]
    assert stat.version == 2


def test_attainment_beyond_the_target_fills_the_bar_and_no_more() -> None:
    stat = stat_of(headline("monthly_active_rate", value=Decimal(1), target=Decimal("0.5"), attainment=Decimal(2)))
    assert (stat.meter, stat.target) == ("100", "target 50.0%, 200% attained")


def test_nps_is_signed_points_with_its_distance_to_the_target() -> None:
    stat = stat_of(headline("nps", value=Decimal(-9), target=Decimal(30), change=Decimal(4), n=7, extra={"response_rate": Decimal("0.14")}))
    assert stat.value == "−9"
    assert stat.change is not None
    assert (stat.change.text, stat.change.way) == ("+4", "up")
    assert stat.target == "target 30, 39 points short"
    assert stat.notes == ["7 answers, response rate 14%"]
    assert stat_of(headline("nps", value=Decimal(0))).value == "0"
    assert stat_of(headline("nps", target=Decimal(30))).target == "target 30"


@pytest.mark.parametrize(("as_of", "provisional"), [(date(2026, 11, 19), True), (date(2026, 11, 30), False), (date(2026, 12, 1), False)])
def test_a_month_is_provisional_until_its_last_day_is_in(as_of: date, provisional: bool) -> None:
    assert stat_of(headline("nps", as_of=as_of)).provisional is provisional


def test_the_pace_of_a_running_month_is_told() -> None:
    extra = {"provisional": True, "undecided": 14, "can_reach": 11, "unknown": 2}
    notes = stat_of(headline("monthly_active_rate", numerator=Decimal(30), denominator=Decimal(46), extra=extra)).notes
    assert notes == ["30 of 46 paying accounts", "2 of them unknown", "pace: 11 of the other 14 can still reach the bar"]
