"""Overrides: what is refused, what shows at once, what every later night keeps, and how one ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from health.judging.overrides import Wish, end_early, ended, ending, enter, resume, running, withdraw
from health.models import AccountState, HealthScore, Override, Run
from health.score_days import build_scores
from health.states import merge_states, stage_states
from health.types import Grain
from tests.factories import AccountFactory, ContractFactory, UserFactory
from tests.health.graded import define_health, graded_days, rating, score_on, show
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db

AS_OF = date(2026, 3, 15)
TODAY = AS_OF + timedelta(days=1)
AT = datetime(2026, 3, 16, 9, tzinfo=UTC)
UNTIL = TODAY + timedelta(days=30)
RED = Wish("red", UNTIL, "the sponsor left")


@pytest.fixture
def anna() -> User:
    return UserFactory.make(email="anna@example.com", name="Anna")


def graded(anna: User) -> tuple[Account, Run]:
    """A paying account whose night has graded it green."""
    define_health(bands={"amber": 50, "green": 75})
    account = AccountFactory.make(owner=anna)
    ContractFactory.make(account=account)
    run = published_run(AS_OF)
    graded_days(account, run, "H" * 28, AS_OF)
    show(run, Grain.DAY, *(AS_OF - timedelta(days=back) for back in range(28)))
    night(run)
    return account, run


def night(run: Run, as_of: date = AS_OF) -> None:
    """Score and publish the as-of day's states once more."""
    build_scores(run.pk, [as_of], as_of)
    show(run, Grain.HEALTH, as_of)
    with transaction.atomic():
        stage_states(run.pk, as_of)
        merge_states()


def seen() -> tuple[str, Decimal | None, Any]:
    row = AccountState.objects.get()
    return row.band, row.score, row.top_reason.get("code")


@pytest.mark.parametrize(
    ("wish", "field", "says"),
    [
        (Wish("red", TODAY, "x"), "ends_on", "2026-03-17 or later"),
        (Wish("red", AS_OF, "x"), "ends_on", "2026-03-17 or later"),
        (Wish("red", None, "x"), "ends_on", "needs an end"),
        (Wish("red", UNTIL, "x", AS_OF), "starts_on", "cannot begin in the past"),
        (Wish("red", UNTIL, "x", UNTIL), "ends_on", "2026-04-16 or later"),
        (Wish("red", TODAY + timedelta(days=366), "x"), "ends_on", "at most 365 days"),
        (Wish("red", UNTIL, " \n "), "reason", "Say why"),
        (Wish("red", UNTIL, "x" * 1_001), "reason", "at most 1000"),
        (Wish("red", UNTIL, "a\0b"), "reason", "U+0000"),
        (Wish("unknown", UNTIL, "x"), "band", "red, amber or green"),
        (Wish("", UNTIL, "x"), "band", "red, amber or green"),
    ],
)
def test_a_bad_override_is_refused_and_says_what_would_be_right(anna: User, wish: Wish, field: str, says: str) -> None:
    account = AccountFactory.make(owner=anna)
    with pytest.raises(NotSaved) as refused:
        enter(anna, account, wish, AT, TODAY)
    assert says in refused.value.problems[field]
    assert not Override.objects.exists()


def test_an_account_that_is_not_theirs_does_not_exist(anna: User) -> None:
    with pytest.raises(Account.DoesNotExist):
        enter(anna, AccountFactory.make(), RED, AT, TODAY)


def test_a_store_has_no_band_of_its_own_to_set(anna: User) -> None:
    brand = AccountFactory.make(name="Brand", owner=anna)
    store = AccountFactory.make(owner=anna, counts_for=brand)
    with pytest.raises(NotSaved) as refused:
        enter(anna, store, RED, AT, TODAY)
    assert "counts for Brand" in refused.value.problems[""]


def test_an_override_shows_at_once_and_leaves_the_score(anna: User) -> None:
    account, _run = graded(anna)
    assert seen() == ("green", Decimal(100), None)
    enter(anna, account, RED, AT, TODAY)
    assert seen() == ("red", Decimal(100), "override")
    cap = AccountState.objects.get().caps[-1]
    assert cap == {"when": "override", "band": "red", "until": "2026-04-15", "reason": "the sponsor left", "by": "anna@example.com"}


def test_a_night_done_again_keeps_it_and_changes_no_past_day(anna: User) -> None:
    account, run = graded(anna)
    enter(anna, account, RED, AT, TODAY)
    shown = AccountState.objects.values().get()
    night(run)
    assert AccountState.objects.values().get() == shown
    assert score_on(account, AS_OF).band == "green"


def test_the_nights_while_it_runs_score_the_day_with_it_and_the_first_after_it_without(anna: User) -> None:
    account, run = graded(anna)
    enter(anna, account, Wish("red", TODAY + timedelta(days=2), "asked to leave"), AT, TODAY)
    bands = []
    for back in range(3):
        day = TODAY + timedelta(days=back)
        graded_days(account, run, "H", day)
        show(run, Grain.DAY, day)
        night(run, day)
        bands.append((score_on(account, day).band, AccountState.objects.get().band))
    # Read on the morning after: the day of its end already shows the score's own band again.
    assert bands == [("red", "red"), ("red", "green"), ("green", "green")]
    assert seen() == ("green", Decimal(100), None)


def test_after_an_override_a_cap_holds_the_band_again(anna: User) -> None:
    define_health(bands={"amber": 50, "green": 75}, caps=[{"when": "active_days >= 1", "band": "amber"}])
    account = AccountFactory.make(owner=anna)
    ContractFactory.make(account=account)
    run = published_run(AS_OF)
    graded_days(account, run, "H" * 28, AS_OF)
    show(run, Grain.DAY, *(AS_OF - timedelta(days=back) for back in range(28)))
    night(run)
    made = enter(anna, account, RED, AT, TODAY)
    assert seen()[0] == "red"
    assert withdraw(anna, made.pk, AT, TODAY)
    assert seen() == ("amber", Decimal(100), "cap")


