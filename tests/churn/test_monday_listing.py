"""A Monday's list as somebody reads it: entries, sums by owner, calls, and what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.calendar_rules import RenewalRules
from accounts.models import User
from accounts.types import Role
from churn.as_of import Basis
from churn.models import AtRisk, CampaignCall, RenewalCase
from churn.monday.expected import expected_of
from churn.monday.listing import Wanted, entries, mondays, sums, whole
from tests.churn.monday_book import AS_OF, MONDAY, NOW, customer, due, listed
from tests.factories import TeamFactory
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
BASIS = Basis(AS_OF, renewals=RenewalRules())
BEFORE = MONDAY - timedelta(days=7)


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


def call(entry: AtRisk, result: str, user: User, minutes: int = 0) -> CampaignCall:
    at = NOW + timedelta(minutes=minutes)
    return CampaignCall.objects.create(at_risk=entry, account=entry.account, result=result, author=user, called_at=at)


def test_entries_come_by_the_money_expected_to_go(anna: User) -> None:
    listed(customer(anna, "small"), amount=Decimal(100))
    listed(customer(anna, "large"), amount=Decimal(5000))
    listed(customer(anna, "unpriced"), amount=None)
    found, n = entries(anna, BASIS, MONDAY)
    assert [one.external_id for one in found] == ["large", "small", "unpriced"]
    assert n == 3
    first = found[0]
    assert (first.due_on, first.decision_on) == (AS_OF + timedelta(days=60), AS_OF + timedelta(days=30))
    assert (first.outcome, first.result, first.owner) == ("open", "", "Anna")


def test_a_page_of_entries_knows_how_many_there_are(anna: User) -> None:
    for place in range(5):
        listed(customer(anna, f"a{place}"), amount=Decimal(100 + place))
    found, n = entries(anna, BASIS, MONDAY, limit=2, start=2)
    assert ([one.external_id for one in found], n) == (["a2", "a1"], 5)


def test_the_latest_call_that_stands_counts_and_filters_go_by_it(anna: User) -> None:
    first, second = listed(customer(anna, "first")), listed(customer(anna, "second"))
    call(first, "not_reached", anna)
    call(first, "reached", anna, 5)
    taken_back = call(second, "reached", anna)
    taken_back.withdrawn_at = NOW
    taken_back.save()
    assert [one.external_id for one in entries(anna, BASIS, MONDAY, Wanted(result="reached"))[0]] == ["first"]
    assert [one.external_id for one in entries(anna, BASIS, MONDAY, Wanted(result=""))[0]] == ["second"]
    assert entries(anna, BASIS, MONDAY, Wanted(result="not_needed")) == ([], 0)


def test_a_call_of_an_earlier_list_is_remembered_until_this_one_is_called(anna: User) -> None:
    account = customer(anna, "acme")
    call(listed(account, monday=BEFORE), "not_reached", anna)
    now = listed(account)
    assert entries(anna, BASIS, MONDAY)[0][0].earlier == "not_reached"
    call(now, "reached", anna, 10)
    assert entries(anna, BASIS, MONDAY)[0][0].earlier == ""


def test_sums_by_owner_add_up_and_keep_the_proofs(anna: User) -> None:
    ben = person(email="ben@example.com", name="Ben")
    admin = person(Role.ADMIN)
    listed(customer(anna, "a1"))
    listed(customer(anna, "a2"), n=60, lost=12, amount=None)
    entry = listed(customer(ben, "b1"), amount=Decimal(9000))
    listed(customer(None, "nobody"))
    call(entry, "reached", ben)
    books = sums(admin, BASIS, MONDAY)
    assert [one.owner for one in books] == ["Ben", "", "Anna"]
    assert books[2].expected == expected_of([(130, 55), (60, 12)])
    total = whole(books)
    assert (total.accounts, total.called, total.unpriced) == (4, 1, 1)
    assert total.amount == Decimal(11200)
    assert total.at_risk == pytest.approx(11200 * 55 / 130)
    assert total.expected == expected_of([(130, 55)] * 3 + [(60, 12)])
    assert total.results == {"": 3, "reached": 1}


def test_everybody_sees_their_own_part_alone(anna: User) -> None:
    team = TeamFactory.make(name="DACH", path="EMEA/DACH/")
    carl = person(email="carl@example.com", team=team)
    boss = person(Role.MANAGER, manages=TeamFactory.make(name="EMEA", path="EMEA/"))
    other = person(Role.MANAGER, manages=TeamFactory.make(name="APAC", path="APAC/"))
    listed(customer(anna, "a"))
    listed(customer(carl, "c"))
    assert [[one.external_id for one in entries(user, BASIS, MONDAY)[0]] for user in (anna, carl, boss, other)] == [["a"], ["c"], ["c"], []]
    assert [mondays(user, BASIS)[0].accounts for user in (anna, boss, other)] == [1, 1, 0]


def test_what_became_of_a_list_is_told_against_its_range(anna: User) -> None:
    for place in range(10):
        account = customer(anna, f"a{place}", ends_in=None)
        due(account, -40, state="lost" if place < 4 else "renewed")
        listed(account, monday=BEFORE)
    listed(customer(anna, "now"))
    latest, before = mondays(anna, BASIS)
    assert (latest.monday, latest.open, latest.holds) == (MONDAY, 1, None)
    assert (before.monday, before.left, before.renewed, before.open) == (BEFORE, 4, 6, 0)
    assert (before.expected.low, before.expected.high) == (1, 7)
    assert before.holds is True


def test_more_lost_than_the_range_is_said_before_the_last_one_is_decided(anna: User) -> None:
    for place in range(10):
        account = customer(anna, f"a{place}", ends_in=None)
        due(account, -40, state="lost" if place < 9 else "open")
        listed(account, n=1300, lost=260)
    found = mondays(anna, BASIS)[0]
    assert (found.left, found.open, found.expected.high, found.holds) == (9, 1, 5, False)


def test_of_a_short_term_the_days_after_the_list_decide(anna: User) -> None:
    as_of = AS_OF - timedelta(days=220)
    short = {"short": True}
    stayed, gone, later = (customer(anna, name, ends_in=None) for name in ("stayed", "gone", "later"))
    due(stayed, -200, term=30, state="renewed")
    due(gone, -100, term=30, state="lost")
    due(later, -30, term=30, state="lost")  # more than 180 days after the list
    day = AS_OF - timedelta(days=220)
    monday = day - timedelta(days=day.weekday())
    for account in (stayed, gone, later):
        listed(account, monday=monday, as_of=as_of, evidence=short)
    assert {one.external_id: one.outcome for one in entries(anna, BASIS, monday)[0]} == {
        "stayed": "renewed",
        "gone": "left",
        "later": "renewed",
    }
    fresh = listed(customer(anna, "fresh", ends_in=10, term=30), evidence=short)
    assert entries(anna, BASIS, MONDAY)[0][0].pk == fresh.pk
    assert entries(anna, BASIS, MONDAY)[0][0].outcome == "open"


def test_a_due_that_the_contracts_no_longer_have_stays_open(anna: User) -> None:
    account = customer(anna, "acme")
    listed(account)
    RenewalCase.objects.all().delete()
    assert entries(anna, BASIS, MONDAY)[0][0].outcome == "open"


def test_mondays_go_back_from_the_one_asked_for(anna: User) -> None:
    account = customer(anna, "acme")
    for weeks in range(16):
        listed(account, monday=MONDAY - timedelta(weeks=weeks))
    assert len(mondays(anna, BASIS)) == 13
    assert mondays(anna, BASIS, date(2026, 8, 5))[0].monday == date(2026, 8, 3)
