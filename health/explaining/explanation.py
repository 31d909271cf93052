"""Why a score and its band are what they are, and why they are not what they were: one account, two days, for one viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from health.explaining.bands import OVERRIDE, Judged, band_changes, band_reasons
from health.explaining.change import Share, explain_change
from health.explaining.definitions import Definitions, definitions
from health.explaining.judged_rows import RATINGS, judged, valid_scores
from health.explaining.money_rows import INVOICES
from health.explaining.moves import Known, ladders
from health.explaining.reading import Row, Viewed, read_together
from health.models import HealthScore
from health.types import Level

if TYPE_CHECKING:
    from health.explaining.turning import Turning
    from health.models import AccountState


@dataclass(frozen=True, slots=True)
class Explanation:
    """Both days (None: no score row), the change in points (None: either side unknown), its shares, and the reasons of both bands."""

    as_of: date
    against: date
    now: Judged | None
    then: Judged | None
    change: Decimal | None
    shares: Sequence[Share]
    reasons: Sequence[Mapping[str, Any]]
    reasons_then: Sequence[Mapping[str, Any]]
    band_changes: Sequence[Mapping[str, Any]]
    definitions: Definitions
    run_id: int | None = None


def explain(viewed: Viewed, state: AccountState | None, as_of: date, against: date) -> Explanation:
    """One query, and one a minute for the definitions. On the state's own day the band is the state's: an override counts at once."""
    rows = HealthScore.objects.visible_to(viewed.user).published().filter(account=viewed.account, day__in=[as_of, against])
    found = {row.day: row for row in rows}
    now, then = _judged(found.get(as_of), state), _judged(found.get(against), state)
    known = definitions(max((one.version for one in (now, then) if one is not None), default=None))
    change = None
    if now is not None and then is not None and now.score is not None and then.score is not None:
        change = now.score - then.score
    rules_now, rules_then = (None if one is None else known.health_rules(one.version, one.profile) for one in (now, then))
    return Explanation(
        as_of=as_of,
        against=against,
        now=now,
        then=then,
        change=change,
        shares=explain_change(then.facets, now.facets, change) if now is not None and then is not None and change is not None else [],
        reasons=[] if now is None else band_reasons(now, rules_now),
        reasons_then=[] if then is None else band_reasons(then, rules_then),
        band_changes=[] if now is None or then is None else band_changes(then, now, rules_then, rules_now),
        definitions=known,
        run_id=found[as_of].run_id if as_of in found else None,
    )


def turning_of(viewed: Viewed, explained: Explanation) -> Turning | None:
    """What would turn the explained day green, one query. None: no score row, or its health model is not on file."""
    now, known = explained.now, explained.definitions
    rules = None if now is None else known.health_rules(now.version, now.profile)
    if now is None or rules is None:
        return None
    from health.explaining.turning import turn_green  # numpy, which the web does not start with

    facts = read_together({"answers": RATINGS, "invoices": INVOICES}, viewed, {"day": explained.as_of})
    activity = next((one for one in reversed(known.activity) if one.effective_from <= explained.as_of), None)
    have = Known(
        day=explained.as_of,
        answers=_answers(facts["answers"], explained.as_of, known),
        invoices=facts["invoices"],
        active_from=activity.rules[0].active_from if activity else Level.LOW,
    )
    overridden = any(cap["when"] == OVERRIDE for cap in now.caps)
    return turn_green(now.facets, rules, ladders(now.facets, have), band=now.band, overridden=overridden)


def _judged(row: HealthScore | None, state: AccountState | None) -> Judged | None:
    if row is None:
        return None
    shown = state if state is not None and state.as_of == row.day else row
    return Judged(row.score, shown.band, row.coverage, row.facets, shown.caps, row.version, row.profile)


def _answers(rows: Sequence[Row], day: date, known: Definitions) -> dict[str, dict[str, int | None]]:
    """Valid answers to the questions in force, by part; None: none that holds."""
    asked = known.questions_on(day)
    found: dict[str, dict[str, int | None]] = {}
    for part in ("ratings", "executive"):
        valid = valid_scores(judged(rows, day, known.questions, part=part))
        keys = [question.key for question in asked.questions if question.part == part] if asked else []
        found[part] = {key: valid.get(key) for key in [*keys, *sorted(valid.keys() - set(keys))]}
    return found
