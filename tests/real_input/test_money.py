"""MRR and attrition of two books that nobody here wrote, through load, define, nightly and REST, against the files themselves."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import User
from accounts.types import Role
from csm_portal.lib.periods import periods_from
from tests.churn.money_oracle import Oracle, Row

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EXAMPLES = Path(settings.BASE_DIR) / "examples"
MOVES = ("start", "new", "expansion", "contraction", "churn", "reactivation", "end")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wide]


def run(name: str, rejects: Path, first: str, last: str) -> APIClient:
    call_command("load", str(DATA / name), "--map", str(EXAMPLES / name / "mapping.toml"), "--rejects", str(rejects))
    call_command("define", str(EXAMPLES / name / "definitions.toml"))
    call_command("nightly", "--from", first, "--to", last)
    client = APIClient()
    client.force_authenticate(User.objects.create_user("admin@example.com", "secret", role=Role.ADMIN))
    return client


def lines(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(text.decode("utf-8"), newline="")))


def rows(client: APIClient, path: str, **query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{path}", {name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def compare(client: APIClient, oracle: Oracle, first: date, as_of: date) -> None:
    """Every month and quarter, and windows of odd lengths: amounts to the cent, rates to six places, counts."""
    span = {"from_": first.isoformat(), "to": (as_of + timedelta(days=1)).isoformat()}
    for grain in ("month", "quarter"):
        periods = periods_from(grain, first, as_of + timedelta(days=1))
        agree(client, oracle, [(one.first, min(one.last, as_of)) for one in periods], grain=grain, **span)
    for begins, length in ((first, 365), (first + timedelta(days=44), 97), (as_of - timedelta(days=90), 90), (as_of, 1)):
        after = begins + timedelta(days=length)
        agree(
            client, oracle, [(begins, min(after - timedelta(days=1), as_of))], grain="span", from_=begins.isoformat(), to=after.isoformat()
        )


def agree(client: APIClient, oracle: Oracle, periods: list[tuple[date, date]], **query: str) -> None:
    money = rows(client, "churn/mrr/", **query)
    logos = rows(client, "churn/attrition/", measure="logo", **query)
    revenue = rows(client, "churn/attrition/", measure="revenue", **query)
    assert len(money) == len(logos) == len(revenue) == len(periods)
    for (begins, close), mrr, logo, kept in zip(periods, money, logos, revenue, strict=True):
        expected = oracle.period(begins, close)
        assert [Decimal(mrr[name]) for name in MOVES] == [getattr(expected, name) for name in MOVES], mrr["period"]
        start, new, expansion, contraction, churn, reactivation, end = (Decimal(mrr[name]) for name in MOVES)
        assert start + new + expansion + reactivation - contraction - churn == end
        assert mrr["grr"] == rounded(expected.grr)
        assert mrr["nrr"] == rounded(expected.nrr)
        assert (logo["start"], logo["lost"], logo["joined"]) == (expected.logos, expected.logos_lost, expected.logos_joined)
        assert logo["rate"] == rounded(Decimal(expected.logos_lost) / expected.logos if expected.logos else None)
        assert kept["rate"] == rounded(None if expected.grr is None else 1 - expected.grr)


def rounded(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 6))


@pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason="shared/data/ravenstack is not here")
def test_overlapping_subscriptions_reconcile_to_the_cent(tmp_path: Path) -> None:
    as_of = date(2024, 12, 31)
    client = run("ravenstack", tmp_path, as_of.isoformat(), as_of.isoformat())
    sold = [row for row in lines(DATA / "ravenstack" / "subscriptions.csv") if row["is_trial"] == "False"]
    oracle = Oracle(
        Row(row["account_id"], date.fromisoformat(row["start_date"]), day(row["end_date"]), Decimal(row["mrr_amount"]))
        for row in sold
        if row["end_date"] != row["start_date"]
    )
    compare(client, oracle, date(2023, 1, 1), as_of)
    by_plan = rows(client, "churn/mrr/", by="plan", from_="2023-01-01", to="2025-01-01")
    whole = rows(client, "churn/mrr/", from_="2023-01-01", to="2025-01-01")
    for month in whole:
        parts = [row for row in by_plan if row["period"] == month["period"]]
        assert [sum(Decimal(row[name]) for row in parts) for name in MOVES] == [Decimal(month[name]) for name in MOVES]


@pytest.mark.skipif(not (DATA / "fightchurn_sample").is_dir(), reason="shared/data/fightchurn_sample is not here")
def test_chained_terms_with_add_ons_and_the_seats_of_their_events_agree(tmp_path: Path) -> None:
    as_of = date(2022, 12, 15)  # inside a month: what ends later is no churn
    client = run("fightchurn_sample", tmp_path, "2022-01-01", as_of.isoformat())
    terms = lines(DATA / "fightchurn_sample" / "subscriptions.csv")
    sold = [
        Row(row["account_id"], date.fromisoformat(row["start_date"]), day(row["end_date"]), Decimal(row["mrr"]), row["product"])
        for row in terms
    ]
    compare(client, Oracle(sold), date(2022, 1, 1), as_of)
    months = rows(client, "churn/mrr/", from_="2022-12-01", to="2023-01-01")
    assert [row["provisional"] for row in months] == [True]
    compare_products(client, sold)
    compare_seats(client, as_of)


def compare_products(client: APIClient, sold: list[Row]) -> None:
    """By product each account stands once per product that it bought."""
    found = rows(client, "churn/mrr/", by="product", from_="2022-06-01", to="2022-07-01")
    expected = {
        product: Oracle(row for row in sold if row.product == product).period(date(2022, 6, 1), date(2022, 6, 30))
        for product in {row.product for row in sold}
    }
    assert {row["group"]: [Decimal(row[name]) for name in MOVES] for row in found} == {
        product: [getattr(one, name) for name in MOVES] for product, one in expected.items() if one.start or one.end
    }


def compare_seats(client: APIClient, as_of: date) -> None:
    """Of the people with a key action in the month (week) before, those without one in this."""
    folder = DATA / "fightchurn_sample"
    key = {"quote", "win_opportunity", "create_opportunity", "advance_stage", "lose_opportunity", "meeting", "add_contact", "add_lead"}
    names = {row["event_type_id"]: row["event_type_name"] for row in lines(folder / "event_types.csv")}
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for row in lines(folder / "events.csv.gz"):
        if names[row["event_type_id"]] in key:
            days[row["account_id"], row["user_id"]].add(date.fromisoformat(row["event_time"][:10]))
    for grain, first in (("month", date(2022, 2, 1)), ("week", date(2022, 10, 3)), ("quarter", date(2022, 4, 1))):
        periods = periods_from(grain, first, as_of + timedelta(days=1))
        before = periods_from(grain, first - timedelta(days=100), first)[-1]
        found = rows(client, "churn/attrition/", measure="seat", grain=grain, from_=first.isoformat(), to=as_of.isoformat(), detail="1")
        assert len(found) == len(periods)
        for earlier, period, told in zip([before, *periods], periods, found, strict=False):
            was = {seat for seat, acted in days.items() if any(day in earlier for day in acted)}
            stays = {seat for seat, acted in days.items() if any(day in period and day <= as_of for day in acted)}
            assert (told["start"], told["lost"], told["joined"]) == (len(was), len(was - stays), len(stays - was)), told["period"]
            assert set(told["ids"]["lost"]) == {"/".join(seat) for seat in was - stays}


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
