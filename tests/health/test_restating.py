"""A recomputation beside the published figures gives what a whole rebuild by the new definition would, and touches nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Coalesce
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Event
from health import frames
from health.definitions import ActivityRules, parse_activity, parse_health
from health.lab import restating
from health.lab.restating import Definitions, always, as_published, published_months, redo_of, redo_of_untouched, restate_months
from health.lab.restating_sql import KEPT, RECOUNT, RELOGIN, RESEAT, REWEIGH
from health.models import AccountDay, AccountPeriod, Run
from tests import factories as make
from tests.depth import sweep
from tests.health.restated_book import AS_OF, DAYS, MARCH, build, open_anew, rebuild_by, restated_book

BASE: dict[str, Any] = {
    "key_actions": {"work": 1, "watch": 2},
    "conditions": {"watch": {"min_quantity": 60}},
    "passive_actions": ["mail"],
    "excluded_email_domains": ["vendor.example"],
    "profiles": [{"when": {"plan": "pro"}, "low_multiple": 1}],
}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it was": {},
    "other thresholds": {"low_multiple": "0.5", "high_multiple": "1.5", "share": "0.4", "login_share": "0.25"},
    "medium as active": {"active_from": "medium", "low_multiple": "1"},
    "no login share": {"login_share": "0", "low_multiple": "0.2", "high_multiple": "1"},
    "least activation rate": {"min_activation_rate": "0.6", "high_multiple": "2", "low_multiple": "1"},
    "purchased seats": {"seat_base": "purchased", "low_multiple": "0.3"},
    "share of working days": {"month_workday_share": "1/2"},
    "a profile by tier": {"profiles": [{"when": {"tier": "enterprise"}, "month_days": 3, "seat_base": "purchased"}]},
    "other weights": {"key_actions": {"work": "2.5"}, "conditions": {}},
    "weights of six decimals": {"key_actions": {"work": "0.333333", "watch": "0.25"}, "low_multiple": "0.2", "high_multiple": "1.1"},
    "no condition": {"conditions": {}},
    "passive counts": {"passive_actions": []},
    "nobody left out": {"excluded_email_domains": []},
    "basic left out": {"excluded_personas": ["basic"], "low_multiple": "1"},
    "all at once": {
        "excluded_email_domains": [],
        "excluded_personas": ["basic"],
        "key_actions": {"work": "0.333333", "mail": "2.5"},
        "conditions": {"work": {"min_quantity": 2}},
        "passive_actions": ["watch"],
        "seat_base": "purchased",
        "login_share": "0.3",
        "low_multiple": "0.2",
        "high_multiple": "1",
    },
    "left out by a profile alone": {"profiles": [{"when": {"plan": "pro"}, "excluded_personas": ["advanced"], "low_multiple": 1}]},
    "weights of a profile alone": {
        "profiles": [{"when": {"plan": "pro"}, "key_actions": {"mail": 3}, "conditions": {}, "low_multiple": 1}]
    },
}
# Together they change everything that a definition says.
USUAL = ("as it was", "share of working days", "least activation rate", "a profile by tier", "all at once")
GRADED = """
SELECT account_id, day, level, active, working, paying, seats, activated, purchased, north_star FROM restated_day ORDER BY account_id, day
"""
MONTHS = """
SELECT account_id, starts_on, active_days, known_days, bar, paying, levels, version FROM restated_month ORDER BY account_id, starts_on
"""
FIELDS = ("account_id", "day", "level", "active", "working", "paying", "seats", "activated", "purchased", "north_star")
GUESTS = ({"persona": "basic"}, {"persona": "advanced"}, {"email": "g@vendor.example"})
SUMS = ("account_id", "starts_on", "active_days", "known_days", "bar", "paying", "levels")


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The published book, kept for the tests of this module; what each does to it is taken back, and the book at their end."""
    with django_db_blocker.unblock(), transaction.atomic():
        restated_book()
        _guests()
        yield
        transaction.set_rollback(True)


def _guests() -> None:
    """An account without a contract, whose days exist where somebody counted did something; and daily counts that name a seat."""
    guests = make.AccountFactory.make()
    seats = [make.SeatFactory.make(account=guests, activated_on=DAYS[0], **one) for one in GUESTS]
    for number, day in enumerate(DAYS):
        if number % 4 < 3:
            make.event(guests, day, "work", seat=seats[number % 4], times=1 + number % 3)
        if number % 6 == 0:
            make.usage(guests, day, "work", quantity="2.5", seat=seats[number % 3])
            make.usage(guests, day, "mail", quantity=3, distinct=2)
        if number % 8 == 7:
            make.usage(guests, day, "watch", quantity=0, distinct=4)
    build(open_anew())


def drafted(**changes: Any) -> Definitions:
    published = as_published()
    one = parse_activity({**BASE, **changes}, version=2)
    return Definitions(always(one), published.north_stars, (), ())


