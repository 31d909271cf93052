"""How good a rule is: what people did, what became of the renewals it spoke of, and when it is proposed for retirement."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.edit_values import NotSaved
from accounts.models import Account, User
from accounts.types import Role
from churn.acting.precision import Proposal, RulePrecision, rule_precision
from churn.acting.rule_settings import Decision, decide, may_decide
from churn.acting.triggers import TRIGGERS
from churn.models import ActionItem, RenewalCase, TriggerSetting
from csm_portal.lib.estimates import share
from tests.churn.acting_book import DAY, NIGHT
from tests.factories import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = NIGHT.now
# The list began on the first day; half a year later its words can be judged.
BEGAN = NIGHT.as_of
LATER = BEGAN + timedelta(days=200)


@pytest.fixture
def admin() -> User:
    return UserFactory.make(role=Role.ADMIN)


def item(account: Account, rule: str = "level_fell", on: int = 0, **fields: Any) -> ActionItem:
    """An item opened so many days after the list began."""
    day = BEGAN + on * DAY
    closed = {"closed_at": NOW} if fields.get("state", "open") in {"done", "dismissed", "cleared"} else {}
    return ActionItem.objects.create(
        account=account, rule=rule, opened_on=day, opened_at=NOW + on * DAY, true_on=day, **{**closed, **fields}
    )  # fmt: skip


def due(account: Account, on: int, state: str) -> RenewalCase:
    """A closed renewal of a year's term that ended so many days after the list began."""
    ends = BEGAN + on * DAY
    return RenewalCase.objects.create(
        account=account, product="default", ends_on=ends, starts_on=ends - 365 * DAY, decision_on=ends, currency="EUR",
        due_mrr=Decimal(100), state=state,
    )  # fmt: skip


def of(user: User, rule: str = "level_fell") -> RulePrecision:
    return next(row for row in rule_precision(user, LATER) if row.trigger.key == rule)


def test_a_rule_is_judged_by_the_closed_renewals_it_spoke_of_and_no_others(admin: User) -> None:
    told, twice, missed, early, unclosed = (AccountFactory.make(external_id=name) for name in ("told", "twice", "missed", "early", "open"))
    item(told, on=10, state="done", first_acted_at=NOW)
    due(told, 100, "lost")
    item(twice, on=20, state="cleared")
    item(twice, on=60, state="cleared")
    due(twice, 100, "renewed")
    due(missed, 100, "lost")
    item(early, on=100)
    due(early, 100, "renewed")  # the word came on the day itself: too late to count
    item(unclosed, on=10)
    due(unclosed, 300, "renewed")  # not over as of the day
    found = of(admin)
    assert (found.judged.hits, found.judged.n) == (1, 2)
    assert (found.base.hits, found.base.n) == (2, 4)
    assert (found.lead_days, found.renewed_untouched, found.missed) == (90.0, 1, 1)
    assert found.judged == share(1, 2)
    assert found.lift == 1.0


def test_what_ended_before_the_list_began_judges_nothing(admin: User) -> None:
    account = AccountFactory.make()
    due(account, -10, "lost")
    item(account)
    found = of(admin)
    assert (found.judged.n, found.base.n, found.lift, found.proposal) == (0, 0, None, None)
    assert found.since == BEGAN


def test_items_are_counted_by_what_became_of_them_and_those_held_back_apart(admin: User) -> None:
    for number, state in enumerate(("open", "done", "done", "dismissed", "cleared")):
        item(AccountFactory.make(), state=state, first_acted_at=NOW + timedelta(hours=number) if state == "done" else None)
    item(AccountFactory.make(), held_back=True)
    found = of(admin)
    assert (found.items, found.held, found.waiting, found.done, found.dismissed, found.cleared) == (5, 1, 1, 2, 1, 1)
    assert (found.acted, found.hours, found.false_alarms) == (share(2, 3), 1.5, 1)
    assert of(admin, "champion_left").items == 0


def test_a_rule_is_proposed_where_people_dismiss_most_of_it(admin: User) -> None:
    for number in range(19):
        item(AccountFactory.make(), state="dismissed" if number < 13 else "done")
    assert of(admin).proposal is None  # 13 of 19, but too few
    item(AccountFactory.make(), state="done")
    assert of(admin).proposal is Proposal.DISMISSED  # 13 of 20
    one = ActionItem.objects.filter(state="dismissed").values("pk")[:1]
    ActionItem.objects.filter(pk__in=list(one.values_list("pk", flat=True))).update(state="done")
    assert of(admin).proposal is None  # 12 of 20 is sixty in a hundred, not more


def test_a_rule_is_proposed_where_those_it_speaks_of_leave_less_than_others(admin: User) -> None:
    for number in range(40):
        account = AccountFactory.make()
        item(account, "no_contact", on=1)
        item(account, "seats_full", on=1)
        due(account, 100, "lost" if number < 2 else "renewed")
    for _number in range(40):
        due(AccountFactory.make(), 100, "lost")
    found = of(admin, "no_contact")
    assert found.judged.high is not None
    assert found.base.value is not None
    assert found.judged.high < found.base.value
    assert found.proposal is Proposal.UNDER_BASE
    assert of(admin, "seats_full").proposal is None  # growth tells of no loss
    decide(admin, "no_contact", Decision(retired=True, reason="noise"), NOW)
    assert of(admin, "no_contact").proposal is None


def test_each_reader_sees_the_figures_of_their_own_book_in_one_query(
    admin: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    anna = UserFactory.make()
    item(AccountFactory.make(owner=anna))
    item(AccountFactory.make(owner=UserFactory.make()))
    with django_assert_num_queries(1):
        mine = rule_precision(anna, LATER)
    assert [row.trigger.key for row in mine] == list(TRIGGERS)
    assert (of(anna).items, of(admin).items) == (1, 2)


def test_a_rule_is_retired_brought_back_and_held_back_with_a_reason(admin: User) -> None:
    decide(admin, "level_fell", Decision(retired=True, reason="too many"), NOW)
    later = NOW + timedelta(days=3)
    decide(admin, "level_fell", Decision(retired=True, reason="far too many"), later)
    found = of(admin)
    assert (found.retired_at, found.reason, found.changed_at) == (NOW, "far too many", later)
    decide(admin, "level_fell", Decision(retired=False, hold_back=Decimal("0.1"), reason="to compare"), later)
    found = of(admin)
    assert (found.retired_at, found.hold_back) == (None, Decimal("0.100"))


@pytest.mark.parametrize(
    ("rule", "told", "field"),
    [
        ("level_fell", Decision(retired=True), "reason"),
        ("level_fell", Decision(retired=False, hold_back=Decimal("0.1")), "reason"),
        ("level_fell", Decision(retired=False, hold_back=Decimal("0.6"), reason="x"), "hold_back"),
        ("level_fell", Decision(retired=False, hold_back=Decimal("NaN"), reason="x"), "hold_back"),
        ("nothing", Decision(retired=False), "rule"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_by_its_field(admin: User, rule: str, told: Decision, field: str) -> None:
    with pytest.raises(NotSaved) as refused:
        decide(admin, rule, told, NOW)
    assert set(refused.value.problems) == {field}
    assert not TriggerSetting.objects.exists()


@pytest.mark.parametrize(("role", "may"), [(Role.CSM, False), (Role.MANAGER, True), (Role.ADMIN, True)])
def test_whoever_leads_decides_about_rules(role: Role, may: bool) -> None:
    user = UserFactory.make(role=role)
    assert may_decide(user) is may
    if not may:
        with pytest.raises(NotSaved):
            decide(user, "level_fell", Decision(retired=True, reason="noise"), NOW)
