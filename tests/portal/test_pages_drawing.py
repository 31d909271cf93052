"""Strips, calendars and figures: geometry without a browser."""

from __future__ import annotations

import importlib
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.lib import figures
from csm_portal.portal import strip, year

# Its figures are typed for readers, not for mypy.
go: Any = importlib.import_module("plotly.graph_objects")
LETTERS = st.lists(st.sampled_from("ZLMHU"), max_size=60)
BARS = re.compile(r"M([\d.]+) ([\d.]+)h(\d)v(\d+)h-\d+z")


@given(LETTERS)
def test_a_strip_has_one_bar_per_day_inside_its_frame(letters: list[str]) -> None:
    drawn = strip.draw(letters)
    bars = [tuple(map(float, bar)) for path in drawn.paths for bar in BARS.findall(path.d)]
    assert len(bars) == len(letters) == sum(drawn.days.values())
    assert len({left for left, *_rest in bars}) == len(bars)
    assert all(left >= 0 and left + wide <= drawn.width and top + tall <= drawn.height for left, top, wide, tall in bars)


def test_a_higher_level_has_a_taller_bar() -> None:
    tops = [float(BARS.findall(strip.draw(letter).paths[0].d)[0][1]) for letter in "ZLMH"]
    assert tops == sorted(tops, reverse=True)
    assert len(set(tops)) == 4


def test_an_unknown_day_is_no_bar_of_zero() -> None:
    assert [path.level for path in strip.draw("UZ").paths] == ["zero", "unknown"]
    assert strip.draw("?").days == {"unknown": 1}
    assert strip.draw("").paths == []


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_the_calendar_shows_exactly_the_days_of_its_weeks(last: date, n_weeks: int) -> None:
    first = last - timedelta(days=last.weekday(), weeks=n_weeks - 1)
    known = {last - timedelta(days=back): "low" for back in range(n_weeks * 7 + 20)} | {last + timedelta(days=1): "high"}
    calendar = year.draw(known, last=last, n_weeks=n_weeks)
    assert [cell.day for cell in calendar.cells] == [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    assert all(cell.x + cell.side <= calendar.width and cell.y + cell.side <= calendar.height for cell in calendar.cells)
    assert len({(cell.x, cell.y) for cell in calendar.cells}) == len(calendar.cells)


def test_a_day_without_entry_has_no_square_and_months_are_named_once() -> None:
    last = date(2026, 11, 19)
    calendar = year.draw({last: "zero", date(2026, 1, 5): "unknown"}, last=last)
    assert [(cell.day, cell.level) for cell in calendar.cells] == [(date(2026, 1, 5), "unknown"), (last, "zero")]
    named = [(label.day.year, label.day.month) for label in calendar.months]
    assert len(named) == len(set(named)) == 12


def test_a_line_stands_before_the_first_day_of_a_version() -> None:
    # The first column begins on Monday 5 October 2026, at x = 28; the rows are 13 high, from y = 14 on.
    last = date(2026, 11, 1)
    monday, thursday = date(2026, 10, 12), date(2026, 10, 8)
    calendar = year.draw({}, last=last, n_weeks=4, changes=[monday, thursday, date(2026, 10, 5), date(2026, 11, 2)])
    assert calendar.borders == ["M40 13V104", "M40 13V52H27V104"]  # none before the calendar's first day, nor after its last


def test_a_health_figure_keeps_gaps_and_carries_no_colour() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2)]
    figure = figures.health_history(
        days,
        {"score": ("Health", [Decimal("61.5"), None])},
        borders={"amber": ("Amber", 50.0), "green": ("Green", 75.0)},
    )
    figure = figures.with_lines_down(figure, [("2026-11-02", "version 2")])
    assert figure["data"][0]["y"] == [61.5, None]
    assert figure["data"][0]["x"] == ["2026-11-01", "2026-11-02"]
    assert [shape["name"] for shape in figure["layout"]["shapes"]] == ["amber", "green", "version"]
    assert "color" not in json.dumps(figure)
    assert "template" not in figure["layout"]
    go.Figure(figure)  # Plotly accepts it


def test_a_weekly_figure_has_bars_and_a_line_on_an_axis_of_its_own() -> None:
    figure = figures.weekly_bars([date(2026, 11, 2)], [12.0], [3], action_label="actions", seat_label="seats")
    assert [(trace["type"], trace["y"]) for trace in figure["data"]] == [("bar", [12]), ("scatter", [3])]
    assert figure["layout"]["yaxis2"]["overlaying"] == "y"
    go.Figure(figure)
    assert "shapes" not in figure["layout"]
    lined = figures.with_lines_down(figure, [("2026-11-04", "version 2")])
    assert [(shape["name"], shape["x0"]) for shape in lined["layout"]["shapes"]] == [("version", "2026-11-04")]
    assert [note["text"] for note in lined["layout"]["annotations"]] == ["version 2"]
    go.Figure(lined)
