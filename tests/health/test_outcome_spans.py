"""Versions of desired outcomes: which one holds on a day, told by SQL and by a plain reading of the rule."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from accounts.models import Account
from health import frames
from health.facets import goals
from health.facets.curves import OUTCOME_CODES, OUTCOME_POINTS
from health.facets.facts import DayFacts, OutcomeFacts
from health.facets.grid import Grid
from health.models import Outcome, OutcomeProof, OutcomeVersion
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make(timezone="UTC")
    return account


def version(outcome: Outcome, said: date, status: str, **fields: Any) -> OutcomeVersion:
    """A later version, entered for a day."""
    values: dict[str, Any] = {"statement": outcome.statement, "target": outcome.target, "since": said, "recorded_at": rows.noon(said)}
    return OutcomeVersion.objects.create(outcome=outcome, status=status, **values | fields)


def points(account: Account, first: date, days: int) -> list[float | None]:
    """The facet's value on each of the days, without a north star."""
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        frame = frames.outcomes()
    grid = Grid(1, first.toordinal(), days)
    status = np.array([OUTCOME_CODES[word] for word in frame["status"]], dtype=np.int64)
    facts = OutcomeFacts(**frames.columns(frame, "row", "since", "stop", "due", "achieved"), status=status)
    found = goals.outcome(grid, facts, DayFacts(), ()).value[0]
    return [None if value != value else round(float(value), 4) for value in found]  # noqa: PLR0124 - NaN


def test_each_day_goes_by_the_version_of_that_day(account: Account) -> None:
    outcome = rows.outcome(account, "on_track", recorded=AS_OF - 9 * DAY)
    version(outcome, AS_OF - 6 * DAY, "behind")
    version(outcome, AS_OF - 3 * DAY, "on_track", statement="more of it")
    assert points(account, AS_OF - 10 * DAY, 11) == [None, 75, 75, 75, 25, 25, 25, 75, 75, 75, 75]


def test_what_was_achieved_before_it_was_written_down_counts_from_its_day(account: Account) -> None:
    outcome = rows.outcome(account, "on_track", recorded=AS_OF - 9 * DAY)
    version(outcome, AS_OF - 4 * DAY, "behind")
    version(outcome, AS_OF - 1 * DAY, "achieved", achieved_on=AS_OF - 6 * DAY)
    assert points(account, AS_OF - 9 * DAY, 10) == [75, 75, 75, 100, 100, 100, 100, 100, 100, 100]


def test_a_withdrawn_outcome_counts_for_nothing_and_counts_again_when_it_is_put_back(account: Account) -> None:
    outcome = rows.outcome(account, "behind", recorded=AS_OF - 5 * DAY)
    version(outcome, AS_OF - 3 * DAY, "behind", withdrawn_on=AS_OF - 3 * DAY)
    assert points(account, AS_OF - 5 * DAY, 6) == [25, 25, None, None, None, None]
    version(outcome, AS_OF - 1 * DAY, "behind")
    assert points(account, AS_OF - 5 * DAY, 6) == [25, 25, None, None, 25, 25]


def test_a_proof_makes_it_achieved_until_somebody_says_missed(account: Account) -> None:
    outcome = rows.outcome(account, "behind", recorded=AS_OF - 9 * DAY)
    OutcomeProof.objects.create(outcome=outcome, as_of=AS_OF, reached=5, needed=5, proven_on=AS_OF - 6 * DAY)
    assert points(account, AS_OF - 9 * DAY, 10) == [25] * 3 + [100] * 7
    version(outcome, AS_OF - 2 * DAY, "missed", due_on=AS_OF - 2 * DAY)
    assert points(account, AS_OF - 9 * DAY, 10) == [25] * 3 + [100] * 4 + [0] * 3


def test_a_proof_does_not_overrule_who_called_it_missed(account: Account) -> None:
    outcome = rows.outcome(account, "missed", recorded=AS_OF - 9 * DAY, due_on=AS_OF - 9 * DAY)
    OutcomeProof.objects.create(outcome=outcome, as_of=AS_OF, reached=5, needed=5, proven_on=AS_OF - 2 * DAY)
    assert points(account, AS_OF - 4 * DAY, 5) == [0, 0, 0, 0, 0]
    version(outcome, AS_OF - 1 * DAY, "achieved", achieved_on=AS_OF - 2 * DAY)
    assert points(account, AS_OF - 4 * DAY, 5) == [0, 0, 100, 100, 100]


