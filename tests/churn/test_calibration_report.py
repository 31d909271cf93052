"""The report put together, and what it says of books that say nothing."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from churn.calibration.report import Report, report
from churn.calibration.tables import Judged

FIRST = date(2025, 1, 5)


def rows(n: int, *, signal: float = 1.5, seed: int = 1, base: float = 1.4, **fields: Any) -> list[Judged]:
    """Renewals every second day with a score that tells `signal`, each with its true chance as the expected one."""
    draw, made = random.Random(seed), []
    for at in range(n):
        score = min(100.0, max(0.0, draw.gauss(65, 20)))
        chance = 1 / (1 + 2.718281828 ** -(base + signal * (score - 50) / 25))
        renewed = draw.random() < chance
        band = "red" if score < 50 else "amber" if score < 75 else "green"
        values: dict[str, Any] = {"amount": 100.0, "kept": 100.0 if renewed else 0.0, "expected": chance, **fields}
        made.append(Judged(account_id=at, ends_on=FIRST + timedelta(days=2 * at), renewed=renewed, score=score, band=band, **values))
    return made


def told(found: list[Judged], earlier: list[float | None] | None = None) -> Report:
    return report(found, 0, earlier or [None] * len(found))


def test_a_book_with_signal_separates_and_its_chances_come_true() -> None:
    found = told(rows(600))
    assert found.enough
    assert found.separates
    assert found.auc
    assert found.auc.low
    assert found.auc.low > 0.7
    assert found.fault
    assert found.fault.groups == 10
    assert found.fault.value < found.fault.chance_95
    assert found.brier
    assert found.brier_of_base
    assert found.brier < found.brier_of_base
    assert found.worst_lift
    assert found.worst_lift.lift
    assert found.worst_lift.lift > 2
    assert not found.drifts
    assert not found.leak.warns


def test_a_book_without_signal_does_not_separate_and_its_interval_holds_a_half() -> None:
    found = told(rows(600, signal=0))
    assert found.separates is False
    assert found.auc
    assert found.auc.low
    assert found.auc.high
    assert found.auc.low < 0.5 < found.auc.high


def test_shuffled_labels_tell_nothing_over_ten_shuffles() -> None:
    book = rows(400)
    outside = 0
    for seed in range(10):
        draw = random.Random(seed)
        labels = [one.renewed for one in book]
        draw.shuffle(labels)
        turned = zip(book, labels, strict=True)
        found = told([Judged(one.account_id, one.ends_on, label, one.score, one.band, None, None, None) for one, label in turned])
        assert found.auc
        assert found.auc.low
        assert found.auc.high
        outside += not found.auc.low <= 0.5 <= found.auc.high
        assert not found.separates
    assert outside <= 2


@pytest.mark.parametrize("book", [[], [True] * 60, [False] * 60, [True] * 59 + [False]])
def test_nothing_all_renewed_all_lost_or_one_lost_are_not_enough(book: list[bool]) -> None:
    found = told([Judged(at, FIRST, renewed, 50.0 + at / 10, "amber", None, 100.0, 0.0) for at, renewed in enumerate(book)])
    assert not found.enough
    assert found.separates is None
    assert not found.leak.warns
    assert found.fault is None
    assert (found.n, found.lost) == (len(book), book.count(False))


def test_without_any_score_the_rates_still_stand() -> None:
    found = told([Judged(at, FIRST, at > 2, None, None, None, 100.0, 100.0) for at in range(60)])
    assert (found.n, found.lost, found.scored, found.auc) == (60, 3, 0, None)
    assert found.months[0].rate.n == 60
    assert found.parts == []


def test_an_account_with_many_renewals_counts_once_in_the_interval() -> None:
    book = rows(200)
    copied = [Judged(one.account_id, one.ends_on, one.renewed, one.score, one.band, None, None, None) for one in book for _copy in range(5)]
    once, often = told(book).auc, told(copied).auc
    assert once
    assert often
    assert often.value == pytest.approx(once.value)
    assert often.low == pytest.approx(once.low, abs=0.01)


def test_involuntary_losses_are_told_apart() -> None:
    book = [*rows(300), *[Judged(1000 + at, FIRST, False, 95.0, "green", None, 50.0, 0.0, "involuntary") for at in range(12)]]
    every, chosen, involuntary = told(book).kinds
    assert (involuntary.lost, involuntary.green, involuntary.amount) == (12, 12, 600)
    assert every.lost == chosen.lost + 12
    assert every.auc
    assert chosen.auc
    assert involuntary.auc
    assert involuntary.auc.value < every.auc.value < chosen.auc.value


def test_two_quarters_beyond_chance_the_same_way_light_the_notice() -> None:
    book = [Judged(at, FIRST + timedelta(days=at), at % 2 == 0, 50.0, "amber", 0.9, 100.0, 100.0) for at in range(175)]
    assert told(book).drifts == ["2025-Q2"]
    assert told(book[:80]).drifts == []


def test_a_score_that_orders_too_well_lights_the_warning() -> None:
    found = told(rows(400, signal=8))
    assert found.leak.too_good
    assert not found.leak.too_sudden
    assert found.leak.warns


def test_quarters_hold_what_was_lost_in_green() -> None:
    book = [Judged(1, FIRST, False, 80.0, "green", 0.9, 70.0, 0.0), Judged(2, FIRST, False, 20.0, "red", 0.4, 30.0, 0.0)]
    (quarter,) = told(book).quarters
    assert (quarter.name, quarter.green_lost, quarter.lost_of_told) == ("2025-Q1", 70, 2)
    assert quarter.expected_lost == pytest.approx(0.7)
