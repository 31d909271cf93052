"""What the database itself refuses of who owns what and what is to be reached."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Ownership, Target
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_two_spells_of_one_role_never_overlap() -> None:
    account, first, second = AccountFactory.make(), UserFactory.make(), UserFactory.make()
    Ownership.objects.create(account=account, user=first, role="owner", starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1))
    Ownership.objects.create(account=account, user=second, role="owner", starts_on=date(2026, 3, 1))
    Ownership.objects.create(account=account, user=second, role="co_owner", starts_on=date(2026, 1, 1))
    Ownership.objects.create(account=AccountFactory.make(), user=first, role="owner", starts_on=date(2026, 1, 1))
    with pytest.raises(IntegrityError, match="ownership_one_at_a_time"), transaction.atomic():
        Ownership.objects.create(account=account, user=second, role="owner", starts_on=date(2026, 2, 1), ends_on=date(2026, 2, 2))


def test_a_target_names_one_of_the_headlines() -> None:
    with pytest.raises(IntegrityError, match="target_metric_known"):
        Target.objects.create(user=UserFactory.make(), month=date(2026, 1, 1), metric="logins", value=Decimal("0.9"))
