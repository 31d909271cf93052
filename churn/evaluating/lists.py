"""Goal 5, on any loaded book: lists made on past days from what had closed by then, against what became of them.

The portal's own Mondays tell it too, but only once ten of them are decided. docs/methods/monday.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from churn.calibration.observations import LEAD_DAYS
from churn.evaluating.goal import Finding, judged, unmeasurable
from churn.monday.alone import Sure, alone
from churn.monday.expected import Expected, Proof, expected
from churn.rules.conditions import Feature
from churn.rules.past import Past, folded, half_of, split
from churn.rules.search import search
from csm_portal.lib.estimates import share

# A list every 30 days, of the terms that end 90 … 180 days later: they are looked at with the figures of the days right after it.
STEP, REACH, LEAD = timedelta(days=30), timedelta(days=90), timedelta(days=LEAD_DAYS)
GRACE = timedelta(days=31)
FEWEST_LISTS, FEWEST_NAMED, LEAST_HELD = 5, 10, 0.9


def lists_held(past: Past, features: Sequence[Feature]) -> Finding:
    """In how many of the past lists the number lost lay in the range that was told; each rests on combinations found before its day."""
    name, wanted = "lists made on past days hold what then left", f"in {LEAST_HELD:.0%} of such lists or more"
    known = folded(past)
    tried = [one for day in _days(known) if (one := _list_of(known, features, day))]
    if len(tried) < FEWEST_LISTS:
        why = (
            f"{len(tried)} past days had validated combinations and {FEWEST_NAMED} accounts to name; right would be {FEWEST_LISTS} or more"
        )
        return unmeasurable(5, name, wanted, why)
    held = sum(told.holds(lost) for told, lost in tried)
    told = f"{held} of {len(tried)} lists; expected {sum(one.count for one, _lost in tried):.0f}, lost {sum(lost for _one, lost in tried)}"
    return judged(5, name, wanted, told, met=held >= LEAST_HELD * len(tried))


def _days(past: Past) -> list[date]:
    """Days in steps on which lists can be tried, the latest first: the last whose terms have all closed."""
    found = []
    day = past.days[-1] - LEAD - REACH if len(past) else date.min
    while len(past) and day > past.days[0]:
        found.append(day)
        day -= STEP
    return found


def _list_of(past: Past, features: Sequence[Feature], day: date) -> tuple[Expected, int] | None:
    """What the list of a day told, and how many of it were lost; None where no combination held by then, or too few were named."""
    before = past.at([place for place, due in enumerate(past.days) if due + GRACE < day])
    after = past.at([place for place, due in enumerate(past.days) if day <= due - LEAD < day + REACH])
    held = search(before, features).held if len(before) else []
    if not held:
        return None
    sure = [
        Sure(place, one.conditions, Proof(one.checked.n, one.checked.lost), share(one.checked.lost, one.checked.n).low or 0.0)
        for place, one in enumerate(held)
    ]
    then, taken, named = half_of(after), 0, Counter[Proof]()
    for place, proof in alone(sure, half_of(split(before).checking)).items():
        bits = then.matching(held[place].conditions) & ~taken
        taken |= bits
        named[proof] += bits.bit_count()
    counted = then.count(taken)
    return (expected(named), counted.lost) if counted.n >= FEWEST_NAMED else None
