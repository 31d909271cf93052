"""What moved: the paying accounts whose health or activity changed most in a week, by name, and how many there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import connection

from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 6
WEEK = timedelta(days=7)
# Points of health, and of the mean daily level (0 … 3), below which a change is no news.
SCORE_MOVED, LEVEL_MOVED = 3, 0.5
NEWLY_RED, HEALTH_DOWN, QUIETER = "newly_red", "health_down", "quieter"
NEWLY_ACTIVE, HEALTH_UP, BUSIER = "newly_active", "health_up", "busier"
KINDS = (NEWLY_RED, HEALTH_DOWN, QUIETER, NEWLY_ACTIVE, HEALTH_UP, BUSIER)

# The published runs are looked up first, as constants, so that each slice is read by its index.
# The strip holds a letter a day, oldest first: its last seven days against the seven before; unknown days count in neither.
MOVED = f"""
WITH book (id) AS MATERIALIZED ({{book}}
), row AS MATERIALIZED (
    SELECT a.external_id, a.name, coalesce(nullif(o.name, ''), o.email, '') AS owner, s.band, h.band AS band_before,
           s.mrr_reporting AS mrr, (s.score - h.score)::float8 AS health, s.score::float8 AS score,
           s.week_active AND w.active IS FALSE AS newly_active, this.level - before.level AS activity
    FROM book
    JOIN health_accountstate s ON s.account_id = book.id AND s.paying
    JOIN accounts_account a ON a.id = book.id
    LEFT JOIN accounts_user o ON o.id = a.owner_id
    LEFT JOIN health_healthscore h ON h.account_id = s.account_id AND h.day = %(before)s AND h.run_id = (
        SELECT run_id FROM health_publishedslice WHERE grain = 'health' AND starts_on = %(before)s)
    LEFT JOIN health_accountperiod w ON w.account_id = s.account_id AND w.grain = 'week' AND w.starts_on = %(last_week)s AND w.run_id = (
        SELECT run_id FROM health_publishedslice WHERE grain = 'week' AND starts_on = %(last_week)s)
    CROSS JOIN LATERAL (SELECT translate(right(s.strip, 7), 'U', '') AS days) AS late
    CROSS JOIN LATERAL (SELECT translate(left(right(s.strip, 14), 7), 'U', '') AS days) AS early
    CROSS JOIN LATERAL (SELECT {{level_of}}) AS this (level)
    CROSS JOIN LATERAL (SELECT {{level_before}}) AS before (level)
), kinds AS (
    SELECT k.kind, k.rank, row.* FROM row CROSS JOIN LATERAL (VALUES
        ('{NEWLY_RED}', -coalesce(row.mrr, 0)::float8, row.band = 'red' AND row.band_before <> 'red'),
        ('{NEWLY_ACTIVE}', -coalesce(row.mrr, 0)::float8, row.newly_active),
        ('{HEALTH_DOWN}', row.health, row.health <= -{SCORE_MOVED}),
        ('{HEALTH_UP}', -row.health, row.health >= {SCORE_MOVED}),
        ('{QUIETER}', row.activity, row.activity <= -{LEVEL_MOVED}),
        ('{BUSIER}', -row.activity, row.activity >= {LEVEL_MOVED})
    ) AS k (kind, rank, holds) WHERE k.holds
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY rank, external_id) AS place, count(*) OVER (PARTITION BY kind) AS n FROM kinds
)
SELECT kind, n, external_id, name, owner, band, band_before, score, health, activity FROM ranked WHERE place <= {SHOWN} ORDER BY kind, place
"""  # noqa: S608 - only constants enter
# A letter as many times as its level: Z none, L one, M two, H three.
LEVEL = "octet_length(replace(replace(replace({days}, 'Z', ''), 'M', 'MM'), 'H', 'HHH'))::float8 / nullif(octet_length({days}), 0)"


@dataclass(frozen=True, slots=True)
class Move:
    """One account that moved. `health` is a difference of scores, `activity` one of mean daily levels of 0 … 3."""

    external_id: str
    name: str
    owner: str
    band: str
    band_before: str | None
    score: float | None
    health: float | None
    activity: float | None


@dataclass(frozen=True, slots=True)
class Moves:
    """All of one kind: how many there are, and the first of them."""

    kind: str
    n: int
    first: list[Move]


def moves(user: User, as_of: date, last_week: date) -> list[Moves]:
    """What moved in the visible book since the same day a week before, by kind in a fixed order; one query.

    Newly active: weekly active in the running week and not in the one that began on `last_week`.
    """
    book, params = visible_book(user)
    sql = MOVED.format(book=book, level_of=LEVEL.format(days="late.days"), level_before=LEVEL.format(days="early.days"))
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "before": as_of - WEEK, "last_week": last_week})
        rows = cursor.fetchall()
    by_kind: dict[str, Moves] = {}
    for kind, n, *row in rows:
        by_kind.setdefault(kind, Moves(kind, n, [])).first.append(Move(*row))
    return [by_kind[kind] for kind in KINDS if kind in by_kind]
