"""Long files: written on several connections, kept in the order of the file, resumed after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Barrier, Thread, current_thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from accounts.loading import chunks, staging
from accounts.loading import load as load_module
from accounts.loading.binding import Bound
from accounts.loading.chunks import Chunk, spans
from accounts.models import Event, EventKey, ImportRun
from tests.accounts.loading.folders import book, codes, counts, load, write


def events(rows: int, *extra: str) -> str:
    lines = [f"m{n},a,order,2024-03-{n % 28 + 1:02d}T10:00:00Z,s{n % 7}" for n in range(rows)]
    return "\n".join(["message_id,account_external_id,action,occurred_at,seat_external_id", *lines, *extra])


@pytest.mark.parametrize(
    ("done", "records", "expected"),
    [(0, 0, [(1, 10)]), (0, 10, [(1, 10)]), (0, 11, [(1, 10), (11, 20)]), (10, 25, [(11, 20), (21, 30)]), (30, 25, [(31, 40)])],
)
def test_a_file_is_cut_into_pieces_that_leave_nothing_out(done: int, records: int, expected: list[tuple[int, int]]) -> None:
    assert spans(done, records, 10) == [Chunk(*pair) for pair in expected]


def shared_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'load_shared%' AND relkind = 'r'")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("helpers", [1, 3])
def test_more_connections_give_the_same_book_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helpers: int) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 100)
    monkeypatch.setattr(chunks, "helpers_here", lambda: helpers)
    bad = (
        "m3,a,order,2024-03-04T10:00:00Z,s3",
        "m4,a,other,2024-03-05T10:00:00Z,s4",
        "x,a,order,2024-02-30,s1",
        "y,zz,order,2024-02-20,s1",
    )
    folder = write(tmp_path / "in", accounts="external_id,name\na,A", events=events(950, *bad))
    used: set[str] = set()
    fill = chunks.fill_typed
    all_there = Barrier(1 + helpers)

    def watched(bound: Bound, *arguments: Any) -> None:
        name = current_thread().name
        if bound.target.name == "events":
            if staging.SHARED_FROM_BYTES == 1 and name not in used:
                all_there.wait(60)  # nobody may take all chunks before the others have begun
            used.add(name)
        fill(bound, *arguments)

    monkeypatch.setattr(load_module, "fill_typed", watched)
    load(folder, source="one")
    assert used == {"MainThread"}
    one, found = book(), codes("events.csv")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE event, event_key, accounts_account, accounts_importrun CASCADE")
    monkeypatch.setattr(staging, "SHARED_FROM_BYTES", 1)
    used.clear()
    report = load(folder, source="two")
    assert used == {"MainThread", *(f"load-writing-{place}" for place in range(1, 1 + helpers))}
    assert book() == one
    assert codes("events.csv") == found == ["conflicting_duplicate", "bad_instant", "unknown_account"]
    assert counts(report, "events") == (954, 950, 0, 1, 0, 3)
    assert counts(load(folder, source="two"), "events") == (954, 0, 0, 951, 0, 3)
    assert shared_tables() == []


@pytest.mark.django_db(transaction=True)
def test_a_fault_in_one_chunk_keeps_those_before_it_and_reaches_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "CHUNK_ROWS", 100)
    monkeypatch.setattr(staging, "SHARED_FROM_BYTES", 1)
    fill = chunks.fill_typed

    def fails_on_the_third(*arguments: Any) -> None:
        if arguments[2] == Chunk(201, 300).more:
            raise MemoryError
        fill(*arguments)

    monkeypatch.setattr(load_module, "fill_typed", fails_on_the_third)
    folder = write(tmp_path / "in", accounts="external_id,name\na,A", events=events(500))
    with pytest.raises(MemoryError):
        load(folder)
    assert Event.objects.count() == 200
    monkeypatch.setattr(load_module, "fill_typed", fill)
    report = load(folder)
    assert report.resumed
    assert counts(report, "events") == (500, 500, 0, 0, 0, 0)
    assert shared_tables() == []


@pytest.mark.django_db(transaction=True)
def test_a_load_that_was_killed_nine_goes_on_and_ends_with_the_same_book(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", accounts="external_id,name\na,A", events=events(150_000))
    program = (
        "import django, pathlib, datetime; django.setup();"
        "from accounts.loading import load as module; module.CHUNK_ROWS = 5_000;"
        f"module.load_folder(pathlib.Path({str(folder)!r}), rejects=pathlib.Path({str(tmp_path)!r}),"
        "source='files', on=datetime.date(2024, 6, 30))"
    )
    database = connection.settings_dict
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    if str(database["HOST"]).startswith("/"):
        url = f"postgres:///{database['NAME']}?host={database['HOST']}&user={database['USER']}"
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(settings.BASE_DIR)}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, cwd=settings.BASE_DIR)
    try:
        deadline = time.monotonic() + 300
        # The ids: events of a month that is new are seen when the file is through, or the next load finds them left behind.
        while EventKey.objects.count() < 15_000 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    partial = EventKey.objects.count()
    assert 15_000 <= partial < 150_000
    report = load(folder)
    assert report.resumed
    assert counts(report, "events") == (150_000, 150_000, 0, 0, 0, 0)
    assert Event.objects.count() == 150_000
    assert ImportRun.objects.count() == 1
    assert shared_tables() == []


@pytest.mark.django_db(transaction=True)
def test_two_connections_that_ask_for_one_month_at_once_both_go_on() -> None:
    answers: list[bool] = []

    def ask() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT ensure_month('event', '2031-07-01')")
                answers.append(cursor.fetchone()[0])
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('event', '2031-07-01')")
        other = Thread(target=ask)
        other.start()
        time.sleep(0.3)
    other.join()
    assert answers == [False]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE event_2031_07")
