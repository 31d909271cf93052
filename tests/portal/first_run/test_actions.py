"""The actions seen, and what they probably are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from csm_portal.portal.first_run.actions import data_days, guess, seen_actions
from tests.factories import AccountFactory, SeatFactory, event, usage

TODAY = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("create_order", "key"),
        ("approve", "key"),
        ("发布报表", "key"),
        ("login", "login"),
        ("User Logged In", "login"),
        ("sign_out", "login"),
        ("session_start", "login"),
        ("view_dashboard", "other"),
        ("page", "other"),
        ("Screen Viewed", "other"),
        ("report_opened", "passive"),
        ("email_opened", "passive"),
        ("review_contract", "key"),
        ("reopen_ticket", "key"),
        ("download_invoice", "key"),
        ("blog_in_draft", "key"),
    ],
)
def test_looking_and_logging_in_are_no_key_action_by_default(name: str, expected: str) -> None:
    assert guess(name) == expected


@given(st.text(max_size=60))
def test_every_name_gets_a_guess(name: str) -> None:
    assert guess(name) in {"key", "login", "passive", "other"}


@pytest.mark.django_db
def test_nothing_loaded_means_nothing_seen() -> None:
    assert data_days(TODAY) == (None, None)


@pytest.mark.django_db
def test_events_and_daily_counts_are_counted_together_over_28_days() -> None:
    cache.clear()
    one, two = AccountFactory.make(), AccountFactory.make()
    seat = SeatFactory.make(account=one)
    event(one, TODAY - timedelta(days=1), "order", seat=seat, times=3)
    event(one, TODAY - timedelta(days=40), "order", seat=seat, times=9)
    usage(two, TODAY - timedelta(days=5), "order", quantity=4)
    event(two, TODAY - timedelta(days=2), "login")
    event(two, TODAY + timedelta(days=1), "future")
    assert data_days(TODAY) == (TODAY - timedelta(days=40), TODAY - timedelta(days=1))
    seen = seen_actions(TODAY - timedelta(days=1))
    assert (seen.first, seen.until) == (TODAY - timedelta(days=28), TODAY - timedelta(days=1))
    assert [(action.name, action.times, action.accounts, action.seats, action.last_on, action.guess) for action in seen.actions] == [
        ("order", 7, 2, 1, TODAY - timedelta(days=1), "key"),
        ("login", 1, 1, 0, TODAY - timedelta(days=2), "login"),
    ]
