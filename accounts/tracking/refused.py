"""Calls that were refused, as people deal with them: in groups, tried by a rule, sent through again, discarded and brought back.

A row never changes what it was refused for. What is refused again for another reason gets a row of its own, and the old one is settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from accounts.edits import UNDO_FOR
from accounts.models import RefusedCall, User
from accounts.tracking.calls import Call, Fault
from accounts.tracking.envelope import read_call
from accounts.tracking.intake import CONFLICT, store_calls, understood
from accounts.tracking.rules import Ignored, Rule, corrected, judged, rules_of
from accounts.tracking.saying import Arrival

REPLAYED, DISCARDED = "replayed", "discarded"
# Code of events that waited and were discarded: theirs is another way back (accounts/tracking/pending.py).
WAITED = "discarded_waiting"
# A page shows the largest groups; sources that make up names as they go have more than anybody reads.
MOST_GROUPS: Final = 400
CHUNK: Final = 500
# A rule is tried on the newest of a group, so that a page answers while somebody types.
TRIED: Final = 300
SHOWN: Final = 3
GROUPED = ("source_id", "code", "field", "name", "flagged")


@dataclass(frozen=True, slots=True)
class Group:
    """Open calls of one source refused for one thing under one name. `sample`: id of the newest, by which the group is named."""

    sample: int
    source_id: int
    source: str
    code: str
    field: str
    name: str
    flagged: bool
    count: int
    first_at: datetime
    last_at: datetime


@dataclass
class Replayed:
    """What became of calls sent through again. `still`: refused as before or for something else; `ignored`: a rule does not want them."""

    taken: int = 0
    ignored: int = 0
    still: int = 0

    @property
    def of(self) -> int:
        """All that were tried."""
        return self.taken + self.ignored + self.still


@dataclass(frozen=True)
class Trial:
    """What a rule would make of a group's newest calls. `shown`: some it helps, before and after; `fault`: what still stands."""

    taken: int
    ignored: int
    of: int
    shown: tuple[tuple[Any, Any], ...]
    fault: Fault | None


def open_groups(user: User) -> list[Group]:
    """The largest groups of open calls, flagged ones too; two statements, whatever came in.

    The first counts in an index alone; what a group is of, its newest call says.
    """
    counts = (
        RefusedCall.objects.visible_to(user)
        .filter(settled_at__isnull=True)
        .values("alike")
        .annotate(n=Count("pk"), first=Min("received_at"), last=Max("received_at"), sample=Max("pk"))
        .order_by("-n", "alike")[:MOST_GROUPS]
    )
    rows = {row["sample"]: row for row in counts}
    kinds = RefusedCall.objects.visible_to(user).filter(pk__in=rows).values_list("pk", *GROUPED, "source__name")
    found = [
        Group(pk, source_id, source, code, field, name, flagged, rows[pk]["n"], rows[pk]["first"], rows[pk]["last"])
        for pk, source_id, code, field, name, flagged, source in kinds
    ]
    return sorted(found, key=lambda one: (-one.count, one.source, one.code, one.field, one.name))


def samples(user: User, groups: Iterable[Group]) -> dict[int, RefusedCall]:
    """The newest call of each group; one query."""
    return RefusedCall.objects.visible_to(user).in_bulk([group.sample for group in groups])


def calls_like(user: User, sample: int) -> QuerySet[RefusedCall]:
    """The open calls of the group that this one is of; of none where the user may not see it, or there is none."""
    seen = RefusedCall.objects.visible_to(user)
    row = seen.filter(pk=sample).values("alike", *GROUPED).first()
    return seen.filter(settled_at__isnull=True, **row) if row else seen.none()


def count_of(user: User, picked: Sequence[int]) -> int:
    """How many open calls these groups hold."""
    return sum(calls_like(user, sample).count() for sample in picked)


def tried(user: User, sample: int, rule: Rule) -> Trial:
    """What the rule, with those that hold, would make of the newest calls of a group. Nothing is stored."""
    rows = list(calls_like(user, sample).order_by("-pk")[:TRIED])
    taken = ignored = 0
    shown: list[tuple[Any, Any]] = []
    stands: Fault | None = None
    for row in rows:
        rules = (*rules_of(row.source_id), rule)
        said, _replaced, fault = read_call(row.body.encode())
        found: Call | Fault | Ignored | None = fault if said is None else judged(said, rules, _judge(row), row.implied)
        if isinstance(found, Ignored):
            ignored += 1
        elif isinstance(found, Call):
            taken += 1
            if len(shown) < SHOWN:
                shown.append((said, corrected(said or {}, rules, _judge(row), row.implied)))
        else:
            stands = stands or found
    return Trial(taken, ignored, len(rows), tuple(shown), stands)


