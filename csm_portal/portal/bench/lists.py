"""The book page and the REST list at 200 and at 10,000 accounts."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.bench.scratch import run_command, scratch_database

SIZES = (200, 10_000)
PAGES = ("/", "/accounts/", "/api/v1/accounts/")
ROUNDS = 30


def bench_lists() -> list[tuple[str, str]]:
    """Queries and median milliseconds of each list at both sizes, with their ratio."""
    small, large = ({page: (queries, median) for page, queries, median in _measure(size)} for size in SIZES)
    rows = []
    for page in PAGES:
        rows.append(
            (f"{page} queries at {SIZES[0]:,} and {SIZES[1]:,} (goal: at most 4, the same)", f"{small[page][0]} and {large[page][0]}")
        )
        rows.append((f"{page} ms at {SIZES[0]:,} and {SIZES[1]:,}", f"{small[page][1] * 1000:.1f} and {large[page][1] * 1000:.1f}"))
        rows.append((f"{page} time ratio (goal: at most 1.3)", f"{large[page][1] / small[page][1]:.2f}"))
    return rows


def _measure(accounts: int) -> Iterator[tuple[str, int, float]]:
    with tempfile.TemporaryDirectory() as name, scratch_database(f"lists_{accounts}") as url:
        call_command("sample", name, accounts=accounts, months=6, verbosity=0)
        # A list reads one row per account, however many events lie behind it: their loading would only take time.
        for file in ("events.csv.gz", "usage_daily.csv.gz"):
            (Path(name) / file).unlink()
        last = max(date.fromisoformat(line) for line in _as_of(Path(name)))
        run_command(["load", name], url)
        run_command(["define", str(Path(name) / "definition.toml")], url)
        run_command(["nightly", "--from", str(last - timedelta(days=6)), "--to", str(last)], url)
        admin = User.objects.create_user("bench@example.com", "bench", role=Role.ADMIN)
        client = Client(headers={"host": "localhost"})
        client.force_login(admin)
        for page in PAGES:
            yield page, *_time(client, page)


def _as_of(folder: Path) -> Iterator[str]:
    import json

    yield json.loads((folder / "about.json").read_text(encoding="utf-8"))["to"]


def _time(client: Client, page: str) -> tuple[int, float]:
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(page)
    # Counted now: the next request empties the log.
    counted = len(queries)
    if answer.status_code != 200:
        raise RuntimeError(f"{page} answered {answer.status_code}")
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        client.get(page)
        taken.append(time.perf_counter() - began)
    return counted, statistics.median(taken)
