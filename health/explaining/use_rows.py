"""What stands behind the facets of use: graded days, seats, days with a community action."""

from __future__ import annotations

from health.explaining.reading import Reading
from health.facets import curves

# The graded days of the window, the latest first. A day counts where it is open (a working day) and its level is known.
DAYS = Reading(
    f"""
    SELECT a.day, a.level, a.flags, a.key_actions, a.active_seats, a.seats, a.activated, a.purchased, a.working, a.active, a.paying,
           a.version, a.profile, a.working AND a.level >= 0 AS counts, m.seen
    FROM member m
    JOIN health_accountday a ON a.account_id = m.id
    JOIN health_publishedslice p ON p.grain = 'day' AND p.starts_on = a.day AND p.run_id = a.run_id
    WHERE m.id = %(payer)s AND a.day > %(day)s::date - {curves.ACTIVITY_DAYS} AND a.day <= %(day)s::date
    """,  # noqa: S608 - only constants enter
    "day DESC",
    (
        "day",
        "level",
        "flags",
        "key_actions",
        "active_seats",
        "seats",
        "activated",
        "purchased",
        "working",
        "active",
        "paying",
        "version",
        "profile",
        "counts",
    ),
)
# People with a seat, those without a key action first. `activated`: counted in the activated seats of the day.
SEATS = Reading(
    f"""
    SELECT s.external_id, s.name, s.persona, m.store, coalesce(s.activated_on, s.first_event_on) AS activated_on, s.deactivated_on,
           coalesce(coalesce(s.activated_on, s.first_event_on) <= %(day)s::date
               AND (s.deactivated_on IS NULL OR s.deactivated_on > %(day)s::date), false)
               AND NOT (s.persona = ANY (%(personas)s) OR lower(split_part(s.email, '@', 2)) = ANY (%(domains)s)) AS activated,
           used.last_on AS key_action_on, s.is_executive, s.id,
           used.last_on IS NOT NULL AND coalesce(coalesce(s.activated_on, s.first_event_on) <= %(day)s::date
               AND (s.deactivated_on IS NULL OR s.deactivated_on > %(day)s::date), false) AS counts, m.seen
    FROM member m
    JOIN accounts_seat s ON s.account_id = m.id AND s.kind = 'human'
    LEFT JOIN (
        SELECT seat_id, max(day) AS last_on FROM seat_day
        WHERE account_id = %(payer)s AND day > %(day)s::date - {curves.ADOPTION_DAYS} AND day <= %(day)s::date AND key_actions > 0
        GROUP BY seat_id
    ) used ON used.seat_id = s.id
    """,  # noqa: S608
    "activated DESC, counts, activated_on NULLS LAST, name, id",
    ("external_id", "name", "persona", "store", "activated_on", "deactivated_on", "activated", "key_action_on", "is_executive", "counts"),
)
# Days with an action of the community in the last three stretches of 30 days. `stretch`: 1 is the latest.
COMMUNITY = Reading(
    f"""
    SELECT e.day, m.store, a.name AS action, count(*) AS times, 1 + (%(day)s::date - e.day) / {curves.COMMUNITY_MONTH_DAYS} AS stretch,
           true AS counts, m.seen
    FROM member m
    JOIN (
        SELECT account_id, day, action_id FROM event WHERE day > %(day)s::date - {curves.COMMUNITY_MONTHS * curves.COMMUNITY_MONTH_DAYS}
            AND day <= %(day)s::date
        UNION ALL
        SELECT account_id, day, action_id FROM accounts_usagedaily
        WHERE day > %(day)s::date - {curves.COMMUNITY_MONTHS * curves.COMMUNITY_MONTH_DAYS} AND day <= %(day)s::date
    ) e ON e.account_id = m.id
    JOIN accounts_action a ON a.id = e.action_id AND a.name = ANY (%(actions)s)
    GROUP BY e.day, m.store, a.name, m.seen
    """,  # noqa: S608
    "day DESC, action, store",
    ("day", "store", "action", "times", "stretch", "counts"),
)