def replay(user: User, sample: int, now: datetime, say: Callable[[Replayed], None] | None = None) -> Replayed:
    """Send a group through again, the rules that hold now applied: same repeats, same verdicts, chunk by chunk.

    Stored under the time they came in the first time, known from now on. Killed and begun again it ends the same: what was stored is a
    repeat then. `say` is told after each chunk.
    """
    found = Replayed()
    for rows in _chunks(calls_like(user, sample)):
        _replay_chunk(rows, now, found)
        if say is not None:
            say(found)
    return found


@transaction.atomic
def discard(user: User, picked: Sequence[int], now: datetime) -> int:
    """Take groups off the list; `now` names the step for its undo. How many calls."""
    return sum(calls_like(user, sample).update(settled_at=now, settled_as=DISCARDED) for sample in picked)


def bring_back(user: User, step: datetime, now: datetime) -> int:
    """Undo of a discard, for a day. How many calls are open again."""
    if step <= now - UNDO_FOR:
        return 0
    settled = RefusedCall.objects.visible_to(user).filter(settled_at=step, settled_as=DISCARDED).exclude(code=WAITED)
    return settled.update(settled_at=None, settled_as="")


def _judge(row: RefusedCall) -> Callable[[Any], Call | Fault]:
    return partial(understood, arrival=Arrival(row.received_at, row.sent_at), tracker=row.tracker, implied=row.implied)


def _chunks(rows: QuerySet[RefusedCall]) -> Iterator[list[RefusedCall]]:
    """In the order of arrival, each row once although those refused again stay in the group."""
    last = rows.aggregate(last=Max("pk"))["last"] or 0
    after = 0
    while chunk := list(rows.filter(Q(pk__gt=after), pk__lte=last).order_by("pk")[:CHUNK]):
        after = chunk[-1].pk
        yield chunk


def _replay_chunk(rows: Sequence[RefusedCall], now: datetime, found: Replayed) -> None:
    """One chunk of one source: understood, stored, settled. What is stored twice for a crash in between is a repeat."""
    calls: list[tuple[int, Call]] = []
    faults: dict[int, Fault] = {}
    unwanted: list[int] = []
    rules = rules_of(rows[0].source_id)
    for place, row in enumerate(rows):
        said, _replaced, fault = read_call(row.body.encode())
        verdict = fault if said is None else judged(said, rules, _judge(row), row.implied)
        if isinstance(verdict, Call):
            calls.append((place, verdict))
        elif isinstance(verdict, Ignored):
            unwanted.append(place)
        elif verdict is not None:
            faults[place] = verdict
    conflicts = store_calls(rows[0].source_id, calls, now).conflicts if calls else []
    faults |= dict.fromkeys(conflicts, CONFLICT)
    _settle(rows, [place for place, _call in calls if place not in faults], REPLAYED, now)
    _settle(rows, unwanted, DISCARDED, now)
    _refuse_again([(rows[place], fault) for place, fault in faults.items()], now)
    found.taken += len(calls) - len(conflicts)
    found.ignored += len(unwanted)
    found.still += len(faults)


def _settle(rows: Sequence[RefusedCall], places: Sequence[int], how: str, now: datetime) -> None:
    pks = [rows[place].pk for place in places]
    RefusedCall.objects.filter(pk__in=pks, settled_at__isnull=True).update(settled_at=now, settled_as=how)


@transaction.atomic
def _refuse_again(refused: Sequence[tuple[RefusedCall, Fault]], now: datetime) -> None:
    """Refused for another thing than before: the old row is settled, a new one says what is wrong now."""
    moved = [(row, fault) for row, fault in refused if (row.code, row.field) != (fault.code, fault.field)]
    kept = ("source_id", "received_at", "sent_at", "tracker", "implied", "name", "body")
    RefusedCall.objects.bulk_create(
        RefusedCall(code=fault.code, field=fault.field, message=fault.message, **{name: getattr(row, name) for name in kept})
        for row, fault in moved
    )
    RefusedCall.objects.filter(pk__in=[row.pk for row, _fault in moved]).update(settled_at=now, settled_as=REPLAYED)
