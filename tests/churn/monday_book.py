"""A small book of a Monday: rules with their hold-outs, accounts they match, and renewals to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account, User
from churn.models import AtRisk, MondayReport, RenewalCase, RiskRule, RuleMatch
from churn.types import RuleState
from tests.portal.shown_book import AS_OF as SHOWN
from tests.portal.shown_book import shown

# The states of `shown` are of a Thursday: its list is that of the Monday before.
AS_OF = SHOWN
MONDAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
CONDITIONS = [{"feature": "tickets_30", "operator": ">=", "value": 11}, {"feature": "csat_latest", "operator": "<=", "value": 5}]
FACTS = [{**CONDITIONS[0], "figure": 14, "met": True}, {**CONDITIONS[1], "figure": 3.5, "met": True}]


def rule(n: int = 130, lost: int = 55, *, low: float = 0.34, key: str = "tickets_30 >= 11", **fields: Any) -> RiskRule:
    """A validated combination with its hold-out."""
    figures = {"holdout_n": n, "holdout_lost": lost, "holdout_rate": lost / n, "holdout_low": low, "base": 0.2}
    values: dict[str, Any] = {"conditions": CONDITIONS, "state": RuleState.VALIDATED, "found_on": AS_OF, "searched_on": AS_OF, **fields}
    return RiskRule.objects.create(key=key, figures={**figures, **values.pop("figures", {})}, **values)


def customer(owner: User | None, external_id: str, *, ends_in: int | None = 60, term: int = 365, **state: Any) -> Account:
    """A paying account whose running term ends in so many days; None: it has no end."""
    account = shown(owner, external_id, **state)
    if ends_in is not None:
        due(account, ends_in, term=term)
    return account


def due(account: Account, ends_in: int, *, term: int = 365, **fields: Any) -> RenewalCase:
    """A renewal of the account, open, decided 30 days before its end."""
    ends_on = AS_OF + timedelta(days=ends_in)
    values: dict[str, Any] = {
        "product": "default",
        "starts_on": ends_on - timedelta(days=term),
        "decision_on": ends_on - timedelta(days=30),
        "currency": "EUR",
        "due_mrr": Decimal(1000),
        "state": "open",
        **fields,
    }
    return RenewalCase.objects.create(account=account, ends_on=ends_on, **values)


def match(one: RiskRule, account: Account, *, near: bool = False, as_of: date = AS_OF) -> RuleMatch:
    """The rule matches the account as of the night."""
    return RuleMatch.objects.create(rule=one, account=account, as_of=as_of, near=near, facts=FACTS)


def listed(account: Account, *, monday: date = MONDAY, n: int = 130, lost: int = 55, **fields: Any) -> AtRisk:
    """The account on a Monday's list, without the night that makes it."""
    as_of = fields.pop("as_of", monday - timedelta(days=1))
    body = {"ground": "rules", "rules": [{"rule": 0, "key": "", "n": n, "lost": lost}], "later": 0, "without_due": 0}
    report = MondayReport.objects.get_or_create(monday=monday, defaults={"as_of": as_of, "made_at": NOW, "body": body})[0]
    case = RenewalCase.objects.filter(account=account).order_by("ends_on").first()
    evidence = {
        "facts": FACTS, "rules": 1, "score": "31.5000", "band": "red", "short": False,
        "product": case.product if case else None, "due_on": case.ends_on.isoformat() if case else None,
        "decision_on": case.decision_on.isoformat() if case else None, **fields.pop("evidence", {}),
    }  # fmt: skip
    values = {"owner": account.owner, "amount": Decimal(1100), "expected": lost / n, "matched": n, "lost": lost, **fields}
    return AtRisk.objects.create(report=report, account=account, evidence=evidence, **values)
