"""A score explains itself over REST: bands with reasons, what would turn it green, rows of facets, days and their events."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.types import Role
from health.caps import FACETS
from health.models import HealthScore
from tests import factories as make
from tests.health import graded
from tests.rest import AS_OF, ROOT, bearer, csv_rows, get, published_run

pytestmark = pytest.mark.django_db
OLD = {"when": "old_tickets >= 1", "band": "amber"}


@pytest.fixture
def admin() -> Client:
    return bearer(make.UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def account() -> Account:
    """90 and amber by a cap, 90 and green a week before; one ticket open for long."""
    account: Account = make.AccountFactory.make(external_id="a")
    run = published_run()
    make.define_activity()
    graded.define_health(weights={"support": 1}, caps=[OLD])
    evidence = {"tickets": 1, "open": 1, "old": 1, "escalated": 0, "excess": 0}
    facets = {"support": {"value": 95, "weight": 1, "evidence": evidence}}
    values: dict[str, Any] = {"account": account, "run": run, "coverage": 1, "version": 1, "facets": facets, "score": Decimal("95.0000")}
    HealthScore.objects.create(day=AS_OF, band="amber", caps=[OLD], **values)
    HealthScore.objects.create(day=AS_OF - timedelta(days=7), band="green", **values)
    days = [AS_OF, AS_OF - timedelta(days=7)]
    graded.show(run, "health", *days)  # type: ignore[arg-type]
    make.publish(run, days=days)
    graded.ticket(account, AS_OF - timedelta(days=20), subject="slow")
    graded.graded_day(account, run, AS_OF, 2, key_actions=14, seats=10, active_seats=6)
    return account


def test_a_band_that_moved_without_its_score_says_why_and_what_would_help(admin: Client, account: Account) -> None:
    found = get(admin, "accounts/a/health/explain/", against=str(AS_OF - timedelta(days=7)))
    assert (found["change"], found["band_from"], found["band_to"]) == (0, "green", "amber")
    assert [reason["words"] for reason in found["band_reasons"]] == [
        "amber: capped by 1 ticket open over 7 days",
        "green by the score: 95.0, green from 75",
    ]
    assert [reason["code"] for reason in found["band_changes"]] == ["cap_began"]
    turning = found["turning"]
    assert turning["state"] == "possible"
    assert turning["options"] == [
        {
            "deeds": [
                {
                    "facet": "support",
                    "code": "tickets",
                    "words": "close 1 ticket open over 7 days",
                    "facts": {"tickets": 1, "old": 1},
                }
            ],
            "effort": 1,
            "score": 100,
        }
    ]


@pytest.mark.parametrize("facet", FACETS)
def test_every_facet_lists_rows_also_as_a_file(admin: Client, account: Account, facet: str) -> None:
    rows = get(admin, f"accounts/a/health/facets/{facet}/")["results"]
    assert all(row["facet"] == facet and row["as_of"] == AS_OF.isoformat() and row["version"] == 1 for row in rows)
    lines = csv_rows(admin.get(f"{ROOT}accounts/a/health/facets/{facet}/?format=csv"))
    assert len(lines) == len(rows)
    if facet == "support":
        assert [(row["counts"], row["row"]["subject"], row["row"]["old"]) for row in rows] == [(True, "slow", True)]
        assert lines[0]["row.subject"] == "slow"


def test_a_facet_that_is_none_is_not_found(admin: Client, account: Account) -> None:
    assert admin.get(ROOT + "accounts/a/health/facets/luck/").status_code == 404


def test_a_day_tells_its_rule_parameters_and_events(admin: Client, account: Account) -> None:
    make.event(account, AS_OF, "work", times=14)
    make.event(account, AS_OF, "login")
    found = get(admin, f"accounts/a/activity/{AS_OF}/")
    assert (found["rule"], found["bars"]) == ("medium", {"low": 12, "high": 24, "login": 6})
    assert found["words"].startswith("10 × 60% × 2 = 12;")
    assert (found["parameters"]["low_multiple"], found["parameters"]["active_from"]) == (2, "low")
    assert found["events"].endswith(f"/accounts/a/activity/{AS_OF}/events/")
    events = get(admin, f"accounts/a/activity/{AS_OF}/events/")["results"]
    assert sum(event["weighed"] for event in events) == 14
    assert {event["outcome"] for event in events if event["action"] == "login"} == {"no_key_action"}
    assert len(csv_rows(admin.get(f"{ROOT}accounts/a/activity/{AS_OF}/events/?format=csv"))) == 15


def test_a_day_that_nobody_graded_is_unknown(admin: Client, account: Account) -> None:
    found = get(admin, "accounts/a/activity/2020-01-01/")
    assert (found["level"], found["rule"], found["seats"], found["version"]) == ("unknown", None, None, None)
    assert admin.get(ROOT + "accounts/a/activity/2020-13-41/").status_code == 404


def test_rows_of_a_store_outside_the_book_count_and_are_not_shown(account: Account) -> None:
    csm = make.UserFactory.make()
    Account.objects.filter(pk=account.pk).update(owner=csm)
    store = make.AccountFactory.make(external_id="s", counts_for=account, owner=make.UserFactory.make())
    graded.ticket(store, AS_OF - timedelta(days=3), subject="hidden")
    rows = get(bearer(csm), "accounts/a/health/facets/support/")["results"]
    assert [row["row"]["subject"] for row in rows] == ["slow"]


def test_an_account_that_is_not_yours_does_not_exist(account: Account) -> None:
    stranger = bearer(make.UserFactory.make())
    for path in ("health/explain/", "health/facets/support/", f"activity/{AS_OF}/", f"activity/{AS_OF}/events/"):
        assert stranger.get(f"{ROOT}accounts/a/{path}").status_code == 404
