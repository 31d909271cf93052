"""The four headlines: formulas, cuts, targets, and who sees what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Ownership, SurveyResponse, Target, User
from accounts.types import Role
from churn.models import RenewalCase
from csm_portal.portal.headlines import KEYS, Headline, headlines
from health.models import AccountPeriod, Run, ScenarioPeriod
from tests.factories import AccountFactory, SourceFactory, TeamFactory, UserFactory, publish
from tests.rest import published_run

pytestmark = pytest.mark.django_db

FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)


@pytest.fixture
def admin() -> User:
    return UserFactory.make(role=Role.ADMIN)


@pytest.fixture
def run() -> Run:
    run = published_run(date(2026, 3, 31))
    publish(run, months=[FEBRUARY, MARCH])
    return run


def one(rows: list[Headline], key: str, group: str | None = "all") -> Any:
    return next(row for row in rows if (row.key, row.group) == (key, group))


def due(
    account: Account,
    state: str,
    amount: int | None = 100,
    renewed: int | None = None,
    *,
    ends_on: date = date(2026, 3, 20),
    product: str = "default",
) -> None:
    RenewalCase.objects.create(
        account=account,
        product=product,
        starts_on=date(2025, 3, 20),
        ends_on=ends_on,
        decision_on=ends_on,
        currency="USD",
        due_mrr=amount or 1,
        due_reporting=amount,
        renewed_mrr=renewed,
        renewed_reporting=renewed,
        state=state,
    )


def month_of(account: Account, run: Run, *, active: bool | None, starts_on: date = MARCH, **fields: Any) -> None:
    ends_on = APRIL if starts_on == MARCH else MARCH
    values: dict[str, Any] = {"paying": True, "joined": False, "provisional": False, "can_reach": False, "version": 3} | fields
    AccountPeriod.objects.create(
        account=account,
        run=run,
        grain="month",
        starts_on=starts_on,
        ends_on=ends_on,
        active_days=1,
        known_days=1,
        working_days=20,
        bar=12,
        active=active,
        levels=[0] * 5,
        **values,
    )


def answer(account: Account, score: float, *, scale: int = 10, at: datetime = datetime(2026, 3, 10, tzinfo=UTC), kind: str = "nps") -> None:
    source = SourceFactory.make()
    number = SurveyResponse.objects.count()
    SurveyResponse.objects.create(
        source=source, external_id=str(number), account=account, kind=kind, score=score, scale=scale, responded_at=at, recorded_at=at
    )


def test_without_a_published_night_there_are_no_headlines(admin: User) -> None:
    assert headlines(admin) == []


def test_what_has_no_base_is_undefined_not_zero(admin: User, run: Run) -> None:
    found = headlines(admin)
    assert [row.key for row in found] == list(KEYS)
    assert all((row.value, row.previous, row.change, row.attainment, row.n) == (None, None, None, None, 0) for row in found)
    assert {(row.month, row.as_of) for row in found} == {(MARCH, date(2026, 3, 31))}


def test_renewal_rates_leave_open_ones_out_and_count_growth_in_net_only(admin: User, run: Run) -> None:
    account = AccountFactory.make()
    due(account, "renewed", 100, 150)
    due(account, "renewed", 100, 60, product="b")
    due(account, "lost", 200, product="c")
    due(account, "open", 999, product="d")
    due(account, "lost", 100, ends_on=FEBRUARY)
    due(account, "renewed", 100, 100, ends_on=APRIL)
    count, amount = one(headlines(admin), "renewal_rate_count"), one(headlines(admin), "renewal_rate_amount")
    assert (count.value, count.n, count.extra) == (Decimal(2) / 3, 3, {"due": 4, "renewed": 2, "lost": 1, "open": 1})
    assert (count.previous, count.change) == (0, Decimal(2) / 3)
    assert (amount.numerator, amount.denominator, amount.value) == (210, 400, Decimal("0.525"))
    assert (amount.extra["gross"], amount.extra["open_amount"]) == (Decimal("0.4"), 999)


def test_what_cannot_be_converted_is_left_out_of_amounts_and_told(admin: User, run: Run) -> None:
    account = AccountFactory.make()
    due(account, "renewed", None, None)
    due(account, "lost", 50, product="b")
    amount = one(headlines(admin), "renewal_rate_amount")
    assert (amount.value, amount.n, amount.extra["without_rate"]) == (0, 1, 1)
    assert one(headlines(admin), "renewal_rate_count").value == Decimal("0.5")


def test_the_active_rate_keeps_unknown_accounts_in_the_denominator(admin: User, run: Run) -> None:
    for active in (True, True, False, None):
        month_of(AccountFactory.make(), run, active=active, joined=active is False)
    month_of(AccountFactory.make(), run, active=True, paying=False)
    month_of(AccountFactory.make(), run, active=False, starts_on=FEBRUARY)
    row = one(headlines(admin), "monthly_active_rate")
    assert (row.value, row.n, row.version, row.previous) == (Decimal("0.5"), 4, 3, 0)
    assert (row.extra["unknown"], row.extra["joined"], row.extra["provisional"]) == (1, 1, False)


def test_a_running_month_tells_who_can_still_reach_it(admin: User, run: Run) -> None:
    for active, can_reach in ((True, True), (False, True), (False, False)):
        month_of(AccountFactory.make(), run, active=active, provisional=True, can_reach=can_reach)
    extra = one(headlines(admin), "monthly_active_rate").extra
    assert (extra["provisional"], extra["undecided"], extra["can_reach"]) == (True, 2, 1)


def test_only_the_published_run_counts(admin: User, run: Run) -> None:
    account = AccountFactory.make()
    month_of(account, run, active=True)
    other = Run.objects.create(as_of=date(2026, 4, 1), first_day=MARCH, started_at=datetime(2026, 4, 2, tzinfo=UTC))
    month_of(account, other, active=False)
    row = one(headlines(admin), "monthly_active_rate")
    assert (row.value, row.n, row.as_of) == (1, 1, date(2026, 3, 31))


def test_nps_takes_any_scale_and_tells_the_response_rate(admin: User, run: Run) -> None:
    accounts = [AccountFactory.make() for _ in range(4)]
    for account in accounts:
        month_of(account, run, active=True)
    answer(accounts[0], 9)
    answer(accounts[0], 5, scale=5)
    answer(accounts[1], 6)
    answer(accounts[1], 7)
    answer(accounts[2], 1, kind="csat")
    row = one(headlines(admin), "nps")
    assert (row.value, row.n) == (25, 4)
    assert (row.extra["promoters"], row.extra["passives"], row.extra["detractors"], row.extra["response_rate"]) == (2, 1, 1, Decimal("0.5"))


def test_an_answer_falls_into_the_month_of_the_accounts_own_day(admin: User, run: Run) -> None:
    midnight = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    answer(AccountFactory.make(timezone="Asia/Shanghai"), 10, at=midnight)
    answer(AccountFactory.make(timezone="America/New_York"), 0, at=midnight)
    row = one(headlines(admin), "nps")
    assert (row.value, row.previous, row.change) == (100, -100, 200)


def test_an_answer_of_a_store_counts_for_the_brand_that_pays(run: Run) -> None:
    anna = UserFactory.make(role=Role.CSM)
    brand = AccountFactory.make(external_id="brand", owner=anna, tier="gold")
    store = AccountFactory.make(external_id="store", parent=brand, counts_for=brand, tier="tin", timezone="Asia/Shanghai")
    month_of(brand, run, active=True, tier="gold", csm=anna)
    answer(store, 9, at=datetime(2026, 2, 28, 23, tzinfo=UTC))  # in March where the store is
    answer(store, 10)
    row = one(headlines(anna, by="tier", detail=True), "nps", "gold")
    assert (row.n, row.extra["response_rate"], row.ids["promoters"]) == (2, 1, ["brand", "brand"])
    assert [found.group for found in headlines(anna, by="tier") if found.key == "nps"] == ["gold"]


def test_who_has_left_stands_with_the_owner_of_the_close(admin: User, run: Run) -> None:
    then, now = (UserFactory.make(email=f"{name}@example.com", team=TeamFactory.make(path=f"{name}/")) for name in ("then", "now"))
    gone = AccountFactory.make(owner=now)
    noted: Any = {"account": gone, "role": "owner"}
    Ownership.objects.create(user=then, starts_on=date(2025, 1, 1), ends_on=date(2026, 4, 1), **noted)
    Ownership.objects.create(user=now, starts_on=date(2026, 4, 1), **noted)
    due(gone, "lost", ends_on=MARCH)
    assert one(headlines(admin, by="csm"), "renewal_rate_count", "then@example.com").value == 0
    assert one(headlines(admin, by="team"), "renewal_rate_count", "then").value == 0
    assert one(headlines(admin, filters={"csm": ["now@example.com"]}), "renewal_rate_count").n == 0


def test_cuts_stand_as_at_the_end_of_the_month(admin: User, run: Run) -> None:
    then, now = UserFactory.make(email="then@example.com"), UserFactory.make(email="now@example.com")
    account = AccountFactory.make(owner=now, plan="pro")
    month_of(account, run, active=True, csm=then, plan="basic", products=["crm", "pos"])
    due(account, "lost", product="crm")
    gone = AccountFactory.make(owner=now)
    due(gone, "renewed", 10, 10)
    by_csm = headlines(admin, by="csm")
    assert one(by_csm, "renewal_rate_count", "then@example.com").value == 0
    assert one(by_csm, "renewal_rate_count", "now@example.com").value == 1
    assert one(by_csm, "monthly_active_rate", "now@example.com").value is None
    assert one(headlines(admin, by="plan"), "monthly_active_rate", "basic").value == 1
    by_product = headlines(admin, by="product")
    assert [row.group for row in by_product if row.key == "nps"] == ["crm", "default", "pos"]
    assert one(by_product, "renewal_rate_count", "crm").value == 0


def test_filters_let_through_what_they_name(admin: User, run: Run) -> None:
    team = TeamFactory.make(name="DACH", path="EMEA/DACH/")
    anna = UserFactory.make(email="anna@example.com", team=team)
    month_of(AccountFactory.make(), run, active=True, csm=anna, team=team, tier="gold", products=["crm"])
    month_of(AccountFactory.make(), run, active=False, tier="tin")
    for filters in ({"csm": ["Anna@example.com"]}, {"team": ["EMEA/DACH"]}, {"tier": ["gold", "silver"]}, {"product": ["crm"]}):
        assert one(headlines(admin, filters=filters), "monthly_active_rate").n == 1
    assert one(headlines(admin, filters={"tier": ["gold"], "product": ["pos"]}), "monthly_active_rate").n == 0
    assert one(headlines(admin, filters={"csm": ["-"]}), "monthly_active_rate").value == 0


def test_a_scenario_is_cut_by_whom_it_is_expected_of_and_its_rate_is_its_own(admin: User, run: Run) -> None:
    for active, met in ((True, False), (False, True), (True, None)):
        account = AccountFactory.make()
        month_of(account, run, active=active)
        answer(account, 10 if met else 0)
        values = {"days": 1, "seats": 1, "expected_days": 5, "met": met, "version": 1}
        ScenarioPeriod.objects.create(run=run, starts_on=MARCH, account=account, scenario="Approvals", **values)
    month_of(AccountFactory.make(), run, active=True)
    rows = headlines(admin, by="scenario", detail=True)
    rate = one(rows, "monthly_active_rate", "Approvals")
    assert (rate.n, rate.numerator, rate.extra["unknown"], [len(ids) for ids in rate.ids.values()]) == (3, 1, 1, [1, 1, 1])
    assert one(rows, "nps", "Approvals").n == 3
    filtered = one(headlines(admin, filters={"scenario": ["Approvals"]}), "monthly_active_rate")
    assert (filtered.n, filtered.numerator) == (3, 2)


def test_detail_names_the_accounts_behind_each_number(admin: User, run: Run) -> None:
    for external_id, active in (("a", True), ("b", False), ("c", None)):
        month_of(AccountFactory.make(external_id=external_id), run, active=active)
    account = Account.objects.get(external_id="b")
    due(account, "lost")
    answer(account, 0)
    found = headlines(admin, detail=True)
    assert one(found, "monthly_active_rate").ids == {"active": ["a"], "not_active": ["b"], "unknown": ["c"]}
    assert one(found, "renewal_rate_count").ids == {"renewed": [], "lost": ["b"], "open": []}
    assert one(found, "nps").ids == {"promoters": [], "passives": [], "detractors": ["b"]}
    assert one(headlines(admin), "nps").ids == {}


def test_targets_of_the_person_else_of_the_team_give_attainment(run: Run) -> None:
    team = TeamFactory.make()
    csm, manager = UserFactory.make(team=team), UserFactory.make(role=Role.MANAGER, team=team, manages=team)
    for active in (True, False):
        month_of(AccountFactory.make(owner=csm), run, active=active, csm=csm, team=team)
    Target.objects.create(user=csm, month=MARCH, metric="monthly_active_rate", value="0.8")
    Target.objects.create(team=team, month=MARCH, metric="monthly_active_rate", value="0.5")
    Target.objects.create(user=csm, month=FEBRUARY, metric="monthly_active_rate", value="0.1")
    mine, teams = one(headlines(csm), "monthly_active_rate"), one(headlines(manager), "monthly_active_rate")
    assert (mine.target, mine.attainment) == (Decimal("0.8"), Decimal("0.625"))
    assert (teams.target, teams.attainment) == (Decimal("0.5"), 1)
    assert one(headlines(manager, by="csm"), "monthly_active_rate", csm.email).target == Decimal("0.8")
    assert one(headlines(manager, by="team"), "monthly_active_rate", team.name).target == Decimal("0.5")
    assert one(headlines(manager, filters={"csm": [csm.email]}), "monthly_active_rate").target == Decimal("0.8")
    assert one(headlines(manager, filters={"tier": ["gold"]}), "monthly_active_rate").target is None


def test_nobody_counts_what_is_not_theirs(run: Run) -> None:
    mine, hers = UserFactory.make(), UserFactory.make()
    account = AccountFactory.make(owner=hers)
    month_of(account, run, active=True)
    due(account, "renewed", 1, 1)
    answer(account, 10)
    assert all(row.n == 0 for row in headlines(mine))
    assert all(row.n == 1 for row in headlines(hers))
    assert headlines(mine, by="csm") == []
    hers.is_active = False
    assert all(row.n == 0 for row in headlines(hers))


def test_headlines_take_one_query(admin: User, run: Run, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make()
    user = UserFactory.make(team=team)
    month_of(AccountFactory.make(owner=user), run, active=True)
    with django_assert_num_queries(1):
        headlines(admin, by="product", filters={"csm": [user.email]}, detail=True)
    fresh = User.objects.get(pk=user.pk)
    with django_assert_num_queries(1):
        headlines(fresh)
