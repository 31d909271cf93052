"""A round of ratings: the accounts to be rated one after another, kept in the session so that nothing one answers reorders them.

A round lives for a day of the portal and may be as long as the book: nothing of it goes through addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from accounts.models import Account

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from accounts.models import User

KEY = "rating_round"
# So many neighbours are looked at for one that is still visible.
REACH = 30


@dataclass(frozen=True)
class Round:
    """Keys of accounts in the order of their turns; `back`: where one came from, empty: the queue."""

    ids: tuple[int, ...]
    back: str = ""

    def keep(self, session: SessionBase, today: date) -> Round:
        """Remember it for the day."""
        session[KEY] = {"ids": list(self.ids), "day": today.isoformat(), "back": self.back}
        return self


@dataclass(frozen=True)
class Neighbour:
    """The account before or after: id and name."""

    external_id: str
    name: str


@dataclass(frozen=True)
class Place:
    """Where an account stands in its round, from 1, with those beside it that the viewer still sees."""

    number: int
    total: int
    before: Neighbour | None
    after: Neighbour | None


def kept(session: SessionBase, today: date) -> Round:
    """The round of the day; empty where there is none."""
    found: Any = session.get(KEY) or {}
    return Round(tuple(found["ids"]), found.get("back", "")) if found.get("day") == today.isoformat() else Round(())


def first_of(user: User, ids: Sequence[int]) -> Account | None:
    """The first account of these that the user sees."""
    known = {row.pk: row for row in Account.objects.visible_to(user).filter(pk__in=ids[:REACH]).only("pk", "external_id", "name")}
    return next((known[pk] for pk in ids if pk in known), None)


def place_of(user: User, pk: int, ids: Sequence[int]) -> Place:
    """The place of an account in the round, in one query."""
    at = ids.index(pk)
    earlier, later = ids[max(0, at - REACH) : at][::-1], ids[at + 1 : at + 1 + REACH]
    rows = Account.objects.visible_to(user).filter(pk__in=[*earlier, *later]).values_list("pk", "external_id", "name")
    known = {key: Neighbour(external_id, name) for key, external_id, name in rows}
    before = next((known[key] for key in earlier if key in known), None)
    after = next((known[key] for key in later if key in known), None)
    return Place(at + 1, len(ids), before, after)
