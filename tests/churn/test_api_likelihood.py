"""The likelihood of renewal over REST."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.types import Role
from churn.models import Likelihood, LikelihoodModel
from tests.factories import UserFactory
from tests.portal.shown_book import AS_OF, shown
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
PATH = "churn/likelihood/"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = AS_OF + timedelta(days=1)


def test_each_account_of_the_viewer_has_its_likelihood_as_told_on_the_day(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    anna, other = UserFactory.make(), UserFactory.make()
    mine, theirs = shown(anna, "mine"), shown(other, "theirs")
    model = LikelihoodModel.objects.create(as_of=date(2026, 10, 1), basis="score", n=80, lost=12, body={"version": 3})
    for account, value, day in ((mine, "0.8", date(2026, 10, 1)), (mine, "0.6", AS_OF), (theirs, "0.9", AS_OF)):
        Likelihood.objects.create(account=account, day=day, value=value, low="0.5", high="0.95", basis="score", model=model)
    client = bearer(anna)
    with django_assert_max_num_queries(8):
        (row,) = get(client, PATH)["results"]
    assert row == {
        "account_external_id": "mine", "account": "mine", "likelihood": 0.6, "low": 0.5, "high": 0.95, "basis": "score",
        "since": AS_OF.isoformat(), "fitted_on": "2026-10-01", "as_of": AS_OF.isoformat(), "version": 3,
    }  # fmt: skip
    (then,) = get(client, PATH, as_of="2026-11-01")["results"]
    assert (then["likelihood"], then["since"], then["as_of"]) == (0.8, "2026-10-01", "2026-11-01")
    assert get(client, PATH, account="theirs")["results"] == []
    everything = bearer(UserFactory.make(role=Role.ADMIN))
    assert [one["account_external_id"] for one in get(everything, PATH)["results"]] == ["mine", "theirs"]
    assert csv_rows(everything.get(ROOT + PATH, {"account": "theirs", "format": "csv"}))[0]["likelihood"] == "0.9"


def test_before_the_first_night_nothing_is_told_and_a_day_that_is_none_is_refused() -> None:
    client = bearer(UserFactory.make())
    assert get(client, PATH)["results"] == []
    assert faults(client, PATH, as_of="soon")
