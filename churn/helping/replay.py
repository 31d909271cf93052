"""Loss replay: what was known before each loss, what was shown to whom, and what was done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from churn.acting.triggers import GOOD
from churn.helping.replay_sql import EVENTS, MONTHS, PAGE
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import Account, User
    from churn.as_of import Basis

# What may be said of a loss: told in time and acted on; told in time, not acted on; told late; never told; or not kept then.
VERDICTS = ("acted", "not_acted", "late", "never", "unkept")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One loss. Health and likelihood (0 … 1) are those of 90 days before, None where none was published or told by then.

    Counted are the 180 days before the loss: `drops` alarms, `items` shown on the day's list and `held` ones, `mondays` on whose list it
    stood, `steps` tried. `acted_on`: the first step of a person at an item. `verdict` is one of VERDICTS. `amount`: MRR, None: no rate.
    """

    external_id: str
    name: str
    owner: str | None
    lost_on: date
    amount: Decimal | None
    type: str | None
    regrettable: bool | None
    band: str | None
    score: float | None
    likelihood: float | None
    drops: int
    first_drop: date | None
    items: int
    held: int
    first_item: date | None
    acted_on: date | None
    mondays: int
    first_monday: date | None
    steps: int
    verdict: str

    @property
    def shown_on(self) -> date | None:
        """First day on which anything was shown; None: never."""
        return min((day for day in (self.first_item, self.first_monday) if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Replay:
    """One page of losses, `n` of which were chosen; `verdicts` and `bands` (`` is none published) count all. `since`: first day kept."""

    rows: list[Replayed]
    n: int
    verdicts: Mapping[str, int]
    bands: Mapping[str, int]
    since: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stood on a day before its loss. `active`: the last whole month. Category and probability as forecast by then."""

    day: date
    band: str | None
    score: float | None
    likelihood: float | None
    low: float | None
    high: float | None
    basis: str | None
    active: bool | None
    category: str | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told or done: kind `item`, `held`, `drop`, `monday`, `step`, `play` or `touch`; `what` its rule, kind or name."""

    day: date
    kind: str
    what: str
    facts: Mapping[str, Any]
    who: str | None
    closed: date | None


def replay(user: User, basis: Basis, *, first: date, after: date, verdict: str = "", limit: int | None = None, start: int = 0) -> Replay:
    """Losses in `[first, after)` of the accounts a user may see, the latest first; one query. `verdict`: those of one kind alone."""
    book, params = visible_book(user)
    asked: dict[str, Any] = {
        "as_of": basis.as_of, "grace": basis.renewals.renewal_grace_days, "reporting": settings.REPORTING_CURRENCY,
        "zone": settings.TIME_ZONE, "first": first, "after": after, "good": list(GOOD), "verdict": verdict, "limit": limit, "start": start,
    }  # fmt: skip
    chosen = "j.verdict = %(verdict)s" if verdict in VERDICTS else "true"
    with connection.cursor() as cursor:
        cursor.execute(PAGE.format(book=book, joins="", where="true", chosen=chosen), {**params, **asked})
        rows = cursor.fetchall()
    if not rows:
        return Replay([], 0, {}, {}, None)
    *_values, since, n, verdicts, bands = rows[0]
    return Replay([Replayed(*row[:-4]) for row in rows], n, json.loads(verdicts), json.loads(bands), since)


def before_loss(account: Account, lost_on: date) -> tuple[list[Standing], list[Told]]:
    """The six months before a loss of an account, which the caller took from `visible_to`: how it stood, and what was told and done.

    Two queries; the earliest first. What was told on the day of the loss itself is left out.
    """
    asked: dict[str, Any] = {"account": account.pk, "lost_on": lost_on, "zone": settings.TIME_ZONE, "good": list(GOOD)}
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, asked)
        months = [Standing(*row) for row in cursor.fetchall()]
        cursor.execute(EVENTS, asked)
        events = [Told(day, kind, what, json.loads(facts), who, closed) for day, kind, what, facts, who, closed in cursor.fetchall()]
    return months, events


def year_before(as_of: date) -> date:
    """First day of the twelve months that end with the day."""
    return as_of - timedelta(days=364)
