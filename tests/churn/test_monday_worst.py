"""The worst tenth of the scores: border from the older half, proof from the newer, and what speaks against it."""

from __future__ import annotations

import random
from datetime import date, timedelta

from churn.monday.worst import Seen, Worst, worst_tenth

FIRST = date(2024, 1, 1)


def past(n: int, told: bool, seed: int = 3) -> list[Seen]:
    """Renewals a day apart, a fifth lost; where `told` those with low scores."""
    dice = random.Random(seed)
    rows = []
    for place in range(n):
        score = dice.uniform(0, 100)
        chance = max(0.0, 0.8 - score / 50) if told else 0.2
        rows.append(Seen(FIRST + timedelta(days=place), score, dice.random() < chance))
    return rows


def test_no_renewals_prove_nothing() -> None:
    assert worst_tenth([]) == Worst(0.0, 0, 0, 0, 0, None, None, "few")
    assert worst_tenth(past(1, told=True)).why == "few"


def test_scores_that_foretell_losses_make_a_border_proven_on_newer_renewals() -> None:
    rows = past(600, told=True)
    found = worst_tenth(rows)
    assert found.why == ""
    assert 5 < found.border < 15
    newer = rows[300:]
    below = [one for one in newer if one.score <= found.border]
    assert (found.n, found.lost) == (len(below), sum(one.lost for one in below))
    assert (found.base_n, found.base_lost) == (300, sum(one.lost for one in newer))
    assert (found.checked_from, found.checked_to) == (newer[0].ends_on, newer[-1].ends_on)
    assert found.lost / found.n > 2 * found.base_lost / found.base_n


def test_scores_that_foretell_nothing_are_said_to() -> None:
    whys = [worst_tenth(past(800, told=False, seed=seed)).why for seed in range(12)]
    assert whys.count("no_difference") >= 11


def test_worst_scores_that_lose_less_than_all_are_no_matter_of_too_little_history() -> None:
    # Every eighth was lost, but none of those with the worst scores.
    rows = [Seen(date(2024, 1, 1) + timedelta(days=day), float(day % 100), lost=day % 100 >= 10 and day % 8 == 0) for day in range(700)]
    found = worst_tenth(rows)
    assert (found.lost, found.why) == (0, "no_difference")


def test_all_renewed_or_a_single_loss_prove_nothing() -> None:
    renewed = [Seen(one.ends_on, one.score, lost=False) for one in past(400, told=True)]
    assert worst_tenth(renewed).why == "few"
    assert worst_tenth([*renewed, Seen(date(2026, 1, 1), 1.0, lost=True)]).why == "few"


def test_order_of_the_renewals_is_nothing() -> None:
    rows = past(500, told=True)
    assert worst_tenth(rows[::-1]) == worst_tenth(rows)
