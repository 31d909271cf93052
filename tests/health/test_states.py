"""The current row of an account: gathered from the run, the published rest and the facts, merged where it differs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Account, ExchangeRate, Interaction
from health.account_periods import build_periods
from health.models import AccountState, HealthScore, Review, Run
from health.score_days import build_scores
from health.states import merge_states, set_renewals, stage_states, tidy_states
from health.types import Band, Grain, Level
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def run() -> Run:
    return make.open_run(AS_OF)


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make()
    return account


def state_of(account: Account, run: Run) -> Any:
    """The account's AccountState after the run; untyped, so that its decimals may be compared with whole numbers."""
    with transaction.atomic():
        stage_states(run.pk, run.as_of)
        merge_states()
    return AccountState.objects.get(account=account)


def merged(run: Run) -> int:
    with transaction.atomic():
        stage_states(run.pk, run.as_of)
        return merge_states()


def test_an_account_without_anything_has_a_row_that_says_so(run: Run, account: Account) -> None:
    state = state_of(account, run)
    assert (state.paying, state.level, state.strip, state.band, state.score) == (False, Level.UNKNOWN, "U" * 28, Band.UNKNOWN, None)
    assert (state.mrr, state.currency, state.mrr_reporting, state.products, state.outcome_status) == (0, "USD", 0, [], "")
    assert (state.north_star, state.week_active, state.top_reason, state.renewal_on) == (None, None, {}, None)


def test_the_strip_shows_four_weeks_oldest_first_with_gaps_unknown(run: Run, account: Account) -> None:
    rows.graded_days(account, run, "ZL")
    rows.graded_day(account, run, AS_OF - 3 * DAY, 3)
    rows.graded_day(account, run, AS_OF - 4 * DAY, -1)
    rows.graded_day(account, run, AS_OF - 27 * DAY, 2)
    rows.graded_day(account, run, AS_OF - 28 * DAY, 1)
    state = state_of(account, run)
    assert state.strip == "M" + "U" * 22 + "U" + "H" + "U" + "ZL"
    assert (state.level, state.seats, state.seats_activated, state.seats_purchased) == (1, 8, 8, 10)
    assert state.activity_version == 1


def test_the_runs_own_day_goes_before_the_published_one(run: Run, account: Account) -> None:
    old = Run.objects.create(as_of=AS_OF, first_day=AS_OF - 9 * DAY, started_at=rows.RECORDED, state="published")
    rows.graded_day(account, old, AS_OF - DAY, 2)
    rows.graded_day(account, old, AS_OF, 1)
    rows.graded_day(account, run, AS_OF, 3)
    rows.show(old, Grain.DAY, AS_OF - DAY, AS_OF)
    assert state_of(account, run).strip.endswith("UMH")


def test_week_and_month_come_from_the_periods_with_the_working_days_left(account: Account) -> None:
    make.define_activity()
    make.ContractFactory.make(account=account)
    thursday = date(2026, 3, 12)
    run = make.open_run(thursday)
    rows.graded_days(account, run, "HHHHHHHHHHHH", last=thursday)
    build_periods(run.pk, Grain.WEEK, [date(2026, 3, 9)], thursday)
    build_periods(run.pk, Grain.MONTH, [date(2026, 3, 1)], thursday)
    make.QuietPeriodFactory.make(account=account, starts_on=date(2026, 3, 30), ends_on=date(2026, 4, 3))
    state = state_of(account, run)
    assert (state.week_active, state.week_days, state.week_bar) == (True, 4, 3)
    assert (state.month_active, state.month_days, state.month_bar, state.month_can_reach) == (True, 12, 12, True)
    assert state.month_days_left == 11  # 13 weekdays from the 13th on, less the quiet 30th and 31st


def test_health_and_its_change_in_thirty_days(run: Run, account: Account) -> None:
    rows.define_health()
    make.ContractFactory.make(account=account)
    old = Run.objects.create(as_of=AS_OF, first_day=AS_OF, started_at=rows.RECORDED, state="published")
    then = {"band": "red", "coverage": 1, "facets": {}, "version": 1}
    HealthScore.objects.create(run=old, account=account, day=AS_OF - 30 * DAY, score=Decimal("40.5"), **then)
    rows.show(old, Grain.HEALTH, AS_OF - 30 * DAY)
    rows.graded_days(account, run, "HM")
    build_scores(run.pk, [AS_OF], AS_OF)
    state = state_of(account, run)
    assert (state.score, state.score_change_30d, state.band) == (Decimal("83.3334"), Decimal("42.8334"), Band.GREEN)
    assert (state.health_version, state.coverage, state.facets["activity"]["value"]) == (1, 1, 83.3334)
    assert (state.top_reason["code"], state.top_reason["active_days"]) == ("activity", 2)


def test_the_change_is_unknown_when_either_side_is(run: Run, account: Account) -> None:
    rows.define_health(weights={"activity": 1, "surveys": 9}, min_coverage="0.5")
    make.ContractFactory.make(account=account)
    rows.graded_days(account, run, "H" * 31)
    rows.answer(account, AS_OF, 9)
    build_scores(run.pk, [AS_OF - 30 * DAY, AS_OF], AS_OF)
    state = state_of(account, run)
    assert state.score is not None
    assert state.score_change_30d is None


