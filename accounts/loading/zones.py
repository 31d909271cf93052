# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Local days: the installation's zone, and the events of an account whose zone has changed."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.job import rows, run
from accounts.loading.quoting import literal
from accounts.models import CalendarDefinition

# The same in SQL, NULL where no calendar names one.
HOME_ZONE = "(SELECT nullif(body ->> 'default_timezone', '') FROM accounts_calendardefinition ORDER BY version DESC LIMIT 1)"


def home_zone() -> str:
    """The installation's zone: of the newest calendar definition, else of the settings. An IANA name."""
    newest = CalendarDefinition.objects.order_by("-version").first()
    return str((newest.body.get("default_timezone") if newest else "") or settings.TIME_ZONE)


def redo_days(account_ids: Collection[int] | None) -> int:
    """Put the events of these accounts (None: of all) on their local day of today's zone; both days are marked. Events moved."""
    within = "true" if account_ids is None else f"a.id = ANY('{{{','.join(str(int(i)) for i in sorted(account_ids))}}}'::bigint[])"
    run("DROP TABLE IF EXISTS load_moved")
    run(
        "CREATE TEMP TABLE load_moved AS SELECT e.id, e.day AS old, (e.occurred_at AT TIME ZONE z.zone)::date AS new, e.account_id,"
        " e.seat_id"
        f" FROM accounts_account a CROSS JOIN LATERAL (SELECT coalesce(nullif(a.timezone, ''), {literal(home_zone())}) AS zone) z"
        f" JOIN event e ON e.account_id = a.id WHERE {within} AND e.day <> (e.occurred_at AT TIME ZONE z.zone)::date"
    )
    run("ANALYZE load_moved")
    for (month,) in rows("SELECT DISTINCT date_trunc('month', new)::date FROM load_moved ORDER BY 1"):
        run(f"SELECT ensure_month('event', '{month}')")
    moved = run("UPDATE event e SET day = m.new FROM load_moved m WHERE e.account_id = m.account_id AND e.day = m.old AND e.id = m.id")
    mark_event_rows("SELECT account_id, old AS day FROM load_moved UNION SELECT account_id, new FROM load_moved")
    run("DROP TABLE IF EXISTS load_first_day")
    run(
        "CREATE TEMP TABLE load_first_day AS SELECT s.id, s.account_id, s.first_event_on AS old, least("
        "(SELECT min(e.day) FROM event e WHERE e.account_id = s.account_id AND e.seat_id = s.id),"
        " (SELECT min(u.day) FROM accounts_usagedaily u WHERE u.seat_id = s.id AND u.quantity > 0)) AS new"
        " FROM accounts_seat s WHERE s.id IN (SELECT seat_id FROM load_moved)"
    )
    mark_spans(
        "SELECT account_id, least(old, new) AS first_on, greatest(old, new) AS last_on FROM load_first_day WHERE old IS DISTINCT FROM new"
    )
    run(
        "UPDATE accounts_seat s SET first_event_on = f.new FROM load_first_day f WHERE f.id = s.id AND f.new IS DISTINCT FROM"
        " s.first_event_on"
    )
    run("DROP TABLE load_moved; DROP TABLE load_first_day")
    return moved
