"""Events of months that the book has none of: gathered, and in the end the same book as if each row had gone to its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.loading import apply_events
from accounts.loading import load as load_module
from accounts.loading.fresh_months import is_gathering
from accounts.loading.settling import settle, settle_leftovers
from accounts.models import Account, DirtyDay, Event, Seat
from tests.accounts.loading.folders import book, counts, load, write

pytestmark = pytest.mark.django_db(transaction=True)


def folder_of(path: Path, months: tuple[int, ...] = (3, 4, 5), rows: int = 40) -> Path:
    """Events spread over months of 2024 and, row by row, out of order; late in the evening, so that a zone moves them to the next day."""
    spread = [(n, months[n % len(months)], n % 28 + 1) for n in range(rows)]
    lines = [f"m{month}-{n},a{n % 2},order,2024-{month:02d}-{day:02d}T22:00:00Z,s{n % 5}" for n, month, day in spread]
    head = "message_id,account_external_id,action,occurred_at,seat_external_id"
    return write(path, accounts="external_id,name\na0,A\na1,B", events="\n".join([head, *lines]))


def partitions() -> dict[str, int]:
    """Partitions of the events with the number of their indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, (SELECT count(*) FROM pg_index x JOIN pg_inherits p ON p.inhrelid = x.indexrelid WHERE x.indrelid = c.oid)"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'event'::regclass"
        )
        return dict(cursor.fetchall())


def start_anew() -> None:
    """An empty book, without any month of events."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE event, event_key, accounts_account, accounts_importrun CASCADE")
        for table in partitions():
            cursor.execute(f"DROP TABLE {table}")


@pytest.fixture(autouse=True)
def new_book() -> None:
    start_anew()


@pytest.mark.parametrize("before", [(), (4,), (3, 4, 5)])
def test_a_book_is_the_same_whichever_of_its_months_were_there(
    before: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path / "in")
    report = load(folder)
    at_once = book()
    start_anew()
    with connection.cursor() as cursor:
        for month in before:
            cursor.execute("SELECT ensure_month('event', %s)", [f"2024-{month:02d}-01"])
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)
    again = load(folder)
    assert book() == at_once
    assert counts(again, "events") == counts(report, "events") == (40, 40, 0, 0, 0, 0)
    assert partitions() == {"event_2024_03": 2, "event_2024_04": 2, "event_2024_05": 2}
    assert not is_gathering()


def test_gathered_events_are_not_seen_and_mark_nothing_until_they_are_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)
    seen: list[tuple[int, int, int]] = []
    apply = apply_events.apply

    def watched(*arguments: Any) -> bool:
        done = apply(*arguments)
        seen.append((Event.objects.count(), DirtyDay.objects.count(), Seat.objects.filter(first_event_on__isnull=False).count()))
        return done

    monkeypatch.setattr(apply_events, "apply", watched)
    load(folder_of(tmp_path / "in"))
    assert set(seen) == {(0, 0, 0)}
    assert len(seen) == 6
    assert Event.objects.count() == 40
    assert DirtyDay.objects.filter(events=True).count() == Event.objects.values("account_id", "day").distinct().count()
    assert Seat.objects.filter(first_event_on__isnull=True).count() == 0


def test_a_month_that_someone_else_made_meanwhile_takes_the_gathered_events_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)

    def settled_late() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ensure_month('event', '2024-04-01')")
        settle()

    monkeypatch.setattr(load_module, "settle", settled_late)
    load(folder_of(tmp_path / "in"))
    assert Event.objects.count() == 40
    assert Event.objects.values("id").distinct().count() == 40
    assert partitions() == {"event_2024_03": 2, "event_2024_04": 2, "event_2024_05": 2}


def test_what_a_killed_load_left_is_settled_on_the_days_of_today_s_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)
    with monkeypatch.context() as killed:
        killed.setattr(load_module, "settle", lambda: None)
        load(folder_of(tmp_path / "in"))
    assert Event.objects.count() == 0
    assert is_gathering()
    Account.objects.update(timezone="Asia/Shanghai")
    settle_leftovers()
    assert Event.objects.count() == 40
    assert {event.day.day - event.occurred_at.day for event in Event.objects.all() if event.occurred_at.day < 28} == {1}
    days = set(Event.objects.values_list("account_id", "day"))
    assert days <= set(DirtyDay.objects.filter(events=True).values_list("account_id", "day"))
    assert {seat.first_event_on for seat in Seat.objects.all()} == {
        min(Event.objects.filter(seat_id=seat.pk).values_list("day", flat=True)) for seat in Seat.objects.all()
    }
    settle_leftovers()
    assert Event.objects.count() == 40


def test_the_next_load_of_anything_settles_what_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)
    with monkeypatch.context() as killed:
        killed.setattr(load_module, "settle", lambda: None)
        load(folder_of(tmp_path / "in"))
    load(folder_of(tmp_path / "other", months=(6,), rows=20), source="other")
    assert Event.objects.count() == 60
    assert not is_gathering()


def test_a_dry_run_gathers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 7)
    report = load(folder_of(tmp_path / "in"), dry_run=True)
    assert counts(report, "events") == (40, 40, 0, 0, 0, 0)
    assert not is_gathering()
    assert partitions() == {}
