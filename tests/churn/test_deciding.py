"""Forecasts, steps and outcomes: what is saved, what is refused and why, what takes it back, and what the night makes of it."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.edit_values import NotSaved
from accounts.models import Account, ExchangeRate, User
from accounts.terms import DueState
from accounts.types import Role
from churn import deciding
from churn.decision_values import ForecastValues, OutcomeValues, read_check, read_forecast, read_outcome
from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from churn.renewals import merge_cases, stage_cases
from churn.types import CheckKind, ForecastCategory
from health.states import merge_states, stage_states
from tests import factories as make
from tests.churn.book import AS_OF, DAY, HOUR, NOW, TODAY, due, next_renewal, night, only_case, term

pytestmark = pytest.mark.django_db
RENEWED, LOST = DueState.RENEWED, DueState.LOST


@pytest.fixture
def csm() -> User:
    return make.UserFactory.make()


@pytest.fixture
def account(csm: User) -> Account:
    """An account of the CSM whose renewal is decided in 20 days."""
    found = due(20, make.AccountFactory.make(owner=csm))
    night()
    return found


def values(amount: int | str = 100, **fields: Any) -> ForecastValues:
    return ForecastValues(
        Decimal(amount),
        fields.pop("expansion", Decimal(0)),
        fields.pop("probability", Decimal("0.9")),
        fields.pop("category", ForecastCategory.COMMIT),
        **fields,
    )


def outcome(state: DueState = RENEWED, amount: int | str | None = None, on: date = TODAY, note: str = "") -> OutcomeValues:
    return OutcomeValues(state, None if amount is None else Decimal(amount), on, note)


def problems(act: Any, *args: Any) -> dict[str, str]:
    with pytest.raises(NotSaved) as refused:
        act(*args)
    return refused.value.problems


def test_a_forecast_is_kept_with_its_author_and_currency(csm: User, account: Account) -> None:
    deciding.enter_forecast(csm, only_case(), values(80, expansion=Decimal(30), reason="asked for ten seats"), NOW)
    row: Any = Forecast.objects.get()
    assert (row.account, row.product, row.ends_on) == (account, "default", only_case().ends_on)
    assert (row.amount, row.expansion, row.probability, row.category) == (80, 30, Decimal("0.9"), "commit")
    assert (row.currency, row.author, row.entered_at) == ("USD", csm, NOW)


def test_the_same_forecast_sent_twice_is_one(csm: User, account: Account) -> None:
    first = deciding.enter_forecast(csm, only_case(), values(), NOW)
    assert deciding.enter_forecast(csm, only_case(), values(), NOW + timedelta(seconds=20)) == first
    assert deciding.enter_forecast(csm, only_case(), values(90), NOW + timedelta(seconds=30)) != first
    assert deciding.enter_forecast(csm, only_case(), values(90), NOW + HOUR).entered_at == NOW + HOUR


def test_more_than_falls_due_is_expansion(csm: User, account: Account) -> None:
    assert set(problems(deciding.enter_forecast, csm, only_case(), values("100.01"), NOW)) == {"amount"}
    deciding.enter_forecast(csm, only_case(), values(100, expansion=Decimal(900)), NOW)


def test_what_is_decided_takes_no_forecast(csm: User, account: Account) -> None:
    deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW)
    assert set(problems(deciding.enter_forecast, csm, only_case(), values(), NOW)) == {""}


def test_a_forecast_taken_back_leaves_the_one_before(csm: User, account: Account) -> None:
    first = deciding.enter_forecast(csm, only_case(), values(50), NOW)
    second = deciding.enter_forecast(csm, only_case(), values(60), NOW + HOUR)
    assert deciding.withdraw_forecast(csm, second.pk, NOW + 2 * HOUR) == only_case()
    assert list(Forecast.objects.filter(withdrawn_at__isnull=True)) == [first]
    assert deciding.withdraw_forecast(csm, second.pk, NOW + 2 * HOUR) is None
    assert deciding.withdraw_forecast(csm, first.pk, NOW + DAY) is None


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER, Role.ADMIN])
def test_only_its_author_takes_a_forecast_back(csm: User, account: Account, role: Role) -> None:
    made = deciding.enter_forecast(csm, only_case(), values(), NOW)
    assert deciding.withdraw_forecast(make.UserFactory.make(role=role), made.pk, NOW) is None


def test_nothing_is_entered_on_what_is_not_yours(account: Account) -> None:
    other = make.UserFactory.make()
    for act in (
        lambda: deciding.enter_forecast(other, only_case(), values(), NOW),
        lambda: deciding.enter_outcome(other, only_case(), outcome(), NOW),
        lambda: deciding.tick(other, only_case(), CheckKind.USAGE_SHARED, NOW),
    ):
        with pytest.raises(RenewalCase.DoesNotExist):
            act()
    assert not Forecast.objects.exists()
    assert not CaseOutcome.objects.exists()


def test_an_entered_outcome_counts_at_once_and_moves_the_next_renewal(csm: User, account: Account) -> None:
    term(account, date(2025, 6, 1), date(2026, 9, 1), 40, product="crm")
    night()
    case = only_case(product="default")
    assert next_renewal(account) == (case.ends_on, case.decision_on)
    deciding.enter_outcome(csm, case, outcome(RENEWED, "120.50", note="signed on paper"), NOW)
    case.refresh_from_db()
    assert (case.state, case.contract_state, case.resolved_on) == ("renewed", "open", TODAY)
    assert case.renewed_mrr == case.renewed_reporting == Decimal("120.50")
    assert next_renewal(account) == (date(2026, 9, 1), date(2026, 9, 1))


def test_a_renewal_without_amount_is_as_before_until_the_contract_tells(csm: User, account: Account) -> None:
    deciding.enter_outcome(csm, only_case(), outcome(), NOW)
    assert only_case().renewed_mrr == 100
    term(account, only_case().ends_on, None, 70, recorded_at=NOW)
    night(TODAY)
    assert (only_case().renewed_mrr, only_case().contract_state) == (70, "renewed")


def test_an_entered_outcome_wins_at_every_night(csm: User, account: Account) -> None:
    deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW)
    term(account, only_case().ends_on, None, 70, recorded_at=NOW)
    for night_of in (AS_OF, TODAY, TODAY + 60 * DAY):
        night(night_of)
        case = only_case()
        assert (case.state, case.renewed_mrr, case.renewed_reporting, case.resolved_on) == ("lost", None, None, TODAY)
        assert next_renewal(account) == (None, None)
    assert case.contract_state == "renewed"
    assert night(TODAY + 60 * DAY) == 0


def test_an_outcome_is_told_at_the_rate_of_the_end_of_the_term(csm: User) -> None:
    ExchangeRate.objects.create(currency="CNY", day=date(2025, 1, 1), rate=Decimal("0.14"))
    ExchangeRate.objects.create(currency="CNY", day=TODAY + 90 * DAY, rate=Decimal("0.5"))
    due(20, make.AccountFactory.make(owner=csm), 1000, currency="CNY")
    night()
    deciding.enter_outcome(csm, only_case(), outcome(RENEWED, 500), NOW)
    assert (only_case().renewed_mrr, only_case().renewed_reporting) == (500, 70)
    night()
    assert only_case().renewed_reporting == 70


def test_an_outcome_takes_the_place_of_the_one_before_and_the_undo_gives_it_back(csm: User, account: Account) -> None:
    deciding.enter_outcome(csm, only_case(), outcome(RENEWED, 90), NOW)
    second = deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW + HOUR)
    assert deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW + 2 * HOUR) == second
    assert only_case().state == "lost"
    deciding.withdraw_outcome(csm, second.pk, NOW + 3 * HOUR)
    assert (only_case().state, only_case().renewed_mrr) == ("renewed", 90)


def test_without_its_outcome_a_case_is_what_the_contracts_say(csm: User, account: Account) -> None:
    made = deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW)
    deciding.withdraw_outcome(csm, made.pk, NOW + HOUR)
    case = only_case()
    assert (case.state, case.renewed_mrr, case.resolved_on) == ("open", None, None)
    assert next_renewal(account) == (case.ends_on, case.decision_on)
    assert CaseOutcome.objects.get().withdrawn_at == NOW + HOUR


def test_after_a_day_a_manager_takes_an_outcome_back_and_its_author_enters_another(csm: User, account: Account) -> None:
    team = make.TeamFactory.make()
    User.objects.filter(pk=csm.pk).update(team=team)
    manager = make.UserFactory.make(role=Role.MANAGER, manages=team, team=team)
    made = deciding.enter_outcome(csm, only_case(), outcome(LOST), NOW)
    later = NOW + 3 * DAY
    assert deciding.withdraw_outcome(csm, made.pk, later) is None
    other = make.UserFactory.make(role=Role.MANAGER, manages=make.TeamFactory.make())
    assert deciding.withdraw_outcome(other, made.pk, later) is None
    assert deciding.withdraw_outcome(manager, made.pk, later) == only_case()
    assert only_case().state == "open"


def test_an_outcome_lies_inside_the_term_and_not_in_the_future(csm: User, account: Account) -> None:
    early = only_case().starts_on - DAY
    assert set(problems(deciding.enter_outcome, csm, only_case(), outcome(on=early), NOW)) == {"decided_on"}
    assert set(problems(read_outcome, {"state": "lost", "decided_on": str(TODAY + DAY)}, TODAY)) == {"decided_on"}


def test_a_tick_is_kept_once_and_taken_back(csm: User, account: Account) -> None:
    made = deciding.tick(csm, only_case(), CheckKind.USAGE_SHARED, NOW)
    assert deciding.tick(csm, only_case(), CheckKind.USAGE_SHARED, NOW + HOUR) == made
    assert deciding.untick(make.UserFactory.make(), made.pk, NOW) is None
    assert deciding.untick(csm, made.pk, NOW + HOUR) == only_case()
    assert deciding.tick(csm, only_case(), CheckKind.USAGE_SHARED, NOW + HOUR) != made


@pytest.mark.parametrize(("days", "opened"), [(-1, True), (0, True), (90, True), (91, False)])
def test_the_pack_opens_by_itself_90_days_before_the_decision(days: int, opened: bool) -> None:
    due(days, notice_days=10)
    night()
    found: Any = CaseCheck.objects.first()
    assert (found is not None) is opened
    if found is not None:
        assert (found.kind, found.author, found.checked_at.date()) == ("pack_opened", None, TODAY)
        assert found.ends_on == only_case().ends_on


def test_a_pack_opens_once_and_stays_open(csm: User, account: Account) -> None:
    night()
    night(TODAY)
    pack = CaseCheck.objects.get()
    assert deciding.untick(make.UserFactory.make(role=Role.ADMIN), pack.pk, NOW) is None


def test_a_pack_opened_by_hand_is_not_opened_again(csm: User) -> None:
    due(120, make.AccountFactory.make(owner=csm))
    night()
    deciding.tick(csm, only_case(), CheckKind.PACK_OPENED, NOW)
    night(AS_OF + 60 * DAY)
    assert CaseCheck.objects.get().author == csm


def test_what_is_decided_opens_no_pack(csm: User) -> None:
    account = due(20, make.AccountFactory.make(owner=csm))
    term(account, TODAY + 20 * DAY, None, recorded_at=NOW - DAY)
    night()
    assert not CaseCheck.objects.exists()


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, {"amount", "probability", "category"}),
        ({"amount": "ten", "probability": "1.2", "category": "sure"}, {"amount", "probability", "category"}),
        ({"amount": "-1", "probability": "-0.1", "category": "commit"}, {"amount", "probability"}),
        ({"amount": "1.005", "probability": "nan", "category": "commit"}, {"amount", "probability"}),
        ({"amount": True, "probability": True, "category": ["commit"]}, {"amount", "probability", "category"}),
        ({"amount": "1", "probability": "1", "category": "at_risk"}, {"reason"}),
        ({"amount": "1", "probability": "1", "category": "best_case", "reason": "  "}, {"reason"}),
        ({"amount": "1", "probability": "1", "category": "commit", "reason": "x" * 1001}, {"reason"}),
        ({"amount": "1", "probability": "1", "category": "commit", "reason": "a\x00b"}, {"reason"}),
        ({"amount": "1", "probability": "1", "category": "commit", "expansion": "x", "likelihood": "1"}, {"expansion", "likelihood"}),
        ({"amount": "1e30", "probability": "101%", "category": "commit"}, {"amount", "probability"}),
    ],
)
def test_every_fault_of_a_forecast_is_named_with_its_field(given: dict[str, Any], faults: set[str]) -> None:
    assert set(problems(read_forecast, given)) == faults


@pytest.mark.parametrize(
    ("written", "share"),
    [("80%", "0.8"), (0.8, "0.8"), ("1", "1"), (0, "0"), ("33.333 %", "0.3333"), ("50％", "0.5"), ("0.66666", "0.6667")],
)
def test_a_probability_may_be_written_as_share_or_percentage(written: Any, share: str) -> None:
    found = read_forecast({"amount": "1,250.5", "probability": written, "category": "commit"})
    assert (found.amount, found.probability, found.expansion) == (Decimal("1250.50"), Decimal(share), Decimal(0))


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({}, {"state"}),
        ({"state": "open"}, {"state"}),
        ({"state": "lost", "renewed_mrr": "5"}, {"renewed_mrr"}),
        ({"state": "renewed", "renewed_mrr": "0"}, {"renewed_mrr"}),
        ({"state": "renewed", "decided_on": "16/02/2026"}, {"decided_on"}),
        ({"state": "renewed", "note": "x" * 5001}, {"note"}),
        ({"state": "renewed", "date": "2026-02-01"}, {"date"}),
    ],
)
def test_every_fault_of_an_outcome_is_named_with_its_field(given: dict[str, Any], faults: set[str]) -> None:
    assert set(problems(read_outcome, given, TODAY)) == faults


def test_an_outcome_without_day_was_decided_today() -> None:
    assert read_outcome({"state": "lost", "renewed_mrr": "", "note": ""}, TODAY) == OutcomeValues(LOST, None, TODAY, "")


def test_a_step_is_named_and_done_unless_told_otherwise() -> None:
    assert read_check({"kind": "usage_shared"}) == (CheckKind.USAGE_SHARED, True)
    assert read_check({"kind": "usage_shared", "done": False}) == (CheckKind.USAGE_SHARED, False)
    assert set(problems(read_check, {"kind": "forecast", "done": "perhaps"})) == {"kind", "done"}


@pytest.mark.django_db(transaction=True)
def test_an_outcome_entered_while_the_night_publishes_is_not_lost() -> None:
    """The night holds its own reading from before; the outcome waits for it, and counts after it."""
    csm = make.UserFactory.make()
    due(20, make.AccountFactory.make(owner=csm))
    night()
    case, started, done = only_case(), threading.Event(), threading.Event()

    def enter() -> None:
        started.set()
        try:
            deciding.enter_outcome(csm, case, outcome(LOST), datetime.now(tz=NOW.tzinfo))
        finally:
            connection.close()
            done.set()

    hand = threading.Thread(target=enter)
    with transaction.atomic():
        stage_states(make.open_run(TODAY).pk, TODAY)
        stage_cases(TODAY)
        hand.start()
        started.wait(5)
        waited = not done.wait(0.3)
        merge_states()
        merge_cases()
    hand.join(10)
    assert waited
    assert only_case().state == "lost"
    assert next_renewal(case.account) == (None, None)
