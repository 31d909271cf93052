"""What foreseeing costs: the search for combinations, the calibration page over 10,000 renewals, and the steps that follow a night."""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.types import Role
from churn.as_of import read_basis
from churn.rules.conditions import Feature, Risk, Unit, Value
from churn.rules.past import Past
from churn.rules.search import search
from csm_portal.portal.bench.many import large_book
from csm_portal.portal.bench.scratch import scratch_database, seconds
from csm_portal.portal.calibration.kept import kept_fits
from health.models import Run
from health.types import RunState

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "10000"))
FEATURES, SEARCHED, LOST_SHARE = 20, 5_000, 0.15
RENEWALS, AS_OF, MONTHS = 10_000, date(2026, 6, 30), 24
ROUNDS = 5
# What the command prints of each step that follows the night.
STEP = re.compile(r"([a-z][a-z ]+): ([\d,]+) rows in ([\d.]+) s")
PUBLISHED = re.compile(r"^Published as of .*; ([\d.]+) s$", re.MULTILINE)

# A made-up book: an account and a closed renewal each, decided by its score, with health of 90 and of 150 days before.
BOOK = """
SELECT setseed(0.5);
INSERT INTO accounts_account (external_id, name, recorded_at, industry, region, country, plan, tier, timezone, work_week, lifecycle_stage,
    fit, need, domain, currency, tags, next_step)
SELECT 'a' || i, 'a' || i, now(), '', '', '', '', '', '', '5', 'live', 'unknown', '', '', '', '{}', '' FROM generate_series(1, %(n)s) i;
CREATE TEMP TABLE due AS
SELECT a.id, %(as_of)s::date - 40 - (random() * %(days)s)::integer AS ends_on, 20 + 75 * random() AS score, random() AS dice
FROM accounts_account a;
INSERT INTO churn_renewalcase (account_id, product, ends_on, starts_on, decision_on, currency, due_mrr, renewed_mrr, due_reporting,
    renewed_reporting, state, contract_state, auto_renew_lapsed)
SELECT id, 'default', ends_on, ends_on - 365, ends_on, 'USD', 100, CASE WHEN kept THEN 100 END, 100, CASE WHEN kept THEN 100 END,
       CASE WHEN kept THEN 'renewed' ELSE 'lost' END, CASE WHEN kept THEN 'renewed' ELSE 'lost' END, false
FROM (SELECT due.*, dice < 1 / (1 + exp(-(score - 30) / 18)) AS kept FROM due) d;
INSERT INTO health_publishedslice (grain, starts_on, run_id)
SELECT DISTINCT 'health', ends_on - lead, %(run)s::bigint FROM due, unnest(ARRAY[90, 150]) lead;
INSERT INTO health_healthscore (account_id, day, run_id, score, band, coverage, machine, facets, caps, version, profile)
SELECT id, ends_on - lead, %(run)s, s, CASE WHEN s < 50 THEN 'red' WHEN s < 75 THEN 'amber' ELSE 'green' END, 1, s, jsonb_build_object(
           'activity', jsonb_build_object('value', s, 'weight', 40, 'evidence', '{}'::jsonb),
           'support', jsonb_build_object('value', least(100, s + 20), 'weight', 10, 'evidence', '{}'::jsonb)), '[]', 1, 0
FROM (SELECT id, ends_on, lead, least(100, greatest(0, score + CASE lead WHEN 90 THEN 0 ELSE 20 * (random() - 0.5) END))::numeric(7, 4) AS s
      FROM due, unnest(ARRAY[90, 150]) lead) x;
"""


def bench_predict() -> list[tuple[str, str]]:
    """All three, each in a database of its own."""
    return [*_searched(), *_calibrated(), *_foreseen()]


