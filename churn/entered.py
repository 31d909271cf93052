"""What people have entered about dues and losses, as one short text that changes with every entry and every undo."""

from __future__ import annotations

from django.db import connection

_STAMP = """
SELECT concat_ws('.', o.n, o.gone, f.n, f.gone)
FROM (SELECT count(*) AS n, count(withdrawn_at) AS gone FROM churn_caseoutcome) o,
     (SELECT count(*) AS n, count(withdrawn_at) AS gone FROM churn_forecast) f
"""
# An edit that is taken back keeps its row, and it happens within a day.
EDITS = """
(SELECT md5(concat_ws('.', max(e.id), max(e.undone_at)))
 FROM (SELECT id, undone_at FROM accounts_accountedit ORDER BY id DESC LIMIT 1000) AS e)
"""
_REASONS = f"""
SELECT concat_ws('.', md5(concat_ws('.', r.n, r.gone, r.last, i.n, i.gone)), {EDITS})
FROM (SELECT count(*) AS n, count(withdrawn_at) AS gone, max(recorded_at) AS last FROM churn_churnrecord) r,
     (SELECT count(*) AS n, count(withdrawn_at) AS gone FROM churn_exitinterview) i
"""  # noqa: S608 - a constant enters


def entered_stamp() -> str:
    """Of all outcomes and forecasts, whoever sees them: figures of renewals that are remembered go by it, so an entry shows at once."""
    return _told(_STAMP)


def reasons_stamp() -> str:
    """Of all reasons, exit interviews and edits of accounts (their owner, their fit), whoever sees them."""
    return _told(_REASONS)


def edits_stamp() -> str:
    """Of all edits of accounts and of what is logged with them, such as reviews and feedback."""
    return _told(f"SELECT {EDITS}")


def _told(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (stamp,) = cursor.fetchone()
    return str(stamp)
