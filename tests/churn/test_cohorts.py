"""Triangles of accounts, seats and revenue: worked cohorts, borders, cuts, the visible book, and laws against a plain computation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Account, ExchangeRate, Seat, User
from churn.cohorts import Cell, recent, triangle
from tests import factories as make
from tests.rest import published_run

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 6, 30)
JANUARY, FEBRUARY, MARCH, APRIL, MAY = (date(2026, month, 1) for month in range(1, 6))
DAY = timedelta(days=1)


def admin() -> User:
    user: User = make.UserFactory.make(role="admin")
    return user


def night(as_of: date = AS_OF) -> None:
    """Publish a run of that day that has graded every day since 2026 began."""
    run = published_run(as_of)
    make.publish(run, days=[JANUARY + DAY * n for n in range((as_of - JANUARY).days + 1)])


def term(account: Account, starts_on: date, ends_on: date | None = None, mrr: int | str = 100, **fields: Any) -> None:
    make.ContractFactory.make(account=account, starts_on=starts_on, ends_on=ends_on, mrr=Decimal(mrr), **fields)


def customer(onboarded_on: date | None, *terms: tuple[date, date | None], **fields: Any) -> Account:
    account: Account = make.AccountFactory.make(onboarded_on=onboarded_on, **fields)
    for starts_on, ends_on in terms:
        term(account, starts_on, ends_on)
    return account


def kept(cells: list[Cell], group: str | None = "all") -> dict[tuple[str, int], tuple[Any, Any]]:
    """(cohort, offset) -> (size, remaining)."""
    return {(cell.cohort, cell.offset): (cell.size, cell.remaining) for cell in cells if cell.group == group}


def acted(seat: Seat, *days: date, key_actions: int = 1) -> None:
    """Graded days of a seat."""
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
            cursor.execute(
                "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, scenarios, north_star, version)"
                " VALUES (%s, %s, %s, 1, %s, true, 0, 0, 1)",
                [seat.account.counts_for_id or seat.account_id, day, seat.pk, key_actions],
            )


def seat(account: Account, activated_on: date | None, **fields: Any) -> Seat:
    row: Seat = make.SeatFactory.make(account=account, activated_on=activated_on, **fields)
    return row


def test_members_are_those_who_pay_at_the_close_of_their_own_month() -> None:
    customer(JANUARY, (JANUARY, None))
    customer(date(2026, 1, 31), (date(2026, 1, 31), APRIL))  # covers March to its end
    customer(date(2026, 1, 5), (date(2026, 1, 5), date(2026, 1, 20)))  # came and went inside the month
    customer(None, (date(2026, 1, 10), date(2026, 3, 31)), (MAY, None))  # no onboarding day: by the first paying one; back in May
    night()
    found = kept(triangle(admin(), "logo", "month"))
    assert found == {("2026-01", 0): (3, 3), ("2026-01", 1): (3, 3), ("2026-01", 2): (3, 2)} | {
        ("2026-01", 3): (3, 1),
        ("2026-01", 4): (3, 2),
        ("2026-01", 5): (3, 2),
    }


def test_a_late_first_payment_is_never_in_the_size_nor_among_the_remaining() -> None:
    customer(JANUARY, (FEBRUARY, None))
    night()
    cells = triangle(admin(), "logo", "month")
    assert [(cell.size, cell.remaining, cell.share) for cell in cells] == [(0, 0, None)] * 6


def test_unfinished_cells_have_no_row_and_a_loss_of_all_is_zero() -> None:
    customer(MARCH, (MARCH, APRIL))
    customer(date(2026, 6, 10), (date(2026, 6, 10), None))
    night(date(2026, 6, 29))
    assert kept(triangle(admin(), "logo", "month")) == {("2026-03", 0): (1, 1), ("2026-03", 1): (1, 0), ("2026-03", 2): (1, 0)}


def test_weeks_are_iso_weeks_and_another_first_day_is_named_by_its_day() -> None:
    customer(date(2026, 6, 14), (date(2026, 6, 14), None))  # a Sunday
    night()
    assert sorted(kept(triangle(admin(), "logo", "week"))) == [("2026-W24", 0), ("2026-W24", 1), ("2026-W24", 2)]
    make.define_calendar(week_starts="sunday")
    assert sorted(kept(triangle(admin(), "logo", "week"))) == [("2026-06-14", 0), ("2026-06-14", 1)]


def test_only_cohorts_of_the_span_are_shown_with_all_their_finished_cells() -> None:
    for first in (JANUARY, FEBRUARY, MARCH):
        customer(first, (first, None))
    night()
    assert sorted(kept(triangle(admin(), "logo", "month", FEBRUARY, MARCH))) == [("2026-02", offset) for offset in range(5)]


def test_revenue_is_net_and_may_exceed_what_it_was() -> None:
    grows = customer(JANUARY, (JANUARY, MARCH))
    term(grows, MARCH, None, "250.50")
    customer(JANUARY, (JANUARY, FEBRUARY))
    night()
    cells = {cell.offset: cell for cell in triangle(admin(), "revenue", "month")}
    assert [(cells[k].size, cells[k].remaining) for k in range(3)] == [
        (Decimal("200.00"), Decimal("200.00")),
        (Decimal("200.00"), Decimal("100.00")),
        (Decimal("200.00"), Decimal("250.50")),
    ]
    assert cells[2].share == Decimal("1.2525")


def test_revenue_of_another_currency_stays_at_the_rate_of_the_cohorts_first_day(settings: Any) -> None:
    settings.REPORTING_CURRENCY = "USD"
    for day, rate in ((date(2025, 12, 1), 2), (date(2026, 1, 2), 4)):
        ExchangeRate.objects.create(currency="EUR", day=day, rate=rate)
    term(customer(JANUARY), JANUARY, currency="EUR")
    term(customer(JANUARY), JANUARY, currency="CHF")  # no rate: left out of the revenue, still an account
    night()
    assert set(kept(triangle(admin(), "revenue", "month")).values()) == {(Decimal(200), Decimal(200))}
    assert set(kept(triangle(admin(), "logo", "month")).values()) == {(2, 2)}


def test_revenue_told_in_another_currency_takes_the_rate_of_the_cohorts_first_day(settings: Any) -> None:
    settings.REPORTING_CURRENCY = "USD"
    for day, rate in ((date(2025, 12, 1), 2), (date(2026, 1, 2), 4), (date(2026, 3, 1), 4)):
        ExchangeRate.objects.create(currency="EUR", day=day, rate=rate)
    january, march = customer(JANUARY), customer(MARCH)
    term(january, JANUARY, currency="EUR", mrr="33.33")
    term(january, JANUARY, currency="USD", mrr=50)
    term(march, MARCH, currency="USD")
    night()
    told = kept(triangle(admin(), "revenue", "month", currency="EUR"))
    assert {cell for (cohort, _k), cell in told.items() if cohort == "2026-01"} == {(Decimal("58.33"), Decimal("58.33"))}
    assert told["2026-03", 0] == (Decimal(25), Decimal(25))
    # No rate at all: left out, never told at a wrong one.
    assert kept(triangle(admin(), "revenue", "month", currency="CHF")) == dict.fromkeys(told, (0, 0))


def test_by_product_an_account_stands_in_each_and_a_filter_narrows_the_terms() -> None:
    account = customer(JANUARY)
    term(account, JANUARY, MARCH, product="crm")
    term(account, JANUARY, None, product="shop")
    night()
    user = admin()
    by_product = triangle(user, "logo", "month", by="product")
    assert [kept(by_product, "crm")["2026-01", k] for k in range(3)] == [(1, 1), (1, 1), (1, 0)]
    assert kept(by_product, "shop")["2026-01", 5] == (1, 1)
    assert kept(triangle(user, "logo", "month", filters={"product": ["crm"]}))["2026-01", 2] == (1, 0)


def test_by_feature_an_account_stands_in_each_it_had_at_the_close_of_its_cohort() -> None:
    account = customer(JANUARY)
    term(account, JANUARY, MARCH, features=["api", "sso"])
    customer(JANUARY, (JANUARY, None))
    make.define_activity()
    acted(seat(account, JANUARY, first_event_on=JANUARY), JANUARY)
    night()
    user = admin()
    for measure, there in (("logo", 1), ("seat", 1), ("revenue", 100)):
        by_feature = triangle(user, measure, "month", by="feature")
        assert kept(by_feature, "api") == kept(by_feature, "sso")
        assert (kept(by_feature, "api")["2026-01", 0], kept(by_feature, "api")["2026-01", 2]) == ((there, there), (there, 0))
    assert kept(triangle(user, "logo", "month", by="feature"), None)["2026-01", 5] == (1, 1)
    assert kept(triangle(user, "logo", "month", filters={"feature": ["sso"]}))["2026-01", 0] == (1, 1)


def test_groups_are_those_of_the_cohorts_close_and_add_up_to_the_whole() -> None:
    early, late = make.UserFactory.make(email="early@example.com"), make.UserFactory.make(email="late@example.com")
    account = customer(JANUARY, (JANUARY, None), industry="Retail")
    make.own(account, early, ends_on=MARCH)
    make.own(account, late, starts_on=MARCH)
    customer(JANUARY, (JANUARY, FEBRUARY))
    night()
    user = admin()
    by_owner = triangle(user, "logo", "month", by="csm")
    assert {cell.group for cell in by_owner} == {"early@example.com", None}
    assert kept(triangle(user, "logo", "month", filters={"csm": ["late@example.com"]})) == {}
    whole = kept(triangle(user, "logo", "month"))
    for by in ("csm", "industry", "plan", "team", "size", "product"):
        cells = triangle(user, "logo", "month", by=by)
        for key, (size, remaining) in whole.items():
            here = [cell for cell in cells if (cell.cohort, cell.offset) == key]
            assert (sum(cell.size for cell in here), sum(cell.remaining for cell in here)) == (size, remaining), by


def test_only_the_visible_book_is_counted() -> None:
    ann = make.UserFactory.make()
    make.own(customer(JANUARY, (JANUARY, None)), ann)
    customer(JANUARY, (JANUARY, None))
    night()
    assert kept(triangle(ann, "logo", "month"))["2026-01", 0] == (1, 1)
    assert kept(triangle(admin(), "logo", "month"))["2026-01", 0] == (2, 2)
    assert triangle(make.UserFactory.make(), "logo", "month") == []


def test_ids_stand_behind_both_parts_of_each_cell() -> None:
    stays, leaves = customer(JANUARY, (JANUARY, None)), customer(JANUARY, (JANUARY, FEBRUARY))
    night()
    for measure in ("logo", "revenue"):
        cells = triangle(admin(), measure, "month", detail=True)
        assert cells[0].ids == {"remaining": sorted([stays.external_id, leaves.external_id]), "lost": []}
        assert cells[1].ids == {"remaining": [stays.external_id], "lost": [leaves.external_id]}


def test_seats_count_by_activation_else_first_event_and_remain_by_a_key_action() -> None:
    make.define_activity()
    account = customer(None, external_id="a/b")
    regular = seat(account, date(2026, 1, 31), external_id="r", first_event_on=JANUARY)
    acted(regular, FEBRUARY, date(2026, 3, 31), date(2026, 5, 5))
    acted(seat(account, None, external_id="n", first_event_on=date(2026, 1, 4)), date(2026, 1, 4), date(2026, 3, 2), MARCH)
    looks = seat(account, JANUARY, external_id="l", first_event_on=JANUARY)
    acted(looks, MARCH, key_actions=0)
    night()
    found = triangle(admin(), "seat", "month", detail=True)
    assert [(cell.cohort, cell.size, cell.remaining) for cell in found] == [("2026-01", 3, n) for n in (1, 1, 2, 0, 1, 0)]
    assert found[2].ids == {"remaining": ["a%2Fb/n", "a%2Fb/r"], "lost": ["a%2Fb/l"]}
    assert (found[2].version, found[2].as_of) == (1, AS_OF)


def test_bots_and_left_out_people_are_in_no_cohort() -> None:
    make.define_activity(excluded_personas=["admin"], excluded_email_domains=["us.example"])
    account = customer(None)
    for fields in ({"kind": "bot"}, {"persona": "admin"}, {"email": "tester@US.example"}, {"email": "kept@they.example"}):
        acted(seat(account, JANUARY, first_event_on=JANUARY, **fields), JANUARY)
    night()
    assert kept(triangle(admin(), "seat", "month"))["2026-01", 0][0] == 1


def test_seats_of_a_store_count_for_the_brand_that_pays() -> None:
    make.define_activity()
    owner = make.UserFactory.make()
    brand = customer(JANUARY, (JANUARY, None), industry="Retail")
    make.own(brand, owner)
    store = make.AccountFactory.make(parent=brand, counts_for=brand)
    acted(seat(store, JANUARY, first_event_on=JANUARY), JANUARY)
    night()
    assert kept(triangle(owner, "seat", "month", by="industry"), "Retail")["2026-01", 0] == (1, 1)
    assert kept(triangle(owner, "seat", "month", by="product"), "default")["2026-01", 0] == (1, 1)
    assert kept(triangle(owner, "seat", "month", filters={"product": ["other"]})) == {}


def test_periods_that_were_never_graded_are_unknown_not_zero() -> None:
    make.define_activity()
    account = customer(None)
    acted(seat(account, JANUARY, first_event_on=date(2026, 2, 20)), date(2026, 2, 20))
    night()
    found = kept(triangle(admin(), "seat", "month"))
    assert ("2026-01", 0) not in found  # nobody was heard of before 20 February
    assert found["2026-01", 1] == (1, 1)


def test_history_that_the_nights_left_out_is_unknown_too() -> None:
    make.define_activity()
    account = customer(None)
    acted(seat(account, date(2025, 11, 3), first_event_on=date(2025, 11, 3)), MARCH)
    night()
    assert min(offset for _cohort, offset in kept(triangle(admin(), "seat", "month"))) == 2


def test_long_triangles_count_the_same_with_and_without_names() -> None:
    make.define_activity()
    account = customer(None)
    for began in (JANUARY, date(2026, 2, 11)):
        acted(seat(account, began, first_event_on=began), *(began + DAY * 9 * n for n in range(80) if n % 7 and n % 5))
    end = date(2028, 1, 2)
    run = published_run(end)
    make.publish(run, days=[JANUARY])
    plain, named = (triangle(admin(), "seat", "week", detail=detail) for detail in (False, True))
    assert kept(plain) == kept(named)
    assert max(cell.offset for cell in plain) == 104
    customer(JANUARY, (JANUARY, date(2027, 6, 7)), (date(2027, 9, 6), None))
    paying, by_name = (triangle(admin(), "logo", "week", detail=detail) for detail in (False, True))
    assert kept(paying) == kept(by_name)
    assert [cell.offset for cell in paying if not cell.remaining] == list(range(75, 88))
    assert 40 < sum(int(cell.remaining) for cell in plain) == sum(len(cell.ids["remaining"]) for cell in named if cell.ids)


def test_nothing_published_or_nobody_there_gives_nothing() -> None:
    user = admin()
    assert triangle(user, "logo", "month") == []
    night()
    for measure in ("logo", "seat", "revenue"):
        assert triangle(user, measure, "week") == []
    for far in (date.min, date.max):
        assert triangle(user, "logo", "week", far, by="plan") == []
    with pytest.raises(ValueError, match="no triangle"):
        triangle(user, "logo", "quarter")


@pytest.mark.parametrize(("measure", "most"), [("logo", 2), ("seat", 2), ("revenue", 2)])
def test_a_span_takes_two_queries(measure: str, most: int) -> None:
    make.define_activity()
    customer(JANUARY, (JANUARY, None))
    night()
    user = admin()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        triangle(user, measure, "week", JANUARY)
    assert len(queries) <= most


def test_the_last_finished_periods_end_with_the_as_of_day() -> None:
    assert recent("month", 12, AS_OF) == date(2025, 7, 1)
    assert recent("month", 12, AS_OF - DAY) == date(2025, 6, 1)
    assert recent("week", 52, date(2026, 6, 28)) == date(2025, 6, 30)


days_of_spring = st.integers(0, 200).map(lambda n: JANUARY + DAY * n)
spells = st.tuples(days_of_spring, st.one_of(st.none(), st.integers(1, 120)), st.integers(0, 3))
people = st.tuples(st.one_of(st.none(), days_of_spring), st.lists(spells, max_size=4))


class TestLaws(TestCase):
    """The statement says what a plain reading of the terms says."""

    @given(st.lists(people, max_size=5), st.sampled_from(["week", "month"]))
    def test_every_cell_is_what_the_terms_say(self, book: list[Any], grain: str) -> None:
        told = []
        for onboarded_on, terms in book:
            dated = [(start, None if length is None else start + DAY * length, mrr * 50) for start, length, mrr in terms]
            account = customer(onboarded_on)
            for start, end, mrr in dated:
                term(account, start, end, mrr)
            told.append((onboarded_on, dated))
        night()
        user = admin()
        for measure in ("logo", "revenue"):
            assert kept(triangle(user, measure, grain)) == by_hand(told, grain, money=measure == "revenue")


def by_hand(book: list[Any], grain: str, *, money: bool) -> dict[tuple[str, int], tuple[Any, Any]]:
    """The triangle of plain tuples (onboarded, [(start, end, mrr)]), period by period."""
    first = JANUARY if grain == "month" else date(2025, 12, 29)
    periods = [first]
    while periods[-1] <= AS_OF:
        periods.append((periods[-1] + 31 * DAY).replace(day=1) if grain == "month" else periods[-1] + 7 * DAY)
    spans = [(begin, after - DAY) for begin, after in pairwise(periods) if after - DAY <= AS_OF]

    def worth(terms: list[Any], day: date) -> int:
        return sum(mrr for start, end, mrr in terms if start <= day and (end is None or day < end))

    found: dict[tuple[str, int], tuple[Any, Any]] = {}
    for place, (begin, close) in enumerate(spans):
        began = [
            terms
            for onboarded, terms in book
            if (day := onboarded or min((start for start, _end, mrr in terms if mrr), default=None)) and begin <= day <= close
        ]
        if not began:
            continue
        members = [terms for terms in began if worth(terms, close)]
        for offset, (_begin, later) in enumerate(spans[place:]):
            values = [(worth(terms, close), worth(terms, later)) for terms in members]
            size, left = (sum(pair[0] for pair in values), sum(pair[1] for pair in values))
            name = f"{begin:%Y-%m}" if grain == "month" else "{}-W{:02d}".format(*begin.isocalendar())
            found[name, offset] = (size, left) if money else (len(members), sum(1 for _then, now in values if now))
    return found
