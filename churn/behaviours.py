"""Whether seats that use an action more in their first days stay longer: groups, their churn, and a verdict for every action.

docs/methods/cohorts.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import connection

from accounts.types import SeatKind
from churn.behaviours_sql import STATEMENT
from csm_portal.lib.estimates import Share, share
from csm_portal.lib.many_tests import q_values, trend_z, two_sided_p
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# Use is counted in the first 30 days. A seat with a key action in them is lost when it has none in days 91 to 120: the last 30 of the
# 90 days that follow. All seats are followed equally long.
LANDMARK_DAYS, FOLLOW_DAYS, END_DAYS = 30, 90, 30
# Seats activated in the year before the last one that could be followed to the end.
REACH_DAYS = 365
# Whole accounts are drawn until so many seats are in: their shares are known to one or two points.
MOST_SEATS = 5_000
# An action is tested from so many users on; each end of it has to hold some.
LEAST_USERS, LEAST_AT_AN_END = 40, 10
FALSE_DISCOVERY = 0.05


class Use(StrEnum):
    """How much a seat used the action, in order."""

    NEVER = "never"
    INFREQUENT = "infrequent"
    MODERATE = "moderate"
    HIGH = "high"


class Verdict(StrEnum):
    """What the groups say of "who uses it more, stays"."""

    CONFIRMS = "confirms"
    NO_DIFFERENCE = "no_difference"
    REVERSE = "reverse"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Group:
    """Seats of one group, their lost share with its interval, and the uses of its least and most active member (None: nobody)."""

    use: Use
    lost: Share
    least: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One action. `z` is below 0 where more use goes with less churn; `p` and `q` (adjusted for all actions) are None where untested."""

    action: str
    groups: tuple[Group, ...]
    verdict: Verdict
    z: float | None
    p: float | None
    q: float | None

    @property
    def users(self) -> int:
        """Seats that used it at all."""
        return sum(group.lost.n for group in self.groups if group.use is not Use.NEVER)

    def group(self, use: Use) -> Group:
        """The group of that use."""
        return next(group for group in self.groups if group.use is use)


@dataclass(frozen=True, slots=True)
class Behaviours:
    """All actions, those that matter most first. `lost` is of all followed seats; `sampled_of`: seats there were, None: all were taken."""

    as_of: date
    first: date
    last: date
    lost: Share
    sampled_of: int | None
    actions: tuple[Behaviour, ...]
    version: int | None


def behaviours(user: User, as_of: date) -> Behaviours:
    """Every action by the seats of the visible book that were activated early enough to be followed to the end. One query."""
    after = as_of + timedelta(days=2 - LANDMARK_DAYS - FOLLOW_DAYS)
    first = after - timedelta(days=REACH_DAYS)
    book, params = visible_book(user)
    spans = {
        "as_of": as_of,
        "first": first,
        "after": after,
        "until": as_of + timedelta(days=1),
        "landmark": LANDMARK_DAYS,
        "end_from": LANDMARK_DAYS + FOLLOW_DAYS - END_DAYS,
        "end_to": LANDMARK_DAYS + FOLLOW_DAYS,
        "most": MOST_SEATS,
        "bot": SeatKind.BOT,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.format(book=book), params | spans)
        rows = cursor.fetchall()
    whole = next(row for row in rows if row[0] is None)
    counts: dict[str, dict[Decimal, tuple[int, int]]] = defaultdict(dict)
    for action, uses, seats, lost, _version in rows:
        if action is not None:
            counts[action][uses] = (lost, seats)
    everybody = share(whole[3], whole[2])
    return Behaviours(
        as_of,
        first,
        after - timedelta(days=1),
        everybody,
        int(whole[1]) if whole[1] > MOST_SEATS else None,
        judged({action: grouped(uses, everybody) for action, uses in counts.items()}),
        whole[4],
    )


def grouped(uses: Mapping[Decimal, tuple[int, int]], everybody: Share) -> tuple[Group, ...]:
    """The groups of one action, the never-users first, from (lost, seats) by number of uses and all followed seats.

    Users are ranked by their uses. Those with equally many stay together, where the middle of them lies: in the bottom quarter, the middle
    half or the top quarter.
    """
    users = sum(seats for _lost, seats in uses.values())
    found: dict[Use, list[tuple[Decimal, int, int]]] = {use: [] for use in Use}
    below = 0
    for count in sorted(uses):
        lost, seats = uses[count]
        # In eighths, so that a border is exactly a border.
        middle, whole = 4 * (2 * below + seats), 2 * users
        place = Use.INFREQUENT if middle <= whole else Use.HIGH if middle >= 3 * whole else Use.MODERATE
        found[place].append((count, lost, seats))
        below += seats
    lost_users = sum(lost for lost, _seats in uses.values())
    never = Group(Use.NEVER, share(everybody.hits - lost_users, everybody.n - users), None, None)
    return (never, *(_group(use, found[use]) for use in (Use.INFREQUENT, Use.MODERATE, Use.HIGH)))


def _group(use: Use, rows: Sequence[tuple[Decimal, int, int]]) -> Group:
    lost, seats = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return Group(use, share(lost, seats), rows[0][0] if rows else None, rows[-1][0] if rows else None)


def judged(actions: Mapping[str, Sequence[Group]]) -> tuple[Behaviour, ...]:
    """The verdict on each action, adjusted for how many were tested: clear ones first, then by evidence, untested ones last."""
    z = {
        action: trend_z([(group.lost.hits, group.lost.n) for group in groups[1:]]) for action, groups in actions.items() if _enough(groups)
    }
    # All lost or all kept: that is an answer too.
    p = {action: 1.0 if value is None else two_sided_p(value) for action, value in z.items()}
    q = dict(zip(p, q_values(list(p.values())), strict=True))
    made = [
        Behaviour(action, tuple(groups), _verdict(z.get(action), q.get(action)), z.get(action), p.get(action), q.get(action))
        for action, groups in actions.items()
    ]
    return tuple(sorted(made, key=lambda one: (one.p is None, one.p or 0.0, -one.users, one.action)))


def _enough(groups: Sequence[Group]) -> bool:
    used = groups[1:]
    filled = [group.lost.n for group in used if group.lost.n]
    return sum(filled) >= LEAST_USERS and len(filled) > 1 and min(filled[0], filled[-1]) >= LEAST_AT_AN_END


def _verdict(z: float | None, q: float | None) -> Verdict:
    if q is None:
        return Verdict.TOO_FEW
    if z is None or q > FALSE_DISCOVERY:
        return Verdict.NO_DIFFERENCE
    return Verdict.CONFIRMS if z < 0 else Verdict.REVERSE
