"""Named states over REST: one row per account and state, filtered, and never another's."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.types import Role
from tests import factories as make
from tests.rest import ROOT, bearer, csv_rows, faults, get, published_run, state

pytestmark = pytest.mark.django_db
BUSY = {"key": "busy_not_achieving", "evidence": {"window_days": 28, "used_days": 21, "key_days": 0, "outcome": "none"}}
NARROW = {"key": "narrow_but_achieving", "evidence": {"window_days": 28, "features": 1, "names": ["order"], "outcome": "achieved"}}


@pytest.fixture
def owner_client() -> Client:
    """Anna's, who owns two accounts in states; a third is another's."""
    run = published_run()
    anna = make.UserFactory.make(email="anna@example.com")
    for external_id, owner, states in (
        ("a/1", anna, [NARROW]),
        ("b", anna, [BUSY]),
        ("c", None, [BUSY]),
        ("d", anna, []),
        ("e", anna, None),
    ):
        state(make.AccountFactory.make(external_id=external_id, owner=owner, tier="big"), run, named_states=states, states_version=3)
    return bearer(anna)


def test_each_state_is_a_row_with_its_evidence(owner_client: Client) -> None:
    one, two = get(owner_client, "states/")["results"]
    assert one == {
        "account": "a/1",
        "name": "a/1",
        "key": NARROW["key"],
        "evidence": NARROW["evidence"],
        "as_of": "2026-03-15",
        "version": 3,
    }
    assert (two["account"], two["key"]) == ("b", "busy_not_achieving")


def test_rows_are_filtered_by_state_and_by_the_cuts_of_accounts(owner_client: Client) -> None:
    assert [row["account"] for row in get(owner_client, "states/", key="busy_not_achieving")["results"]] == ["b"]
    assert [row["account"] for row in get(owner_client, "states/", external_id="a/1")["results"]] == ["a/1"]
    assert get(owner_client, "states/", tier="small")["results"] == []
    assert faults(owner_client, "states/", key="lazy") == {"key": "invalid"}


def test_the_file_holds_the_same_rows(owner_client: Client) -> None:
    assert [row["key"] for row in csv_rows(owner_client.get(ROOT + "states/?format=csv"))] == [NARROW["key"], BUSY["key"]]


def test_an_admin_sees_all_in_as_many_queries(owner_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    admin = bearer(make.UserFactory.make(role=Role.ADMIN))
    with django_assert_max_num_queries(4):
        assert len(get(admin, "states/")["results"]) == 3
