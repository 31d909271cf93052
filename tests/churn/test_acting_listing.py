"""The day's list as it is read: whose it is, in which order, and what a line knows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.types import Role
from churn.acting import items
from churn.acting.items import Told
from churn.acting.listing import Asked, DayList, day_list, day_list_again, ranking_of
from churn.models import ActionItem, Likelihood, LikelihoodModel, Task
from tests.churn.acting_book import AS_OF, DAY, NIGHT, TODAY, case, quiet, refreshed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
EVERYTHING = Asked()


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


def names(user: User, asked: Asked = EVERYTHING) -> list[tuple[str, str]]:
    return [(row.external_id, row.rule) for row in day_list(user, TODAY, asked).rows]


def test_the_dearest_and_nearest_come_first_and_the_second_of_an_account_counts_half(anna: User) -> None:
    large = quiet(anna, "large", mrr_reporting=Decimal(9000))
    case(large, -1)
    case(large, 10, product="other")
    case(quiet(anna, "middle", mrr_reporting=Decimal(6000)), -1)
    case(quiet(anna, "late", mrr_reporting=Decimal(6000)), 25)
    refreshed()
    assert names(anna) == [
        ("large", "renewal_overdue"),
        ("middle", "renewal_overdue"),
        ("late", "renewal_forecast"),
        ("large", "renewal_forecast"),
    ]
    first = day_list(anna, TODAY).rows[0]
    assert (first.place, first.others, first.rank) == (1, 1, 1)


def test_growth_stands_apart_and_nothing_is_at_risk_in_it(anna: User) -> None:
    quiet(anna, "full", seats_active=95, mrr_reporting=Decimal(1000))
    case(quiet(anna, "due"), -1)
    refreshed()
    found = day_list(anna, TODAY)
    assert [row.rule for row in found.rows] == ["renewal_overdue"]
    (good,) = found.good
    assert (good.rule, good.weight, good.because["loss"]) == ("seats_full", Decimal("500.0000"), None)
    assert (found.n, found.n_good) == (1, 1)


def test_everybody_reads_their_own_list_and_what_is_held_back_shows_nowhere(anna: User) -> None:
    case(quiet(anna, "first"), -1)
    case(quiet(UserFactory.make(), "others"), -1)
    case(quiet(None, "nobodys"), -1)
    refreshed()
    admin = UserFactory.make(role=Role.ADMIN)
    assert names(anna) == [("first", "renewal_overdue")]
    assert {name for name, _rule in names(admin)} == {"first", "others", "nobodys"}
    assert names(admin, Asked(mine=True)) == []
    assert names(admin, Asked(owner=anna.pk)) == [("first", "renewal_overdue")]
    assert names(anna, Asked(account="others")) == []
    ActionItem.objects.update(held_back=True)
    assert names(admin) == []


def test_a_snoozed_item_is_back_on_its_day_without_a_night(anna: User) -> None:
    case(quiet(anna, "first"), -1)
    refreshed()
    items.close(anna, ActionItem.objects.get().pk, Told("snoozed", "later", TODAY + 2 * DAY), NIGHT.now, TODAY)
    assert names(anna) == []
    assert names(anna, Asked(state="snoozed")) == [("first", "renewal_overdue")]
    assert [row.rule for row in day_list(anna, TODAY + 2 * DAY).rows] == ["renewal_overdue"]


def test_a_row_knows_the_likelihood_the_days_left_and_the_open_tasks(anna: User) -> None:
    account = quiet(anna, "first", decision_on=TODAY - DAY)
    case(account, -1)
    model = LikelihoodModel.objects.create(as_of=AS_OF, basis="score", n=20, lost=5)
    for day, value in ((AS_OF - timedelta(days=9), "0.5"), (AS_OF, "0.6"), (AS_OF + DAY, "0.9")):
        Likelihood.objects.create(account=account, day=day, value=Decimal(value), low=0, high=1, basis="score", model=model)
    refreshed()
    item = ActionItem.objects.get()
    for done in (None, NIGHT.now):
        Task.objects.create(account=account, item=item, title="Call", created_at=NIGHT.now, done_at=done)
    (row,) = day_list(anna, TODAY).rows
    assert (row.renews, row.basis, row.days_left(TODAY), row.tasks, row.holder) == (Decimal("0.6"), "score", -1, 1, "Anna")
    assert row.trigger is not None
    assert row.trigger.next_step == "enter_outcome"
    assert (row.because["loss"], row.because["loss_from"]) == (0.4, "likelihood")


def test_an_unknown_amount_has_no_weight_and_stands_last(anna: User) -> None:
    case(quiet(anna, "unknown", mrr_reporting=None), -1)
    case(quiet(anna, "known"), -1)
    refreshed()
    rows = day_list(anna, TODAY).rows
    assert [(row.external_id, row.weight is None) for row in rows] == [("known", False), ("unknown", True)]


def test_the_list_is_one_query_and_as_long_as_asked(anna: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        case(quiet(anna, f"a{number}", mrr_reporting=Decimal(100 * number + 100)), -1)
    refreshed()
    with django_assert_num_queries(1):
        found = day_list(anna, TODAY, Asked(start=1, limit=2))
    assert ([row.external_id for row in found.rows], found.n) == (["a3", "a2"], 5)


def test_a_kept_order_is_read_anew_without_what_was_settled_since(anna: User) -> None:
    due, later = quiet(anna, "due"), quiet(anna, "later")
    case(due, -1)
    case(later, 20)
    quiet(anna, "full", seats_active=95, mrr_reporting=Decimal(1000))
    refreshed()
    found = day_list(anna, TODAY)
    kept = ranking_of(found)
    assert day_list_again(anna, TODAY, kept) == found
    assert day_list_again(UserFactory.make(), TODAY, kept) == DayList((), found.n, (), found.n_good)
    items.close(anna, found.rows[0].id, Told("done"), NIGHT.now, TODAY)
    assert [row.external_id for row in day_list_again(anna, TODAY, kept).rows] == ["later"]
