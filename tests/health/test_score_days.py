"""Scores written for a run: from the right graded days, by the version of the day, with the facts behind each facet."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from health.models import HealthScore, Milestone, Override, Run
from health.score_days import build_scores, stretches
from health.types import Band, Grain
from tests import factories as make
from tests.health import graded as rows
from tests.health.graded import AS_OF

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EVERYTHING = {
    "activity": 30, "outcome": 5, "adoption": 5, "support": 10, "invoices": 10, "surveys": 5, "growth": 5, "renewal_history": 5,
    "onboarding": 5, "community": 5, "self_sufficiency": 5, "ratings": 5, "executive": 5,
}  # fmt: skip


@pytest.fixture
def run() -> Run:
    return make.open_run(AS_OF)


@pytest.fixture
def account() -> Account:
    account: Account = make.AccountFactory.make()
    make.ContractFactory.make(account=account)
    return account


def test_an_account_is_scored_from_the_graded_days_of_the_run(run: Run, account: Account) -> None:
    rows.define_health()
    rows.graded_days(account, run, "ZLMHU")
    assert build_scores(run.pk, [AS_OF], AS_OF) == 1
    score = rows.score_on(account)
    assert (score.score, score.band, score.coverage, score.version, score.profile) == (Decimal("50.0000"), Band.AMBER, 1, 1, 0)
    assert score.facets["activity"] == {
        "value": 50,
        "weight": 1,
        "evidence": {"open_days": 4, "active_days": 3, "zero": 1, "low": 1, "medium": 1, "high": 1, "unknown": 1},
    }
    assert (score.machine, score.human, score.caps) == (Decimal("50.0000"), None, [])


def test_every_facet_carries_the_facts_behind_it(run: Run, account: Account) -> None:
    rows.define_health(weights=EVERYTHING)
    rows.define_questions(core="ratings", boss="executive")
    make.define_north_star(action="work", threshold=200)
    rows.graded_days(account, run, "HHHH", north_star=10)
    boss = make.SeatFactory.make(account=account, is_executive=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [AS_OF])
        cursor.execute(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, version) VALUES (%s, %s, %s, 1, 2, true, 1)",
            [account.pk, AS_OF, boss.pk],
        )
    rows.ticket(account, AS_OF - 20 * DAY, kind="how_to")
    rows.invoice(account, AS_OF - 60 * DAY, AS_OF - 40 * DAY, AS_OF - 35 * DAY)
    rows.answer(account, AS_OF - 3 * DAY, 9)
    rows.rating(account, AS_OF - 10 * DAY, 4)
    rows.rating(account, AS_OF - 10 * DAY, 2, "boss")
    rows.outcome(account, "behind")
    Account.objects.filter(pk=account.pk).update(onboarded_on=AS_OF - 20 * DAY)
    Milestone.objects.create(account=account, name="kick-off", due_on=AS_OF - DAY, done_on=AS_OF - DAY, recorded_at=rows.RECORDED)
    build_scores(run.pk, [AS_OF], AS_OF)
    facets = rows.score_on(account).facets
    assert {key: one["value"] for key, one in facets.items()} == {
        "activity": 100,
        "outcome": 22.5,
        "adoption": 46.25,
        "support": 95 - 2 * 0.2,
        "invoices": 60,
        "surveys": 90,
        "growth": 50,
        "renewal_history": None,
        "onboarding": 100,
        "community": None,
        "self_sufficiency": 0,
        "ratings": 75,
        "executive": 25,
    }
    assert facets["invoices"]["evidence"]["overdue_days"] == 5
    assert facets["outcome"]["evidence"] == {
        "missed": 0, "behind": 1, "on_track": 0, "achieved": 0, "north_star": 40, "north_star_progress": 0.2,
    }  # fmt: skip
    assert facets["ratings"]["evidence"] == {"answers": 1, "mean": 4, "rated_on": "2026-06-20", "expires_on": "2026-09-18"}
    assert facets["executive"]["evidence"]["executive_active"] == 1
    assert facets["growth"]["evidence"] == {"mrr_now": 100, "mrr_then": 100, "change": 0, "then_on": "2025-06-30"}


def test_the_stored_values_and_weights_give_the_stored_score(run: Run, account: Account) -> None:
    rows.define_health(weights=EVERYTHING)
    rows.graded_days(account, run, "HHMLZ")
    rows.rating(account, AS_OF, 4)
    rows.answer(account, AS_OF, 7)
    build_scores(run.pk, [AS_OF], AS_OF)
    score = rows.score_on(account)
    known = [one for one in score.facets.values() if one["value"] is not None]
    again = sum(one["value"] * one["weight"] for one in known) / sum(one["weight"] for one in known)
    assert float(score.score) == pytest.approx(again, abs=5.1e-5)
    assert float(score.coverage) == pytest.approx(sum(one["weight"] for one in known) / 100, abs=1e-6)


def test_published_days_fill_in_what_the_run_did_not_build(run: Run, account: Account) -> None:
    rows.define_health()
    old = Run.objects.create(as_of=AS_OF, first_day=AS_OF, started_at=rows.RECORDED, state="published")
    rows.graded_day(account, old, AS_OF - DAY, 3)
    rows.graded_day(account, old, AS_OF, 3)
    rows.graded_day(account, run, AS_OF, 0)
    rows.show(old, Grain.DAY, AS_OF - DAY, AS_OF)
    build_scores(run.pk, [AS_OF], AS_OF)
    assert rows.score_on(account).score == 50


def test_building_again_changes_nothing_and_other_days_stay(run: Run, account: Account) -> None:
    rows.define_health()
    rows.graded_days(account, run, "HHH")
    days = [AS_OF - 2 * DAY, AS_OF - DAY, AS_OF]
    build_scores(run.pk, days, AS_OF)
    before = list(HealthScore.objects.order_by("day").values())
    assert build_scores(run.pk, days[:1], AS_OF) == 1
    assert build_scores(run.pk, days, AS_OF) == 3
    assert list(HealthScore.objects.order_by("day").values()) == before


def test_a_lapsed_account_is_scored_for_thirty_days(run: Run, account: Account) -> None:
    rows.define_health(weights={"growth": 1})
    rows.graded_day(account, run, AS_OF - 40 * DAY)
    days = [AS_OF - n * DAY for n in range(41)]
    build_scores(run.pk, days, AS_OF)
    assert set(HealthScore.objects.values_list("day", flat=True)) == {AS_OF - n * DAY for n in range(10, 41)}


def test_before_the_first_model_there_is_nothing_and_each_day_goes_by_its_version(run: Run, account: Account) -> None:
    rows.define_health(AS_OF - DAY)
    rows.define_health(AS_OF, bands={"amber": 10, "green": 20})
    rows.graded_days(account, run, "LLL")
    build_scores(run.pk, [AS_OF - 2 * DAY, AS_OF - DAY, AS_OF], AS_OF)
    found = HealthScore.objects.order_by("day").values_list("day", "version", "band")
    assert list(found) == [(AS_OF - DAY, 1, Band.RED), (AS_OF, 2, Band.GREEN)]


def test_a_profile_is_the_first_that_fits_the_account(run: Run) -> None:
    rows.define_health(
        weights={"activity": 1},
        profiles=[
            {"when": {"plan": "pro"}, "weights": {"activity": 2}},
            {"when": {"tier": ["enterprise", "mid"], "product": "b"}, "weights": {"activity": 3}},
        ],
    )
    plain = make.AccountFactory.make(tier="mid")
    by_contract = make.AccountFactory.make(plan="basic")
    by_tier = make.AccountFactory.make(tier="mid")
    for account, plan, product in ((plain, "", "a"), (by_contract, "pro", "a"), (by_tier, "", "b")):
        make.ContractFactory.make(account=account, plan=plan, product=product)
        rows.graded_day(account, run)
    build_scores(run.pk, [AS_OF], AS_OF)
    found = [
        (rows.score_on(account).profile, rows.score_on(account).facets["activity"]["weight"]) for account in (plain, by_contract, by_tier)
    ]
    assert found == [(0, 1), (1, 2), (2, 3)]


def test_a_cap_and_an_override_are_named_and_the_override_wins(run: Run, account: Account) -> None:
    rows.define_health(caps=[{"when": "invoice_overdue_days >= 60", "band": "amber"}])
    rows.graded_days(account, run, "HH")
    rows.invoice(account, AS_OF - 100 * DAY, AS_OF - 61 * DAY)
    author = make.UserFactory.make(email="boss@example.com")
    Override.objects.create(
        account=account,
        band=Band.RED,
        starts_on=AS_OF,
        ends_on=AS_OF + DAY,
        reason='says "no\\t"',
        author=author,
        recorded_at=rows.RECORDED,
    )
    build_scores(run.pk, [AS_OF - DAY, AS_OF], AS_OF)
    cap = {"when": "invoice_overdue_days >= 60", "band": "amber"}
    before, after = rows.score_on(account, AS_OF - DAY), rows.score_on(account)
    assert (before.score, before.band, before.caps) == (100, Band.AMBER, [cap])
    named = {"when": "override", "band": "red", "until": "2026-07-01", "reason": 'says "no\\t"', "by": "boss@example.com"}
    assert (after.score, after.band, after.caps) == (100, Band.RED, [cap, named])


def test_what_happens_after_the_day_does_not_enter_it(run: Run, account: Account) -> None:
    rows.define_health(weights=EVERYTHING)
    rows.graded_days(account, run, "HH")
    build_scores(run.pk, [AS_OF - DAY], AS_OF)
    before = rows.score_on(account, AS_OF - DAY)
    rows.ticket(account, AS_OF, escalated=True)
    rows.invoice(account, AS_OF, None)
    rows.answer(account, AS_OF, 0)
    rows.rating(account, AS_OF, 1)
    rows.outcome(account, "missed", recorded=AS_OF)
    make.ContractFactory.make(account=account, starts_on=AS_OF, recorded_at=rows.noon(AS_OF))
    build_scores(run.pk, [AS_OF - DAY], AS_OF)
    after = rows.score_on(account, AS_OF - DAY)
    assert (after.score, after.facets) == (before.score, before.facets)


def test_a_store_without_contract_counts_for_its_brand(run: Run, account: Account) -> None:
    rows.define_health(weights={"support": 1})
    store = make.AccountFactory.make(counts_for=account)
    rows.graded_day(account, run)
    rows.ticket(store, AS_OF, escalated=True)
    build_scores(run.pk, [AS_OF], AS_OF)
    assert rows.score_on(account).facets["support"]["evidence"]["escalated"] == 1


def test_a_ticket_of_the_evening_belongs_to_the_accounts_own_day(run: Run) -> None:
    rows.define_health(weights={"support": 1})
    account = make.AccountFactory.make(timezone="Asia/Shanghai")
    make.ContractFactory.make(account=account)
    rows.graded_days(account, run, "HH")
    late = rows.noon(AS_OF - DAY).replace(hour=20)
    rows.ticket(account, AS_OF - DAY, escalated=True).__class__.objects.update(opened_at=late)
    rows.ticket(make.AccountFactory.make(), AS_OF - 9 * DAY)
    build_scores(run.pk, [AS_OF - DAY, AS_OF], AS_OF)
    found = [rows.score_on(account, day).facets["support"]["evidence"]["tickets"] for day in (AS_OF - DAY, AS_OF)]
    assert found == [0, 1]


def test_the_number_of_queries_does_not_depend_on_the_number_of_accounts(run: Run) -> None:
    rows.define_health(weights=EVERYTHING)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            build_scores(run.pk, [AS_OF], AS_OF)
        return len(caught)

    for _ in range(2):
        account = make.AccountFactory.make()
        make.ContractFactory.make(account=account)
        rows.graded_day(account, run)
    few = queries()
    for _ in range(8):
        account = make.AccountFactory.make()
        make.ContractFactory.make(account=account)
        rows.graded_day(account, run)
    assert queries() == few


def test_accounts_are_scored_alike_however_they_are_chunked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows.define_health(weights=EVERYTHING)
    for number in range(5):
        account = make.AccountFactory.make()
        make.ContractFactory.make(account=account, currency="CNY" if number % 2 else "USD")
        rows.graded_days(account, run, "ZLMH"[number % 4] * (number + 2))
        rows.rating(account, AS_OF - number * DAY, 1 + number)
        rows.ticket(account, AS_OF - number * DAY)
    build_scores(run.pk, [AS_OF - DAY, AS_OF], AS_OF)
    at_once = list(HealthScore.objects.order_by("account", "day").values())
    monkeypatch.setattr("health.score_days.CHUNK_ACCOUNTS", 2)
    assert build_scores(run.pk, [AS_OF - DAY, AS_OF], AS_OF) == len(at_once) == 10
    assert list(HealthScore.objects.order_by("account", "day").values()) == at_once


def test_days_are_built_in_stretches_of_a_month() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 4), date(2026, 2, 5), date(2026, 4, 1)]
    assert list(stretches(days)) == [days[:3], days[3:4], days[4:]]
    assert list(stretches([])) == []
