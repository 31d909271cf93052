"""What people have entered about dues, as one short text that changes with every entry and every undo."""

from __future__ import annotations

from django.db import connection

_STAMP = """
SELECT concat_ws('.', o.n, o.gone, f.n, f.gone)
FROM (SELECT count(*) AS n, count(withdrawn_at) AS gone FROM churn_caseoutcome) o,
     (SELECT count(*) AS n, count(withdrawn_at) AS gone FROM churn_forecast) f
"""


def entered_stamp() -> str:
    """Of all outcomes and forecasts, whoever sees them: figures of renewals that are remembered go by it, so an entry shows at once."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)
        (stamp,) = cursor.fetchone()
    return str(stamp)
