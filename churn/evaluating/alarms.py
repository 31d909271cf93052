"""Goal 6: false alarms as tuned, and how many of injected drops the rule finds on the installation's own days.

docs/methods/alarms.md.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from churn.alarms import policy
from churn.alarms.judging import Borders, hits, judged
from churn.alarms.reads import Days, border_on, borders_of, counted_alike, notice_days, open_days, paying_on
from churn.as_of import Basis
from churn.evaluating.goal import Finding, unmeasurable
from churn.evaluating.goal import judged as told
from churn.models import AlarmTuning

DAYS, MOST_ACCOUNTS, FEWEST_ACCOUNTS = 14, 1_000, 50
# A drop may begin on any day of the week.
STARTS = 7
# Share of the usual that is left, and the share of accounts in which it must be found.
DROPS = {0.4: 0.5, 0.1: 0.75}


def alarms(basis: Basis) -> list[Finding]:
    """The rate as tuned, and drops of 60% and 90% in every account, begun on each of the seven days that lie 14 days back or more."""
    tunings = list(AlarmTuning.objects.filter(as_of__lte=basis.as_of))
    border = border_on(basis.as_of, tunings)
    name, wanted = "false alarms", f"at most {policy.BUDGET:.1f} per {policy.BOOK} accounts and week"
    if border is None or border.per_fifty_a_week is None:
        weeks = border.body.get("weeks", 0) if border else 0
        why = f"{weeks:,} quiet weeks of accounts; right would be {policy.FEWEST_WEEKS:,} or more"
        rate = unmeasurable(6, name, wanted, why)
    else:
        at = borders_of(border)
        found = f"{border.per_fifty_a_week:.2f} on {border.body['weeks']:,} quiet weeks, z = {at.day:.2f}, of two weeks {at.total:.2f}"
        rate = told(6, name, wanted, found, met=border.per_fifty_a_week <= policy.BUDGET)
    return [rate, *found_drops(_days(basis), borders_of(border))]


def found_drops(days: Days, borders: Borders) -> list[Finding]:
    """Of the accounts with a usual before, how many alarms come within 14 days of a lasting drop."""
    return [_found(days, borders, left, share) for left, share in DROPS.items()]


def _found(days: Days, borders: Borders, left: float, share: float) -> Finding:
    name, wanted = f"drops of {1 - left:.0%} are found", f"in {share:.0%} of accounts or more within {DAYS} days"
    width = days.values.shape[1]
    if width < DAYS + STARTS or len(days.accounts) < FEWEST_ACCOUNTS:
        return unmeasurable(6, name, wanted, f"{len(days.accounts)} accounts; right would be {FEWEST_ACCOUNTS} or more")
    tried = [_tried(days, borders, left, width - DAYS - back) for back in range(STARTS)]
    found, n = (np.sum([one[side] for one in tried]) for side in (0, 1))
    if n < FEWEST_ACCOUNTS * STARTS:
        why = f"{n / STARTS:.0f} accounts have a usual to fall from; right would be {FEWEST_ACCOUNTS} or more"
        return unmeasurable(6, name, wanted, why)
    return told(6, name, wanted, f"{found / n:.0%} of {n / STARTS:,.0f} accounts", met=bool(found >= share * n))


def _tried(days: Days, borders: Borders, left: float, start: int) -> tuple[int, int]:
    """How many alarms come in time when every account falls on the day, and how many accounts have a usual."""
    within = slice(start, start + DAYS)
    values, is_open = days.values[:, : within.stop].copy(), days.is_open[:, : within.stop]
    # A tenth of three actions is none or one: drawn, as whole actions fall away.
    values[:, within] = np.random.default_rng(7).binomial(np.maximum(values[:, within], 0).astype(np.int64), left)
    after = judged(values, is_open)
    # Accounts of which nothing is said on any of these days have too little before.
    usual = after.told[:, within].any(axis=1)
    return int((hits(after, borders)[:, within].any(axis=1) & usual).sum()), int(usual.sum())


def _days(basis: Basis) -> Days:
    accounts = paying_on(basis.as_of)[:MOST_ACCOUNTS]
    since = basis.as_of - timedelta(weeks=policy.REACH_WEEKS + 2 + DAYS // 7 + 1)
    return open_days(accounts, since, basis.as_of, counted_alike(basis.as_of), notice_days(since, basis.as_of))
