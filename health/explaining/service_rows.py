"""What stands behind the facets of service: tickets and survey answers."""

from __future__ import annotations

from health.explaining.reading import Reading
from health.facets import curves

_OPENED = "(t.opened_at AT TIME ZONE m.zone)::date"
_CLOSED = "(t.closed_at AT TIME ZONE m.zone)::date"
_TICKETS = f"""
    SELECT t.external_id, t.subject, t.kind, t.priority, m.store, {_OPENED} AS opened_on,
           CASE WHEN {_CLOSED} <= %(day)s::date THEN {_CLOSED} END AS closed_on, t.escalated,
           t.closed_at IS NULL OR {_CLOSED} > %(day)s::date AS is_open,
           (t.closed_at IS NULL OR {_CLOSED} > %(day)s::date) AND %(day)s::date - {_OPENED} > {curves.OLD_AFTER_DAYS} AS old,
           t.id, true AS counts, m.seen
    FROM member m JOIN accounts_ticket t ON t.account_id = m.id
    WHERE t.opened_at >= %(day)s::date - {curves.SUPPORT_DAYS} AND t.opened_at < %(day)s::date + 2
      AND {_OPENED} > %(day)s::date - {curves.SUPPORT_DAYS} AND {_OPENED} <= %(day)s::date
"""  # noqa: S608 - only constants enter
_COLUMNS = ("external_id", "subject", "kind", "priority", "store", "opened_on", "closed_on", "escalated", "is_open", "old", "counts")
# Tickets opened in 90 days as they stood at the close of the day: escalated and old ones first.
TICKETS = Reading(_TICKETS, "escalated DESC, old DESC, is_open DESC, opened_on DESC, id", _COLUMNS)
HOW_TO = Reading(f"{_TICKETS} AND t.kind = 'how_to'", "opened_on DESC, id", _COLUMNS)
# Answers of 180 days; of one seat the latest counts, answers that name no seat stand alone.
ANSWERS = Reading(
    f"""
    SELECT s.external_id, s.kind, s.score, s.scale, s.day AS answered_on, s.store, s.seat, s.comment, s.value,
           s.rank = 1 OR s.seat_id IS NULL AS counts, s.id, s.seen
    FROM (
        SELECT r.id, r.external_id, r.kind, r.score, r.scale, r.seat_id, r.comment, m.store, m.seen,
               (r.responded_at AT TIME ZONE m.zone)::date AS day, round(100 * r.score / r.scale, 4) AS value,
               coalesce(nullif(seat.name, ''), seat.external_id, '') AS seat,
               row_number() OVER (
                   PARTITION BY r.seat_id ORDER BY (r.responded_at AT TIME ZONE m.zone)::date DESC, r.responded_at DESC, r.id DESC) AS rank
        FROM member m
        JOIN accounts_surveyresponse r ON r.account_id = m.id
        LEFT JOIN accounts_seat seat ON seat.id = r.seat_id
        WHERE (r.responded_at AT TIME ZONE m.zone)::date <= %(day)s::date
    ) s
    WHERE s.day > %(day)s::date - {curves.SURVEY_DAYS}
    """,  # noqa: S608
    "counts DESC, value, answered_on DESC, id",
    ("external_id", "kind", "score", "scale", "answered_on", "store", "seat", "comment", "value", "counts"),
)
