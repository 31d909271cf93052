"""What the page about combinations and the API read: rules with their life, and the accounts each matches now, for one viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from churn.models import RiskRule, RuleQuarter, RuleSearch
from churn.rules.validated import Matched, facts_of
from churn.types import RuleState
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 5
_ROWS = """
SELECT m.rule_id, m.account_id, a.external_id, a.name, o.id, coalesce(nullif(o.name, ''), o.email, ''), s.mrr_reporting,
       s.renewal_on, s.decision_on, m.near, m.facts, {more}
FROM churn_rulematch m
JOIN accounts_account a ON a.id = m.account_id
LEFT JOIN accounts_user o ON o.id = a.owner_id
LEFT JOIN health_accountstate s ON s.account_id = m.account_id
WHERE m.account_id IN ({book}) AND {where}
"""
_ORDER = "s.mrr_reporting DESC NULLS LAST, a.name, a.id"


@dataclass(frozen=True, slots=True)
class Matching:
    """Accounts of the viewer that a rule matches: how many, their MRR in the reporting currency as far as rates are known, the largest."""

    n: int = 0
    amount: Decimal | None = None
    first: Sequence[Matched] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """All that a page about combinations tells of them. `now` and `near` by rule; a rule without accounts has no entry.

    Quarters and more than the largest account are those of the rule `open_rule` alone: the others are folded until somebody opens them.
    """

    search: RuleSearch | None
    rules: Sequence[RiskRule]
    quarters: Mapping[int, Sequence[RuleQuarter]]
    now: Mapping[int, Matching]
    near: Mapping[int, Matching]
    open_rule: int | None


def told(user: User, only: int | None = None) -> Told:
    """Rules that are not withdrawn (or that one), with the viewer's matches; four queries however many there are."""
    rows = RiskRule.objects.visible_to(user).filter(withdrawn_at__isnull=True).select_related("author", "retired_by").order_by("pk")
    rules = list(rows if only is None else rows.filter(pk=only))
    open_rule = only if only is not None else _safest(rules)
    quarters = {open_rule: list(RuleQuarter.objects.visible_to(user).filter(rule=open_rule).order_by("quarter"))} if open_rule else {}
    now, near = _matching(user, only, open_rule)
    return Told(RuleSearch.objects.visible_to(user).order_by("-as_of").first(), rules, quarters, now, near, open_rule)


def safety(rule: RiskRule) -> float:
    """How surely a rule tells: the low end of its rate when it was checked."""
    return float(rule.figures.get("holdout_low") or 0)


def _safest(rules: Sequence[RiskRule]) -> int | None:
    found = [rule for rule in rules if rule.state == RuleState.VALIDATED and rule.author_id is None]
    return max(found, key=lambda rule: (safety(rule), -rule.pk)).pk if found else None


def _matching(user: User, only: int | None, open_rule: int | None) -> tuple[dict[int, Matching], dict[int, Matching]]:
    book, params = visible_book(user)
    more = f"""count(*) OVER whole, sum(s.mrr_reporting) OVER whole,
        row_number() OVER (PARTITION BY m.rule_id, m.near ORDER BY {_ORDER}) AS place"""
    rows = _ROWS.format(more=more, book=book, where="true" if only is None else "m.rule_id = %(open)s")
    whole = f"{rows} WINDOW whole AS (PARTITION BY m.rule_id, m.near)"
    sql = f"SELECT * FROM ({whole}) x WHERE place = 1 OR (rule_id = %(open)s AND place <= {SHOWN}) ORDER BY place"  # noqa: S608
    found: dict[bool, dict[int, tuple[int, Decimal | None, list[Matched]]]] = {False: {}, True: {}}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, "open": open_rule})
        for *row, n, amount, _place in cursor.fetchall():
            one = _matched(row)
            found[one.near].setdefault(one.rule_id, (n, amount, []))[2].append(one)
    now, near = ({rule: Matching(*entry) for rule, entry in found[kind].items()} for kind in (False, True))
    return now, near


def accounts_of(user: User, rule_id: int, *, near: bool = False, limit: int | None = None, offset: int = 0) -> tuple[list[Matched], int]:
    """Accounts of the viewer that one rule matches, or nearly, the largest MRR first, and how many there are; one query."""
    book, params = visible_book(user)
    rows = _ROWS.format(more="count(*) OVER ()", book=book, where="m.rule_id = %(rule)s AND m.near = %(near)s")
    with connection.cursor() as cursor:
        sql = f"{rows} ORDER BY {_ORDER} LIMIT %(limit)s OFFSET %(offset)s"
        cursor.execute(sql, {**params, "rule": rule_id, "near": near, "limit": limit, "offset": offset})
        found = cursor.fetchall()
    return [_matched(row[:-1]) for row in found], found[0][-1] if found else 0


def _matched(row: Sequence[object]) -> Matched:
    return Matched(*[*row[:-1], facts_of(row[-1])])  # type: ignore[arg-type] # columns in the order of its fields
