"""Past renewals made of what a test says: columns for the search, no database."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from churn.rules.conditions import Feature, Risk, Unit, Value
from churn.rules.past import Past

FIRST = date(2024, 1, 1)
# The three signals of the worked example, as yes or no.
QUIET = Feature("quiet_two_weeks", "logins", Risk.HIGH, Unit.FLAG)
TICKETS = Feature("over_ten_tickets", "tickets", Risk.HIGH, Unit.FLAG)
UNHAPPY = Feature("satisfaction_under_five", "csat", Risk.HIGH, Unit.FLAG)
WORKED = (QUIET, TICKETS, UNHAPPY)
# Which of the three an account shows, how many accounts do, and how many of them were lost: of 5,000 renewals 1,000 were lost (20%).
# 1,000 quiet with 170 lost, 2,000 with many tickets and 170 lost, 1,200 unhappy with 160 lost; all three: 310 with 131 lost.
WORKED_COUNTS: Mapping[tuple[int, int, int], tuple[int, int]] = {
    (1, 1, 1): (310, 131),
    (1, 1, 0): (200, 4),
    (1, 0, 1): (90, 5),
    (0, 1, 1): (200, 4),
    (1, 0, 0): (400, 30),
    (0, 1, 0): (1290, 31),
    (0, 0, 1): (600, 20),
    (0, 0, 0): (1910, 775),
}


def past_of(
    columns: Mapping[str, Sequence[Value]], lost: Sequence[bool], *, days: int = 700, accounts: Iterable[int] | None = None
) -> Past:
    """Renewals in the order given, their dues spread evenly over the days."""
    n = len(lost)
    dues = [FIRST + timedelta(days=place * days // max(1, n)) for place in range(n)]
    return Past(list(accounts) if accounts is not None else list(range(n)), dues, list(lost), columns)


def worked(seed: int = 7) -> Past:
    """The worked example, mixed over time."""
    rows = [
        (signals, place < lost) for signals, (n, lost) in WORKED_COUNTS.items() for place in range(n)
    ]  # fmt: skip
    random.Random(seed).shuffle(rows)
    columns = {feature.key: [float(signals[i]) for signals, _lost in rows] for i, feature in enumerate(WORKED)}
    return past_of(columns, [lost for _signals, lost in rows])


NOISE = tuple(
    Feature(f"noise_{i}", f"noise_{i}", Risk.HIGH if i % 2 else Risk.LOW, Unit.SHARE if i % 3 else Unit.COUNT) for i in range(18)
)  # fmt: skip
TENURE = Feature("tenure", "tenure", Risk.LOW, Unit.MONTHS)
CSAT = Feature("csat", "csat", Risk.LOW, Unit.OF_TEN)
SIGNAL = (*NOISE, TENURE, CSAT)


def simulated(n: int, seed: int, *, base: float = 0.12, together: float = 0.55) -> Past:
    """Renewals with many figures that mean nothing and two that together do: of young and unhappy ones the share `together` is lost."""
    draw = random.Random(seed)
    columns: dict[str, list[Value]] = {
        feature.key: [draw.gauss(0, 1) if feature.unit is Unit.SHARE else float(draw.randrange(30)) for _ in range(n)] for feature in NOISE
    }
    tenure = [float(draw.randrange(60)) for _ in range(n)]
    csat = [float(draw.randrange(11)) for _ in range(n)]
    lost = [draw.random() < (together if t <= 12 and c <= 4 else base) for t, c in zip(tenure, csat, strict=True)]
    return past_of({**columns, "tenure": list(tenure), "csat": list(csat)}, lost)
