"""What the facets are computed from: plain arrays, one entry per fact, filled by `health.frames` and by tests alike.

`row` is the account's position in the chunk, days are ordinals, FOREVER stands for "not yet" (still open, never paid, no end).
A store's facts sit on the row of the brand it counts for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from health.facets.grid import FOREVER, Floats, Ints


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


def _nothing() -> Floats:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class DayFacts:
    """Graded days: level -1 … 3, flags 0 or 1; one entry per (row, day)."""

    row: Ints = field(default_factory=_none)
    day: Ints = field(default_factory=_none)
    level: Ints = field(default_factory=_none)
    active: Ints = field(default_factory=_none)
    working: Ints = field(default_factory=_none)
    paying: Ints = field(default_factory=_none)
    seats: Ints = field(default_factory=_none)
    activated: Ints = field(default_factory=_none)
    purchased: Ints = field(default_factory=_none)
    north_star: Floats = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class SpanFacts:
    """Something counted on `[start, stop)`; `weight` of them."""

    row: Ints = field(default_factory=_none)
    start: Ints = field(default_factory=_none)
    stop: Ints = field(default_factory=_none)
    weight: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """Seats and the days on which they did something: bit i of `days` stands for the day `first` + i. Activated on `[start, stop)`."""

    first: int = 0
    row: Ints = field(default_factory=_none)
    start: Ints = field(default_factory=_none)
    stop: Ints = field(default_factory=_none)
    days: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class OutcomeFacts:
    """Versions of desired outcomes, on `[since, stop)`. `status`: 0 missed, 1 behind, 2 on track, 3 achieved."""

    row: Ints = field(default_factory=_none)
    since: Ints = field(default_factory=_none)
    stop: Ints = field(default_factory=_none)
    due: Ints = field(default_factory=_none)
    achieved: Ints = field(default_factory=_none)
    status: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Support cases; `closed` FOREVER: still open. Flags 0 or 1."""

    row: Ints = field(default_factory=_none)
    opened: Ints = field(default_factory=_none)
    closed: Ints = field(default_factory=_none)
    escalated: Ints = field(default_factory=_none)
    how_to: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """Bills that are not void. `due` FOREVER: no due date; `paid` FOREVER: unpaid."""

    row: Ints = field(default_factory=_none)
    issued: Ints = field(default_factory=_none)
    due: Ints = field(default_factory=_none)
    paid: Ints = field(default_factory=_none)
    failed: Ints = field(default_factory=_none)
    disputed: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """Answers 0..100 in order of arrival; `seat` -1: it names none."""

    row: Ints = field(default_factory=_none)
    seat: Ints = field(default_factory=_none)
    day: Ints = field(default_factory=_none)
    value: Floats = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class RatingFacts:
    """CSM ratings 1..5 in order of arrival; `question` is a number unique over (row, question); `executive` 0 or 1."""

    row: Ints = field(default_factory=_none)
    question: Ints = field(default_factory=_none)
    day: Ints = field(default_factory=_none)
    score: Ints = field(default_factory=_none)
    valid_days: Ints = field(default_factory=_none)
    executive: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """Contracts with MRR above 0, in cents; `currency` indexes the rates."""

    row: Ints = field(default_factory=_none)
    start: Ints = field(default_factory=_none)
    stop: Ints = field(default_factory=_none)
    currency: Ints = field(default_factory=_none)
    cents: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class RenewalFacts:
    """Dues from the day they count: due and renewed or lost."""

    row: Ints = field(default_factory=_none)
    day: Ints = field(default_factory=_none)
    renewed: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """Onboarding steps; FOREVER: no due date, not done."""

    row: Ints = field(default_factory=_none)
    due: Ints = field(default_factory=_none)
    done: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Onboardings:
    """Per row: the stretch in which onboarding is judged; an empty stretch where its start is unknown."""

    start: Ints = field(default_factory=_none)
    stop: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Sources:
    """First day on which the installation as a whole knew of such a fact; FOREVER: never. Before it, nothing is concluded from silence."""

    tickets: int = FOREVER
    how_to: int = FOREVER
    community: int = FOREVER


@dataclass(frozen=True, slots=True)
class StarSpan:
    """One version of the north star: it speaks for the days `[start, stop)` and adds up from `since` on.

    `before`: per row, what was reached from `since` to the first loaded day.
    """

    since: int
    start: int
    stop: int
    threshold: float
    before: Floats


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one chunk of accounts."""

    days: DayFacts
    has_seats: Ints  # per row: 1 where seats were loaded
    key_seats: SeatFacts  # days with a key action
    executives: SpanFacts  # the boss's seats while activated
    executives_active: SeatFacts  # the days on which a boss's seat logged in
    stars: tuple[StarSpan, ...]
    outcomes: OutcomeFacts
    tickets: TicketFacts
    invoices: InvoiceFacts
    answers: AnswerFacts
    ratings: RatingFacts
    contracts: ContractFacts
    renewals: RenewalFacts
    milestones: MilestoneFacts
    onboardings: Onboardings
    community: SpanFacts
    sources: Sources
    rates: Mapping[int, Floats] = field(default_factory=dict)  # by currency: its rate on each day of the grid, NaN where none is known
