"""The timeline of an account."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db.models import DateField, DateTimeField

from accounts.models import SurveyResponse, Ticket
from accounts.types import Role
from csm_portal.portal.timeline import SOURCES, timeline
from health.models import Outcome, Rating
from tests.factories import AccountFactory, ContractFactory, SourceFactory, UserFactory
from tests.rest import bearer, get

pytestmark = pytest.mark.django_db


def test_facts_of_every_table_stand_in_order_of_their_days() -> None:
    admin = UserFactory.make(role=Role.ADMIN)
    account = AccountFactory.make(external_id="a", timezone="Asia/Shanghai")
    source, at = SourceFactory.make(), datetime(2026, 3, 1, 20, tzinfo=UTC)
    ContractFactory.make(account=account, external_id="c", starts_on=date(2025, 3, 1), ends_on=date(2026, 3, 1), plan="pro")
    Ticket.objects.create(source=source, external_id="t", account=account, opened_at=at, recorded_at=at, subject="Broken")
    SurveyResponse.objects.create(
        source=source, external_id="s", account=account, kind="nps", score=Decimal(9), scale=10, responded_at=at, recorded_at=at
    )
    Rating.objects.create(account=account, question="sponsor", score=4, rated_on=date(2026, 2, 1), rated_by=admin, recorded_at=at)
    Outcome.objects.create(source=source, external_id="o", account=account, statement="Faster", due_on=date(2026, 6, 1), recorded_at=at)
    found = timeline(admin, account)
    assert [(str(entry.day), entry.kind, entry.text, entry.external_id) for entry in found] == [
        ("2026-06-01", "outcome_due", "Faster", "o"),
        ("2026-03-02", "ticket_opened", "Broken", "t"),
        ("2026-03-02", "survey_answered", "nps 9/10", "s"),
        ("2026-03-01", "contract_ended", "default · pro · 100.00 USD", "c"),
        ("2026-02-01", "rated", "sponsor 4", None),
        ("2025-03-01", "contract_started", "default · pro · 100.00 USD", "c"),
    ]
    assert [entry.kind for entry in timeline(admin, account, date(2026, 2, 1), date(2026, 3, 2))] == ["contract_ended", "rated"]
    rows = get(bearer(admin), "accounts/a/timeline/", from_="2026-03", page_size=1)
    assert rows["results"] == [{"day": "2026-06-01", "kind": "outcome_due", "text": "Faster", "external_id": "o"}]
    assert rows["next"]


def test_facts_of_other_accounts_stay_there() -> None:
    owner = UserFactory.make()
    hers = AccountFactory.make(owner=owner)
    ContractFactory.make(account=hers)
    assert timeline(UserFactory.make(), hers) == []
    assert len(timeline(owner, hers)) == 1
    assert timeline(owner, AccountFactory.make(owner=owner)) == []


def test_every_source_is_dated_by_a_day_or_an_instant() -> None:
    for _kind, model, column, _text in SOURCES:
        assert isinstance(model._meta.get_field(column), DateField | DateTimeField)
