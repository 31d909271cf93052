"""Questions over derived rows: the run that readers see, and agreements in force."""

from __future__ import annotations

from datetime import date

import pytest

from health.models import Run, ScenarioAgreement
from tests import factories as make
from tests.health.march import agreed
from tests.rest import published_run

pytestmark = pytest.mark.django_db


def test_the_latest_published_run_is_that_of_the_latest_day_whenever_it_was_made() -> None:
    assert Run.objects.latest_published() is None
    published_run(date(2026, 3, 14))
    latest = published_run(date(2026, 3, 15))
    published_run(date(2026, 3, 1))
    make.open_run(date(2026, 3, 16))
    assert Run.objects.latest_published() == latest
    again = published_run(date(2026, 3, 15))
    assert Run.objects.visible_to(make.UserFactory.make()).latest_published() == again
    assert Run.objects.visible_to(make.UserFactory.make(is_active=False)).latest_published() is None


def test_the_agreement_in_force_is_the_latest_begun_of_each_account_and_scenario() -> None:
    first, second = make.AccountFactory.make(), make.AccountFactory.make()
    agreed(first, 1, since=date(2026, 1, 1))
    now = agreed(first, 2, since=date(2026, 2, 1))
    agreed(first, 3, since=date(2026, 3, 2))
    other = agreed(first, 4, scenario="T", since=date(2026, 3, 1))
    hers = agreed(second, 5, since=date(2025, 1, 1))
    assert list(ScenarioAgreement.objects.in_force_on(date(2026, 3, 1))) == [now, other, hers]
    assert list(ScenarioAgreement.objects.in_force_on(date(2024, 12, 31))) == []
