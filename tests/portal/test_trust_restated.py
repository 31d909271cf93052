"""The panel of both monthly rates: what its sentence says, and where it draws a line."""

from __future__ import annotations

from datetime import date

from csm_portal.lib.periods import add_months
from csm_portal.portal.trust.restated import both_panel, span
from health.lab.restated_rates import BothRates

MARCH = date(2026, 3, 1)
AS_OF = date(2026, 6, 30)


def rows(*numbers: tuple[int, int | None, int]) -> list[BothRates]:
    """Months from March on of ten paying accounts: active as it was, recomputed, version."""
    return [
        BothRates(add_months(MARCH, place), "all", 10, was, version, provisional=False, recomputed=now, today=3, recomputed_as_of=AS_OF)
        for place, (was, now, version) in enumerate(numbers)
    ]


def test_the_largest_difference_is_named_and_the_latest_month_comes_first() -> None:
    panel = both_panel(rows((0, 0, 1), (8, 7, 1), (6, 3, 1), (5, 5, 3)))
    assert panel.sentence == "2 of 3 months differ, most of all May 2026: 60% as it was, 30% recomputed with today's definition."
    assert [(line.month, line.as_was, line.recomputed, line.difference) for line in panel.lines] == [
        ("Jun 2026", "50.0%", "50.0%", "0"),
        ("May 2026", "60.0%", "30.0%", "-30.0"),
        ("Apr 2026", "80.0%", "70.0%", "-10.0"),
    ]
    assert (panel.today, panel.as_of) == (3, AS_OF)


def test_a_line_stands_where_the_version_changed() -> None:
    panel = both_panel(rows((8, 7, 1), (6, 3, 2), (5, 5, 2)))
    assert panel.chart is not None
    assert [shape["x0"] for shape in panel.chart["layout"]["shapes"]] == ["Apr 2026"]
    assert [note["text"] for note in panel.chart["layout"]["annotations"]] == ["version 2"]


def test_without_a_recomputation_it_says_why() -> None:
    assert both_panel(rows((8, None, 1), (6, None, 1))).sentence.startswith("One activity definition has held")
    assert both_panel(rows((8, None, 1), (6, None, 2))).sentence.startswith("The months are being recomputed")
    assert both_panel(rows((8, 8, 1), (6, 6, 2))).sentence.endswith("every month stays as it was.")
    assert (both_panel([]).chart, both_panel([]).sentence) == (None, "")


def test_the_span_is_two_years_and_the_running_month() -> None:
    assert span(AS_OF) == (date(2024, 6, 1), date(2026, 7, 1))