def test_money_in_one_currency_needs_no_rate_of_its_own(run: Run, account: Account) -> None:
    make.ContractFactory.make(account=account, mrr=Decimal("100.10"), currency="CNY", product="b", plan="pro")
    make.ContractFactory.make(account=account, mrr=Decimal(50), currency="CNY", product="a", plan="basic")
    make.ContractFactory.make(account=account, mrr=Decimal(999), ends_on=AS_OF)
    state = state_of(account, run)
    assert (state.mrr, state.currency, state.mrr_reporting) == (Decimal("150.10"), "CNY", None)
    assert (state.paying, state.plan, state.products) == (True, "pro", ["a", "b"])
    ExchangeRate.objects.create(currency="CNY", day=AS_OF - 9 * DAY, rate=Decimal("0.145"))
    ExchangeRate.objects.create(currency="CNY", day=AS_OF + DAY, rate=Decimal(9))
    assert state_of(account, run).mrr_reporting == Decimal("21.76")  # 21.7645


def test_mixed_currencies_are_added_up_in_the_accounts_own(run: Run) -> None:
    account = make.AccountFactory.make(currency="EUR")
    make.ContractFactory.make(account=account, mrr=Decimal(100), currency="USD")
    make.ContractFactory.make(account=account, mrr=Decimal(100), currency="EUR")
    assert state_of(account, run).mrr is None
    ExchangeRate.objects.create(currency="EUR", day=AS_OF, rate=Decimal("1.25"))
    state = state_of(account, run)
    assert (state.mrr, state.currency, state.mrr_reporting) == (Decimal(180), "EUR", Decimal(225))


def test_a_trial_is_not_paying(run: Run, account: Account) -> None:
    make.ContractFactory.make(account=account, mrr=0, plan="trial")
    state = state_of(account, run)
    assert (state.paying, state.mrr, state.plan) == (False, 0, "trial")


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        (["achieved"], "achieved"),
        (["achieved", "on_track"], "on_track"),
        (["on_track", "behind"], "behind"),
        (["missed", "behind"], "missed"),
    ],
)
def test_the_worst_open_outcome_is_shown(run: Run, account: Account, statuses: list[str], shown: str) -> None:
    for status in statuses:
        rows.outcome(account, status)
    assert state_of(account, run).outcome_status == shown


def test_an_outcome_settled_later_was_on_track(run: Run, account: Account) -> None:
    rows.outcome(account, "achieved", achieved_on=AS_OF + DAY)
    assert state_of(account, run).outcome_status == "on_track"


def test_the_north_star_is_summed_since_its_version_began(run: Run, account: Account) -> None:
    make.define_north_star(AS_OF - 5 * DAY, action="work", threshold=25)
    for back, amount in ((6, 100), (5, 10), (3, 10), (1, 10), (0, 1)):
        rows.graded_day(account, run, AS_OF - back * DAY, north_star=amount)
    state = state_of(account, run)
    assert (state.north_star, state.north_star_crossed_on) == (31, AS_OF - DAY)
    assert state_of(make.AccountFactory.make(), run).north_star == 0


def test_people_and_tickets_as_of_the_day(run: Run, account: Account) -> None:
    store = make.AccountFactory.make(counts_for=account)
    rows.rating(account, AS_OF - 3 * DAY, 4)
    rows.rating(account, AS_OF + DAY, 4)
    rows.ticket(account, AS_OF - 3 * DAY, AS_OF)
    rows.ticket(account, AS_OF - 3 * DAY, AS_OF + DAY)
    rows.ticket(store, AS_OF)
    rows.ticket(account, AS_OF + DAY)
    Interaction.objects.create(**rows.loaded(account=account, kind="call", happened_at=rows.noon(AS_OF - 9 * DAY)))
    Review.objects.create(**rows.loaded(account=store, kind="qbr", held_on=AS_OF - 4 * DAY))
    state = state_of(account, run)
    assert (state.rated_on, state.last_contact_on, state.open_tickets) == (AS_OF - 3 * DAY, AS_OF - 4 * DAY, 2)
    assert AccountState.objects.get(account=store).open_tickets == 1


def test_seats_with_a_key_action_in_four_weeks_are_counted_once(run: Run, account: Account) -> None:
    with connection.cursor() as cursor:
        for seat, back, key_actions in ((1, 0, 1), (1, 3, 1), (2, 27, 1), (3, 28, 1), (4, 1, 0), (0, 0, 5)):
            day = AS_OF - back * DAY
            cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
            cursor.execute(
                "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version)"
                " VALUES (%s, %s, %s, 1, %s, true, 1)",
                [account.pk, day, seat, key_actions],
            )
    assert state_of(account, run).seats_active == 2


def test_a_second_merge_writes_nothing_and_a_change_writes_one_row(run: Run, account: Account) -> None:
    make.ContractFactory.make(account=account)
    make.AccountFactory.make()
    assert merged(run) == 2
    assert merged(run) == 0
    rows.ticket(account, AS_OF)
    assert merged(run) == 1


def test_renewals_are_written_into_the_staged_row(run: Run, account: Account) -> None:
    with transaction.atomic():
        stage_states(run.pk, AS_OF)
        assert set_renewals([(account.pk, AS_OF + 9 * DAY, AS_OF)]) == 1
        merge_states()
    state = AccountState.objects.get(account=account)
    assert (state.renewal_on, state.decision_on) == (AS_OF + 9 * DAY, AS_OF)


def test_tidying_the_states_inside_a_transaction_leaves_it_to_the_server() -> None:
    tidy_states()
    assert connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_tidied_states_are_counted_in_the_index_alone() -> None:
    run = make.open_run(AS_OF)
    for _ in range(3):
        AccountState.objects.create(account=make.AccountFactory.make(), run=run, as_of=AS_OF, paying=True, level=0, strip="")
    AccountState.objects.update(level=1)
    tidy_states()
    with connection.cursor() as cursor:
        cursor.execute("SELECT relallvisible = relpages FROM pg_class WHERE relname = 'health_accountstate'")
        assert cursor.fetchone() == (True,)
