"""The list of a Monday: made once, by the first night that people read on that Monday or after it, and never made again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from churn.calibration.observations import Observation, foreseeable, read_observations
from churn.models import MondayReport, RiskRule, RuleSearch
from churn.monday import report_sql
from churn.monday.worst import Seen, worst_tenth
from churn.types import RuleState

RULES, SCORE, NONE = "rules", "score", "none"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a list rests on: its kind (RULES, SCORE, NONE), the statement that finds its accounts, and what is kept of it."""

    kind: str
    matched: str
    params: dict[str, Any]
    body: dict[str, Any]


def monday_of(as_of: date) -> date:
    """The Monday whose list the figures of a day make: that of the week in which they are read, a day later."""
    read_on = as_of + timedelta(days=1)
    return read_on - timedelta(days=read_on.weekday())


@transaction.atomic
def make(as_of: date, now: datetime) -> int:
    """Write the list of the week's Monday unless it was written before; returns how many accounts it names."""
    monday = monday_of(as_of)
    # Of two workers one waits here, and then finds the list written.
    report, made = MondayReport.objects.get_or_create(monday=monday, defaults={"as_of": as_of, "made_at": now})
    if not made:
        return 0
    ground = by_rules() or by_score(read_observations(as_of, facts=False))
    named = later = undue = 0
    if ground.matched:
        with connection.cursor() as cursor:
            sql = report_sql.WRITE.format(matched=ground.matched)
            cursor.execute(sql, {**ground.params, "as_of": as_of, "monday": monday})
            named, later, undue = cursor.fetchone()
    report.body = {**ground.body, "ground": ground.kind, "later": later, "without_due": undue}
    report.save(update_fields=["body"])
    return int(named)


def by_rules() -> Ground | None:
    """The validated rules with their hold-outs; None where there is none."""
    rows = RiskRule.objects.filter(state=RuleState.VALIDATED, retired_on__isnull=True, withdrawn_at__isnull=True).order_by("pk")
    proofs = [_proof(rule) for rule in rows if rule.figures.get("holdout_n")]
    if not proofs:
        return None
    search = RuleSearch.objects.order_by("-as_of").first()
    body = {"rules": proofs, "searched_on": search.as_of.isoformat() if search else None, "base": next(iter(proofs))["base"]}
    told = [{name: one[name] for name in ("rule", "n", "lost", "low")} for one in proofs]
    return Ground(RULES, report_sql.BY_RULES, {"proofs": json.dumps(told)}, body)


def by_score(observations: Iterable[Observation]) -> Ground:
    """The worst tenth of the scores, where past renewals bear it out; else nothing, with the reason."""
    seen = [Seen(one.ends_on, one.score, not one.renewed) for one in foreseeable(observations) if one.score is not None]
    found = worst_tenth(seen)
    body = {
        "border": found.border,
        "n": found.n,
        "lost": found.lost,
        "base_n": found.base_n,
        "base_lost": found.base_lost,
        "renewals": len(seen),
        "checked_from": found.checked_from.isoformat() if found.checked_from else None,
        "checked_to": found.checked_to.isoformat() if found.checked_to else None,
    }
    if found.why:
        return Ground(NONE, "", {}, {**body, "why": found.why})
    return Ground(SCORE, report_sql.BY_SCORE, {name: body[name] for name in ("border", "n", "lost")}, body)


def _proof(rule: RiskRule) -> dict[str, Any]:
    figures = rule.figures
    return {
        "rule": rule.pk,
        "key": rule.key,
        "name": rule.name,
        "conditions": rule.conditions,
        "n": int(figures["holdout_n"]),
        "lost": int(figures["holdout_lost"]),
        "low": float(figures.get("holdout_low") or 0),
        "base": figures.get("base"),
        "checked_from": figures.get("checked_from"),
        "checked_to": figures.get("checked_to"),
    }
