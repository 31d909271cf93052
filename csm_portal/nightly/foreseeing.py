"""Whether what follows a small run may look at its accounts alone: nothing changed that is the same for all, and its day is the last one.

After all steps are done for a run, a digest of what they read of the whole book is kept with it. The next run of the same day compares:
closed renewals, churn records, notices, tunings, fits, rules, and what people did with the items of each rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from csm_portal.nightly.basis import digest
from health.models import Run

# Of renewals the closed ones, which fits and bands are made of; of items how often each rule was right.
_CLOSED = """
SELECT md5(string_agg(concat_ws(' ', account_id, product, ends_on, starts_on, state, contract_state, resolved_on), E'\\n'
                      ORDER BY account_id, product, ends_on)) FROM churn_renewalcase WHERE state <> 'open'
"""
_RIGHT = """
SELECT md5(string_agg(concat_ws(' ', rule, state, n), E'\\n' ORDER BY rule, state))
FROM (SELECT rule, state, count(*) AS n FROM churn_actionitem WHERE state IN ('done', 'dismissed') GROUP BY rule, state) i
"""
_READ = (
    _CLOSED,
    _RIGHT,
    "SELECT concat_ws(' ', EXISTS (SELECT FROM accounts_interaction), EXISTS (SELECT FROM health_review WHERE held_on IS NOT NULL))",
    "SELECT max(as_of) FROM churn_rulesearch",
)
_WHOLE = (
    "churn_alarmtuning",
    "churn_caseoutcome",
    "churn_churnrecord",
    "churn_exitinterview",
    "churn_likelihoodmodel",
    "churn_riskrule",
    "churn_systemnotice",
    "churn_triggersetting",
)
# Tables that the steps read of the whole book.
COMPARED = frozenset({*_WHOLE, "churn_renewalcase", "churn_actionitem", "churn_rulesearch"})
_TABLE = "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} t"


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Accounts that what follows a run is about (None: all), the run whose fits still stand, and how many dropped on each day then."""

    about: frozenset[int] | None = None
    same_as: int | None = None
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)


def read(as_of: date, today: date) -> str:
    """Digest of what the steps read of the whole book."""
    parts = [as_of.isoformat(), today.isoformat()]
    with connection.cursor() as cursor:
        for query in (*_READ, *(_TABLE.format(table=table) for table in _WHOLE)):
            cursor.execute(query)
            parts.append(str(cursor.fetchone()))
    return digest(*parts)


def narrowed(run: Run | None, today: date) -> Narrowed:
    """What the steps may confine themselves to after this run."""
    about = None if run is None else run.basis.get("about")
    if run is None or about is None or run.basis["first_day"] != run.as_of.isoformat():
        return Narrowed()
    before = Run.objects.filter(pk=run.basis["after"]).first()
    told = before.basis.get("foreseen") if before else None
    if before is None or told is None or told["read"] != read(run.as_of, today):
        return Narrowed()
    return Narrowed(frozenset(about), before.pk, {day: (dropped, accounts) for day, (dropped, accounts) in told["counted"].items()})


def note(run: Run | None, today: date, known: Narrowed) -> None:
    """Keep with the run, once all steps are done, what the next one compares."""
    if run is not None:
        foreseen = {"read": read(run.as_of, today), "counted": {day: list(counts) for day, counts in known.counted.items()}}
        Run.objects.filter(pk=run.pk).update(basis={**run.basis, "foreseen": foreseen})
