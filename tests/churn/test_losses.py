"""Losses as the contracts say, with what belongs to them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django import DjangoAssertNumQueries

from accounts.models import ExchangeRate
from churn.losses import Loss, counts, listed
from tests.churn.lost_book import AS_OF, BASIS, admin, fit, left, record, term
from tests.factories import AccountFactory, UserFactory, own

pytestmark = pytest.mark.django_db
MARCH = date(2026, 3, 1)


def the_only(**asked: str) -> Loss:
    rows = listed(admin(), BASIS, **asked).rows  # type: ignore[arg-type]
    assert len(rows) == 1
    return rows[0]


def test_the_last_covered_day_is_the_31st_so_the_loss_is_of_the_1st() -> None:
    left(MARCH, mrr="99.50")
    loss = the_only()
    assert (loss.lost_on, loss.since, loss.amount, loss.state, loss.back_on) == (MARCH, date(2024, 3, 1), Decimal("99.50"), "lost", None)


def test_one_of_several_products_that_ends_is_no_loss() -> None:
    account = left(MARCH)
    term(account, date(2024, 1, 1), None, product="other")
    assert listed(admin(), BASIS, chosen="every").n == 0


def test_overlapping_and_adjoining_terms_are_one_spell() -> None:
    account = left(date(2025, 3, 1))
    term(account, date(2025, 3, 1), date(2025, 9, 1))
    term(account, date(2025, 8, 1), MARCH, 250)
    loss = the_only()
    assert (loss.since, loss.lost_on, loss.amount) == (date(2024, 3, 1), MARCH, Decimal(250))


def test_a_trial_at_zero_pays_nothing_and_ends_nothing() -> None:
    account = left(MARCH, mrr=0)
    term(account, MARCH, date(2026, 5, 1), 10)
    assert the_only().lost_on == date(2026, 5, 1)


def test_a_term_that_ends_after_the_last_night_is_no_loss_yet() -> None:
    left(AS_OF + timedelta(days=1))
    assert listed(admin(), BASIS, chosen="every").n == 0
    left(AS_OF)
    assert the_only(chosen="every").lost_on == AS_OF


def test_leaving_twice_is_two_losses_and_the_gap_tells_when_it_was_back() -> None:
    account = left(date(2025, 3, 1))
    term(account, date(2025, 8, 1), MARCH)
    second, first = listed(admin(), BASIS).rows
    assert (first.lost_on, first.back_on, first.back_after) == (date(2025, 3, 1), date(2025, 8, 1), 153)
    assert (second.lost_on, second.back_on) == (MARCH, None)


def test_a_renewal_within_the_grace_is_late_and_no_loss() -> None:
    account = left(MARCH)
    term(account, MARCH + timedelta(days=30), None)
    assert the_only(chosen="every").state == "late"
    assert listed(admin(), BASIS).n == listed(admin(), BASIS, chosen="waiting").n == 0
    found = counts(admin(), BASIS)
    assert (found.whole.losses, found.late) == (0, 1)


def test_one_day_after_the_grace_it_is_a_loss_that_was_won_back() -> None:
    account = left(MARCH)
    term(account, MARCH + timedelta(days=31), None)
    assert the_only().state == "lost"
    assert (counts(admin(), BASIS).whole.won_back.hits, counts(admin(), BASIS).whole.won_back.n) == (1, 1)


def test_while_the_grace_runs_a_loss_is_asked_for_but_not_counted() -> None:
    account = left(AS_OF - timedelta(days=30))
    assert the_only(chosen="waiting").state == "fresh"
    found = counts(admin(), BASIS)
    assert (found.whole.losses, found.silent.n, found.fresh) == (0, 0, 1)
    record(account, AS_OF - timedelta(days=30), cause_source="stated", cause="price")
    found = counts(admin(), BASIS)
    assert (found.whole.losses, found.silent.hits, found.fresh) == (1, 0, 0)


def test_a_record_belongs_to_the_nearest_loss() -> None:
    account = left(date(2025, 9, 1))
    term(account, date(2025, 11, 1), MARCH)
    record(account, date(2025, 12, 1), note="of the first: 91 days off")
    record(account, date(2026, 2, 1), note="told a month ahead")
    second, first = listed(admin(), BASIS).rows
    assert (second.note, first.note) == ("told a month ahead", None)


def test_what_was_entered_in_the_portal_goes_before_a_file_however_late_it_was_loaded() -> None:
    account, author = left(MARCH), UserFactory.make(name="Anna")
    record(account, entered_by=author, type="satisfied")
    record(account, recorded_at=datetime(2026, 10, 1, tzinfo=UTC), type="voluntary")
    loss = the_only()
    assert (loss.type, loss.author) == ("satisfied", "Anna")


def test_a_record_that_was_taken_back_counts_no_more() -> None:
    record(left(MARCH), withdrawn_at=datetime(2026, 4, 1, tzinfo=UTC))
    assert the_only(chosen="waiting").record_id is None


def test_without_a_word_of_the_record_the_fit_of_ninety_days_before_decides() -> None:
    account = left(MARCH)
    known, too_late = date(2025, 12, 1), date(2025, 12, 2)
    assert (MARCH - known).days == 90
    fit(account, ("poor", date(2025, 1, 1)), ("good", known), ("poor", too_late))
    loss = the_only()
    assert (loss.fit_then, loss.regrettable, loss.fit_edited_since) == ("good", True, True)
    record(account, regrettable=False)
    loss = the_only()
    assert (loss.told, loss.regrettable, loss.fit_then) == (False, False, "good")


def test_a_fit_recorded_only_later_leaves_the_regret_unknown() -> None:
    account = left(MARCH, fit="good")
    fit(account, ("good", date(2026, 1, 15)))
    loss = the_only()
    assert (loss.fit_then, loss.regrettable, loss.fit_edited_since) == (None, None, True)


def test_amounts_exchange_at_the_rate_of_the_day_and_stay_unknown_without_one() -> None:
    ExchangeRate.objects.create(currency="CNY", day=date(2026, 2, 28), rate=Decimal("0.14"))
    ExchangeRate.objects.create(currency="CNY", day=date(2026, 3, 2), rate=Decimal("0.20"))
    account = AccountFactory.make()
    term(account, date(2024, 1, 1), MARCH, 1000, currency="CNY")
    term(account, date(2024, 1, 1), MARCH, 60)
    assert the_only().amount == Decimal("200.00")
    term(AccountFactory.make(), date(2024, 1, 1), MARCH, 60, currency="EUR")
    found = counts(admin(), BASIS)
    assert (found.whole.losses, found.whole.amount, found.whole.without_rate) == (2, Decimal("200.00"), 1)


def test_silent_are_those_without_record_and_those_that_refused() -> None:
    left(MARCH)
    record(left(MARCH), cause_source="refused")
    record(left(MARCH), cause_source="inferred", cause="price")
    record(left(MARCH))
    found = counts(admin(), BASIS)
    assert (found.silent.hits, found.silent.n, found.unrecorded) == (2, 4, 1)


def test_won_back_is_judged_only_when_its_days_are_over() -> None:
    old, new = left(AS_OF - timedelta(days=180)), left(AS_OF - timedelta(days=179))
    for account in (old, new):
        record(account, AS_OF - timedelta(days=180), type="satisfied")
        term(account, AS_OF - timedelta(days=100), None)
    record(left(AS_OF - timedelta(days=200)), AS_OF - timedelta(days=200), type="satisfied")
    (satisfied,) = counts(admin(), BASIS).types
    assert (satisfied.key, satisfied.losses, satisfied.won_back.hits, satisfied.won_back.n) == ("satisfied", 3, 1, 2)


def test_a_csm_sees_the_losses_of_the_own_book() -> None:
    anna, ben = UserFactory.make(), UserFactory.make()
    own(left(MARCH, external_id="anna's"), anna)
    own(left(MARCH, external_id="ben's"), ben)
    assert [loss.external_id for loss in listed(anna, BASIS).rows] == ["anna's"]
    assert counts(ben, BASIS).whole.losses == 1
    ben.is_active = False
    assert counts(ben, BASIS).whole.losses == listed(ben, BASIS).n == 0


def test_cuts_narrow_the_losses_by_the_owner_and_plan_of_that_day() -> None:
    anna, ben = UserFactory.make(), UserFactory.make()
    account = AccountFactory.make(industry="retail")
    term(account, date(2024, 1, 1), MARCH, plan="pro")
    own(account, anna, ends_on=date(2026, 6, 1))
    own(account, ben, starts_on=date(2026, 6, 1))
    for filters, n in (({"csm": [anna.email]}, 1), ({"csm": [ben.email]}, 0), ({"plan": ["pro"]}, 1), ({"plan": ["basic"]}, 0),
                       ({"industry": ["retail"]}, 1), ({"product": ["default"]}, 1), ({"product": ["other"]}, 0)):  # fmt: skip
        assert listed(admin(), BASIS, filters=filters).n == counts(admin(), BASIS, filters=filters).whole.losses == n, filters


def test_pages_of_a_list_know_the_whole() -> None:
    for place in range(5):
        left(MARCH + timedelta(days=place), mrr=10 * (place + 1))
    page = listed(admin(), BASIS, limit=2, start=2)
    assert [loss.amount for loss in page.rows] == [30, 20]
    assert (page.n, page.total) == (5, Decimal(150))
    assert [loss.amount for loss in listed(admin(), BASIS, order="amount", limit=1).rows] == [50]


def test_each_costs_one_query_however_many_there_are(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user = admin()
    for _place in range(20):
        record(left(MARCH))
    with django_assert_num_queries(1):
        listed(user, BASIS)
    with django_assert_num_queries(1):
        counts(user, BASIS)


terms = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 120), st.booleans()), min_size=1, max_size=6)


class Laws(TestCase):
    """What holds for any contracts."""

    @given(terms)
    def test_losses_are_the_days_on_which_paying_stopped(self, told: list[tuple[int, int, bool]]) -> None:
        """Against an oracle that walks every day."""
        first = date(2025, 1, 1)
        account = AccountFactory.make()
        paying: set[date] = set()
        for start, length, pays in told:
            begins = first + timedelta(days=start)
            term(account, begins, begins + timedelta(days=length), 10 if pays else 0)
            if pays:
                paying |= {begins + timedelta(days=day) for day in range(length)}
        walked = [first + timedelta(days=day) for day in range((AS_OF - first).days + 1)]
        stops = [day for day in walked if day not in paying and day - timedelta(days=1) in paying]
        rows = listed(admin(), BASIS, chosen="every").rows
        assert sorted(loss.lost_on for loss in rows) == stops
        for loss in rows:
            assert loss.back_on == min((day for day in paying if loss.lost_on < day <= AS_OF), default=None)
        whole = counts(admin(), BASIS)
        assert sum(one.losses for one in whole.types) == sum(one.losses for one in whole.causes) == whole.whole.losses
        assert whole.whole.losses + whole.late + whole.fresh == len(rows)
