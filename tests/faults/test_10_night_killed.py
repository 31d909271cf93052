"""Checks 10 and 11: a night that is killed at random points is the night nobody disturbed, and readers only ever see whole ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from tests.faults import canonical, nights
from tests.faults.hands import Hands
from tests.faults.night_book import Book, day_of
from tests.faults.reader import Reader
from tests.faults.results import control, reported, sized
from tests.faults.sabotage_night import NOTED
from tests.faults.supervisor import POSTGRES, VALKEY, WEB, Supervisor

SABOTAGE = "tests.faults.sabotage_night:"
NIGHTS = sized(2, 20)
KILLS = sized(2, 3)
# Nights of a day that is built again for an account that changed.
AGAIN = sized(2, 10)
SEED = 20261031
TABLES = (*canonical.FIGURES, *nights.FORESEEN)


@dataclass
class Stage:
    """A portal, its book, and how many lines each undisturbed night says."""

    portal: Supervisor
    book: Book
    hands: Hands


@pytest.fixture
def stage(book: Book) -> Iterator[Stage]:
    with Supervisor(book.cluster) as portal:
        portal.start(POSTGRES, VALKEY)
        nights.copy_database(portal, nights.CALM)
        portal.start(WEB)
        with Hands(portal) as hands:
            yield Stage(portal, book, hands)


def test_a_killed_night_goes_on_where_it_was_and_readers_see_whole_ones(stage: Stage) -> None:
    rng = random.Random(SEED)
    with reported("10", "Nightly survives kill") as killed, reported("11", "Atomic publish") as whole:
        calm = 0.0
        with Reader(stage.portal.address, stage.book.token) as reader:
            for night in range(1, NIGHTS + 1):
                for database in (nights.CALM, nights.HARMED):
                    nights.load_late(stage.hands, stage.book, night, database)
                undisturbed = nights.build(stage.hands, night, nights.CALM)
                lines = len(undisturbed.said)
                killed.faults += nights.until_done(stage.hands, night, KILLS, partial(nights.at_random, rng, lines))
                calm += undisturbed.seconds
                found = nights.differing(stage.portal, TABLES)
                killed.differing = (killed.differing or 0) + nights.count(found)
                assert found == {}, f"night {night} (seed {SEED}): rows that differ by table"
        killed.said = f"{NIGHTS} nights on seed {SEED}, {len(TABLES)} tables; an undisturbed one {calm / NIGHTS:.1f} s"
        seen = reader.seen
        whole.faults, whole.differing = killed.faults, len(seen.wrong) + len(seen.torn())
        whole.said = f"{seen.answers} answers while nights were killed, of {len(seen.days)} nights"
        assert seen.wrong == []
        assert seen.torn() == []
        assert len(seen.counts) == 1, f"the number of accounts changed: {sorted(seen.counts)}"
        assert seen.answers > 2 * NIGHTS
        assert len(seen.days) > 1, "the reader saw no night come"
    assert killed.faults > 0


def test_a_night_of_few_accounts_that_is_killed_is_the_night_nobody_disturbed(stage: Stage) -> None:
    rng = random.Random(SEED + 1)
    portal, hands, day = stage.portal, stage.hands, day_of(1)
    with reported("10", "Night of few accounts survives kill") as result:
        for database in (nights.CALM, nights.HARMED):
            nights.load_late(hands, stage.book, 1, database)
            nights.build(hands, 1, database)
        names, calm, result.differing = nights.alone(portal), 0.0, 0
        for number in range(AGAIN):
            account = rng.choice(names)
            for database in (nights.CALM, nights.HARMED):
                # Of that day, then of an earlier one of the same month.
                nights.touch(portal, database, account, day - timedelta(days=number % 2), f"late {number}")
            undisturbed = nights.build(hands, 1, nights.CALM)
            assert nights.about(portal) is not None, "the night was about all accounts"
            result.faults += nights.until_done(hands, 1, KILLS, partial(nights.at_random, rng, len(undisturbed.said)))
            calm += undisturbed.seconds
            found = nights.differing(portal, TABLES)
            result.differing += nights.count(found)
            assert found == {}, f"night {number} (seed {SEED + 1}): rows that differ by table"
        result.said = f"{AGAIN} nights on seed {SEED + 1}, {len(TABLES)} tables; an undisturbed one {calm / AGAIN:.1f} s"
    assert result.faults > 0


def test_check_10_sees_a_ledger_written_before_the_work(stage: Stage) -> None:
    nights.copy_database(stage.portal, "spoiled", nights.CALM)
    night = NIGHTS + 1
    with Hands(stage.portal, sabotage=[SABOTAGE + "ledger_before_work"]) as spoiled, control("10", "chunks noted as done before they are"):
        nights.build(stage.hands, night, nights.CALM)
        # Two chunks are noted and not done.
        for number in (2, 3):
            spoiled.do("night", "spoiled", as_of=day_of(night).isoformat(), kill=nights.on_line(NOTED, number))
        spoiled.do("night", "spoiled", as_of=day_of(night).isoformat())
        assert nights.differing(stage.portal, canonical.FIGURES, other="spoiled") == {}


def test_check_11_sees_current_rows_written_before_the_switch(stage: Stage) -> None:
    with Hands(stage.portal, sabotage=[SABOTAGE + "current_rows_first"]) as spoiled, control("11", "half of the rows before the switch"):
        with Reader(stage.portal.address, stage.book.token) as reader:
            nights.build(spoiled, NIGHTS + 1, nights.HARMED)
        assert reader.seen.wrong == []
        assert reader.seen.torn() == []
