"""Every page on a book of 10,000 accounts: server time under a steady load, queries, bytes, and what a browser sees."""

from __future__ import annotations

import http.client
import math
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.bench.many import large_book
from csm_portal.portal.bench.paint import Painted, paint
from csm_portal.portal.screens.browser import NoBrowser, chromium
from csm_portal.portal.screens.making import Cast
from csm_portal.portal.screens.shots import cast_of_the_pictures
from csm_portal.portal.screens.visits import Visits, visits
from csm_portal.portal.screens.web import serving, session_of

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "10000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
PER_SECOND = 5
WARM_UP = 4
# Pages of the book are opened by an admin too, who sees all of it: the most that a page can have to do.
WHOLE_BOOK = ("today", "accounts", "team")
GOALS = "goals: p95 150 ms, 12 queries, paint 1,000 ms, shift 0.05, own scripts 30 KB, page 250 KB without charts"


def bench_pages() -> list[tuple[str, str]]:
    """A row per page and person; the first rows say what was measured on."""
    with large_book(ACCOUNTS) as book, ExitStack() as stack:
        # The pages' day is the book's, here and in the web server.
        settings.PORTAL_AS_OF = book.today
        address = stack.enter_context(serving(book.url))
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread
        cast = cast_of_the_pictures()
        # What is made for the pages stays until they are painted.
        measured = list(served(address, cast, stack.enter_context(visits(cast, timezone.now()))))
        try:
            browser = stack.enter_context(chromium())
        except NoBrowser as reason:
            painted: list[Painted | None] = [None] * len(measured)
            rows = [("browser", f"not measured: {reason}")]
        else:
            painted = [paint(browser, address, path, session) for _name, path, session, *_rest in measured]
            rows = []
    volume = ", ".join(f"{n:,} {table.split('_')[-1]}" for table, n in sorted(book.rows.items(), key=lambda one: -one[1])[:8])
    rows = [("book", f"{book.rows['accounts_account']:,} accounts, made in {book.seconds:.0f} s; {volume}"), ("goals", GOALS), *rows]
    return rows + [(one[0], describe(*one[3:], seen)) for one, seen in zip(measured, painted, strict=True)]


def describe(queries: int, html: int, times: tuple[float, float, int], seen: Painted | None) -> str:
    """One page's figures in a line."""
    p50, p95, failed = times
    said = f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, {queries} queries, HTML {html / 1000:.0f} KB"
    if failed:
        said += f", {failed} FAILED"
    if seen is not None:
        said += f", paint {seen.fcp:.0f} ms, shift {seen.shift:.3f}, own scripts {seen.scripts:.1f} KB"
        said += f", page {seen.weight:.0f} KB ({seen.compressed:.0f} KB compressed)"
    return said


def served(address: str, cast: Cast, found: Visits) -> Iterator[tuple[str, str, str | None, int, int, tuple[float, float, int]]]:
    """Name, path, session, queries, bytes of HTML and times of each page as each person who is asked."""
    sessions = {role: session_of(person) for role, person in cast.people.items()}
    pages = [(screen, screen.role, path) for screen, path in found.addresses.items() if screen.is_page and screen.name != "not-found"]
    pages += [(screen, Role.ADMIN, path) for screen, _role, path in pages if screen.name in WHOLE_BOOK]
    for screen, role, path in pages:
        session = sessions[role] if role else None
        queries, html = queries_of(cast.people[role] if role else None, path)
        yield f"{screen.name} ({role or 'signed out'})", path, session, queries, html, timed(address, path, session)


def queries_of(person: User | None, path: str) -> tuple[int, int]:
    """Queries of one request once caches are warm, and the bytes of its HTML."""
    client = Client(headers={"host": "localhost"})
    if person is not None:
        client.force_login(person, backend="accounts.sign_in_backends.WithTeams")
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    counted = len(captured)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return counted, len(answer.content)


def timed(address: str, path: str, session: str | None) -> tuple[float, float, int]:
    """Median and 95th percentile in ms of requests at a steady pace, from when each was due, and how many failed."""
    for _ in range(WARM_UP):
        fetch(address, path, session)
    n = max(1, round(SECONDS * PER_SECOND))
    began = time.monotonic() + 0.2
    with ThreadPoolExecutor(max_workers=2 * PER_SECOND) as pool:
        answers = list(pool.map(lambda place: _due(began + place / PER_SECOND, address, path, session), range(n)))
    taken = sorted(milliseconds for milliseconds, status in answers if status == 200)
    return percentile(taken, 0.5), percentile(taken, 0.95), n - len(taken)


def _due(at: float, address: str, path: str, session: str | None) -> tuple[float, int]:
    time.sleep(max(0.0, at - time.monotonic()))
    status = fetch(address, path, session)
    return (time.monotonic() - at) * 1000, status


def fetch(address: str, path: str, session: str | None) -> int:
    """Status of a page, its whole body read."""
    parts = urlsplit(address)
    server = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        server.request("GET", path, headers={"Cookie": f"sessionid={session}"} if session else {})
        answer = server.getresponse()
        answer.read()
    finally:
        server.close()
    return answer.status


def percentile(values: list[float], share: float) -> float:
    """The smallest of the sorted values that is not below this share of them; not a number where there is none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else math.nan