def restated(definitions: Definitions) -> tuple[list[Any], list[Any]]:
    """All restated days and months; two months fit into the tables at once."""
    with connection.cursor() as cursor:
        for _month in restate_months(definitions, published_months(AS_OF), AS_OF, lambda _line: None):
            pass
        cursor.execute(GRADED)
        days = list(cursor.fetchall())
        cursor.execute(MONTHS)
        return days, list(cursor.fetchall())


@pytest.mark.parametrize("name", sweep(VARIANTS, USUAL))
def test_it_gives_what_a_rebuild_from_the_events_gives(book: None, name: str) -> None:
    _holds(VARIANTS[name])


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Anything that counting depends on, changed together; a profile may change it once more."""
    weights = st.sampled_from(["1", "2", "0.333333", "20"])
    keys = draw(st.dictionaries(st.sampled_from(["work", "watch", "mail"]), weights, min_size=1))
    least = st.sampled_from([2, 7.5, 60]).map(lambda quantity: {"min_quantity": quantity})
    left_out = {
        "excluded_personas": st.sampled_from([[], ["basic"], ["advanced"]]),
        "excluded_email_domains": st.sampled_from([[], ["vendor.example"]]),
    }
    profile = st.fixed_dictionaries({"when": st.just({"plan": ["pro"]})}, optional={**left_out, "seat_base": st.just("purchased")})
    rest = {
        **left_out,
        "conditions": st.dictionaries(st.sampled_from(sorted(keys)), least),
        "passive_actions": st.lists(st.sampled_from(sorted({"work", "watch", "mail"} - keys.keys()) or ["other"]), max_size=1),
        "seat_base": st.sampled_from(["activated", "purchased"]),
        "login_share": st.sampled_from(["0", "0.3", "0.6"]),
        "low_multiple": st.just("0.2"),
        "high_multiple": st.sampled_from(["0.5", "1", "3"]),
        "min_activation_rate": st.sampled_from(["0", "0.6"]),
        "profiles": st.lists(profile, max_size=1),
    }
    return {"key_actions": keys, **draw(st.fixed_dictionaries(rest))}


@pytest.mark.wide
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=definitions(), rare=st.sampled_from([-1.0, 0.1, 1.0]))
def test_it_does_so_whatever_changes_together(book: None, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], rare: float) -> None:
    # Days told apart by what was done on them, or all of them.
    monkeypatch.setattr(restating, "RARE", rare)
    with transaction.atomic():
        _holds(changes)
        transaction.set_rollback(True)


def _holds(changes: dict[str, Any]) -> None:
    days, months = restated(drafted(**changes))
    run = rebuild_by(**{**BASE, **changes})
    assert days == list(AccountDay.objects.filter(run=run).order_by("account_id", "day").values_list(*FIELDS))
    rows = AccountPeriod.objects.filter(run=run, grain="month").order_by("account_id", "starts_on").values_list(*SUMS)
    assert [row[:7] for row in months] == list(rows)
    assert {row[7] for row in months} == {2}


def test_another_seat_base_counts_only_where_a_seat_may_have_acted_before_it_was_opened(book: None) -> None:
    counted = {}
    with connection.cursor() as cursor:
        for month, _days in restate_months(drafted(**VARIANTS["purchased seats"]), published_months(AS_OF), AS_OF, lambda _line: None):
            cursor.execute("SELECT (SELECT count(*) FROM loose), (SELECT count(DISTINCT account_id) FROM restated_pair)")
            counted[month.first.month] = cursor.fetchone()
    # A seat was opened on 20 February; in March all of them are open, and only of the guests a daily count names a seat.
    assert min(counted[2]) > 1
    assert counted[3] == (1, 1)


def test_only_days_on_which_a_changed_action_was_done_are_weighed_again(book: None, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = drafted(key_actions={"work": 1, "watch": 3})
    monkeypatch.setattr(restating, "RARE", 1.0)
    apart, weighed = restated(changed), _weighed()
    done = Event.objects.filter(action__name="watch", day__gte=MARCH[0])
    payers = Coalesce("account__counts_for", "account")
    assert set(done.filter(quantity__gte=60).values_list(payers, "day")) <= weighed <= set(done.values_list(payers, "day"))
    # Where most days have one they are not told apart; the figures are the same.
    monkeypatch.setattr(restating, "RARE", -1.0)
    assert restated(changed) == apart
    assert weighed < _weighed()


@pytest.mark.parametrize("name", ["weights of six decimals", "all at once"])
def test_what_is_counted_again_is_right_to_the_last_decimal(book: None, name: str) -> None:
    changes = VARIANTS[name]
    restated(drafted(**changes))
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, day, key_actions, active_seats, north_star FROM reweighed ORDER BY account_id, day")
        counted = list(cursor.fetchall())
    run = rebuild_by(**{**BASE, **changes})
    rows = AccountDay.objects.filter(run=run, day__gte=MARCH[0], events__gt=0).order_by("account_id", "day")
    figures = list(rows.values_list("account_id", "day", "key_actions", "active_seats", "north_star"))
    # The north star is added up again only where other seats count.
    wide = 5 if "excluded_personas" in changes else 4
    assert [row[:wide] for row in counted] == [row[:wide] for row in figures]


def _weighed() -> set[tuple[int, date]]:
    """Account-days of March that were weighed again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, day FROM reweighed")
        return set(cursor.fetchall())


