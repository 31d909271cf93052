"""The weekly search and the nightly matches on rows in the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Ticket
from churn.models import ChurnRecord, RenewalCase, RiskRule, RuleMatch, RuleQuarter, RuleSearch
from churn.rules import own
from churn.rules.conditions import Condition
from churn.rules.night import match_rules, search_is_due, search_rules
from churn.rules.reading import gather, read_values
from churn.rules.validated import validated_rules
from churn.types import RuleState
from tests.churn.rules_db_book import AS_OF, TICKETS, closed_renewals, some_tickets, term
from tests.factories import RECORDED, AccountFactory, SourceFactory, UserFactory
from tests.portal.shown_book import shown

pytestmark = pytest.mark.django_db
PAIR = {"tickets_30", "plan"}


def customer(name: str, *, ends_in: int | None = 60, tickets: int = TICKETS, plan: str = "basic", **state: Any) -> Account:
    """A paying account of today with its tickets and plan."""
    ends_on = None if ends_in is None else AS_OF + timedelta(days=ends_in)
    account = shown(None, name, renewal_on=ends_on, **state)
    source = SourceFactory.make()
    term(source, account, AS_OF - timedelta(days=300), ends_on or AS_OF + timedelta(days=999), plan).save()
    Ticket.objects.bulk_create(some_tickets(source, account, AS_OF - timedelta(days=5), n=tickets))
    return account


def test_the_search_finds_what_was_planted_once_a_week_and_says_what_it_did() -> None:
    closed_renewals()
    assert search_rules(AS_OF) > 0
    body = RuleSearch.objects.get().body
    assert (body["why"], body["n"], body["by"]) == ("found", 400, "date")
    assert body["lost"] == RenewalCase.objects.filter(state="lost").count() >= 60
    best = validated_rules()[0]
    assert {"plan"} < {one.feature for one in best.conditions}
    assert any(one.feature.startswith("tickets_") for one in best.conditions)
    assert best.figures["holdout_rate"] > 2 * best.figures["holdout_base"]
    assert search_rules(AS_OF) == 0
    assert RuleSearch.objects.count() == 1


def test_a_search_is_due_again_in_the_night_before_the_next_monday() -> None:
    sunday = date(2026, 11, 15)
    assert search_is_due(sunday)
    RuleSearch.objects.create(as_of=sunday)
    assert not search_is_due(date(2026, 11, 21))
    assert search_is_due(date(2026, 11, 22))
    assert search_is_due(date(2026, 11, 24))


@pytest.mark.parametrize(("n", "why"), [(0, "no_renewals"), (40, "all_renewed"), (100, "few_lost")])
def test_little_history_is_said_and_nothing_is_told(n: int, why: str) -> None:
    if n:
        closed_renewals(n, lost=why == "few_lost")
    search_rules(AS_OF)
    assert RuleSearch.objects.get().body["why"] == why
    assert not RiskRule.objects.exists()
    assert match_rules(AS_OF) == 0


def test_matches_are_paying_accounts_that_decide_soon_and_each_night_replaces_them() -> None:
    closed_renewals()
    search_rules(AS_OF)
    yes, late = customer("yes"), customer("late", ends_in=181)
    customer("no end", ends_in=None)
    customer("calm", tickets=0)
    customer("left", paying=False)
    assert match_rules(AS_OF) > 0
    rule = RiskRule.objects.get(pk=validated_rules()[0].pk)
    names = set(rule.matches.filter(near=False).values_list("account__external_id", flat=True))
    assert names == {"yes", "no end"}
    assert not RuleMatch.objects.filter(account=late).exists()
    fact = next(one for one in rule.matches.get(account=yes).facts if one["feature"].startswith("tickets_"))
    assert (fact["figure"], fact["met"]) == (TICKETS, True)
    before = list(RuleMatch.objects.order_by("rule_id", "account_id").values_list("rule_id", "account_id", "near", "facts"))
    match_rules(AS_OF)
    assert list(RuleMatch.objects.order_by("rule_id", "account_id").values_list("rule_id", "account_id", "near", "facts")) == before


def test_near_misses_are_accounts_with_two_of_three_conditions() -> None:
    conditions = [Condition("plan", "=", "basic"), Condition("tickets_30", ">=", 3.0), Condition("mrr", "<=", 500.0)]
    make_rule(conditions)
    customer("near", tickets=0)
    customer("met")
    customer("far", tickets=0, plan="pro")
    match_rules(AS_OF)
    assert dict(RuleMatch.objects.values_list("account__external_id", "near")) == {"near": True, "met": False}


def test_the_weekly_search_and_the_matches_ask_a_fixed_number_of_questions_however_many_accounts_there_are() -> None:
    closed_renewals(200)
    with CaptureQueriesContext(connection) as asked:
        gather(AS_OF)
    closed_renewals(200, prefix="more", seed=5)
    with CaptureQueriesContext(connection) as again:
        gather(AS_OF)
    assert len(again) == len(asked) <= 40


def test_what_was_recorded_after_the_day_is_hidden_and_listed_as_an_outcome_in_disguise() -> None:
    cases = closed_renewals()
    source = SourceFactory.make()
    Ticket.objects.all().delete()
    disguised = [
        ticket
        for one in cases
        if one.state == "lost"
        # Written after the loss, dated long before it.
        for ticket in some_tickets(source, one.account, one.ends_on - timedelta(days=100), recorded_on=one.ends_on + timedelta(days=5))
    ]
    first = some_tickets(source, cases[0].account, date(2024, 1, 1), n=1)
    Ticket.objects.bulk_create([*disguised, *first])
    search_rules(AS_OF)
    refused = {one["feature"]: one for one in RuleSearch.objects.get().body["refused"]}
    assert refused["tickets_30"]["why"] == "late"
    assert refused["tickets_30"]["late"] == sum(one.state == "lost" for one in cases)
    assert refused["tickets_30"]["auc_later"] > 0.99
    assert refused["tickets_30"]["auc"] < 0.6
    assert not RiskRule.objects.filter(key__contains="tickets").exists()


def test_figures_without_a_history_never_enter_a_combination() -> None:
    cases = closed_renewals()
    Account.objects.filter(pk__in=[one.account_id for one in cases if one.state == "lost"]).update(lifecycle_stage="lost")
    Account.objects.filter(lifecycle_stage="").update(lifecycle_stage="live")
    search_rules(AS_OF)
    refused = {one["feature"]: one["why"] for one in RuleSearch.objects.get().body["refused"]}
    assert refused["stage"] == "no_history"
    assert not RiskRule.objects.filter(key__contains="stage").exists()


def test_involuntary_losses_are_left_out_and_counted() -> None:
    cases = closed_renewals()
    lost = [one for one in cases if one.state == "lost"][:7]
    source = SourceFactory.make()
    for one in lost:
        told = {"churned_on": one.ends_on, "type": "involuntary", "recorded_at": RECORDED + timedelta(days=2000)}
        ChurnRecord.objects.create(source=source, external_id=str(one.pk), account=one.account, **told)
    gathered = gather(AS_OF, {"plan"}, later=False)
    assert gathered.left_out["involuntary"] == 7
    assert len(gathered.past) == len(cases) - 7


def test_a_figure_is_what_was_known_at_the_close_of_the_day() -> None:
    account, source = AccountFactory.make(), SourceFactory.make()
    day = date(2026, 3, 10)
    known = some_tickets(source, account, day, n=2)
    told_late = some_tickets(source, account, day - timedelta(days=1), n=3, recorded_on=day + timedelta(days=1))
    Ticket.objects.bulk_create([*known, *told_late, *some_tickets(source, account, day + timedelta(days=1), n=5)])
    pairs = [(account.pk, day), (account.pk, day - timedelta(days=1)), (account.pk, day + timedelta(days=1))]
    assert read_values(pairs, {"tickets_7"}) == {"tickets_7": [2.0, 0.0, 10.0]}
    assert read_values(pairs, {"tickets_7"}, whenever=True) == {"tickets_7": [5.0, 3.0, 10.0]}


def make_rule(conditions: list[Condition], **fields: Any) -> RiskRule:
    """A validated combination without a search."""
    values: dict[str, Any] = {"state": RuleState.VALIDATED, "found_on": AS_OF, "searched_on": AS_OF, "figures": {"lives_after": "2024-Q1"}}
    bodies = [one.body() for one in conditions]
    return RiskRule.objects.create(key=" & ".join(sorted(one.spelled for one in conditions)), conditions=bodies, **{**values, **fields})


def test_a_rule_that_no_longer_goes_with_losses_is_retired_by_its_later_quarters() -> None:
    closed_renewals()
    calm = make_rule([Condition("plan", "=", "pro")])
    search_rules(AS_OF)
    calm.refresh_from_db()
    assert (calm.state, calm.retired_why, calm.retired_on, calm.retired_by) == (RuleState.RETIRED, "under_base", AS_OF, None)
    quarters = RuleQuarter.objects.filter(rule=calm)
    assert sum(one.base_n for one in quarters) == 400
    assert all(one.n <= one.base_n for one in quarters)


def test_a_written_rule_is_unproven_until_the_search_confirms_it() -> None:
    closed_renewals()
    customer("yes")
    user = UserFactory.make()
    good = own.write(user, [Condition("plan", "=", "basic"), Condition("tickets_90", ">=", 2.0)], "Trouble", AS_OF)
    bad = own.write(user, [Condition("plan", "=", "pro")], "", AS_OF)
    assert (good.state, bad.state) == (RuleState.UNPROVEN, RuleState.UNPROVEN)
    assert good.figures["support"] + good.figures["holdout_n"] > 40
    assert good.matches.get().account.external_id == "yes"
    search_rules(AS_OF)
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == (RuleState.VALIDATED, RuleState.UNPROVEN)
