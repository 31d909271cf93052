"""Which renewals people and contracts tell differently, as keys: one statement counts them and cuts out a page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Value

from churn import cases
from churn.models import RenewalCase

if TYPE_CHECKING:
    from accounts.models import User

# A case of the contracts, or an outcome whose due they no longer have.
CASE, OUTCOME = 0, 1
KEYS = """
SELECT found.kind, found.pk, count(*) OVER () FROM (({cases}) UNION ALL ({outcomes})) AS found (kind, pk, ends_on)
ORDER BY found.ends_on DESC, found.kind, found.pk
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys in the order of the page, the latest ends first; `total` is how many there are in all, 0 where the part asked for is empty."""

    found: list[tuple[int, int]]
    total: int

    def of(self, kind: int) -> list[int]:
        """Those of one kind."""
        return [key for one, key in self.found if one == kind]


def mismatch_keys(user: User, other_amounts: Collection[int], *, limit: int | None = None, offset: int = 0) -> Keys:
    """Keys of the mismatches that the user sees; one query."""
    rows = cases.mismatched(RenewalCase.objects.visible_to(user), other_amounts)
    parts = [
        query.annotate(kind=Value(kind)).order_by().values_list("kind", "pk", "ends_on").query.sql_with_params()
        for kind, query in ((CASE, rows), (OUTCOME, cases.outcomes_without_due(user).select_related(None)))
    ]
    sql = KEYS.format(cases=parts[0][0], outcomes=parts[1][0]) + ("" if limit is None else " LIMIT %s OFFSET %s")
    params: list[Any] = [*parts[0][1], *parts[1][1], *([] if limit is None else [limit, offset])]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    return Keys([(kind, key) for kind, key, _total in found], found[0][2] if found else 0)