def test_of_two_the_one_entered_last_counts_and_its_undo_shows_the_first_again(anna: User) -> None:
    account, run = graded(anna)
    enter(anna, account, RED, AT, TODAY)
    second = enter(anna, account, Wish("amber", UNTIL, "they came back"), AT + timedelta(hours=1), TODAY)
    assert seen()[0] == "amber"
    night(run)
    assert seen()[0] == "amber"
    withdraw(anna, second.pk, AT + timedelta(hours=2), TODAY)
    assert seen()[0] == "red"


def test_a_withdrawn_override_never_held_not_even_in_a_later_night(anna: User) -> None:
    account, run = graded(anna)
    made = enter(anna, account, RED, AT, TODAY)
    assert withdraw(anna, made.pk, AT, TODAY)
    assert seen() == ("green", Decimal(100), None)
    graded_days(account, run, "H", TODAY)
    show(run, Grain.DAY, TODAY)
    night(run, TODAY)
    assert HealthScore.objects.get(account=account, day=TODAY).band == "green"
    assert withdraw(anna, made.pk, AT, TODAY) is None


def test_undo_is_for_the_author_and_for_a_day(anna: User) -> None:
    account, _run = graded(anna)
    made = enter(anna, account, RED, AT, TODAY)
    assert withdraw(UserFactory.make(), made.pk, AT, TODAY) is None
    assert withdraw(anna, made.pk, AT + timedelta(days=1), TODAY) is None
    assert seen()[0] == "red"


def test_whoever_sees_the_account_ends_it_early_and_resumes_it_within_a_day(anna: User) -> None:
    ben = UserFactory.make()
    account, _run = graded(anna)
    Account.objects.filter(pk=account.pk).update(co_owner=ben)
    made = enter(anna, account, RED, AT, TODAY)
    later, at = TODAY + timedelta(days=3), AT + timedelta(days=3)
    assert end_early(UserFactory.make(), made.pk, at, later) is None
    ended_one = end_early(ben, made.pk, at, later)
    assert ended_one is not None
    assert ended_one.ends_on == later
    assert seen()[0] == "green"
    assert resume(anna, made.pk, at, later) is None
    assert resume(ben, made.pk, at, later)
    assert (Override.objects.get().ends_on, seen()[0]) == (UNTIL, "red")
    assert resume(ben, made.pk, at, later) is None


def test_one_that_has_not_held_a_day_is_taken_back_when_it_is_ended(anna: User) -> None:
    account, _run = graded(anna)
    made = enter(anna, account, RED, AT, TODAY)
    assert end_early(anna, made.pk, AT, TODAY)
    assert Override.objects.get().withdrawn_at == AT
    assert seen()[0] == "green"
    assert resume(anna, made.pk, AT, TODAY)
    assert seen()[0] == "red"


def test_one_that_begins_later_shows_when_it_begins(anna: User) -> None:
    account, run = graded(anna)
    enter(anna, account, Wish("red", UNTIL, "moves away", TODAY + timedelta(days=1)), AT, TODAY)
    assert seen()[0] == "green"
    graded_days(account, run, "H", TODAY)
    show(run, Grain.DAY, TODAY)
    night(run, TODAY)
    assert (score_on(account, TODAY).band, seen()[0]) == ("green", "red")


def test_the_same_again_within_a_minute_is_the_same_override(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    state(account, published_run())
    assert enter(anna, account, RED, AT, TODAY) == enter(anna, account, RED, AT, TODAY)
    assert enter(anna, account, RED, AT + timedelta(minutes=2), TODAY).pk != Override.objects.order_by("pk").first().pk  # type: ignore[union-attr]


def test_an_account_never_scored_shows_the_band_that_was_set(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    state(account, published_run())
    made = enter(anna, account, RED, AT, TODAY)
    assert seen() == ("red", None, "override")
    withdraw(anna, made.pk, AT, TODAY)
    assert seen() == ("unknown", None, None)


def test_lists_show_what_runs_what_ends_within_a_week_and_what_ended(anna: User) -> None:
    account = AccountFactory.make(owner=anna)
    ends = {"soon": TODAY + timedelta(days=7), "later": TODAY + timedelta(days=8), "today": TODAY, "long ago": TODAY - timedelta(days=30)}
    for reason, ends_on in ends.items():
        Override.objects.create(
            account=account, band="red", starts_on=date(2026, 1, 1), ends_on=ends_on, reason=reason, author=anna, recorded_at=AT
        )
    hers = AccountFactory.make()
    Override.objects.create(account=hers, band="red", starts_on=AS_OF, ends_on=UNTIL, reason="hers", author=anna, recorded_at=AT)
    assert [one.reason for one in running(anna, TODAY)] == ["soon", "later"]
    assert [one.reason for one in ending(anna, TODAY)] == ["soon"]
    assert [one.reason for one in ended(anna, TODAY)] == ["today"]


def test_a_stores_override_of_old_is_not_the_brands(anna: User) -> None:
    account, run = graded(anna)
    store = AccountFactory.make(counts_for=account)
    Override.objects.create(account=store, band="red", starts_on=AS_OF, ends_on=UNTIL, reason="old", author=anna, recorded_at=AT)
    rating(account, AS_OF, 5)
    night(run)
    assert (score_on(account, AS_OF).band, AccountState.objects.get(account=account).band) == ("green", "green")
