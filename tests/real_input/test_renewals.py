"""Renewals of two books that nobody here wrote, through load, define, nightly and REST, against the files read once more in plain words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts.models import Contract
from churn.models import RenewalCase
from csm_portal.lib.periods import add_months
from tests.real_input.test_money import DATA, day, lines, rounded, rows, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wide]
GRACE = 30


@dataclass(eq=False)
class Sold:
    """A row of the file that pays."""

    account: str
    product: str
    starts: date
    ends: date | None
    mrr: Decimal
    taken: bool = False


@dataclass
class Decision:
    """Rows of one account and product that end on the same day, and what follows them."""

    account: str
    ends: date
    product: str
    sold: list[Sold]
    followed: list[Sold] = field(default_factory=list)

    def follow(self, candidates: list[Sold]) -> None:
        window = (self.ends - timedelta(days=90), self.ends + timedelta(days=GRACE))
        fitting = [one for one in candidates if not one.taken and window[0] <= one.starts <= window[1]]
        fitting = [one for one in fitting if one.ends is None or one.ends > self.ends]
        if fitting:
            nearest = min(fitting, key=lambda one: (abs((one.starts - self.ends).days), one.starts))
            nearest.taken = True
            self.followed.append(nearest)

    def state(self, as_of: date) -> str:
        return "renewed" if self.followed else "lost" if as_of > self.ends + timedelta(days=GRACE) else "open"


def decisions(sold: list[Sold], as_of: date) -> list[Decision]:
    """Every decision of the book, as known on the day."""
    by_account: dict[str, list[Sold]] = defaultdict(list)
    for one in sorted(sold, key=lambda one: one.starts):
        if one.starts <= as_of and one.mrr > 0:
            by_account[one.account].append(one)
    found: list[Decision] = []
    for account, book in by_account.items():
        groups: dict[tuple[date, str], list[Sold]] = defaultdict(list)
        for one in book:
            if one.ends is not None:
                groups[one.ends, one.product].append(one)
        mine = [Decision(account, ends, product, rows) for (ends, product), rows in sorted(groups.items())]
        for decision in mine:
            for _ in decision.sold:
                decision.follow([one for one in book if one.product == decision.product])
        for decision in mine:
            if not decision.followed:
                decision.follow(book)
        found += mine
    return found


def compare(client: APIClient, expected: list[Decision], first: date, as_of: date) -> None:
    """Every month: counts, and both rates by amount; rows that start on the same day may follow one another in either order."""
    after = add_months(as_of, 1)
    told = rows(client, "renewals/rates/", from_=first.isoformat(), to=after.isoformat())
    assert [row["period"] for row in told] == sorted({row["period"] for row in told})
    for row in told:
        mine = [one for one in expected if f"{one.ends:%Y-%m}" == row["period"]]
        states = [one.state(as_of) for one in mine]
        assert (row["due"], row["renewed"], row["lost"], row["open"]) == (
            len(mine),
            states.count("renewed"),
            states.count("lost"),
            states.count("open"),
        ), row["period"]
        closed = [one for one in mine if one.state(as_of) != "open"]
        due = sum((one.mrr for decision in closed for one in decision.sold), Decimal(0))
        assert Decimal(row["due_amount"]) == due
        assert row["rate_count"] == rounded(Decimal(states.count("renewed")) / len(closed) if closed else None)


def check_book(as_of: date) -> None:
    """Each paying contract with an end is in one due, and no MRR is lost on the way."""
    paying = Contract.objects.filter(mrr__gt=0, ends_on__isnull=False, starts_on__lte=as_of)
    keys = {(one.account_id, one.product, one.ends_on) for one in paying}
    assert {(case.account_id, case.product, case.ends_on) for case in RenewalCase.objects.all()} == keys
    assert sum(case.due_mrr for case in RenewalCase.objects.all()) == sum(one.mrr for one in paying)


@pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason="shared/data/ravenstack is not here")
def test_overlapping_subscriptions_are_each_due_once(tmp_path: Path) -> None:
    as_of = date(2024, 12, 31)
    client = run("ravenstack", tmp_path, as_of.isoformat(), as_of.isoformat())
    sold = [
        Sold(row["account_id"], "default", date.fromisoformat(row["start_date"]), day(row["end_date"]), Decimal(row["mrr_amount"]))
        for row in lines(DATA / "ravenstack" / "subscriptions.csv")
        if row["is_trial"] == "False" and row["end_date"] != row["start_date"]
    ]
    check_book(as_of)
    compare(client, decisions(sold, as_of), date(2023, 1, 1), as_of)


@pytest.mark.skipif(not (DATA / "fightchurn_sample").is_dir(), reason="shared/data/fightchurn_sample is not here")
def test_chains_of_monthly_terms_with_add_ons_are_each_due_once(tmp_path: Path) -> None:
    as_of = date(2022, 12, 15)
    client = run("fightchurn_sample", tmp_path, as_of.isoformat(), as_of.isoformat())
    sold = [
        Sold(row["account_id"], row["product"], date.fromisoformat(row["start_date"]), day(row["end_date"]), Decimal(row["mrr"]))
        for row in lines(DATA / "fightchurn_sample" / "subscriptions.csv")
    ]
    check_book(as_of)
    compare(client, decisions(sold, as_of), date(2022, 1, 1), as_of)
