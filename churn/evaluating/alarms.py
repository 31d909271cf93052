"""Goal 6: false alarms as tuned, and how many of injected drops the rule finds on the installation's own days.

docs/methods/alarms.md.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from churn.alarms import policy
from churn.alarms.judging import hits, judged
from churn.alarms.reads import Days, border_on, counted_alike, notice_days, open_days, paying_on
from churn.as_of import Basis
from churn.evaluating.goal import Finding, unmeasurable
from churn.evaluating.goal import judged as told
from churn.models import AlarmTuning

DAYS, MOST_ACCOUNTS, FEWEST_ACCOUNTS = 14, 1_000, 50
# Share of the usual that is left, and the share of accounts in which it must be found.
DROPS = {0.4: 0.5, 0.1: 0.75}


def alarms(basis: Basis) -> list[Finding]:
    """The rate as tuned, and drops of 60% and 90% that begin 14 days before the as-of day in every account."""
    tunings = list(AlarmTuning.objects.filter(as_of__lte=basis.as_of))
    border = border_on(basis.as_of, tunings)
    name, wanted = "false alarms", f"at most {policy.BUDGET:.1f} per {policy.BOOK} accounts and week"
    if border is None or border.per_fifty_a_week is None:
        weeks = border.body.get("weeks", 0) if border else 0
        why = f"{weeks:,} quiet weeks of accounts; right would be {policy.FEWEST_WEEKS:,} or more"
        rate = unmeasurable(6, name, wanted, why)
    else:
        found = f"{border.per_fifty_a_week:.2f} on {border.body['weeks']:,} quiet weeks, at z = {border.z:.2f}"
        rate = told(6, name, wanted, found, met=border.per_fifty_a_week <= policy.BUDGET)
    return [rate, *found_drops(_days(basis), policy.UNTUNED if border is None else border.z)]


def found_drops(days: Days, border: float) -> list[Finding]:
    """Of the accounts with a usual before, how many alarms come within 14 days of a lasting drop."""
    return [_found(days, border, left, share) for left, share in DROPS.items()]


def _found(days: Days, border: float, left: float, share: float) -> Finding:
    name, wanted = f"drops of {1 - left:.0%} are found", f"in {share:.0%} of accounts or more within {DAYS} days"
    width = days.values.shape[1]
    if width <= DAYS or len(days.accounts) < FEWEST_ACCOUNTS:
        return unmeasurable(6, name, wanted, f"{len(days.accounts)} accounts; right would be {FEWEST_ACCOUNTS} or more")
    start = width - DAYS
    fallen = days.values.copy()
    # A tenth of three actions is none or one: drawn, as whole actions fall away.
    fallen[:, start:] = np.random.default_rng(7).binomial(np.maximum(fallen[:, start:], 0).astype(np.int64), left)
    after = judged(fallen, days.is_open)
    usual = _usual(days, start)
    if usual.sum() < FEWEST_ACCOUNTS:
        return unmeasurable(
            6, name, wanted, f"{int(usual.sum())} accounts have a usual to fall from; right would be {FEWEST_ACCOUNTS} or more"
        )
    found = np.asarray(hits(after, border)[:, start:].any(axis=1))
    value = float(np.mean(found[usual]))
    return told(6, name, wanted, f"{value:.0%} of {int(usual.sum()):,} accounts", met=value >= share)


def _usual(days: Days, start: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Accounts of which something is said on any of the last days: those with too little before have no usual."""
    said = judged(days.values, days.is_open).told
    return np.asarray(said[:, start:].any(axis=1))


def _days(basis: Basis) -> Days:
    accounts = paying_on(basis.as_of)[:MOST_ACCOUNTS]
    since = basis.as_of - timedelta(weeks=policy.REACH_WEEKS)
    return open_days(accounts, since, basis.as_of, counted_alike(basis.as_of), notice_days(since, basis.as_of))
