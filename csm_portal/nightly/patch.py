"""Puts the rows of a small run into the slices readers see: theirs go, its own take their place, and no pointer moves.

One transaction, the one that publishes the run: who reads meanwhile sees all of it or nothing. The rows of all other accounts are not
touched, so it costs as much as there are accounts that changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from csm_portal.nightly.faults import TABLES
from health.models import Run
from health.types import Grain

_GONE = """
DELETE FROM {table} t USING health_publishedslice s
WHERE s.grain = %(grain)s AND s.starts_on = t.{column} AND s.run_id = t.run_id AND t.account_id = ANY (%(accounts)s)
  AND t.{column} = ANY (%(days)s) {more}
"""
_TAKEN = """
UPDATE {table} t SET run_id = s.run_id FROM health_publishedslice s
WHERE s.grain = %(grain)s AND s.starts_on = t.{column} AND t.run_id = %(run)s AND t.account_id = ANY (%(accounts)s)
  AND t.{column} = ANY (%(days)s) {more}
"""


def patch(run: Run, slices: Mapping[Grain, Sequence[date]], accounts: frozenset[int]) -> None:
    """Replace the shown rows of the accounts by the run's, in these slices. Part of the publication."""
    with connection.cursor() as cursor:
        for model, column, grain, more in TABLES:
            names = {"table": model._meta.db_table, "column": column, "more": more}
            values: dict[str, Any] = {"run": run.pk, "grain": grain, "days": list(slices[grain]), "accounts": sorted(accounts)}
            for statement in (_GONE, _TAKEN):
                cursor.execute(statement.format(**names), values)
