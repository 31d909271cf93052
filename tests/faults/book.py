"""A few accounts with seats and a source, written straight into a database, and events for them: made from a seed, the same every time."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.supervisor import Supervisor

ZONES = ("", "Asia/Shanghai", "America/New_York", "Pacific/Auckland")
SEATS = 5
FIRST = datetime(2026, 2, 1, tzinfo=UTC)
DAYS = 45
ACTIONS = ("order_created", "report_exported", "login", "page")
_ACCOUNTS = """
INSERT INTO accounts_account (external_id, name, industry, region, country, plan, tier, timezone, work_week, fit, lifecycle_stage, need,
                              domain, currency, tags, next_step, recorded_at)
SELECT 'acct-' || n, 'Account ' || n, '', '', '', '', '', (%s::text[])[n %% %s + 1], '5', 'unknown', '', '', '', '', '{}', '', now()
FROM generate_series(0, %s - 1) n
"""
_SEATS = """
INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, first_event_on, recorded_at)
SELECT a.id, 'user-' || n, '', '', '', 'human', false, '2020-01-01', now() FROM accounts_account a, generate_series(0, %s - 1) n
"""


def write_accounts(portal: Supervisor, accounts: int) -> None:
    """Accounts `acct-0` … in the zones of `ZONES` by turns (the first is the installation's), each with seats `user-0` … of old."""
    portal.query(_ACCOUNTS, list(ZONES), len(ZONES), accounts)
    portal.query(_SEATS, SEATS)


def write_source(portal: Supervisor, name: str) -> str:
    """A source with a write key, which is returned; stored as the portal stores it."""
    key = f"key-of-{name}-" + hashlib.sha256(name.encode()).hexdigest()
    digest = hashlib.sha256(key.encode()).hexdigest()
    portal.query("INSERT INTO accounts_source (name, key_prefix, key_sha256, created_at) VALUES (%s, %s, %s, now())", name, key[:8], digest)
    return key


def zone_of(account: str) -> str:
    """The zone that `write_accounts` gave an account."""
    return ZONES[int(account.removeprefix("acct-")) % len(ZONES)] or "UTC"


def events(count: int, accounts: int, *, seed: int, prefix: str = "m", new_seats: float = 0.05, strangers: float = 0.02) -> list[Any]:
    """Track calls with ids of their own; a share of them by people the account has no seat of, and of accounts nobody knows."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        account = f"acct-{rng.randrange(accounts)}" if rng.random() >= strangers else f"stranger-{rng.randrange(3)}"
        user = f"user-{rng.randrange(SEATS)}" if rng.random() >= new_seats else f"new-{rng.randrange(SEATS)}"
        at = FIRST + timedelta(seconds=rng.randrange(DAYS * 86_400))
        found.append(
            {
                "type": "track",
                "messageId": f"{prefix}-{number}",
                "userId": user,
                "event": rng.choice(ACTIONS),
                "timestamp": at.isoformat(),
                "context": {"groupId": account},
                "properties": {"quantity": rng.randrange(1, 5)},
            }
        )
    return found
