"""Check 8: one id with another body keeps the first, is told and shown; one id of another source is another event."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.book import events, write_accounts, write_source
from tests.faults.clients import batches, send_all
from tests.faults.results import Result, control, controls, reported, sized
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, Supervisor

ACCOUNTS = 10
NUMBER = "8"
SABOTAGE = "tests.faults.sabotage_intake:"
_STORED = """
SELECT e.message_id, (e.properties ->> 'quantity')::int FROM (
    SELECT source_id, message_id, properties FROM event UNION ALL SELECT source_id, message_id, properties FROM accounts_pendingevent
) e JOIN accounts_source s ON s.id = e.source_id WHERE s.name = %s
"""


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES, VALKEY)
        write_accounts(found, ACCOUNTS)
        yield found


def with_quantity(call: dict[str, Any], quantity: int) -> dict[str, Any]:
    """The same call with another body."""
    return {**call, "properties": {"quantity": quantity}}


def check(portal: Supervisor, name: str, pairs: int, result: Result | None = None) -> None:
    """Send first bodies, then for each id another body and the first again, by many at once; then all ids by another source."""
    one, other = f"{name} one", f"{name} other"
    firsts = [with_quantity(call, 1) for call in events(pairs, ACCOUNTS, seed=4, prefix=name)]
    again = [*firsts, *(with_quantity(call, 2) for call in firsts)]
    rng = random.Random(5)
    rng.shuffle(again)
    port, key = portal.web_port, write_source(portal, one)
    first = send_all(port, key, batches(firsts, rng))
    second = send_all(port, key, batches(again, rng))
    foreign = send_all(port, write_source(portal, other), batches([with_quantity(call, 3) for call in firsts], rng))
    stored = {source: dict(portal.query(_STORED, source)) for source in (one, other)}
    kept = portal.query(
        "SELECT count(*) FROM accounts_refusedcall r JOIN accounts_source s ON s.id = r.source_id"
        " WHERE s.name = %s AND r.code = 'conflicting_duplicate'",
        one,
    )[0][0]
    wanted = {one: {call["messageId"]: 1 for call in firsts}, other: {call["messageId"]: 3 for call in firsts}}
    if result is not None:
        result.faults = pairs
        result.differing = sum(wanted[source].items() ^ stored[source].items() != set() for source in wanted)
        result.note(f"{second.verdicts['conflict']:,} conflicts told, {kept:,} kept for people")
    assert first.verdicts["accepted"] == pairs, first.verdicts
    assert (second.verdicts["duplicate"], second.verdicts["conflict"]) == (pairs, pairs), second.verdicts
    assert foreign.verdicts["accepted"] == pairs, foreign.verdicts
    assert stored == wanted
    assert kept == pairs
    assert {status for log in (first, second, foreign) for status in log.statuses} <= {200}


def test_of_two_bodies_under_one_id_the_first_stays_and_another_source_has_its_own(portal: Supervisor) -> None:
    portal.start(WEB)
    with reported(NUMBER, "Same id, other body or source") as result:
        check(portal, "pairs", sized(300, 10_000), result)


@pytest.mark.parametrize(
    ("spoiled", "words"), controls(("blind_to_conflicts", "every body looks the same"), ("one_source_for_all", "ids are shared by sources"))
)
def test_the_check_sees(portal: Supervisor, spoiled: str, words: str) -> None:
    portal.sabotage = (SABOTAGE + spoiled,)
    portal.start(WEB)
    with control(NUMBER, words):
        check(portal, spoiled, 100)
