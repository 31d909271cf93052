from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.nightly.catch_up import MAX_SINGLE_NIGHTS, owed_nights

YESTERDAY = date(2026, 3, 10)


def test_missed_nights_are_built_oldest_first() -> None:
    assert owed_nights(date(2026, 3, 7), YESTERDAY) == [date(2026, 3, 8), date(2026, 3, 9), YESTERDAY]


def test_yesterday_is_built_again_when_it_stands_already_because_late_data_may_have_come() -> None:
    assert owed_nights(YESTERDAY, YESTERDAY) == [YESTERDAY]


def test_a_first_night_and_a_long_silence_are_one_build() -> None:
    assert owed_nights(None, YESTERDAY) == [YESTERDAY]
    assert owed_nights(date(2025, 1, 1), YESTERDAY) == [YESTERDAY]


@given(st.none() | st.dates(date(2024, 1, 1), date(2026, 6, 1)))
def test_the_last_owed_night_is_always_yesterday(last: date | None) -> None:
    nights = owed_nights(last, YESTERDAY)
    assert nights[-1] == YESTERDAY
    assert nights == sorted(set(nights))
    assert len(nights) <= MAX_SINGLE_NIGHTS
