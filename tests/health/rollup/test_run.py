"""Seat days in PostgreSQL: what counts, for whom, and that only dirty days are redone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Account, DirtyDay
from health.models import SeatDay
from health.rollup.run import roll_up
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 5)


def rolled(first: date = DAY, last: date = DAY) -> dict[int, SeatDay]:
    """Seat days of the span by seat."""
    run = make.open_run(last)
    make.claim(run)
    roll_up(run.pk, first, last)
    return {row.seat_id: row for row in SeatDay.objects.filter(day__range=(first, last))}


def test_weight_times_quantity_is_summed_per_seat() -> None:
    make.define_activity(key_actions={"work": 1, "approve": "2.5"})
    account = make.AccountFactory.make()
    ann, bob = make.SeatFactory.make(account=account), make.SeatFactory.make(account=account)
    make.event(account, DAY, "work", seat=ann, times=3)
    make.event(account, DAY, "approve", seat=ann, quantity=2)
    make.event(account, DAY, "browse", seat=bob)
    rows = rolled()
    assert rows[ann.pk].key_actions == Decimal(8)
    assert rows[ann.pk].events == 4
    assert (rows[bob.pk].key_actions, rows[bob.pk].logged_in) == (Decimal(0), True)


def test_bots_and_excluded_seats_count_in_nothing() -> None:
    make.define_activity(excluded_personas=["admin"], excluded_email_domains=["own.example"])
    account = make.AccountFactory.make()
    for fields in ({"kind": "bot"}, {"persona": "admin"}, {"email": "Tester@OWN.example"}):
        make.event(account, DAY, seat=make.SeatFactory.make(account=account, **fields))
    assert rolled() == {}


def test_an_event_without_seat_counts_as_seat_zero() -> None:
    make.define_activity()
    account = make.AccountFactory.make()
    make.event(account, DAY, times=4)
    assert rolled()[0].key_actions == 4


def test_a_passive_action_is_value_but_no_login() -> None:
    make.define_activity(key_actions={"report_opened": 1}, passive_actions=["report_opened"])
    seat = make.SeatFactory.make()
    make.event(seat.account, DAY, "report_opened", seat=seat)
    row = rolled()[seat.pk]
    assert (row.key_actions, row.logged_in) == (Decimal(1), False)


def test_under_a_condition_a_qualifying_event_weighs_once_whatever_its_quantity() -> None:
    make.define_activity(key_actions={"watch": 3}, conditions={"watch": {"min_quantity": 60}})
    seat = make.SeatFactory.make()
    for seconds in (59, "59.999999", 60, 600):
        make.event(seat.account, DAY, "watch", seat=seat, quantity=seconds)
    make.usage(seat.account, DAY, "watch", seat=seat, quantity=600)
    assert rolled()[seat.pk].key_actions == 6


def test_events_and_daily_counts_give_the_same_seat_days() -> None:
    make.define_activity(key_actions={"work": "0.5", "approve": 2}, scenarios=[{"name": "S", "actions": ["approve"]}])
    make.define_north_star(action="approve", threshold=10)
    one, two = make.SeatFactory.make(), make.SeatFactory.make()
    make.event(one.account, DAY, "work", seat=one, times=3)
    make.event(one.account, DAY, "approve", seat=one, times=2)
    make.event(one.account, DAY, "work", times=5)
    make.usage(two.account, DAY, "work", seat=two, quantity=3)
    make.usage(two.account, DAY, "approve", seat=two, quantity=2)
    make.usage(two.account, DAY, "work", quantity=5)
    rolled()
    keep = ("key_actions", "logged_in", "scenarios", "north_star", "version")
    by_events = list(SeatDay.objects.filter(account=one.account).order_by("seat_id").values(*keep))
    by_counts = list(SeatDay.objects.filter(account=two.account).order_by("seat_id").values(*keep))
    assert by_events == by_counts
    assert by_events[1] == {"key_actions": Decimal("5.5"), "logged_in": True, "scenarios": 1, "north_star": 2, "version": 1}


def test_a_daily_count_of_zero_is_no_activity() -> None:
    make.define_activity()
    seat = make.SeatFactory.make()
    make.usage(seat.account, DAY, seat=seat, quantity=0)
    assert rolled() == {}


def test_distinct_seats_take_the_largest_count_of_an_account_and_add_up_over_its_stores() -> None:
    make.define_activity(passive_actions=["mail"])
    brand = make.AccountFactory.make()
    stores = [make.AccountFactory.make(parent=brand, counts_for=brand) for _ in range(2)]
    make.usage(stores[0], DAY, "work", distinct=30)
    make.usage(stores[0], DAY, "other", distinct=20)
    make.usage(stores[0], DAY, "mail", distinct=90)
    make.usage(stores[1], DAY, "work", distinct=25)
    row = rolled()[0]
    assert (row.account_id, row.distinct_seats, row.events) == (brand.pk, 55, 4)


def test_a_store_without_contract_counts_for_its_brand() -> None:
    make.define_activity()
    brand = make.AccountFactory.make()
    store = make.AccountFactory.make(parent=brand, counts_for=brand)
    seat = make.SeatFactory.make(account=store)
    make.event(store, DAY, seat=seat)
    assert rolled()[seat.pk].account_id == brand.pk


def test_a_store_that_stops_counting_for_its_brand_takes_its_seat_days_along() -> None:
    make.define_activity()
    brand = make.AccountFactory.make()
    store = make.AccountFactory.make(parent=brand, counts_for=brand)
    seat = make.SeatFactory.make(account=store)
    make.event(store, DAY, seat=seat)
    rolled()
    Account.objects.filter(pk=store.pk).update(counts_for=None)
    make.mark(brand, DAY)
    make.mark(Account.objects.get(pk=store.pk), DAY)
    rolled()
    assert list(SeatDay.objects.values_list("account_id", flat=True)) == [store.pk]


def test_only_dirty_days_of_the_claim_are_redone() -> None:
    make.define_activity()
    one, two = make.SeatFactory.make(), make.SeatFactory.make()
    make.event(one.account, DAY, seat=one)
    make.event(two.account, DAY, seat=two)
    run = make.open_run(DAY)
    make.claim(run)
    assert roll_up(run.pk, DAY, DAY) == 2
    DirtyDay.objects.all().delete()
    make.event(one.account, DAY, seat=one)
    make.mark(two.account, DAY, events=False)
    make.claim(run)
    assert roll_up(run.pk, DAY, DAY) == 1
    assert SeatDay.objects.get(seat_id=one.pk).key_actions == 2


def test_twice_the_same_run_gives_the_same_rows() -> None:
    make.define_activity()
    seat = make.SeatFactory.make()
    make.event(seat.account, DAY, seat=seat, times=2)
    run = make.open_run(DAY)
    make.claim(run)
    roll_up(run.pk, date(2026, 3, 1), date(2026, 3, 31))
    before = list(SeatDay.objects.values())
    roll_up(run.pk, date(2026, 3, 1), date(2026, 3, 31))
    assert list(SeatDay.objects.values()) == before


def test_each_day_is_weighed_by_the_version_of_that_day_and_nothing_before_the_first() -> None:
    make.define_activity(date(2026, 3, 3), key_actions={"work": 1})
    make.define_activity(date(2026, 3, 5), key_actions={"work": 10})
    seat = make.SeatFactory.make()
    for number in (2, 4, 5):
        make.event(seat.account, date(2026, 3, number), seat=seat)
    rolled(date(2026, 3, 1), date(2026, 3, 31))
    weighed = list(SeatDay.objects.order_by("day").values_list("day", "key_actions", "version"))
    assert weighed == [(date(2026, 3, 4), Decimal(1), 1), (date(2026, 3, 5), Decimal(10), 2)]


def test_the_first_profile_that_fits_weighs_the_account() -> None:
    make.define_activity(
        profiles=[
            {"when": {"tier": "gold", "plan": ["pro", "max"]}, "key_actions": {"work": 5}},
            {"when": {"tier": "gold"}, "key_actions": {"work": 7}},
            {"when": {"product": "shop"}, "key_actions": {"work": 9}},
        ]
    )
    by_contract, by_account, gold, shop, plain = (make.AccountFactory.make(tier=tier) for tier in ("gold", "gold", "gold", "", ""))
    Account.objects.filter(pk=by_account.pk).update(plan="max")
    make.ContractFactory.make(account=by_contract, plan="pro")
    make.ContractFactory.make(account=by_contract, plan="basic", mrr=1)
    make.ContractFactory.make(account=gold, plan="pro", ends_on=DAY)
    make.ContractFactory.make(account=shop, product="shop")
    accounts = (by_contract, by_account, gold, shop, plain)
    for account in accounts:
        make.event(account, DAY)
    run = make.open_run(DAY)
    make.claim(run)
    roll_up(run.pk, DAY, DAY)
    weighed = dict(SeatDay.objects.values_list("account_id", "key_actions"))
    assert [weighed[account.pk] for account in accounts] == [5, 5, 7, 9, 1]


@pytest.mark.parametrize(("measure", "expected"), [("count", 2), ("quantity", 7), ("value", 40)])
def test_the_north_star_adds_up_its_measure(measure: str, expected: int) -> None:
    make.define_activity()
    make.define_north_star(action="order", measure=measure, threshold=100)
    seat = make.SeatFactory.make()
    make.event(seat.account, DAY, "order", seat=seat, quantity=3, value=40)
    make.event(seat.account, DAY, "order", seat=seat, quantity=4)
    row = rolled()[seat.pk]
    assert (row.north_star, row.key_actions) == (Decimal(expected), Decimal(0))


def test_a_span_over_two_months_is_refused() -> None:
    with pytest.raises(ValueError, match="one month"):
        roll_up(1, date(2026, 3, 31), date(2026, 4, 1))
