"""Check 15: one account's figures raise, another's never end, a third's take all memory; everybody else's are published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults import canonical, nights
from tests.faults.hands import Hands
from tests.faults.night_book import Book
from tests.faults.results import control, reported
from tests.faults.supervisor import POSTGRES, Supervisor

SPOIL = "tests.faults.sabotage_night:"
LIMITS = {"PORTAL_NIGHT_CHUNK_SECONDS": "8", "PORTAL_NIGHT_ACCOUNT_SECONDS": "4", "PORTAL_NIGHT_MEMORY_MB": "1024"}
NIGHT = 1
# Accounts that are scored; the first ones in the book's order.
SCORED = "SELECT account_id, a.external_id FROM health_accountstate s JOIN accounts_account a ON a.id = account_id WHERE paying ORDER BY 1"


@dataclass
class Poisoned:
    """A portal whose accounts `raising`, `endless` and `greedy` (key, name) cannot be computed, and the same book undisturbed."""

    portal: Supervisor
    raising: tuple[int, str]
    endless: tuple[int, str]
    greedy: tuple[int, str]

    @property
    def names(self) -> list[str]:
        """Of the three."""
        return [name for _key, name in (self.raising, self.endless, self.greedy)]

    @property
    def environment(self) -> dict[str, str]:
        """Limits, and who they are."""
        keys = {"RAISING_ACCOUNT": self.raising, "ENDLESS_ACCOUNT": self.endless, "GREEDY_ACCOUNT": self.greedy}
        return {**LIMITS, **{name: str(key) for name, (key, _name) in keys.items()}}


@pytest.fixture
def poisoned(book: Book) -> Iterator[Poisoned]:
    with Supervisor(book.cluster) as portal:
        portal.start(POSTGRES)
        found = Poisoned(portal, *[(int(key), str(name)) for key, name in portal.query(SCORED)[1:10:4]])
        nights.copy_database(portal, nights.CALM)
        nights.copy_database(portal, "spoiled")
        yield found


def others(found: dict[str, list[str]], names: list[str]) -> list[str]:
    """Differing rows that do not speak of the three."""
    return [line for lines in found.values() for line in lines if not any(name in line for name in names)]


def test_three_accounts_that_cannot_be_computed_cost_nobody_else_a_figure(poisoned: Poisoned) -> None:
    portal, names = poisoned.portal, poisoned.names
    with reported("15", "Poison account") as result:
        before = portal.query("SELECT account_id, score, band, as_of FROM health_accountstate ORDER BY 1")
        with Hands(portal, sabotage=[SPOIL + "poisoned_accounts"], environment=poisoned.environment) as hands:
            took = nights.build(hands, NIGHT, nights.HARMED).seconds
        with Hands(portal) as hands:
            calm = nights.build(hands, NIGHT, nights.CALM).seconds
            faults = portal.query("SELECT account_id, step, reason FROM health_accountfault WHERE resolved_at IS NULL ORDER BY account_id")
            found = nights.differing(portal, canonical.FIGURES)
            strangers = others(found, names)
            result.faults, result.differing = 3, len(strangers)
            (accounts,) = portal.query("SELECT count(*) FILTER (WHERE stale_since IS NULL), count(*) FROM health_accountstate")
            result.said = f"{accounts[0]} of {accounts[1]} accounts published in {took:.0f} s ({calm:.0f} s undisturbed), 3 kept stale"
            assert [account for account, _step, _reason in faults] == [poisoned.raising[0], poisoned.endless[0], poisoned.greedy[0]]
            assert "a figure that is none" in faults[0][2]
            assert "longer" in faults[1][2]
            assert "memory" in faults[2][2]
            assert strangers == []
            assert portal.query("SELECT state, faults FROM health_run ORDER BY id DESC LIMIT 1") == [("published", 3)]
            kept = {row[0]: row for row in before}
            stale = portal.query("SELECT account_id, score, band, stale_since FROM health_accountstate WHERE stale_since IS NOT NULL")
            assert sorted(stale) == sorted(kept[account] for account, _step, _reason in faults), "not the last good figures"
            # Mended: the next run of the day has them all, as if nothing had been.
            nights.build(hands, NIGHT, nights.HARMED)
            assert nights.differing(portal, canonical.FIGURES) == {}
            assert portal.query("SELECT count(*) FROM health_accountfault WHERE resolved_at IS NULL") == [(0,)]


def test_check_15_sees_a_night_that_fails_with_its_accounts(poisoned: Poisoned) -> None:
    spoilers = [SPOIL + "poisoned_accounts", SPOIL + "no_isolation"]
    with (
        Hands(poisoned.portal, sabotage=spoilers, environment=poisoned.environment) as hands,
        control("15", "one account's failure is all's"),
    ):
        nights.build(hands, NIGHT, "spoiled")