def test_a_proof_says_nothing_about_an_older_target(account: Account) -> None:
    outcome = rows.outcome(account, "on_track", recorded=AS_OF - 9 * DAY, action="approve", target="10")
    Outcome.objects.filter(pk=outcome.pk).update(target="20", since=AS_OF - 4 * DAY)
    OutcomeProof.objects.create(outcome=outcome, as_of=AS_OF, reached=25, needed=20, proven_on=AS_OF - 7 * DAY)
    assert points(account, AS_OF - 9 * DAY, 10) == [75] * 5 + [100] * 5


def test_the_database_keeps_every_version_and_none_for_a_change_of_nothing(account: Account) -> None:
    outcome = rows.outcome(account, "on_track")
    for _again in range(2):
        Outcome.objects.filter(pk=outcome.pk).update(status="behind", since=AS_OF)
    found = list(OutcomeVersion.objects.filter(outcome=outcome).order_by("id").values_list("status", "since"))
    assert found == [("on_track", None), ("behind", AS_OF)]


@dataclass(frozen=True)
class Said:
    """One version as it was written down."""

    said: date
    status: str
    due_on: date | None
    achieved_on: date | None
    withdrawn_on: date | None


def plain(versions: list[Said], proven_on: date | None, day: date) -> float | None:
    """The rule in so many words: the last version that has begun; its status on the day."""
    holds: Said | None = None
    for place, one in enumerate(versions):
        due = one.due_on if place == 0 or one.status == "missed" else None
        if min(known for known in (one.said, one.withdrawn_on, one.achieved_on, due) if known is not None) <= day:
            holds = one
    if holds is None or (holds.withdrawn_on is not None and holds.withdrawn_on <= day):
        return None
    proof = proven_on if holds.status != "missed" else None
    status = holds.status
    if proof is not None and proof <= day:
        status = "achieved"
    elif holds.achieved_on is not None:
        status = "achieved" if holds.achieved_on <= day else status if status == "behind" else "on_track"
    elif status == "missed" and holds.due_on is not None and holds.due_on > day:
        status = "on_track"
    return OUTCOME_POINTS[OUTCOME_CODES[status]]


def test_facet_and_current_row_follow_the_rule_for_any_history(account: Account) -> None:
    dice = random.Random(5)

    def around() -> date:
        return AS_OF - dice.randint(-4, 16) * DAY

    def maybe() -> date | None:
        return around() if dice.random() < 0.4 else None

    for _book in range(25):
        Outcome.objects.all().delete()
        outcome = rows.outcome(account, "on_track")
        OutcomeVersion.objects.all().delete()
        told = [
            Said(said, dice.choice(sorted(OUTCOME_CODES)), maybe(), maybe(), said if place and dice.random() < 0.2 else None)
            for place, said in enumerate(sorted(around() for _ in range(dice.randint(1, 4))))
        ]
        proven_on = maybe()
        OutcomeProof.objects.create(outcome=outcome, as_of=AS_OF, proven_on=proven_on)
        for one in told:
            version(outcome, one.said, one.status, due_on=one.due_on, achieved_on=one.achieved_on, withdrawn_on=one.withdrawn_on)
        days = [AS_OF - back * DAY for back in range(20, -5, -1)]
        assert points(account, days[0], len(days)) == [plain(told, proven_on, day) for day in days], told
        for day in days[::6]:
            assert _status(day) == plain(told, proven_on, day), told


def _status(day: date) -> float | None:
    """Points of the status that the current row would show."""
    from health.value.outcomes_sql import EVERYBODY, STATUS_ON, spans

    status = STATUS_ON.format(day="%(day)s")
    query = f"SELECT {status} FROM ({spans(EVERYBODY)}) s WHERE s.since <= %(day)s AND (s.stop IS NULL OR s.stop > %(day)s)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, {"day": day, "zone": "UTC"})
        found = cursor.fetchall()
    assert len(found) <= 1
    return OUTCOME_POINTS[OUTCOME_CODES[found[0][0]]] if found else None
