"""Rows that are remembered: drawn once while nothing changes, drawn anew as soon as anything in them does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from accounts.models import User
from csm_portal.portal.book import drawn
from csm_portal.portal.book.columns import COLUMNS
from csm_portal.portal.book.rows import BookRow
from csm_portal.portal.drawn import Drawn
from health.models import AccountState
from tests.portal.shown_book import person, shown

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
SHARED = {"selectable": True, "select_word": "Select", "evidence_word": "Evidence for", "expand_icon": ""}


def row_of(name: str, today: date = TODAY) -> BookRow:
    return BookRow(AccountState.objects.select_related("account", "account__owner").get(account__external_id=name), today)


def draw(row: BookRow, **other: Any) -> str:
    return drawn.drawn_row(row, list(COLUMNS.values()), SHARED | other)


@pytest.fixture
def owner() -> User:
    drawn._rows.clear()
    owner = person()
    shown(owner, "Kingfisher")
    return owner


def test_a_row_that_has_not_changed_is_drawn_once(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = draw(row_of("Kingfisher"))
    monkeypatch.setattr(drawn, "render_to_string", lambda *_: pytest.fail("drawn again"))
    assert draw(row_of("Kingfisher")) == first
    assert "Kingfisher" in first


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state, _owner: setattr(state.account, "tags", ["watch-closely"]), "watch-closely"),
        (lambda state, _owner: setattr(state.account, "tier", "platinum"), "Platinum"),
        (lambda _state, owner: setattr(owner, "name", "Renamed"), "Renamed"),
        (lambda state, _owner: setattr(state, "open_tickets", 8123), "8,123"),
    ],
)
def test_a_change_shows_at_once(owner: User, change: Callable[[AccountState, User], None], words: str) -> None:
    before = draw(row_of("Kingfisher"))
    state = AccountState.objects.select_related("account", "account__owner").get(account__external_id="Kingfisher")
    change(state, state.account.owner)
    for changed in (state.account.owner, state.account, state):
        changed.save()
    after = draw(row_of("Kingfisher"))
    assert words not in before
    assert words in after


def test_days_languages_and_what_the_reader_may_select_are_kept_apart(owner: User) -> None:
    row = row_of("Kingfisher")
    shown = {draw(row), draw(row, selectable=False), draw(row_of("Kingfisher", date(2027, 3, 1)))}
    with translation.override("zh-hans"):
        shown.add(draw(row))
    assert len(shown) == 4


def test_no_more_rows_are_kept_than_are_allowed(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "_rows", Drawn(2))
    for day in range(1, 6):
        draw(row_of("Kingfisher", date(2026, 11, day)))
        assert len(drawn._rows) <= 2
