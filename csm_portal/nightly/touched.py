"""The accounts a run has to look at: those that changed since a run that was about all, if these are few and all else stands.

A small run writes the rows of these accounts, and puts them into the slices readers see in the one transaction that publishes it. What is
shown then is what a run about everybody would show: of every other account nothing changed that its figures are computed from.
docs/night.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection

from accounts.models import Account
from csm_portal.nightly.plan import Plan
from health.models import Run
from health.types import Grain

# Of more accounts than this share of the book a run about all is cheaper, or nearly so.
MOST = 0.2

# Whom rows are kept of that triggers fill (health/migrations/0010).
WATCHED = frozenset(
    {
        "accounts_account",
        "accounts_contact",
        "accounts_contract",
        "accounts_fitrecord",
        "accounts_interaction",
        "accounts_invoice",
        "accounts_ownership",
        "accounts_quietperiod",
        "accounts_seat",
        "accounts_surveyresponse",
        "accounts_ticket",
        "churn_casecheck",
        "churn_caseoutcome",
        "churn_forecast",
        "health_feedbackcare",
        "health_milestone",
        "health_outcome",
        "health_outcomeversion",
        "health_override",
        "health_rating",
        "health_review",
        "health_scenarioagreement",
        "health_scenariostep",
    }
)
# Whose changes are told by the days they mark (accounts/dirty.py).
MARKED = frozenset({"event", "accounts_usagedaily"})

_CLAIM = "UPDATE health_touchedaccount SET claimed_by = %(run)s WHERE claimed_by IS NULL"
# Of each account the latest claim is all that is asked for later.
_TIDY = """
DELETE FROM health_touchedaccount t WHERE t.claimed_by IS NOT NULL AND EXISTS (
    SELECT FROM health_touchedaccount later WHERE later.account_id = t.account_id AND later.claimed_by IS NOT NULL
    AND (later.claimed_by, later.id) > (t.claimed_by, t.id))
"""
# Touched since the run, marked for this one, or in fault; and whoever has an outcome proven by an action and marks that no run redoes,
# for a proof reads days before the first definition too.
_TOUCHED = """
SELECT account_id FROM health_touchedaccount WHERE claimed_by > %(since)s
UNION SELECT account_id FROM accounts_dirtyday WHERE claimed_by = %(run)s
UNION SELECT account_id FROM health_accountfault WHERE resolved_at IS NULL
UNION SELECT d.account_id FROM accounts_dirtyday d
      WHERE d.claimed_by IS NULL AND d.day <= %(as_of)s
        AND EXISTS (SELECT FROM health_outcome o WHERE o.action <> '' AND o.account_id = d.account_id)
"""
# An account's figures hold those of the stores that count for it; a store is told beside its brand.
_FAMILY = """
WITH own AS (SELECT unnest(%(ids)s::bigint[]) AS id)
SELECT a.id FROM accounts_account a JOIN own ON own.id = a.id
UNION SELECT a.counts_for_id FROM accounts_account a JOIN own ON own.id = a.id WHERE a.counts_for_id IS NOT NULL
UNION SELECT a.id FROM accounts_account a JOIN own ON own.id = a.counts_for_id
UNION SELECT s.id FROM accounts_account a JOIN own ON own.id = a.id JOIN accounts_account s ON s.counts_for_id = a.counts_for_id
"""
_SLICES = """
SELECT d.day, s.run_id FROM unnest(%(days)s::date[]) AS d (day)
LEFT JOIN health_publishedslice s ON s.grain = %(grain)s AND s.starts_on = d.day
"""


def claim(run: Run) -> int:
    """Note that the run sees every change written down until now; returns how many."""
    return _execute(_CLAIM, run=run.pk)


def tidy() -> int:
    """Drop claims that a later one of the same account makes void."""
    return _execute(_TIDY)


def accounts_of(run: Run, plan: Plan, slices: Mapping[Grain, Sequence[date]], newest: Run | None, inputs: str) -> frozenset[int] | None:
    """The accounts a run may confine itself to, after `claim`; None: it has to be about all.

    It may when the run readers see is of the same day, every slice of the plan is shown already, all of it was computed by the same
    `inputs` (basis.py), and few accounts changed since.
    """
    if newest is None or newest.as_of != plan.as_of or newest.basis.get("inputs") != inputs:
        return None
    builders = _builders(slices)
    full = newest.basis.get("full")
    if builders is None or full is None:
        return None
    alike = Run.objects.filter(pk__in=builders)
    if any(one.basis.get("inputs") != inputs for one in alike):
        return None
    found = _touched(run.pk, min(full, *builders), plan.as_of)
    return found if len(found) <= MOST * Account.objects.count() else None


def _builders(slices: Mapping[Grain, Sequence[date]]) -> set[int] | None:
    """The runs whose rows the slices show; None where one shows nothing yet."""
    builders: set[int] = set()
    with connection.cursor() as cursor:
        for grain, days in slices.items():
            cursor.execute(_SLICES, {"grain": grain, "days": list(days)})
            shown = [run_id for _day, run_id in cursor.fetchall()]
            if None in shown:
                return None
            builders |= set(shown)
    return builders


def _touched(run_id: int, since: int, as_of: date) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, {"run": run_id, "since": since, "as_of": as_of})
        own = [account for (account,) in cursor.fetchall()]
        cursor.execute(_FAMILY, {"ids": own})
        return frozenset(account for (account,) in cursor.fetchall())


def _execute(query: str, **values: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return int(cursor.rowcount)
