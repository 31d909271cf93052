"""What could be done for a facet, in steps from the least on: an answer given, an invoice paid, a ticket closed, days used more.

A step names the deed, how much of it, and the facet as it would stand at the close of the same day. Only what somebody at hand can do is
here: what customers answer, what was renewed, what contracts are worth and tickets that were filed stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from health.explaining.bill_moves import bill_steps
from health.explaining.steps import Facts, Ladder, Step, clipped
from health.facets import curves
from health.types import Level

ANSWERS = (4, 5)  # scores that an answer could rise to


@dataclass(frozen=True, slots=True)
class Known:
    """What the stored evidence does not hold: valid answers by question (None: unanswered) for each human facet, and the invoices counted.

    `active_from` is the level from which a day is active, by the activity definition of the day.
    """

    day: date
    answers: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    invoices: Sequence[Facts] = ()
    active_from: Level = Level.LOW


def ladders(facets: Mapping[str, Facts], known: Known) -> list[Ladder]:
    """One ladder per facet that something can be done for; steps that change nothing are left out."""
    found = []
    for key, climb in CLIMBS.items():
        facet = facets.get(key) or {"value": None, "evidence": {}}
        steps = tuple(step for step in climb(key, facet, known) if _changes(step, facet))
        if steps:
            found.append(Ladder(key, steps))
    return found


def _changes(step: Step, facet: Facts) -> bool:
    stored = facet.get("evidence") or {}
    return step.value != facet["value"] or any(stored.get(name) != fact for name, fact in step.evidence.items())


def _activity(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """Lift the lowest open days to one level: `days` open days at that level or above, instead of `now`."""
    evidence = facet.get("evidence") or {}
    counts = [int(evidence.get(name, 0)) for name in ("zero", "low", "medium", "high")]
    whole = sum(counts)
    for goal in (Level.LOW, Level.MEDIUM, Level.HIGH):
        below, effort, lifted = list(counts), 0, 0
        for level in range(goal):
            while below[level]:
                below[level] -= 1
                below[goal] += 1
                effort, lifted = effort + goal - level, lifted + 1
                value = sum(n * points for n, points in zip(below, curves.LEVEL_POINTS, strict=True)) / whole
                at_least = sum(counts[goal:])
                active = sum(below[max(0, known.active_from) :])
                facts = {
                    **dict(zip(("zero", "low", "medium", "high"), below, strict=True)),
                    "active_days": max(int(evidence.get("active_days", 0)), active),
                }
                said = {"level": goal.word, "days": at_least + lifted, "more": lifted, "now": at_least, "open_days": whole}
                yield Step(key, "days", effort, clipped(value), facts, said)


def _adoption(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """More of the activated seats do a key action within 28 days; then more of the purchased ones are activated and do one."""
    del known
    evidence = facet.get("evidence") or {}
    activated, purchased, used = (int(evidence.get(name) or 0) for name in ("activated", "purchased", "key_seats"))
    if facet["value"] is None:
        return
    for more in range(1, max(activated, purchased) - used + 1):
        opened = max(0, used + more - activated)
        seats = activated + opened
        rate = min(seats / purchased, 1.0) if purchased else None
        share = min((used + more) / seats, 1.0)
        by_rate, by_share = curves.ADOPTION_HALVES
        value = share * (by_rate + by_share) if rate is None else rate * by_rate + share * by_share
        facts = {"activated": seats, "key_seats": used + more, "key_seat_share": round(share, 6)}
        facts |= {} if rate is None else {"activation_rate": round(rate, 6)}
        yield Step(key, "seats", more + opened, clipped(value), facts, {"seats": more, "opened": opened, "activated": activated})


def _support(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """Close open tickets, those open for over 7 days first."""
    del known
    evidence = facet.get("evidence") or {}
    old, still = int(evidence.get("old", 0)), int(evidence.get("open", 0))
    if facet["value"] is None:
        return
    lost = curves.ESCALATED_COST * evidence.get("escalated", 0) + curves.EXCESS_COST * evidence.get("excess", 0)
    for closed in range(1, still + 1):
        left = max(0, old - closed)
        value = clipped(100.0 - lost - curves.OLD_COST * left)
        yield Step(key, "tickets", closed, value, {"old": left, "open": still - closed}, {"tickets": closed, "old": min(closed, old)})


def _outcome(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """Bring outcomes that are behind back on track; or achieve outcomes, the worst first."""
    del known
    evidence = facet.get("evidence") or {}
    counts = {name: int(evidence.get(name, 0)) for name in curves.OUTCOME_CODES}
    star = evidence.get("north_star_progress")
    n = sum(counts.values()) + (star is not None)
    for goal, sources, effort in (("on_track", ("behind",), 1), ("achieved", ("missed", "behind", "on_track"), 2)):
        now, moved = dict(counts), 0
        for source in sources:
            for _turn in range(counts[source]):
                now[source] -= 1
                now[goal] += 1
                moved += 1
                points = sum(now[name] * curves.OUTCOME_POINTS[code] for name, code in curves.OUTCOME_CODES.items())
                value = (points + 100.0 * (star or 0.0)) / n
                yield Step(key, f"outcomes_{goal}", effort * moved, clipped(value), dict(now), {"outcomes": moved})


def _onboarding(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """Do milestones that are due."""
    del known
    evidence = facet.get("evidence") or {}
    due, done = int(evidence.get("milestones_due", 0)), int(evidence.get("milestones_done", 0))
    if facet["value"] is None:
        return
    for more in range(1, due - done + 1):
        yield Step(key, "milestones", more, clipped(100.0 * (done + more) / due), {"milestones_done": done + more}, {"milestones": more})


def _rated(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    """Answer questions better: the lowest valid answers first, then questions without a valid answer."""
    del facet
    now = known.answers.get(key, {})
    given = sorted((score, question) for question, score in now.items() if score is not None)
    missing = sorted(question for question, score in now.items() if score is None)
    for goal in ANSWERS:
        rising = [question for score, question in given if score < goal] + missing
        for n in range(1, len(rising) + 1):
            answered = [goal if question in rising[:n] else score for question, score in now.items()]
            scores = [score for score in answered if score is not None]
            mean = sum(scores) / len(scores)
            value = (mean - curves.RATING_LOW) / curves.RATING_SPAN * 100.0
            facts = {"answers": len(scores), "mean": round(mean, 4)}
            yield Step(key, "answers", n, clipped(value), facts, {"questions": rising[:n], "n": n, "score": goal})


def _invoices(key: str, facet: Facts, known: Known) -> Iterator[Step]:
    del facet
    return bill_steps(key, known.invoices, known.day)


Climb = Callable[[str, Facts, Known], Iterator[Step]]
CLIMBS: Mapping[str, Climb] = {
    "activity": _activity,
    "outcome": _outcome,
    "adoption": _adoption,
    "support": _support,
    "invoices": _invoices,
    "onboarding": _onboarding,
    "ratings": _rated,
    "executive": _rated,
}
