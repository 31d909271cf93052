"""Rows of the tables as the arrays that facets are computed from, one chunk of accounts at a time.

Days leave the database as ordinals (`date.toordinal`), "never" as FOREVER. Each frame lists its columns, int64 unless said otherwise.
Only rows recorded before `known_by` count when it is given; by default everything known now does.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from health.built import built
from health.facets.grid import FOREVER, Ints
from health.scope import EVERYBODY, Scope
from health.types import Grain
from health.value.outcomes_sql import spans

# The large tables are asked for the accounts by name besides: their keys begin with the account, and a join alone reads them whole.
# Accounts of the chunk, and the stores that count for them: row number, local zone.
_MEMBERS = """
CREATE TEMP TABLE IF NOT EXISTS score_member (
    account_id bigint PRIMARY KEY, row integer NOT NULL, zone text NOT NULL, is_payer boolean NOT NULL
) ON COMMIT DROP;
TRUNCATE score_member;
INSERT INTO score_member (account_id, row, zone, is_payer)
SELECT a.id, c.n - 1, coalesce(nullif(a.timezone, ''), %(zone)s), true
FROM unnest(%(accounts)s::bigint[]) WITH ORDINALITY AS c(id, n) JOIN accounts_account a ON a.id = c.id
UNION ALL
SELECT a.id, c.n - 1, coalesce(nullif(a.timezone, ''), %(zone)s), false
FROM unnest(%(accounts)s::bigint[]) WITH ORDINALITY AS c(id, n) JOIN accounts_account a ON a.counts_for_id = c.id
WHERE NOT a.id = ANY(%(accounts)s);
"""

Frame = pd.DataFrame


@dataclass(frozen=True, slots=True)
class DaySource:
    """Tables that graded days and seat days are read from: those of the runs, or temporary ones that a recomputation made beside them.

    `seats`, if named, holds what each seat did in a month as bits: (account_id, seat_id, starts_on, key_days, login_days).
    `stars`, if named, holds (account_id, day, reached) of another north star than the days were built by.
    """

    days: str = ""
    seats: str = ""
    stars: str = ""


PUBLISHED = DaySource()


def ordinal(expression: str) -> str:
    """SQL for a date as its ordinal, FOREVER where it is null."""
    return f"coalesce(({expression}) - DATE '0001-01-01' + 1, {FOREVER})"


def local_day(column: str) -> str:
    """SQL for the account's local day of an instant."""
    return f"({column} AT TIME ZONE m.zone)::date"


