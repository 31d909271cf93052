"""What a row says of ratings and contacts between nights is what the night will say."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.models import Account, Interaction
from health.fresh_states import refresh_touched
from health.models import AccountState, Rating, Review
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 20)
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def contact(account: Account, at: datetime) -> None:
    Interaction.objects.create(
        source=SourceFactory.make(), external_id=str(at), account=account, kind="call", happened_at=at, recorded_at=at
    )


def rated(account: Account, day: date) -> None:
    Rating.objects.create(account=account, question="value", score=3, rated_on=day, rated_by=UserFactory.make(), recorded_at=AT)


def days(account: Account) -> tuple[date | None, date | None]:
    row = AccountState.objects.get(account=account)
    return row.rated_on, row.last_contact_on


def test_the_latest_of_ratings_calls_and_reviews_counts_up_to_today() -> None:
    account = AccountFactory.make()
    state(account, published_run())
    rated(account, date(2026, 3, 18))
    rated(account, date(2026, 3, 21))
    contact(account, AT)
    Review.objects.create(
        source=SourceFactory.make(), external_id="r", account=account, kind="qbr", held_on=date(2026, 3, 1), recorded_at=AT
    )
    assert refresh_touched([account.pk], DAY) == 1
    assert days(account) == (date(2026, 3, 18), DAY)
    assert refresh_touched([account.pk], DAY) == 0


def test_the_day_of_a_call_is_the_accounts_own() -> None:
    account = AccountFactory.make(timezone="Asia/Shanghai")
    state(account, published_run())
    contact(account, datetime(2026, 3, 18, 20, tzinfo=UTC))
    refresh_touched([account.pk], DAY)
    assert days(account) == (None, date(2026, 3, 19))


def test_what_a_store_hears_counts_for_its_brand_and_both_keep_their_own() -> None:
    run = published_run()
    brand = AccountFactory.make()
    store = AccountFactory.make(counts_for=brand)
    other = AccountFactory.make(counts_for=brand)
    for account in (brand, store, other):
        state(account, run)
    rated(brand, date(2026, 3, 1))
    rated(store, date(2026, 3, 10))
    assert refresh_touched([store.pk], DAY) == 2
    assert [days(account)[0] for account in (brand, store, other)] == [date(2026, 3, 10), date(2026, 3, 10), None]


def test_an_account_that_no_night_has_seen_gets_no_row() -> None:
    account = AccountFactory.make()
    rated(account, DAY)
    assert refresh_touched([account.pk], DAY) == 0
    assert refresh_touched([], DAY) == 0
    assert not AccountState.objects.exists()
