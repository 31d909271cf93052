"""Frames: days as ordinals, never as FOREVER, stores on the row of their brand, cut by record when asked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from accounts.models import Account
from health import frames
from health.facets.grid import FOREVER
from health.term_reads import read_terms
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = AS_OF.toordinal()


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make(timezone="Asia/Shanghai", lifecycle_stage="live", plan='a,b\n"c"')
    return account


def test_dates_are_ordinals_and_missing_ones_never(account: Account) -> None:
    rows.invoice(account, AS_OF, AS_OF + DAY)
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        assert frames.invoices().to_dict("records") == [
            {"row": 0, "issued": TODAY, "due": TODAY + 1, "failed": 0, "paid": FOREVER, "disputed": 0}
        ]


def test_a_bill_marked_paid_without_a_day_was_paid_when_due(account: Account) -> None:
    rows.invoice(account, AS_OF, AS_OF + 9 * DAY, status="paid")
    rows.invoice(account, AS_OF, None, status="void")
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        assert frames.invoices()["paid"].tolist() == [TODAY + 9]


def test_text_of_any_kind_comes_through(account: Account) -> None:
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        (found,) = frames.accounts().to_dict("records")
    assert (found["stage"], found["plan"], found["tier"], found["size"]) == ("live", 'a,b\n"c"', "", "unknown")
    assert (found["onboarded"], found["live"]) == (FOREVER, FOREVER)


def test_rows_follow_the_order_of_the_chunk_and_stores_their_brand(account: Account) -> None:
    other = make.AccountFactory.make()
    store = make.AccountFactory.make(counts_for=other)
    for owner in (account, other, store):
        rows.ticket(owner, AS_OF)
    with transaction.atomic():
        frames.set_chunk([other.pk, account.pk], "UTC")
        assert sorted(frames.tickets(AS_OF - DAY)["row"]) == [0, 0, 1]


def test_an_instant_falls_on_the_accounts_own_day_else_the_installations(account: Account) -> None:
    other = make.AccountFactory.make()
    for owner in (account, other):
        ticket = rows.ticket(owner, AS_OF)
        ticket.opened_at = ticket.opened_at.replace(hour=18)
        ticket.save()
    with transaction.atomic():
        frames.set_chunk([account.pk, other.pk], "America/New_York")
        found = frames.tickets(AS_OF - DAY).sort_values("row")
    assert found["opened"].tolist() == [TODAY + 1, TODAY]


def test_a_cut_by_record_leaves_out_what_was_recorded_later(account: Account) -> None:
    rows.outcome(account, "on_track", recorded=AS_OF)
    rows.rating(account, AS_OF, 3)
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        assert len(frames.outcomes()) == 1
        assert len(frames.outcomes(known_by=rows.noon(AS_OF))) == 0
        assert len(frames.ratings(known_by=rows.RECORDED)) == 0


def test_a_seats_days_are_bits_from_the_first_day(account: Account) -> None:
    seat = make.SeatFactory.make(account=account, activated_on=None, first_event_on=AS_OF, deactivated_on=AS_OF + DAY, is_executive=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [AS_OF])
        for back, key_actions, logged_in in ((0, 1, False), (2, 0, True), (5, 3, True)):
            cursor.execute(
                "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version)"
                " VALUES (%s, %s, %s, 1, %s, %s, 1)",
                [account.pk, AS_OF - back * DAY, seat.pk, key_actions, logged_in],
            )
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        (found,) = frames.seat_days([account.pk], AS_OF - 3 * DAY, AS_OF).to_dict("records")
    assert (found["key_days"], found["login_days"]) == (0b1000, 0b0010)
    assert (found["start"], found["stop"], found["executive"]) == (TODAY, TODAY + 1, 1)


def test_terms_are_known_from_the_local_day_they_were_recorded(account: Account) -> None:
    make.ContractFactory.make(account=account, starts_on=AS_OF, recorded_at=rows.noon(AS_OF - DAY).replace(hour=20))
    (term,) = read_terms(None, "UTC")
    assert (term.account, term.starts_on, term.known_on) == (account.pk, AS_OF, AS_OF)


def test_the_first_ticket_of_the_installation_dates_the_source() -> None:
    assert frames.first_ticket("UTC", how_to=False) == FOREVER
    rows.ticket(make.AccountFactory.make(), date(2026, 3, 1))
    assert frames.first_ticket("UTC", how_to=False) == date(2026, 3, 1).toordinal()
    assert frames.first_ticket("UTC", how_to=True) == FOREVER


def test_community_days_come_from_events_and_counts_alike(account: Account) -> None:
    make.event(account, AS_OF, "forum_post")
    make.usage(account, AS_OF - DAY, "forum_post")
    make.event(account, AS_OF - 2 * DAY, "other")
    with transaction.atomic():
        frames.set_chunk([account.pk], "UTC")
        found = frames.community_days(["forum_post"], AS_OF - 9 * DAY, AS_OF + DAY)
    assert sorted(found["start"]) == [TODAY - 1, TODAY]
    assert frames.first_community(["forum_post"]) == TODAY - 1
    assert frames.first_community([]) == FOREVER
