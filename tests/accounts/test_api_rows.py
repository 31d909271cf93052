"""Seats, contracts, events and tickets of an account over REST."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import Account, Event, Ticket
from accounts.types import Role
from tests.factories import AccountFactory, ContractFactory, SeatFactory, SourceFactory, UnitFactory, UserFactory, event
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return bearer(UserFactory.make(role=Role.ADMIN))


@pytest.fixture
def account() -> Account:
    return AccountFactory.make(external_id="a")


def test_seats_come_with_their_unit(admin: Client, account: Account) -> None:
    SeatFactory.make(account=account, external_id="s2", unit=UnitFactory.make(account=account, name="Berlin"), kind="bot")
    SeatFactory.make(account=account, external_id="s1", persona="admin")
    SeatFactory.make(external_id="elsewhere")
    rows = get(admin, "accounts/a/seats/")["results"]
    assert [(row["external_id"], row["unit"], row["kind"], row["persona"]) for row in rows] == [
        ("s1", None, "human", "admin"),
        ("s2", "Berlin", "bot", ""),
    ]
    assert (rows[0]["activated_on"], rows[0]["deactivated_on"]) == ("2000-01-01", None)


def test_money_of_contracts_is_text_and_an_open_end_is_null(admin: Client, account: Account) -> None:
    ContractFactory.make(account=account, external_id="later", starts_on=date(2026, 1, 1))
    ContractFactory.make(
        account=account,
        external_id="first",
        starts_on=date(2025, 1, 1),
        ends_on=date(2026, 1, 1),
        mrr=Decimal("99.9"),
        amount=Decimal(1200),
    )
    rows = get(admin, "accounts/a/contracts/")["results"]
    assert [row["external_id"] for row in rows] == ["first", "later"]
    assert (rows[0]["mrr"], rows[0]["amount"], rows[0]["ends_on"]) == ("99.90", "1200.00", "2026-01-01")
    assert (rows[1]["amount"], rows[1]["ends_on"]) == (None, None)


def test_events_of_a_span_come_latest_first(admin: Client, account: Account) -> None:
    seat = SeatFactory.make(account=account, external_id="s")
    event(account, date(2026, 3, 1), "login", seat=seat)
    event(account, date(2026, 3, 2), "order", quantity="2.5", value=10)
    event(account, date(2026, 3, 2), "order", at=time(18))
    event(account, date(2026, 2, 28))
    rows = get(admin, "accounts/a/events/", from_="2026-03-01", to="2026-03-03")["results"]
    assert [(row["day"], row["action"], row["quantity"], row["value"], row["seat_external_id"]) for row in rows] == [
        ("2026-03-02", "order", 1, None, None),
        ("2026-03-02", "order", 2.5, "10", None),
        ("2026-03-01", "login", 1, None, "s"),
    ]
    assert rows[0]["source_name"] == "files"


def test_events_of_one_instant_page_without_loss(admin: Client, account: Account) -> None:
    event(account, date(2026, 3, 1), times=5)
    seen, page = [], get(admin, "accounts/a/events/", page_size=2)
    while True:
        seen += [row["message_id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = admin.get(page["next"]).json()
    assert sorted(seen) == sorted(Event.objects.values_list("message_id", flat=True))


def test_tickets_of_a_span(admin: Client, account: Account) -> None:
    for number, day in enumerate([1, 2, 3]):
        opened = datetime(2026, 3, day, 23, tzinfo=UTC)
        Ticket.objects.create(
            source=SourceFactory.make(),
            external_id=f"t{number}",
            account=account,
            opened_at=opened,
            recorded_at=opened,
            satisfaction=Decimal("4.50"),
        )
    rows = get(admin, "accounts/a/tickets/", from_="2026-03-02")["results"]
    assert [(row["external_id"], row["satisfaction"], row["scale"]) for row in rows] == [("t2", 4.5, 5), ("t1", 4.5, 5)]
    assert faults(admin, "accounts/a/tickets/", from_="2026-03-02", to="2026-03-01") == {"from": "from_not_before_to"}


def test_rows_come_as_a_file_too(admin: Client, account: Account) -> None:
    SeatFactory.make(account=account, external_id="=cmd()", name="-5")
    row = csv_rows(admin.get(ROOT + "accounts/a/seats/?format=csv"))[0]
    assert (row["external_id"], row["is_executive"], row["unit"]) == ("'=cmd()", "false", "")
