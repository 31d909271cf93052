"""Every facet on one day, written plainly from docs/methods/facets.md, to check the vectorised ones against. None is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

POINTS = {0: 0.0, 1: 33.3333, 2: 66.6667, 3: 100.0}


class GradedDay(NamedTuple):
    day: int
    level: int
    active: bool
    working: bool
    activated: int = 0
    purchased: int = 0


class Ticket(NamedTuple):
    opened: int
    closed: int | None
    escalated: bool
    how_to: bool


class Invoice(NamedTuple):
    issued: int
    due: int | None
    paid: int | None
    failed: int
    disputed: bool


class Answer(NamedTuple):
    seat: int | None
    day: int
    value: float


class Rating(NamedTuple):
    question: int
    day: int
    score: int
    valid_days: int


class Outcome(NamedTuple):
    since: int
    due: int | None
    achieved: int | None
    status: str
    stop: int | None = None


class Contract(NamedTuple):
    start: int
    stop: int | None
    cents: int


class Milestone(NamedTuple):
    due: int | None
    done: int | None


def clip(value: float) -> float:
    return min(100.0, max(0.0, value))


def activity(days: Iterable[GradedDay], day: int) -> float | None:
    levels = [one.level for one in days if day - 27 <= one.day <= day and one.working and one.level >= 0]
    return sum(POINTS[level] for level in levels) / len(levels) if levels else None


def adoption(activated: int | None, purchased: int | None, keyed: int, *, has_seats: bool) -> float | None:
    if not has_seats or not (activated or purchased):
        return None
    share = min(1.0, keyed / activated) if activated else 0.0
    if not purchased:
        return 100 * share
    return 50 * min(1.0, (activated or 0) / purchased) + 50 * share


def keyed_seats(key_days: Iterable[tuple[int, int]], day: int) -> int:
    return len({seat for seat, on in key_days if day - 27 <= on <= day})


def support(tickets: Iterable[Ticket], day: int, seats: int | None, known_from: int | None) -> float | None:
    if known_from is None or day < known_from:
        return None
    recent = [one for one in tickets if day - 89 <= one.opened <= day]
    old = [one for one in recent if day - one.opened > 7 and (one.closed is None or one.closed > day)]
    excess = max(0.0, len(recent) - seats / 10) if seats else 0.0
    return clip(100 - 10 * sum(one.escalated for one in recent) - 5 * len(old) - 2 * excess)


def self_sufficiency(tickets: Iterable[Ticket], day: int, seats: int | None, known_from: int | None) -> float | None:
    if known_from is None or day < known_from or not seats:
        return None
    asked = sum(one.how_to for one in tickets if day - 89 <= one.opened <= day)
    return clip(100 * (1 - asked / seats * 10))


def invoices(bills: Iterable[Invoice], day: int) -> float | None:
    def unpaid(one: Invoice) -> bool:
        return one.paid is None or one.paid > day

    counted = [one for one in bills if one.issued <= day and (day < one.issued + 180 or unpaid(one))]
    if not counted:
        return None
    late = [(day if one.paid is None or one.paid > day else one.paid) - one.due for one in counted if one.due is not None]
    worst = max([0, *late])
    value = 100.0 if worst == 0 else 60.0 if worst <= 30 else 30.0 if worst <= 60 else 0.0
    if any(unpaid(one) and one.failed >= 2 and (one.due if one.due is not None else one.issued) <= day for one in counted):
        value = 0.0
    if any(unpaid(one) and one.disputed for one in counted):
        value = min(value, 50.0)
    return value


def surveys(answers: Sequence[Answer], day: int) -> float | None:
    latest: dict[object, float] = {}
    for number, one in sorted(enumerate(answers), key=lambda pair: (pair[1].day, pair[0])):
        if one.day <= day:
            latest.pop(one.seat, None)
            if day < one.day + 180:
                latest[one.seat if one.seat is not None else ("alone", number)] = one.value
    return sum(latest.values()) / len(latest) if latest else None


def ratings(given: Sequence[Rating], day: int) -> float | None:
    latest: dict[int, Rating] = {}
    for _number, one in sorted(enumerate(given), key=lambda pair: (pair[1].day, pair[0])):
        if one.day <= day:
            latest[one.question] = one
    valid = [one.score for one in latest.values() if day < one.day + one.valid_days]
    return (sum(valid) / len(valid) - 1) / 4 * 100 if valid else None


def outcome(outcomes: Iterable[Outcome], day: int, progress: float | None) -> float | None:
    points = [] if progress is None else [100 * progress]
    for one in outcomes:
        if one.since > day or (one.stop is not None and one.stop <= day):
            continue
        settled = one.achieved if one.achieved is not None else one.due if one.status == "missed" else None
        reached = day >= (one.since if settled is None else settled)
        status = one.status
        if one.achieved is not None and reached:
            status = "achieved"
        elif status in ("achieved", "missed") and not reached:
            status = "on_track"
        points.append({"achieved": 100.0, "on_track": 75.0, "behind": 25.0, "missed": 0.0}[status])
    return sum(points) / len(points) if points else None


def growth(contracts: Sequence[Contract], day: int) -> float | None:
    def mrr(on: int) -> int:
        return sum(one.cents for one in contracts if one.start <= on and (one.stop is None or on < one.stop))

    first = min((one.start for one in contracts), default=None)
    then_on = next((on for on in range(day - 365, day + 1) if mrr(on) > 0), None)
    if first is None or then_on is None or day - first < 90:
        return None
    return clip(50 + 50 * (mrr(day) - mrr(then_on)) / mrr(then_on))


def renewal_history(resolved: Iterable[tuple[int, bool]], day: int) -> float | None:
    known = [renewed for on, renewed in resolved if on <= day]
    return 100 * sum(known) / len(known) if known else None


def onboarding(milestones: Iterable[Milestone], day: int, start: int, stop: int) -> float | None:
    done = [one for one in milestones if one.done is not None and one.done <= day]
    due = [one for one in milestones if one in done or (one.due is not None and one.due <= day)]
    return 100 * len(done) / len(due) if due and start <= day < stop else None


def community(days: Iterable[int], day: int, known_from: int | None) -> float | None:
    if known_from is None or day < known_from:
        return None
    acted = list(days)
    return 100 * sum(any(day - 30 * month - 29 <= on <= day - 30 * month for on in acted) for month in range(3)) / 3