HEALTH = parse_health({"weights": {"adoption": 1}})
WINDOWS = [(date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 2, 15), date(2026, 3, 14))]


@pytest.mark.parametrize(
    "name", sweep(("other weights", "passive counts", "nobody left out", "weights of a profile alone"), {"other weights"})
)
def test_seats_did_on_the_same_days_what_a_rebuild_says(book: None, name: str) -> None:
    changes = VARIANTS[name]
    both = replace(drafted(**changes), health=(HEALTH,))
    source = [found for _month, found in restate_months(both, published_months(AS_OF), AS_OF, lambda _line: None)][-1]
    assert source.seats == "restated_seat"
    beside = [_done(first, last, source) for first, last in WINDOWS]
    rebuild_by(**{**BASE, **changes})
    assert all(beside)
    assert beside == [_done(first, last, frames.PUBLISHED) for first, last in WINDOWS]


def _done(first: date, last: date, source: frames.DaySource) -> list[tuple[int, ...]]:
    """What each seat did in a window, as the scores read it; bits outside the window are read by nobody."""
    accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    frames.set_chunk(accounts, "UTC")
    rows = frames.seat_days(accounts, first, last, source)
    rows[["key_days", "login_days"]] &= (1 << ((last - first).days + 1)) - 1
    return sorted(map(tuple, rows[(rows["key_days"] | rows["login_days"]) > 0].to_numpy().tolist()))


@pytest.mark.wide
def test_the_variants_really_differ_from_what_is_published(book: None) -> None:
    before, _ = restated(drafted())
    same = [name for name, changes in VARIANTS.items() if restated(drafted(**changes))[0] == before]
    # The bar of a month is no matter of its days; one profile moves months and seats only of those it fits.
    assert same == ["as it was", "share of working days"]


def test_published_rows_stay_as_they_are(book: None) -> None:
    before, runs = list(AccountDay.objects.order_by("run", "account", "day").values()), Run.objects.count()
    restated(drafted(**VARIANTS["other weights"]))
    assert list(AccountDay.objects.order_by("run", "account", "day").values()) == before
    assert Run.objects.count() == runs


def test_several_versions_each_hold_on_their_days(book: None) -> None:
    late = parse_activity({**BASE, "low_multiple": "0.5"}, version=2, effective_from=date(2026, 3, 5))
    published = as_published()
    mixed = Definitions((*published.activity, late), published.north_stars, (), ())
    days, months = restated(mixed)
    old, new = restated(drafted())[0], restated(drafted(low_multiple="0.5"))[0]
    border = date(2026, 3, 5)
    assert days == sorted([row for row in old if row[1] < border] + [row for row in new if row[1] >= border])
    assert {(row[1].month, row[7]) for row in months} == {(2, 1), (3, 2)}


@pytest.mark.parametrize(
    ("change", "redo"),
    [
        ({}, KEPT),
        ({"low_multiple": Fraction(3), "login_actions": ("x",), "month_days": 3}, KEPT),
        ({"seat_base": "purchased"}, RESEAT),
        ({"seat_base": "purchased", "login_share": Fraction(0)}, RECOUNT),
        ({"login_share": Fraction(0)}, RECOUNT),
        ({"key_actions": {"work": 2}}, REWEIGH),
        ({"conditions": {"work": 5}}, REWEIGH),
        ({"passive_actions": ("mail",)}, RELOGIN),
        ({"excluded_personas": ("basic",)}, REWEIGH),
        ({"excluded_email_domains": ("vendor.example",), "passive_actions": ("mail",), "login_share": Fraction(0)}, REWEIGH),
    ],
)
def test_only_what_counts_differently_is_counted_again(change: dict[str, Any], redo: int) -> None:
    rules = parse_activity({"key_actions": {"work": 1}}).rules[0]
    other = ActivityRules(**{**{name: getattr(rules, name) for name in ActivityRules.__slots__}, **change})
    assert redo_of(rules, other) == redo
    # A day of an account of which the same seats count, without any action that counts differently, is never weighed again.
    untouched = RECOUNT if not other.login_share else KEPT if redo in {REWEIGH, RELOGIN} else redo
    assert redo_of_untouched(rules, other) == untouched
