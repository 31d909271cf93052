"""The values of the cuts in what a user may see."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.cuts import CUTS
from accounts.types import Role
from csm_portal.portal.cuts import cut_values
from health.models import ScenarioPeriod
from tests.factories import AccountFactory, TeamFactory, UserFactory, publish
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db


def test_every_cut_lists_the_values_it_takes() -> None:
    team = TeamFactory.make(name="DACH", path="EMEA/DACH/")
    anna = UserFactory.make(email="anna@example.com", team=team)
    run = published_run()
    account = AccountFactory.make(owner=anna, plan="old", tier="gold", industry="food", region="north", lifecycle_stage="live", employees=5)
    state(account, run, plan="pro", products=["crm", "pos"])
    AccountFactory.make(plan="basic")
    publish(run, months=[date(2026, 3, 1)])
    ScenarioPeriod.objects.create(run=run, starts_on=date(2026, 3, 1), account=account, scenario="Approvals", days=1, seats=1, version=1)
    assert cut_values(UserFactory.make(role=Role.ADMIN)) == {
        "csm": ["anna@example.com"],
        "team": ["EMEA/DACH"],
        "product": ["crm", "pos"],
        "plan": ["basic", "pro"],
        "tier": ["gold"],
        "industry": ["food"],
        "region": ["north"],
        "size": ["1-49", "unknown"],
        "stage": ["live"],
        "scenario": ["Approvals"],
    }


def test_values_of_other_books_are_not_told() -> None:
    state(AccountFactory.make(owner=UserFactory.make(), tier="gold"), published_run(), products=["secret"])
    assert cut_values(UserFactory.make()) == {name: [] for name in CUTS}