def conditions_by_renewals(n: int = SEARCHED, seed: int = 7) -> tuple[Past, Sequence[Feature]]:
    """Made-up renewals with 20 figures, two borders each: 40 conditions; two of the figures mean something together."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    features = [Feature(f"figure_{at}", f"figure_{at}", Risk.HIGH, Unit.COUNT) for at in range(FEATURES)]
    columns: dict[str, list[Value]] = {one.key: [float(dice.randrange(60)) for _ in range(n)] for one in features}
    pairs = zip(columns["figure_0"], columns["figure_1"], strict=True)
    lost = [dice.random() < (0.6 if float(str(a)) >= 48 and float(str(b)) >= 40 else LOST_SHARE) for a, b in pairs]
    days = [AS_OF - timedelta(days=700 - place * 700 // n) for place in range(n)]
    return Past(list(range(n)), days, lost, columns), features


def _searched() -> list[tuple[str, str]]:
    past, features = conditions_by_renewals()
    found = search(past, features)
    taken = seconds(lambda: search(past, features))
    size = f"{len(found.conditions)} conditions x {found.whole.n:,} renewals"
    return [
        (f"search, {size}, s (goal: at most 5)", f"{taken:.2f}"),
        ("combinations tried, validated", f"{found.candidates:,}, {len(found.held)}"),
    ]


def _calibrated() -> list[tuple[str, str]]:
    """The page as an admin opens it first after a night, which keeps the house's two numbers, and again."""
    with scratch_database("predict"):
        now = timezone.now()
        run = Run.objects.create(as_of=AS_OF, first_day=AS_OF, state=RunState.PUBLISHED, started_at=now, finished_at=now)
        with connection.cursor() as cursor:
            cursor.execute(BOOK, {"n": RENEWALS, "as_of": AS_OF, "days": MONTHS * 30, "run": run.pk})
            cursor.execute("VACUUM ANALYZE")
        settings.PORTAL_AS_OF = AS_OF + timedelta(days=1)
        client = Client(headers={"host": "localhost"})
        admin = User.objects.create_user("bench@example.com", "bench", role=Role.ADMIN)
        client.force_login(admin, backend="accounts.sign_in_backends.WithTeams")
        cold = statistics.median(_opened(client, "/trust/", warm=False) for _ in range(ROUNDS))
        warm = statistics.median(_opened(client, "/trust/", warm=True) for _ in range(ROUNDS))
    return [
        (f"calibration page, {RENEWALS:,} renewals, first look, s (goal: at most 1)", f"{cold:.2f}"),
        ("the same again within the minute, s", f"{warm:.2f}"),
    ]


def _opened(client: Client, path: str, *, warm: bool) -> float:
    if not warm:
        cache.clear()
        if basis := read_basis():
            kept_fits(basis)
    began = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken


def _foreseen() -> list[tuple[str, str]]:
    """One more night of a large book, and what follows it. Copies have no events, so the night itself has less to do than a real one."""
    with large_book(ACCOUNTS) as book:
        said = _night(book.url, book.today)
        rows = book.rows["accounts_account"]
    steps = [(name, written, float(taken)) for name, written, taken in STEP.findall(said)]
    foreseen = sum(taken for *_rest, taken in steps)
    night = float(PUBLISHED.findall(said)[-1])
    return [
        (f"night of {rows:,} accounts without what follows, s", f"{night:.1f}"),
        ("what follows it, s", f"{foreseen:.1f}"),
        ("with / without (goal: at most 1.5)", f"{(night + foreseen) / night:.2f}"),
        *((f"step: {name}, rows and s", f"{written}, {taken:.1f}") for name, written, taken in steps),
    ]


def _night(url: str, as_of: date) -> str:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "csm_portal.settings",
        "PORTAL_AS_OF": str(as_of + timedelta(days=1)),
    }
    command = [sys.executable, "-m", "django", "nightly", "--as-of", as_of.isoformat()]
    done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"nightly ended with {done.returncode}: {done.stderr[-600:] or done.stdout[-600:]}")
    return done.stdout
