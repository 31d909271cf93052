"""What a checked definition may still get wrong: the lint of docs/methods/definitions.md, with what it will do to figures that stand.

Warnings are English sentences behind the key they are about, as `manage.py define` prints them; pages show them in the reader's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from accounts.dirty import built_through
from accounts.models import Account, Action, Contract, Seat
from csm_portal.lib.versions import version_on
from health.models import NorthStarDefinition, Outcome, PublishedSlice, QuestionSet, Rating
from health.types import Grain

# Accounts that pay although an account above them pays: each decides for itself, or the one above decides for all of them.
PAYS_BELOW_A_PAYER = """
WITH RECURSIVE paying AS MATERIALIZED (
    SELECT DISTINCT account_id AS id FROM accounts_contract
    WHERE mrr > 0 AND starts_on <= %(day)s AND (ends_on IS NULL OR ends_on > %(day)s)
), above AS (
    SELECT p.id, a.parent_id FROM paying p JOIN accounts_account a ON a.id = p.id WHERE a.parent_id IS NOT NULL
    UNION
    SELECT above.id, a.parent_id FROM above JOIN accounts_account a ON a.id = above.parent_id WHERE a.parent_id IS NOT NULL
)
SELECT count(DISTINCT above.id) FROM above JOIN paying p ON p.id = above.parent_id
"""
DEFAULT_VALID_DAYS = 90


@dataclass(frozen=True, slots=True)
class Redone:
    """Days already published whose figures a definition changes, both inclusive; each change of a level is logged."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def redone_days(effective_from: date) -> Redone | None:
    """Published days that a definition of activity from this day on makes the next night redo; None: none."""
    last = built_through()
    days = PublishedSlice.objects.filter(grain=Grain.DAY, starts_on__gte=effective_from)
    first = days.order_by("starts_on").values_list("starts_on", flat=True).first()
    return Redone(first, last) if first is not None and last is not None and first <= last else None


def warnings_of(bodies: Mapping[str, Mapping[str, Any]], starts: Mapping[str, date], *, logins_only: bool) -> tuple[str, ...]:
    """Warnings about checked sections by name, with the day each is to hold from."""
    found: list[str] = []
    if logins_only:
        found.append("activity.key_actions: logins alone show presence, not value")
    if "activity" in bodies:
        found += _of_activity(bodies["activity"], with_star="north_star" in bodies)
    if "north_star" in bodies:
        found += _never_seen("north_star.action", [bodies["north_star"]["action"]])
    if "ratings" in bodies:
        found += _of_questions(bodies["ratings"], starts["ratings"])
    return tuple(found)


def _of_activity(body: Mapping[str, Any], *, with_star: bool) -> list[str]:
    found = []
    # Before the first load nothing is missing yet.
    if Account.objects.exists() and not (Seat.objects.exists() or Contract.objects.filter(seats__isnull=False).exists()):
        found.append("activity.seat_base: neither seats nor purchased seats are loaded, so every day will be unknown")
    idle = sorted(set(body["conditions"]) - set(body["key_actions"]))
    if idle:
        found.append(f"activity.conditions: {', '.join(idle)} is no key action, so its condition has no effect")
    found += _never_seen("activity.key_actions", list(body["key_actions"]))
    if below := _payers_below_payers():
        found.append(
            f"activity: the unit may not be the account: paying accounts that lie below another paying one: {below}; if that one decides on"
            " the renewal, their contracts belong to it"
        )
    if not (with_star or NorthStarDefinition.objects.exists() or Outcome.objects.exists()):
        found.append("activity: no outcome and no north star is defined beside it, so active will not say successful")
    return found


def _never_seen(path: str, actions: Sequence[str]) -> list[str]:
    """Actions of which no event and no count ever came, probably misspelt; nothing before the first load."""
    known = set(Action.objects.filter(name__in=actions).values_list("name", flat=True))
    missing = [action for action in actions if action not in known]
    if not missing or not Action.objects.exists():
        return []
    return [f"{path}: {', '.join(missing)} has never been seen in the data"]


def _payers_below_payers() -> int:
    day = built_through()
    if day is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(PAYS_BELOW_A_PAYER, {"day": day})
        return int(cursor.fetchone()[0])


def _of_questions(body: Mapping[str, Any], start: date) -> list[str]:
    """Questions that are asked no more while answers to them still count. They go on counting, as asked, until they expire."""
    before = version_on(QuestionSet.objects.all(), start)
    asked = {question["key"] for question in body["questions"]}
    gone = {one["key"]: int(one.get("valid_days", DEFAULT_VALID_DAYS)) for one in (before.body["questions"] if before else ())}
    gone = {key: days for key, days in gone.items() if key not in asked}
    found = []
    for key, days in gone.items():
        since = max(start, built_through() or start) - timedelta(days=days)
        rated = list(Rating.objects.filter(question=key, rated_on__gt=since).order_by("rated_on").values_list("rated_on", "account"))
        if rated:
            until = rated[-1][0] + timedelta(days=days)
            accounts = len({account for _day, account in rated})
            found.append(
                f"ratings.questions: {key} is not asked any more; its answers ({len(rated)}, accounts: {accounts}) are kept and count until"
                f" they expire, the last on {until}"
            )
    return found
