"""Past renewals with the figures of then, and accounts of today with theirs, ready for the search and for matching."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from churn.calibration.observations import LEAD_DAYS, Observation, foreseeable, read_observations
from churn.rules.conditions import BY_KEY, FEATURES, Value
from churn.rules.features_sql import FIRST_USE, FORGET, LOOKS, STATEMENTS, USE_DAYS
from churn.rules.gates import LOOK_DAYS, TELL_DAYS
from churn.rules.past import Past
from churn.types import ChurnType

# Of a past renewal what the stored health of then says, by its name among the facts of the observation.
_SCORES = {"score": "score", "machine": "machine"}
_FACETS = {"outcome": "outcome"}
_FACTS = {
    "outcomes_missed": "outcome.missed",
    "north_star_progress": "outcome.north_star_progress",
    "key_seat_share": "adoption.key_seat_share",
}
_CHANGES = ("score_change_30", "score_change_90")
# Figures that are cut by record in this room; levels and health are as they were published, and are cut where observations are read.
TIMED = {key for statement, keys in STATEMENTS.items() if "whenever" in statement for key in keys}


@dataclass(frozen=True, slots=True)
class Gathered:
    """Past renewals as known then (`past`), the figures with what was recorded afterwards (`later`), and how many were left out, why."""

    past: Past
    later: Mapping[str, Sequence[Value]]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Today:
    """Accounts that a rule may be told of, with their figures, a place each."""

    accounts: Sequence[int]
    values: Mapping[str, Sequence[Value]]


def gather(as_of: date, features: Collection[str] = BY_KEY.keys(), *, later: bool = True) -> Gathered:
    """All decided renewals of the installation as of a day, with these features; nothing of it is one user's.

    All features are for the night; the one to three of a rule are quickly read.

    Left out: outcomes known before the lead; losses that were involuntary (a payment, an insolvency: no figure of use foretells them); and
    renewals looked at before four weeks of use were recorded: their accounts would stand as those of whom nothing is known, all renewed,
    since who had left before is in no file.
    """
    every = [one for one in read_observations(as_of, lead=LEAD_DAYS) if one.renewed is not None]
    foreseen = foreseeable(every)
    chosen = [one for one in foreseen if one.renewed or one.churn_type != ChurnType.INVOLUNTARY]
    since = _seen_since()
    kept = spaced(one for one in chosen if one.seen_on >= since)
    left_out = {
        "known_before": len(every) - len(foreseen),
        "involuntary": len(foreseen) - len(chosen),
        "before_use": sum(one.seen_on < since for one in chosen),
    }
    pairs = [(one.account_id, one.seen_on) for one in kept]
    values = read_values(pairs, features)
    values.update({key: column for key, column in _stored(kept, values).items() if key in features})
    past = Past([one.account_id for one in kept], [one.ends_on for one in kept], [not one.renewed for one in kept], values)
    whenever = {**values, **read_values(pairs, TIMED & set(features), whenever=True)} if later else values
    return Gathered(past, whenever, left_out)


def _seen_since() -> date:
    """First day from which four weeks of use lie behind; the first of days where no use was ever recorded."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_USE)
        row = cursor.fetchone()
    return row[0] + timedelta(days=USE_DAYS) if row else date.min


def spaced(found: Iterable[Observation]) -> list[Observation]:
    """The same without looks at an account that the days of an earlier look still judge: they would count one loss many times."""
    kept: list[Observation] = []
    last: dict[int, date] = {}
    for one in sorted(found, key=lambda one: (one.seen_on, one.account_id, one.product)):
        if one.kind == "snapshot":
            before = last.get(one.account_id)
            if before is not None and one.seen_on < before + timedelta(days=LOOK_DAYS):
                continue
            last[one.account_id] = one.seen_on
        kept.append(one)
    return kept


def today_of(as_of: date, features: Collection[str], about: Collection[int] | None = None) -> Today:
    """Paying accounts whose term ends within the days a rule is told of, is overdue or has no end, with the features asked for.

    `about`: of these accounts (None: of all).
    """
    sql = """
        SELECT s.account_id FROM health_accountstate s
        WHERE s.paying AND s.as_of = %(as_of)s AND (s.renewal_on IS NULL OR s.renewal_on <= %(until)s)
          AND (%(about)s::bigint[] IS NULL OR s.account_id = ANY(%(about)s)) ORDER BY s.account_id
    """
    with connection.cursor() as cursor:
        asked = {"as_of": as_of, "until": as_of + timedelta(days=TELL_DAYS), "about": None if about is None else sorted(about)}
        cursor.execute(sql, asked)
        accounts = [account for (account,) in cursor.fetchall()]
    return Today(accounts, read_values([(account, as_of) for account in accounts], features))


@transaction.atomic
def read_values(
    pairs: Sequence[tuple[int, date]], features: Collection[str] = BY_KEY.keys(), *, whenever: bool = False
) -> dict[str, list[Value]]:
    """Figures of accounts on days, a column for each feature asked for, in the order of the pairs; one statement for each kind of fact.

    `whenever`: also what was recorded after the day. Unknown is None.
    """
    columns: dict[str, list[Value]] = {feature.key: [None] * len(pairs) for feature in FEATURES if feature.key in features}
    if not pairs:
        return columns
    asked: dict[str, Any] = {"whenever": whenever, "reporting": settings.REPORTING_CURRENCY, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(LOOKS, {**asked, "accounts": [account for account, _day in pairs], "days": [day for _account, day in pairs]})
        for statement, keys in STATEMENTS.items():
            if columns.keys() & set(keys):
                cursor.execute(statement, asked)
                _fill(columns, [column.name for column in cursor.description or ()], cursor.fetchall())
        cursor.execute(FORGET)
    return columns


def _fill(columns: Mapping[str, list[Value]], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    wanted = [(place, columns[name]) for place, name in enumerate(names) if name in columns]
    for row in rows:
        for place, column in wanted:
            value = row[place]
            column[row[0]] = float(value) if isinstance(value, int | Decimal) else value


def _stored(kept: Sequence[Observation], values: Mapping[str, Sequence[Value]]) -> dict[str, list[Value]]:
    """Figures of health as the observation knows them by record; a change of score only where nothing of it was told late."""
    told: dict[str, list[Value]] = {key: [getattr(one, name) for one in kept] for key, name in _SCORES.items()}
    facts = [one.evidence for one in kept]
    facets = [one.facets for one in kept]
    told |= {key: [one.get(name) for one in facets] for key, name in _FACETS.items()}
    told |= {key: [one.get(name) for one in facts] for key, name in _FACTS.items()}
    told |= {key: [None if one.late else value for one, value in zip(kept, values[key], strict=True)] for key in _CHANGES if key in values}
    told["executive_silent"] = [_silent(one) for one in facts]
    return told


def _silent(facts: Mapping[str, float | str | None]) -> float | None:
    seats, active = facts.get("executive.executive_seats"), facts.get("executive.executive_active")
    return float(not active) if seats else None
