"""Health per day and its explanation over REST."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.types import Role
from health.models import HealthScore, PublishedSlice, Run
from tests.factories import AccountFactory, UserFactory
from tests.rest import AS_OF, ROOT, bearer, csv_rows, faults, get, published_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return bearer(UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def account() -> Account:
    return AccountFactory.make(external_id="a")


def score(account: Account, run: Run, day: date, value: str | None, *, published: bool = True, **facets: float | None) -> None:
    HealthScore.objects.create(
        account=account, run=run, day=day, score=value and Decimal(value), band="amber", coverage=Decimal("0.5"), version=2,
        facets={key: {"value": one, "weight": 10, "evidence": {"days": 28}} for key, one in facets.items()},
    )  # fmt: skip
    if published:
        PublishedSlice.objects.update_or_create(grain="health", starts_on=day, defaults={"run": run})


def test_health_tells_every_published_day_of_the_span(admin: Client, account: Account) -> None:
    run = published_run()
    for back, value in ((0, "60.0000"), (1, None), (2, "50.0000")):
        score(account, run, AS_OF - timedelta(days=back), value, activity=60, ratings=None)
    score(account, run, AS_OF - timedelta(days=3), "1", published=False)
    rows = get(admin, "accounts/a/health/", from_="2026-03-01", to="2026-03-15")["results"]
    assert [(row["day"], row["score"]) for row in rows] == [("2026-03-13", 50), ("2026-03-14", None)]
    assert rows[0]["facets"] == {
        "activity": {"value": 60, "weight": 10, "evidence": {"days": 28}},
        "ratings": {"value": None, "weight": 10, "evidence": {"days": 28}},
    }
    assert (rows[0]["band"], rows[0]["coverage"], rows[0]["machine"], rows[0]["version"]) == ("amber", 0.5, None, 2)
    assert rows[0]["as_of"] == "2026-03-15"
    assert len(csv_rows(admin.get(ROOT + "accounts/a/health/?format=csv"))) == 3


def test_explain_tells_what_each_facet_did(admin: Client, account: Account) -> None:
    run = published_run()
    score(account, run, AS_OF - timedelta(days=30), "80.0000", activity=80)
    score(account, run, AS_OF, "70.0000", activity=80, ratings=60)
    found = get(admin, "accounts/a/health/explain/")
    assert (found["score_from"], found["score_to"], found["change"]) == (80, 70, -10)
    assert [(item["what"], item["delta"]) for item in found["items"]] == [("activity", -40), ("ratings", 30)]
    assert found["items"][1]["because"] == {"from": None, "to": {"value": 60, "weight": 10, "evidence": {"days": 28}}}
    assert (found["as_of"], found["against"], found["version"]) == ("2026-03-15", "2026-02-13", 2)
    assert [row["what"] for row in csv_rows(admin.get(ROOT + "accounts/a/health/explain/?format=csv"))] == ["activity", "ratings"]


@pytest.mark.parametrize(("then", "now"), [(None, "70.0000"), ("80.0000", None)])
def test_a_change_from_or_to_unknown_is_undefined(admin: Client, account: Account, then: str | None, now: str | None) -> None:
    run = published_run()
    score(account, run, date(2026, 3, 1), then, activity=80)
    score(account, run, date(2026, 3, 2), now, activity=70)
    found = get(admin, "accounts/a/health/explain/", as_of="2026-03-02", against="2026-03-01")
    assert (found["change"], found["items"]) == (None, [])


def test_a_day_without_score_is_unknown_too(admin: Client, account: Account) -> None:
    found = get(admin, "accounts/a/health/explain/", as_of="2026-03-02", against="2026-03-01")
    assert (found["score_from"], found["score_to"], found["change"], found["items"], found["version"]) == (None, None, None, [], None)


@pytest.mark.parametrize("query", [{"as_of": "2026-03-01", "against": "2026-03-01"}, {"against": "2030-01-01"}])
def test_the_earlier_day_comes_first(admin: Client, account: Account, query: dict[str, Any]) -> None:
    published_run()
    assert faults(admin, "accounts/a/health/explain/", **query) == {"against": "against_not_before_as_of"}
