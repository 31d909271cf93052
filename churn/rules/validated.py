"""Combinations that passed the check, and the accounts they match as of the last night: what other rooms read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from churn.models import RiskRule
from churn.rules.conditions import Condition, read_conditions
from churn.types import RuleState
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# Accounts that a rule which is told of matches now: a table of (account_id, rule_id, rate, checked, lost), several rows an account.
# `rate` is that of the hold-out, `lost` of `checked` renewals. To be joined or read as a CTE; no parameters.
MATCHED = f"""
    SELECT m.account_id, m.rule_id, (r.figures ->> 'holdout_rate')::float8 AS rate, (r.figures ->> 'holdout_n')::integer AS checked,
           (r.figures ->> 'holdout_lost')::integer AS lost, m.facts, m.as_of
    FROM churn_rulematch m JOIN churn_riskrule r ON r.id = m.rule_id
    WHERE NOT m.near AND r.state = '{RuleState.VALIDATED.value}' AND r.withdrawn_at IS NULL"""  # noqa: S608 - a constant enters
# Of several rules that match an account the one with the highest hold-out rate, then the one that rests on most renewals.
STRONGEST = f"""
    SELECT DISTINCT ON (account_id) * FROM ({MATCHED}) matched ORDER BY account_id, rate DESC, checked DESC, rule_id"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Told:
    """A combination as it is told. Rates are shares; `low` … `high` and `holdout_low` … `holdout_high` are 95% Wilson intervals.

    `figures` holds support, lost, rate, base, lift, low, high of the half it was found in, holdout_n, holdout_lost, holdout_rate,
    holdout_base, holdout_low, holdout_high, q_value of the half it was checked in, and the days of both halves.
    """

    pk: int
    key: str
    name: str
    conditions: tuple[Condition, ...]
    state: RuleState
    figures: dict[str, Any]
    found_on: date
    searched_on: date
    author_id: int | None


@dataclass(frozen=True, slots=True)
class Matched:
    """An account that a rule matches, or nearly: `facts` tells each condition with its figure and whether it is met.

    `amount` is MRR in the reporting currency; None: no rate. `due_on` and `decide_on` may be None: no term with an end.
    """

    rule_id: int
    account_id: int
    external_id: str
    name: str
    owner_id: int | None
    owner: str
    amount: Decimal | None
    due_on: date | None
    decide_on: date | None
    near: bool
    facts: list[dict[str, Any]] = field(default_factory=list)


def told_of(rule: RiskRule) -> Told:
    """A stored rule as others read it."""
    state = RuleState(rule.state)
    conditions = read_conditions(rule.conditions)
    return Told(
        rule.pk, rule.key, rule.name, conditions, state, rule.figures, rule.found_on, rule.searched_on, rule.author_id
    )  # fmt: skip


def validated_rules() -> list[Told]:
    """Rules that passed the check and live, the safest first; the whole installation's: figures name no account. One query."""
    rows = RiskRule.objects.filter(state=RuleState.VALIDATED, withdrawn_at__isnull=True)
    return sorted((told_of(row) for row in rows), key=lambda one: (-(one.figures.get("holdout_low") or 0), one.pk))


def matched_accounts(user: User | None, rule_ids: Sequence[int], *, near: bool | None = False) -> list[Matched]:
    """Accounts of the viewer (None: of all, for the night) that these rules match as of the last night, by amount; one query.

    `near`: those that miss exactly one condition instead; None: both.
    """
    book, params = ("SELECT id FROM accounts_account", {}) if user is None else visible_book(user)
    sql = f"""
        SELECT m.rule_id, m.account_id, a.external_id, a.name, o.id, coalesce(nullif(o.name, ''), o.email, ''), s.mrr_reporting,
               s.renewal_on, s.decision_on, m.near, m.facts
        FROM churn_rulematch m
        JOIN accounts_account a ON a.id = m.account_id
        LEFT JOIN accounts_user o ON o.id = a.owner_id
        LEFT JOIN health_accountstate s ON s.account_id = m.account_id
        WHERE m.rule_id = ANY (%(rules)s) AND (%(near)s::boolean IS NULL OR m.near = %(near)s) AND m.account_id IN ({book})
        ORDER BY s.mrr_reporting DESC NULLS LAST, a.name, a.id, m.rule_id
    """  # noqa: S608 - visible_book's own SQL
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "rules": list(rule_ids), "near": near})
        rows = cursor.fetchall()
    return [Matched(*[*row[:-1], facts_of(row[-1])]) for row in rows]


def facts_of(value: Any) -> list[dict[str, Any]]:
    """The facts of a stored match."""
    # A raw statement hands JSON over as text.
    told: list[dict[str, Any]] = json.loads(value) if isinstance(value, str) else value
    return told
