"""Addresses of the churn pages that ask for what there is not, and the currency that losses stand in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, User
from churn.models import ChurnRecord
from tests import factories as make
from tests.portal.june_book import JUNE, file_rows, june_book, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, settings: Any) -> User:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    user = june_book()
    client.force_login(user)
    return user


@pytest.mark.parametrize("asked", ["XXX", "xx", "<b>"])
def test_a_currency_without_a_rate_is_said_to_be_unknown(client: Client, admin: User, asked: str) -> None:
    told = shown(client, admin, f"{JUNE}&currency={asked}").told
    assert (told.currency, told.unknown) == ("USD", asked.upper())
    for page in (f"/churn/{JUNE}&currency={asked}", f"/churn/accounts/{JUNE}&measure=revenue&line=start&currency={asked}"):
        text = client.get(page).content.decode()
        assert "No exchange rate is known for" in text
        assert "<b>" not in text
    assert client.get(f"/churn/export/{JUNE}&currency={asked}").status_code == 400


def test_a_known_currency_and_none_are_not_complained_about(client: Client, admin: User) -> None:
    for query in ("", "&currency=", "&currency=usd"):
        assert shown(client, admin, JUNE + query).told.unknown == ""
        assert client.get(f"/churn/export/{JUNE}{query}").status_code == 200


@pytest.mark.parametrize("query", ["by=plan&group=%00", "by=plan&group=a%00b", "measure=loss&line=all&of_plan=%00"])
def test_a_group_that_no_text_can_name_does_not_exist(client: Client, admin: User, query: str) -> None:
    assert client.get(f"/churn/accounts/{JUNE}&{query}").status_code == 404
    assert client.get(f"/churn/export/{JUNE}&part=accounts&{query}").status_code == 404


def test_losses_say_the_currency_they_stand_in_whatever_is_chosen(client: Client, admin: User, settings: Any) -> None:
    gone = Account.objects.get(external_id="gone")
    ChurnRecord.objects.create(
        account=gone, source=make.SourceFactory.make(), external_id="r1", churned_on=date(2026, 6, 30), recorded_at=make.RECORDED
    )
    part = client.get(f"/churn/types/{JUNE}").content.decode()
    assert "in USD (the reporting currency" in part
    listing = client.get(f"/churn/accounts/{JUNE}&measure=loss&line=all").content.decode()
    assert "in USD, at the rate of the day of the loss" in listing
    last = file_rows(client, f"/churn/export/{JUNE}&part=types")[-1]
    assert "amounts in USD" in str(last)