def set_chunk(account_ids: Sequence[int], zone: str) -> None:
    """Name the accounts that the other frames read, in the order of their rows. Needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, {"accounts": list(account_ids), "zone": zone})


def read(query: str, values: Mapping[str, Any] | None = None, *, floats: Sequence[str] = (), text: Sequence[str] = ()) -> Frame:
    """A query's rows as a frame, by COPY; columns are int64 but for those named as float64 or text. int64 holds no nulls."""
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        # Values go in here: Django's cursor for DEBUG takes a whole statement only.
        statement = cursor.mogrify(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", values or {})
        with cursor.copy(statement) as rows:
            for block in rows:
                buffer.write(block)
    buffer.seek(0)
    names = buffer.readline().decode().strip().split(",")
    kinds = {name: "str" if name in text else "float64" if name in floats else "int64" for name in names}
    return pd.read_csv(buffer, names=names, dtype=kinds, keep_default_na=False, na_values={name: [""] for name in floats})


def columns(frame: Frame, *names: str) -> dict[str, Any]:
    """The named columns as arrays, ready to become facts."""
    return {name: frame[name].to_numpy() for name in names}


def runs_of_days(run_id: int, first: date, last: date) -> list[tuple[date, int]]:
    """For each day the run whose graded days count: this run's where it built the day, else the published one's."""
    query = f"""
        SELECT d.day::date, CASE WHEN own.found THEN %(run)s ELSE p.run_id END
        FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS d(day)
        LEFT JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = d.day::date
        CROSS JOIN LATERAL (
            SELECT EXISTS (SELECT 1 FROM health_accountday a WHERE a.day = d.day::date AND a.run_id = %(run)s)
                OR {built(Grain.DAY, "d.day::date")} AS found
        ) own
        WHERE own.found OR p.run_id IS NOT NULL
    """  # noqa: S608 - only constants enter
    with connection.cursor() as cursor:
        cursor.execute(query, {"run": run_id, "first": first, "last": last})
        return [(day, run) for day, run in cursor.fetchall()]


def paying_accounts(runs: Sequence[tuple[date, int]], source: DaySource = PUBLISHED, scope: Scope = EVERYBODY) -> list[int]:
    """Accounts that paid on any of the days, ascending; of whom the run is about."""
    query = f"""
        SELECT DISTINCT a.account_id FROM {source.days or "health_accountday"} a
        JOIN unnest(%(days)s::date[], %(runs)s::bigint[]) AS r(day, run_id) ON r.day = a.day {_of_run(source)}
        WHERE a.paying /* among a.account_id */ ORDER BY 1
    """  # noqa: S608 - names of the recomputation's own tables
    with connection.cursor() as cursor:
        cursor.execute(scope.apply(query), {"days": [day for day, _ in runs], "runs": [run for _, run in runs]})
        return [account for (account,) in cursor.fetchall()]


def _of_run(source: DaySource) -> str:
    return "" if source.days else "AND r.run_id = a.run_id"


def graded_days(account_ids: Sequence[int], runs: Sequence[tuple[date, int]], source: DaySource = PUBLISHED) -> Frame:
    """row, day, level, active, working, paying, seats, activated, purchased, north_star (float64)."""
    star = "coalesce(x.reached, 0)" if source.stars else "a.north_star"
    other = f"LEFT JOIN {source.stars} x ON x.account_id = a.account_id AND x.day = a.day" if source.stars else ""
    query = f"""
        SELECT m.row, {ordinal("a.day")} AS day, a.level, a.active::int AS active, a.working::int AS working, a.paying::int AS paying,
               a.seats, a.activated, a.purchased, {star} AS north_star
        FROM score_member m
        JOIN {source.days or "health_accountday"} a ON a.account_id = m.account_id
        JOIN unnest(%(days)s::date[], %(runs)s::bigint[]) AS r(day, run_id) ON r.day = a.day {_of_run(source)} {other}
        WHERE a.account_id = ANY(%(accounts)s) AND a.day BETWEEN %(first)s AND %(last)s
    """  # noqa: S608 - built from this module's own text
    days = [day for day, _ in runs]
    bounds = {"first": min(days, default=None), "last": max(days, default=None)}
    values = {"accounts": list(account_ids), "days": days, "runs": [run for _, run in runs], **bounds}
    return read(query, values, floats=["north_star"])


def north_star_before(account_ids: Sequence[int], run_id: int, since: date, until: date, source: DaySource = PUBLISHED) -> Frame:
    """row, reached (float64): sum over the days `[since, until)`, of accounts where it is not 0."""
    if source.stars:
        other = f"""
            SELECT m.row, sum(x.reached) AS reached FROM score_member m JOIN {source.stars} x ON x.account_id = m.account_id
            WHERE x.day >= %(since)s AND x.day < %(until)s GROUP BY m.row
        """  # noqa: S608 - the recomputation's own table
        return read(other, {"since": since, "until": until}, floats=["reached"])
    query = f"""
        SELECT m.row, sum(a.north_star) AS reached
        FROM score_member m
        JOIN health_accountday a ON a.account_id = m.account_id AND a.day >= %(since)s AND a.day < %(until)s AND a.north_star <> 0
        LEFT JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = a.day
        WHERE a.account_id = ANY(%(accounts)s) AND (
            a.run_id = %(run)s
            OR (a.run_id = p.run_id AND NOT {built(Grain.DAY, "a.day")}
                AND NOT EXISTS (SELECT 1 FROM health_accountday o WHERE o.day = a.day AND o.run_id = %(run)s)))
        GROUP BY m.row
    """  # noqa: S608 - only constants enter
    return read(query, {"accounts": list(account_ids), "run": run_id, "since": since, "until": until}, floats=["reached"])


def seat_days(account_ids: Sequence[int], first: date, last: date, source: DaySource = PUBLISHED) -> Frame:
    """row, executive, start, stop, key_days, login_days: one row per seat that did something from `first` to `last`.

    Of the days, bit i stands for `first` + i: at most 63 days. `start` and `stop`: while the seat is activated.
    """
    return read(
        f"""
        SELECT d.row, seat.is_executive::int AS executive, {ordinal("coalesce(seat.activated_on, seat.first_event_on)")} AS start,
               {ordinal("seat.deactivated_on")} AS stop, d.key_days, d.login_days
        FROM ({_SEAT_MONTHS.format(seats=source.seats) if source.seats else _SEAT_DAYS}) d JOIN accounts_seat seat ON seat.id = d.seat_id
        """,  # noqa: S608 - names of the recomputation's own tables
        {"accounts": list(account_ids), "first": first, "last": last},
    )


_SEAT_DAYS = """
    SELECT m.row, s.seat_id, coalesce(bit_or(1::bigint << (s.day - %(first)s::date)) FILTER (WHERE s.key_actions > 0), 0) AS key_days,
           coalesce(bit_or(1::bigint << (s.day - %(first)s::date)) FILTER (WHERE s.logged_in), 0) AS login_days
    FROM score_member m JOIN seat_day s ON s.account_id = m.account_id
    WHERE s.account_id = ANY(%(accounts)s) AND s.day BETWEEN %(first)s AND %(last)s AND s.seat_id <> 0
    GROUP BY m.row, s.seat_id
"""
# Months before the window have no bit in it; the month it begins in loses those before it.
_MOVED = """bit_or(CASE WHEN s.starts_on < %(first)s THEN s.{days} >> (%(first)s::date - s.starts_on)
               ELSE s.{days} << (s.starts_on - %(first)s::date) END)"""
_SEAT_MONTHS = f"""
    SELECT m.row, s.seat_id, {_MOVED.format(days="key_days")} AS key_days, {_MOVED.format(days="login_days")} AS login_days
    FROM score_member m JOIN {{seats}} s ON s.account_id = m.account_id
    WHERE s.starts_on > %(first)s::date - 31 AND s.starts_on <= %(last)s
    GROUP BY m.row, s.seat_id
"""  # noqa: S608 - only constants enter


def seats() -> Frame:
    """row, executive, start, stop: human seats from activation (else first event) to deactivation; never activated: start FOREVER."""
    return read(
        f"""
        SELECT m.row, s.is_executive::int AS executive, {ordinal("coalesce(s.activated_on, s.first_event_on)")} AS start,
               {ordinal("s.deactivated_on")} AS stop
        FROM score_member m JOIN accounts_seat s ON s.account_id = m.account_id WHERE s.kind = 'human'
        """  # noqa: S608
    )


def accounts() -> Frame:
    """row, onboarded, live, and text: stage, tier, plan, industry, region, size. One row per account of the chunk, in order."""
    return read(
        f"""
        SELECT m.row, {ordinal("a.onboarded_on")} AS onboarded, {ordinal("a.went_live_on")} AS live, a.lifecycle_stage AS stage,
               a.tier, a.plan, a.industry, a.region, a.size
        FROM score_member m JOIN accounts_account a ON a.id = m.account_id WHERE m.is_payer ORDER BY m.row
        """,  # noqa: S608
        text=["stage", "tier", "plan", "industry", "region", "size"],
    )


def contracts(known_by: datetime | None = None) -> Frame:
    """row, start, stop, cents, and text: currency, plan, product; ordered by MRR, start and id, so that the last of those running leads."""
    return read(
        f"""
        SELECT m.row, {ordinal("c.starts_on")} AS start, {ordinal("c.ends_on")} AS stop, (c.mrr * 100)::bigint AS cents,
               c.currency, c.plan, c.product
        FROM score_member m JOIN accounts_contract c ON c.account_id = m.account_id
        WHERE {_known("c")} ORDER BY c.mrr, c.starts_on, c.id
        """,  # noqa: S608
        {"known_by": known_by},
        text=["currency", "plan", "product"],
    )


def outcomes(known_by: datetime | None = None) -> Frame:
    """row, since, stop, due, achieved, and text: status. One row per version and the days it holds (health/value/outcomes_sql.py)."""
    known = "(%(known_by)s::timestamptz IS NULL OR v.recorded_at < %(known_by)s)"
    return read(
        f"""
        SELECT m.row, {ordinal("s.since")} AS since, {ordinal("s.stop")} AS stop, {ordinal("s.due_on")} AS due,
               {ordinal("s.achieved_on")} AS achieved, s.status
        FROM ({spans("score_member", known)}) s JOIN score_member m ON m.account_id = s.account_id
        """,  # noqa: S608
        {"known_by": known_by},
        text=["status"],
    )


def tickets(since: date, known_by: datetime | None = None) -> Frame:
    """row, opened, closed, escalated, how_to: tickets opened on or after `since`."""
    return read(
        f"""
        SELECT m.row, {ordinal(local_day("t.opened_at"))} AS opened, {ordinal(local_day("t.closed_at"))} AS closed,
               t.escalated::int AS escalated, (t.kind = 'how_to')::int AS how_to
        FROM score_member m JOIN accounts_ticket t ON t.account_id = m.account_id
        WHERE t.opened_at >= %(since)s::date - 1 AND {_known("t")}
        """,  # noqa: S608
        {"since": since, "known_by": known_by},
    )


def invoices(known_by: datetime | None = None) -> Frame:
    """row, issued, due, paid, failed, disputed: bills that are not void. Marked paid without a day: paid when due."""
    paid = "CASE WHEN i.paid_on IS NULL AND i.status = 'paid' THEN coalesce(i.due_on, i.issued_on) ELSE i.paid_on END"
    return read(
        f"""
        SELECT m.row, {ordinal("i.issued_on")} AS issued, {ordinal("i.due_on")} AS due, i.failed_attempts AS failed,
               {ordinal(paid)} AS paid, (i.status = 'disputed')::int AS disputed
        FROM score_member m JOIN accounts_invoice i ON i.account_id = m.account_id WHERE i.status <> 'void' AND {_known("i")}
        """,  # noqa: S608
        {"known_by": known_by},
    )


def answers(since: date, known_by: datetime | None = None) -> Frame:
    """row, seat, day, value (float64, 0..100): survey answers from `since` on, in order of arrival."""
    return read(
        f"""
        SELECT m.row, coalesce(s.seat_id, -1) AS seat, {ordinal(local_day("s.responded_at"))} AS day, 100 * s.score / s.scale AS value
        FROM score_member m JOIN accounts_surveyresponse s ON s.account_id = m.account_id
        WHERE s.responded_at >= %(since)s::date - 1 AND {_known("s")} ORDER BY s.responded_at, s.id
        """,  # noqa: S608
        {"since": since, "known_by": known_by},
        floats=["value"],
    )


def ratings(known_by: datetime | None = None) -> Frame:
    """row, day, score, and text: question; in order of arrival."""
    return read(
        f"""
        SELECT m.row, {ordinal("r.rated_on")} AS day, r.score, r.question
        FROM score_member m JOIN health_rating r ON r.account_id = m.account_id WHERE {_known("r")} ORDER BY r.rated_on, r.recorded_at, r.id
        """,  # noqa: S608
        {"known_by": known_by},
        text=["question"],
    )


def milestones(known_by: datetime | None = None) -> Frame:
    """row, due, done."""
    return read(
        f"""
        SELECT m.row, {ordinal("s.due_on")} AS due, {ordinal("s.done_on")} AS done
        FROM score_member m JOIN health_milestone s ON s.account_id = m.account_id WHERE {_known("s")}
        """,  # noqa: S608
        {"known_by": known_by},
    )


def community_days(actions: Sequence[str], since: date, until: date) -> Frame:
    """row, start: days with one of the named actions, `[since, until)`."""
    return read(
        f"""
        SELECT DISTINCT m.row, {ordinal("e.day")} AS start
        FROM score_member m
        JOIN (
            SELECT account_id, day, action_id FROM event WHERE day >= %(since)s AND day < %(until)s
            UNION ALL
            SELECT account_id, day, action_id FROM accounts_usagedaily WHERE day >= %(since)s AND day < %(until)s
        ) e ON e.account_id = m.account_id
        JOIN accounts_action a ON a.id = e.action_id AND a.name = ANY(%(actions)s)
        """,  # noqa: S608
        {"actions": list(actions), "since": since, "until": until},
    )


def overrides(known_by: datetime | None = None) -> Frame:
    """row, start, stop, id: human corrections of the band, the one recorded last at the end. A store's is not the brand's."""
    return read(
        f"""
        SELECT m.row, {ordinal("o.starts_on")} AS start, {ordinal("o.ends_on")} AS stop, o.id
        FROM score_member m JOIN health_override o ON o.account_id = m.account_id
        WHERE m.is_payer AND o.withdrawn_at IS NULL AND {_known("o")} ORDER BY o.recorded_at, o.id
        """,  # noqa: S608
        {"known_by": known_by},
    )


def first_known(query: str, values: Mapping[str, Any] | None = None) -> int:
    """Ordinal of the one day a query returns; FOREVER where it returns none."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return FOREVER if row is None or row[0] is None else int(row[0].toordinal())


def first_ticket(zone: str, *, how_to: bool) -> int:
    """First day on which the installation had a ticket (of kind how-to); FOREVER: never."""
    kind = "WHERE kind = 'how_to'" if how_to else ""
    return first_known(f"SELECT min((opened_at AT TIME ZONE %(zone)s)::date) FROM accounts_ticket {kind}", {"zone": zone})  # noqa: S608


def first_community(actions: Sequence[str]) -> int:
    """First day on which anyone took part in the community; FOREVER: never."""
    if not actions:
        return FOREVER
    query = """
        SELECT min(day) FROM (SELECT day, action_id FROM event UNION ALL SELECT day, action_id FROM accounts_usagedaily) e
        JOIN accounts_action a ON a.id = e.action_id AND a.name = ANY(%(actions)s)
    """
    return first_known(query, {"actions": list(actions)})


def codes(values: pd.Series[str]) -> tuple[Ints, list[str]]:
    """Text as numbers, and what they stand for in order."""
    numbers, names = pd.factorize(values, sort=True)
    return np.asarray(numbers, dtype=np.int64), [str(name) for name in names]


def _known(alias: str) -> str:
    return f"(%(known_by)s::timestamptz IS NULL OR {alias}.recorded_at < %(known_by)s)"
