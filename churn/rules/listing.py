"""What the page about combinations and the API read: rules with their life, and the accounts each matches now, for one viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection

from churn.models import RiskRule, RuleQuarter, RuleSearch
from churn.rules.validated import Matched, facts_of
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
    """All that a page about combinations tells of them. `now` and `near` by rule; a rule without accounts has no entry."""

    search: RuleSearch | None
    rules: Sequence[RiskRule]
    quarters: Mapping[int, Sequence[RuleQuarter]]
    now: Mapping[int, Matching]
    near: Mapping[int, Matching]
    matched_on: date | None


def told(user: User) -> Told:
    """Rules that are not withdrawn, with their quarters and the viewer's matches; four queries however many there are."""
    rules = list(RiskRule.objects.visible_to(user).filter(withdrawn_at__isnull=True).select_related("author", "retired_by").order_by("pk"))
    quarters: dict[int, list[RuleQuarter]] = defaultdict(list)
    for one in RuleQuarter.objects.visible_to(user).filter(rule__in=[rule.pk for rule in rules]).order_by("quarter"):
        quarters[one.rule_id].append(one)
    now, near, matched_on = _matching(user)
    return Told(RuleSearch.objects.visible_to(user).order_by("-as_of").first(), rules, quarters, now, near, matched_on)


def _matching(user: User) -> tuple[dict[int, Matching], dict[int, Matching], date | None]:
    book, params = visible_book(user)
    more = f"""m.as_of, count(*) OVER whole, sum(s.mrr_reporting) OVER whole,
        row_number() OVER (PARTITION BY m.rule_id, m.near ORDER BY {_ORDER}) AS place"""
    rows = _ROWS.format(more=more, book=book, where="true")
    sql = f"SELECT * FROM ({rows} WINDOW whole AS (PARTITION BY m.rule_id, m.near)) x WHERE place <= {SHOWN} ORDER BY place"  # noqa: S608
    found: dict[bool, dict[int, tuple[int, Decimal | None, list[Matched]]]] = {False: {}, True: {}}
    matched_on: date | None = None
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for *row, as_of, n, amount, _place in cursor.fetchall():
            one = _matched(row)
            found[one.near].setdefault(one.rule_id, (n, amount, []))[2].append(one)
            matched_on = as_of
    now, near = ({rule: Matching(*entry) for rule, entry in found[kind].items()} for kind in (False, True))
    return now, near, matched_on


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
