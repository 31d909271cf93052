"""Targets of people and teams per month: reading, setting, copying and taking back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, Value

from accounts.models import Target, Team, User
from accounts.types import Role
from csm_portal.lib.periods import add_months, period_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Key of a line of the table (`p7`, `t3`) -> metric -> value.
Goals = dict[str, dict[str, Decimal]]
Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One target before and after; None: none was set."""

    line: str
    metric: str
    old: Decimal | None
    new: Decimal | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one save changed: enough to take it back."""

    id: str
    month: date
    changes: list[Change]

    def as_json(self) -> dict[str, Any]:
        """For the session of whoever saved it."""
        rows = [[one.line, one.metric, *(None if value is None else str(value) for value in (one.old, one.new))] for one in self.changes]
        return {"id": self.id, "month": self.month.isoformat(), "changes": rows}

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> Batch:
        """The batch that `as_json` wrote."""
        rows = [
            Change(line, metric, *(None if value is None else Decimal(value) for value in values))
            for line, metric, *values in told["changes"]
        ]
        return cls(told["id"], date.fromisoformat(told["month"]), rows)


def goals_by_line(user: User, as_of: date) -> Goals:
    """The visible targets of the month of the figures; one query."""
    return read(Target.objects.visible_to(user), period_of("month", as_of).first)


def read(targets: QuerySet[Target], month: date) -> Goals:
    """The targets of a month by line."""
    found: Goals = {}
    for owner, team, metric, value in targets.filter(month=month).values_list("user_id", "team_id", "metric", "value"):
        found.setdefault(f"p{owner}" if owner else f"t{team}", {})[metric] = value
    return found


def managed_people(user: User) -> QuerySet[User]:
    """Whose targets `user` may set: CSMs of the managed team and below, all CSMs for admins."""
    csms = User.objects.filter(Q(role=Role.CSM, is_active=True) | Q(book__isnull=False)).distinct()
    if user.role == Role.ADMIN:
        return csms  # type: ignore[no-any-return]
    if user.role != Role.MANAGER or user.manages is None:
        return User.objects.none()  # type: ignore[no-any-return]
    return csms.filter(team__path__startswith=user.manages.path)  # type: ignore[no-any-return]


def managed_teams(user: User) -> QuerySet[Team]:
    """The teams whose targets `user` may set: the managed one with all below, every team for admins."""
    if user.role == Role.ADMIN:
        return Team.objects.all()
    if user.role != Role.MANAGER or user.manages is None:
        return Team.objects.none()
    return Team.objects.filter(path__startswith=user.manages.path)


def managed_lines(user: User) -> set[str]:
    """Keys of the lines whose targets `user` may set; one query."""
    people = managed_people(user).order_by().values_list(Value("p"), "pk")
    teams = managed_teams(user).order_by().values_list(Value("t"), "pk")
    return {f"{kind}{pk}" for kind, pk in people.union(teams)}


def of_lines(lines: Iterable[str]) -> QuerySet[Target]:
    """The targets of these lines."""
    keys = list(lines)
    people = [int(key[1:]) for key in keys if key.startswith("p")]
    teams = [int(key[1:]) for key in keys if key.startswith("t")]
    return Target.objects.filter(Q(user__in=people) | Q(team__in=teams))


@transaction.atomic
def set_goals(month: date, wanted: Mapping[Cell, Decimal | None]) -> Batch:
    """Bring the targets of (line, metric) to the values wanted; None removes one. What stays as it is makes no change."""
    before = read(of_lines({line for line, _metric in wanted}).select_for_update(), month)
    changes = [
        Change(line, metric, before.get(line, {}).get(metric), value)
        for (line, metric), value in wanted.items()
        if before.get(line, {}).get(metric) != value
    ]
    _write(month, [(one.line, one.metric, one.new) for one in changes])
    return Batch(str(uuid.uuid4()), month, changes)


def copied(lines: Iterable[str], month: date) -> dict[Cell, Decimal | None]:
    """What the month before sets and this one does not yet, by cell."""
    keys = list(lines)
    before, now = read(of_lines(keys), add_months(month, -1)), read(of_lines(keys), month)
    return {(line, metric): value for line, goals in before.items() for metric, value in goals.items() if metric not in now.get(line, {})}


@transaction.atomic
def take_back(batch: Batch) -> tuple[int, int]:
    """Undo a batch; a target that somebody has set anew since stays. Returns how many were taken back and how many stayed."""
    now = read(of_lines({one.line for one in batch.changes}).select_for_update(), batch.month)
    untouched = [one for one in batch.changes if now.get(one.line, {}).get(one.metric) == one.new]
    _write(batch.month, [(one.line, one.metric, one.old) for one in untouched])
    return len(untouched), len(batch.changes) - len(untouched)


def _write(month: date, values: Iterable[tuple[str, str, Decimal | None]]) -> None:
    gone, rows = Q(pk__in=[]), []
    for line, metric, value in values:
        place = {"user_id": int(line[1:])} if line.startswith("p") else {"team_id": int(line[1:])}
        gone |= Q(**place, metric=metric)
        if value is not None:
            rows.append(Target(**place, month=month, metric=metric, value=value))
    if gone:
        Target.objects.filter(gone, month=month).delete()
    Target.objects.bulk_create(rows)
