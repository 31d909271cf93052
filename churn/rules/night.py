"""What the night does: once a week it searches, counts what people wrote and retires what fails; each night it matches."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from churn.models import RiskRule, RuleMatch, RuleQuarter, RuleSearch
from churn.monday.alone import Sure, alone_counts
from churn.monday.proofs import sure_of
from churn.rules.conditions import FEATURES, Condition, Value, read_conditions
from churn.rules.counting import Counted, counted, expected_of, figures_of, passes
from churn.rules.disguise import LATE, judged
from churn.rules.gates import GATES
from churn.rules.life import life, quarter_of, retire_why
from churn.rules.past import Half, digits_of, folded, half_of, split
from churn.rules.reading import Gathered, Today, gather, today_of
from churn.rules.search import Found, Single, overlap, search
from churn.types import RuleState
from csm_portal.lib.many_tests import q_values

BATCH = 2_000
COPY = f"COPY {RuleMatch._meta.db_table} (rule_id, account_id, as_of, near, facts) FROM STDIN"
# A rule is nearly met with two of three; with one of two, half a book would be.
NEAR_OF = 3


def search_is_due(as_of: date) -> bool:
    """Whether the week of the day has no search yet: it is done in the night before a Monday, or in the next one there is."""
    last = RuleSearch.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    return last is None or last < as_of - timedelta(days=as_of.isoweekday() % 7)


def search_rules(as_of: date) -> int:
    """The weekly search as of a day; rows written, 0 where the week has one. Killed, it leaves nothing and is done again."""
    if not search_is_due(as_of):
        return 0
    began = time.monotonic()
    gathered = gather(as_of)
    past = gathered.past
    refused = judged(FEATURES, past.lost, past.values, gathered.later)
    shut = {one.feature for one in refused if one.why != LATE}
    found = search(past, [feature for feature in FEATURES if feature.key not in shut])
    body = _body(found, gathered, time.monotonic() - began) | {"refused": [asdict(one) for one in refused]}
    with transaction.atomic():
        RuleSearch.objects.create(as_of=as_of, body=body)
        known = folded(past)
        sides = split(known)
        everything, training, checking = half_of(known), half_of(sides.training), half_of(sides.checking)
        _keep(found, everything, as_of)
        _judge_written(training, checking, as_of)
        rows = 1 + _live(everything, as_of)
        # The Monday list counts by them: what each rule finds where no surer one does, while the renewals are at hand.
        RuleSearch.objects.filter(as_of=as_of).update(body=body | {"alone": alone_counts(_validated(), checking)})
        return rows


def _validated() -> list[Sure]:
    """The living rules as the Monday list knows them."""
    return [sure_of(rule) for rule in RiskRule.objects.filter(state=RuleState.VALIDATED, withdrawn_at__isnull=True).order_by("pk")]


def _body(found: Found, gathered: Gathered, seconds: float) -> dict[str, Any]:
    return {
        "why": found.why,
        "n": found.whole.n,
        "lost": found.whole.lost,
        "base": found.whole.rate,
        "training": [found.training.n, found.training.lost],
        "checking": [found.checking.n, found.checking.lost],
        "by": found.by,
        "split_on": found.split_on and found.split_on.isoformat(),
        "span": [day.isoformat() for day in found.span or ()],
        "features": sum(any(value is not None for value in column) for column in gathered.past.values.values()),
        "conditions": [condition.body() for condition in found.conditions],
        "singles": [_single(one) for one in found.singles],
        "candidates": found.candidates,
        "passed": found.passed,
        "checked": len(found.combinations),
        "validated": len(found.held),
        "left_out": dict(gathered.left_out),
        "history": GATES.history,
        "seconds": round(seconds, 2),
    }


def _single(one: Single) -> dict[str, Any]:
    return {"condition": one.condition.body(), "n": one.count.n, "lost": one.count.lost, "q": round(one.q, 6)}


def _keep(found: Found, everything: Half, as_of: date) -> None:
    """Store those that held: a living one gets new figures, one too like a living one is not told twice, a retired one stays so."""
    known = {rule.key: rule for rule in RiskRule.objects.all()}
    living = [rule for rule in known.values() if rule.state == RuleState.VALIDATED and rule.withdrawn_at is None]
    taken = {rule.key: everything.matching(read_conditions(rule.conditions)) for rule in living}
    for one in found.held:
        figures = figures_of(Counted(one.found, found.training, one.checked, found.checking), one.q, one.check_q, found)
        figures |= expected_of(one, found.training)
        rule, bits = known.get(one.key), everything.matching(one.conditions)
        if rule is None:
            if all(overlap(bits, other) < GATES.overlap for other in taken.values()):
                lives_after = quarter_of(found.span[1]) if found.span else ""
                RiskRule.objects.create(
                    key=one.key,
                    conditions=[condition.body() for condition in one.conditions],
                    state=RuleState.VALIDATED,
                    figures=figures | {"lives_after": lives_after},
                    found_on=as_of,
                    searched_on=as_of,
                )
                taken[one.key] = bits
        elif rule.author_id is None and rule.state == RuleState.VALIDATED:
            rule.figures = figures | {"lives_after": rule.figures.get("lives_after", "")}
            rule.searched_on = as_of
            rule.save(update_fields=["figures", "searched_on"])


def _judge_written(training: Half, checking: Half, as_of: date) -> None:
    """Count the rules that people wrote; one becomes validated when it passes in both halves, corrected for all that are judged."""
    rules = list(RiskRule.objects.filter(author__isnull=False, withdrawn_at__isnull=True).exclude(state=RuleState.RETIRED))
    counts = [counted(training, checking, read_conditions(rule.conditions)) for rule in rules]
    qs = q_values([one.check_p for one in counts])
    for rule, count, q in zip(rules, counts, qs, strict=True):
        lives_after = rule.figures.get("lives_after", "")
        if rule.state == RuleState.UNPROVEN and passes(count, q):
            rule.state = RuleState.VALIDATED
            lives_after = quarter_of(checking.past.days[-1])
        rule.figures = figures_of(count, count.p, q, None) | {"lives_after": lives_after, **days_of(training, checking)}
        rule.searched_on = as_of
        rule.save(update_fields=["state", "figures", "searched_on"])


def days_of(training: Half, checking: Half) -> dict[str, str]:
    """First and last due day of both halves."""
    told: dict[str, str] = {}
    for name, half in (("found", training), ("checked", checking)):
        if half.whole.n:
            told |= {f"{name}_from": min(half.past.days).isoformat(), f"{name}_to": max(half.past.days).isoformat()}
    return told


def _live(everything: Half, as_of: date) -> int:
    """The quarters of every rule anew, and what they retire; rows written."""
    rows: list[RuleQuarter] = []
    for rule in RiskRule.objects.filter(withdrawn_at__isnull=True):
        quarters = life(everything, read_conditions(rule.conditions))
        rows += [
            RuleQuarter(rule=rule, quarter=one.quarter, n=one.matched.n, lost=one.matched.lost, base_n=one.base.n, base_lost=one.base.lost)
            for one in quarters
        ]
        why = retire_why(quarters, rule.figures.get("lives_after", "")) if rule.state == RuleState.VALIDATED else ""
        if why:
            rule.state, rule.retired_on, rule.retired_why, rule.retired_by = RuleState.RETIRED, as_of, why, None
            rule.save(update_fields=["state", "retired_on", "retired_why", "retired_by"])
    RuleQuarter.objects.all().delete()
    RuleQuarter.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def match_rules(as_of: date, about: frozenset[int] | None = None) -> int:
    """Which accounts each living rule matches, or misses by one condition, as of a day; all rows are replaced. Rows written.

    `about`: accounts that changed since the rules were matched as of this day: only their rows are replaced.
    """
    rules = list(RiskRule.objects.filter(withdrawn_at__isnull=True).exclude(state=RuleState.RETIRED))
    rows = matches_of(rules, today_of(as_of, _features(rules), about), as_of) if rules else []
    with transaction.atomic():
        (RuleMatch.objects.all() if about is None else RuleMatch.objects.filter(account__in=about)).delete()
        _write(rows)
    return len(rows)


def _write(rows: Sequence[RuleMatch]) -> None:
    # As rows of an INSERT their facts would be escaped twice: as JSON, and as items of an array.
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row((row.rule_id, row.account_id, row.as_of, row.near, json.dumps(row.facts)))


def _features(rules: Sequence[RiskRule]) -> set[str]:
    return {condition.feature for rule in rules for condition in read_conditions(rule.conditions)}


def matches_of(rules: Sequence[RiskRule], today: Today, as_of: date) -> list[RuleMatch]:
    """Rows of the accounts that the rules match, or nearly match where they have three conditions."""
    rows = []
    for rule in rules:
        conditions = read_conditions(rule.conditions)
        columns = [today.values[condition.feature] for condition in conditions]
        digits = [digits_of(condition, column) for condition, column in zip(conditions, columns, strict=True)]
        enough = NEAR_OF - 1 if len(conditions) == NEAR_OF else len(conditions)
        for account, figures in zip(today.accounts, zip(*columns, strict=True), strict=True):
            met = sum(found[figure] == "1" for found, figure in zip(digits, figures, strict=True))
            if met >= enough:
                facts = [_fact(condition, figure) for condition, figure in zip(conditions, figures, strict=True)]
                rows.append(RuleMatch(rule=rule, account_id=account, as_of=as_of, near=met < len(conditions), facts=facts))
    return rows


def _fact(condition: Condition, figure: Value) -> Mapping[str, Any]:
    return {**condition.body(), "figure": figure, "met": condition.met(figure)}
