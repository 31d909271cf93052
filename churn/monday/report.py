"""The list of a Monday: made once, by the first night that people read on that Monday or after it, and never made again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from churn.calibration.observations import Observation, foreseeable, read_observations
from churn.models import MondayReport, RiskRule, RuleSearch
from churn.monday import report_sql
from churn.monday.proofs import proofs_of
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
    """The validated rules with what each proved at the latest search; None where there is none."""
    rows = {rule.pk: rule for rule in RiskRule.objects.filter(state=RuleState.VALIDATED, withdrawn_at__isnull=True).order_by("pk")}
    search = RuleSearch.objects.order_by("-as_of").first()
    proofs = proofs_of(list(rows.values()), search.body.get("alone", ()) if search else ())
    if not proofs:
        return None
    # The order of dictionaries is that of insertion: the surest first.
    told = [{"rule": pk, "place": place, "n": proof.n, "lost": proof.lost} for place, (pk, proof) in enumerate(proofs.items())]
    body = {"rules": [_kept(rows[one["rule"]], one) for one in told], "base": search.body.get("base") if search else None}
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


def _kept(rule: RiskRule, told: Mapping[str, int]) -> dict[str, Any]:
    """A rule as the list keeps it: what it was on that day, whatever becomes of it."""
    figures = {name: rule.figures.get(name) for name in ("holdout_n", "holdout_lost", "checked_from", "checked_to")}
    return {**told, **figures, "key": rule.key, "name": rule.name, "conditions": rule.conditions}
