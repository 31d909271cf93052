"""Loading a million events against a bare COPY of the same file."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from django.db import connection

from csm_portal.portal.bench.scratch import run_command, scratch_database, seconds

EVENTS = 1_000_000
ACCOUNTS = 200
SEATS = 50
ACTIONS = ("create_order", "approve", "publish_report", "login", "view_dashboard")

_BARE = """
DROP TABLE IF EXISTS bare_events;
CREATE UNLOGGED TABLE bare_events (
    message_id text, account_external_id text, action text, occurred_at timestamptz, seat_external_id text, quantity numeric
)
"""


def write_files(folder: Path, events: int = EVENTS) -> None:
    """Accounts, contracts, seats and events of a made-up book: the same bytes each time, no chance in it."""
    with (folder / "accounts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("external_id", "name"), *((f"a{i}", f"Account {i}") for i in range(ACCOUNTS))])
    with (folder / "contracts.csv").open("w", newline="", encoding="utf-8") as file:
        head = ("external_id", "account_external_id", "starts_on", "seats", "currency", "mrr")
        csv.writer(file).writerows([head, *((f"c{i}", f"a{i}", "2025-01-01", SEATS, "USD", "100.00") for i in range(ACCOUNTS))])
    with (folder / "seats.csv").open("w", newline="", encoding="utf-8") as file:
        rows = ((f"s{s}", f"a{i}", "2025-01-01") for i in range(ACCOUNTS) for s in range(SEATS))
        csv.writer(file).writerows([("external_id", "account_external_id", "activated_on"), *rows])
    with (folder / "events.csv").open("w", newline="", encoding="utf-8") as file:
        file.write("message_id,account_external_id,action,occurred_at,seat_external_id,quantity\n")
        for i in range(events):
            # Coprime steps spread events over accounts, seats, actions and 30 days without a random generator.
            minute = i * 43_200 // events
            stamp = f"2025-06-{1 + minute // 1440:02d}T{minute // 60 % 24:02d}:{minute % 60:02d}:{i % 60:02d}Z"
            file.write(f"m{i:08d},a{i * 7919 % ACCOUNTS},{ACTIONS[i * 31 % 5]},{stamp},s{i * 104_729 // 11 % SEATS},1\n")


def bench_load() -> list[tuple[str, str]]:
    """Figures of the load: rate, share of bare COPY, peak memory, and that a second load changes nothing."""
    with tempfile.TemporaryDirectory() as name, scratch_database("load") as url:
        folder = Path(name)
        write_files(folder)
        bare = seconds(lambda: _copy(folder / "events.csv"))
        first = run_command(["load", name], url)
        again = run_command(["load", name], url)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM event")
            stored = cursor.fetchone()[0]
    if stored != EVENTS:
        raise RuntimeError(f"{stored:,} events stored instead of {EVENTS:,}")
    return [
        ("bare COPY of the events, s", f"{bare:.2f}"),
        ("load of the folder, s", f"{first.wall:.2f}"),
        ("load / bare COPY (goal: at most 5)", f"{first.wall / bare:.2f}"),
        ("peak memory of the load, MB (goal: under 300)", f"{first.peak_mb:.0f}"),
        ("load of the same again, s", f"{again.wall:.2f}"),
    ]


def _copy(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BARE)
        with path.open("rb") as file, cursor.copy("COPY bare_events FROM STDIN (FORMAT csv, HEADER)") as copy:
            while block := file.read(1 << 20):
                copy.write(block)
