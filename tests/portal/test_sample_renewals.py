"""The sample book's renewals: how many are lost, and how well a health score of 90 days before foretells it."""

from __future__ import annotations

import numpy as np
import pytest

from csm_portal.portal.sample.book import Wish, write_book
from tests.portal.sample_oracle import Oracle, separation


@pytest.fixture(scope="module")
def default_book(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    folder = tmp_path_factory.mktemp("default")
    write_book(folder, Wish())
    return Oracle(folder)


def auc(book: Oracle) -> tuple[float, float]:
    """Of health and of activity alone."""
    scored = book.scored()
    lost = [row.due.lost for row in scored]
    return separation([row.score for row in scored], lost), separation([row.activity for row in scored], lost)


def test_between_an_eighth_and_a_quarter_of_all_dues_are_lost(default_book: Oracle) -> None:
    dues = default_book.dues()
    assert len(dues) > 250
    assert 0.12 <= np.mean([due.lost for due in dues]) <= 0.25


def test_health_ninety_days_before_separates_renewed_from_lost_but_not_well(default_book: Oracle) -> None:
    health, activity = auc(default_book)
    assert 0.70 <= health <= 0.80
    assert 0.5 < activity < health


def test_losses_are_not_all_of_one_kind_and_some_are_silent(default_book: Oracle) -> None:
    lost = {(due.account, due.ends_on) for due in default_book.dues() if due.lost and due.product == "orders"}
    records = [row for own in default_book.own("churns").values() for row in own]
    assert {row["type"] for row in records} == {"voluntary", "satisfied", "involuntary"}
    assert 0.5 * len(lost) < len(records) < len(lost) + 5
    assert any(row["cause_source"] == "refused" and not row["cause"] for row in records)


@pytest.mark.wide
@pytest.mark.parametrize("seed", [7, 8])
def test_other_seeds_of_a_bigger_book_keep_both_promises(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("bigger")
    write_book(folder, Wish(accounts=500, seed=seed))
    book = Oracle(folder)
    assert 0.12 <= np.mean([due.lost for due in book.dues()]) <= 0.25
    health, activity = auc(book)
    assert 0.68 <= health <= 0.82  # half a thousand accounts: give or take 0.02
    assert activity < health
