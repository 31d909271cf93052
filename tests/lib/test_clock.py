from datetime import UTC, date, datetime

import pytest

from csm_portal.lib.clock import last_closed_day, local_today, night_is_due


def test_today_is_the_local_date_of_the_installation() -> None:
    late_evening = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
    assert local_today(late_evening, zone="UTC", pinned=None) == date(2026, 3, 1)
    assert local_today(late_evening, zone="Asia/Shanghai", pinned=None) == date(2026, 3, 2)


def test_a_pinned_day_wins_over_the_clock_and_the_night_builds_the_day_before() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert last_closed_day(now, zone="UTC", pinned=date(2026, 8, 22)) == date(2026, 8, 21)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59 in Berlin
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),  # 03:00: 02:30 does not exist that night
        (datetime(2026, 10, 25, 0, 29, tzinfo=UTC), False),  # 02:29 summer time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 winter time
    ],
)
def test_a_night_at_half_past_two_is_due_once_in_berlin_whatever_the_clocks_do(now: datetime, due: bool) -> None:
    assert night_is_due(now, zone="Europe/Berlin", pinned=None, at="02:30") is due
