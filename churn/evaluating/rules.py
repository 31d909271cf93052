"""Goal 5: combinations hold outside what they were found on, noise yields none, the search is quick, and the Monday's range holds.

docs/methods/risk-rules.md, docs/methods/monday.md.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import TYPE_CHECKING

from churn.as_of import Basis
from churn.evaluating.goal import Finding, judged, unmeasurable
from churn.evaluating.lists import lists_held
from churn.monday.listing import mondays
from churn.rules.conditions import FEATURES, Feature
from churn.rules.disguise import judged as disguised
from churn.rules.past import Past
from churn.rules.reading import gather
from churn.rules.search import Found, search

if TYPE_CHECKING:
    from accounts.models import User

LOST_FOR_LIFT, LEAST_KEPT, SHUFFLES, SEED = 200, 0.8, 10, 7
MOST_SECONDS, FULL = 5.0, (40, 5_000)
FEWEST_MONDAYS, LEAST_HELD = 10, 0.9


def combinations(basis: Basis) -> list[Finding]:
    """All parts but the Mondays' own, on all that the installation knows; figures that only tell the outcome again stand aside."""
    past = gather(basis.as_of, later=False).past
    refused = {one.feature for one in disguised(FEATURES, past.lost, past.values, past.values)}
    features = [one for one in FEATURES if one.key not in refused]
    return [*found_in(past, features), lists_held(past, features)]


def found_in(past: Past, features: Sequence[Feature]) -> list[Finding]:
    """The first three parts on any past renewals."""
    began = time.perf_counter()
    found = search(past, features)
    taken = time.perf_counter() - began
    return [_kept(found), _noise(past, features, found), _speed(found, taken)]


def mondays_held(user: User, basis: Basis) -> Finding:
    """How often a Monday's range held the number that then left; `user` sees all."""
    name, wanted = "a Monday's range holds what then left", f"in {LEAST_HELD:.0%} of decided Mondays or more"
    decided = [one.holds for one in mondays(user, basis) if one.accounts and one.holds is not None]
    if len(decided) < FEWEST_MONDAYS:
        return unmeasurable(5, name, wanted, f"{len(decided)} Mondays are decided; right would be {FEWEST_MONDAYS} or more")
    share = sum(decided) / len(decided)
    return judged(5, name, wanted, f"{share:.0%} of {len(decided)} Mondays", met=share >= LEAST_HELD)


def _kept(found: Found) -> Finding:
    name, wanted = "validated combinations keep their lift", f"out / in of {LEAST_KEPT} or more, from {LOST_FOR_LIFT} lost on"
    if found.whole.lost < LOST_FOR_LIFT:
        return unmeasurable(
            5, name, wanted, f"{found.whole.lost:,} lost of {found.whole.n:,} renewals; right would be {LOST_FOR_LIFT} or more"
        )
    base_in, base_out = found.training.rate, found.checking.rate
    rates = [(one.checked.rate, one.expected, one.found.rate) for one in found.held]
    kept = [(out / expected, out / counted) for out, expected, counted in rates if out is not None and expected and counted]
    if not kept or not base_in or not base_out:
        return unmeasurable(5, name, wanted, f"no combination was validated ({found.why})")
    # Lift is rate over base, in each half its own.
    told, raw = (mean(one[side] for one in kept) * base_in / base_out for side in (0, 1))
    why = "of the lift that the older half makes expect; of the lift as counted there, in which the search's own choice stands"
    return judged(5, name, wanted, f"{told:.2f} {why}, {raw:.2f}; over {len(kept)} combinations", met=told >= LEAST_KEPT)


def _noise(past: Past, features: Sequence[Feature], found: Found) -> Finding:
    name, wanted = "shuffled outcomes validate nothing", f"0 combinations over {SHUFFLES} shuffles"
    if not 0 < found.whole.lost < found.whole.n:
        return unmeasurable(5, name, wanted, "no renewals, or all of them ended alike")
    held = 0
    for seed in range(SHUFFLES):
        lost = list(past.lost)
        random.Random(SEED + seed).shuffle(lost)  # noqa: S311 - no secret
        held += len(search(replace(past, lost=lost), features).held)
    return judged(5, name, wanted, f"{held}", met=held == 0)


def _speed(found: Found, seconds: float) -> Finding:
    name = "the search is quick"
    wanted = f"at most {MOST_SECONDS:g} s for {FULL[0]} conditions x {FULL[1]:,} renewals"
    told = f"{seconds:.2f} s for {len(found.conditions)} conditions x {found.whole.n:,} renewals"
    if not found.conditions:
        return unmeasurable(5, name, wanted, f"nothing to search ({found.why})")
    size = max(found.whole.n / FULL[1], 1.0)
    return judged(5, name, wanted, told, met=seconds <= MOST_SECONDS * size)
