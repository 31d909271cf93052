"""The list of a Monday as the night writes it: whom it names, on what proof, once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from churn.calibration.observations import Observation
from churn.models import AtRisk, Likelihood, LikelihoodModel, MondayReport, RuleSearch
from churn.monday import report
from churn.monday.report import by_score, make, monday_of
from churn.types import Basis, RuleState
from tests.churn.monday_book import AS_OF, FACTS, MONDAY, NOW, customer, due, match, rule
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna")


def named() -> list[str]:
    return [row.account.external_id for row in AtRisk.objects.select_related("account").order_by("account__external_id")]


@pytest.mark.parametrize(
    ("as_of", "monday"),
    [
        (date(2026, 11, 15), date(2026, 11, 16)),  # a Sunday is read on Monday
        (date(2026, 11, 16), date(2026, 11, 16)),
        (date(2026, 11, 21), date(2026, 11, 16)),
        (date(2026, 11, 22), date(2026, 11, 23)),
    ],
)
def test_the_night_before_a_monday_makes_its_list_or_the_first_after_it(as_of: date, monday: date) -> None:
    assert monday_of(as_of) == monday


def test_an_account_that_a_validated_rule_matches_is_named_with_its_proof_and_evidence(anna: User) -> None:
    one = rule()
    account = customer(anna, "acme", ends_in=60, score=Decimal("31.5"), band="red")
    match(one, account)
    assert make(AS_OF, NOW) == 1
    row = AtRisk.objects.get()
    assert (row.report_id, row.owner, row.rule, row.amount) == (MONDAY, anna, one, Decimal(1100))
    assert (row.matched, row.lost) == (130, 55)
    assert row.expected == pytest.approx(55 / 130)
    told = row.evidence
    assert (told["facts"], told["rules"]) == (FACTS, 1)
    assert (told["due_on"], told["decision_on"]) == ((AS_OF + timedelta(days=60)).isoformat(), (AS_OF + timedelta(days=30)).isoformat())
    assert (told["score"], told["band"], told["short"], told["likelihood"]) == (31.5, "red", False, None)


def test_a_list_is_made_once_and_never_again(anna: User) -> None:
    one = rule()
    match(one, customer(anna, "acme"))
    assert make(AS_OF, NOW) == 1
    match(one, customer(anna, "later"))
    assert make(AS_OF, NOW) == 0
    assert make(AS_OF + timedelta(days=1), NOW) == 0
    assert named() == ["acme"]


def test_of_several_rules_the_safest_speaks_for_the_account(anna: User) -> None:
    weak = rule(200, 60, low=0.24, key="a")
    strong = rule(40, 24, low=0.44, key="b")
    account = customer(anna, "acme")
    for one in (weak, strong):
        match(one, account)
    make(AS_OF, NOW)
    row = AtRisk.objects.get()
    assert row.rule == strong
    assert row.evidence["rules"] == 2


def test_near_misses_old_matches_and_rules_that_prove_nothing_name_nobody(anna: User) -> None:
    account = customer(anna, "acme")
    match(rule(), account, near=True)
    old: dict[str, dict[str, Any]] = {
        "unproven": {"state": RuleState.UNPROVEN},
        "retired": {"state": RuleState.RETIRED, "retired_on": AS_OF},
        "withdrawn": {"withdrawn_at": NOW},
    }
    for key, fields in old.items():
        match(rule(key=key, **fields), account)
    match(rule(key="old"), account, as_of=AS_OF - timedelta(days=1))
    assert make(AS_OF, NOW) == 0
    assert MondayReport.objects.get().body["ground"] == "rules"


def test_accounts_that_decide_late_or_never_are_counted_and_not_named(anna: User) -> None:
    one = rule()
    match(one, customer(anna, "soon", ends_in=180))
    match(one, customer(anna, "late", ends_in=181))
    match(one, customer(anna, "never", ends_in=None))
    match(one, customer(anna, "overdue", ends_in=-5))
    assert make(AS_OF, NOW) == 2
    assert named() == ["overdue", "soon"]
    body = MondayReport.objects.get().body
    assert (body["later"], body["without_due"]) == (1, 1)


def test_a_renewal_decided_early_makes_room_for_the_next_one(anna: User) -> None:
    account = customer(anna, "acme", ends_in=None)
    due(account, 20, state="renewed")
    due(account, 385)
    gone = customer(anna, "gone", ends_in=None)
    due(gone, 20, state="lost")
    one = rule()
    match(one, account)
    match(one, gone)
    assert make(AS_OF, NOW) == 0
    body = MondayReport.objects.get().body
    assert (body["later"], body["without_due"]) == (1, 1)


def test_who_pays_nothing_is_not_named(anna: User) -> None:
    match(rule(), customer(anna, "acme", paying=False))
    assert make(AS_OF, NOW) == 0


def test_a_short_term_is_marked_and_the_likelihood_of_the_day_is_kept(anna: User) -> None:
    account = customer(anna, "acme", ends_in=20, term=30)
    match(rule(), account)
    model = LikelihoodModel.objects.create(as_of=AS_OF, basis=Basis.SCORE, n=100, lost=20)
    for days, value in ((0, "0.61"), (1, "0.99"), (-9, "0.80")):
        Likelihood.objects.create(
            account=account, day=AS_OF + timedelta(days=days), value=value, low="0.5", high="0.9", basis=Basis.SCORE, model=model
        )
    make(AS_OF, NOW)
    told = AtRisk.objects.get().evidence
    assert (told["short"], told["likelihood"]) == (True, 0.61)


def test_without_rules_and_without_history_there_is_no_list_and_it_says_why(anna: User) -> None:
    customer(anna, "acme")
    assert make(AS_OF, NOW) == 0
    body = MondayReport.objects.get().body
    assert (body["ground"], body["why"], body["renewals"]) == ("none", "few", 0)


def observations(n: int, *, told: bool) -> list[Observation]:
    """Decided renewals a day apart; a fifth is lost, where `told` those of the lowest scores."""
    rows = []
    for place in range(n):
        score = float((place * 37) % 100)
        lost = score < 20 if told else place % 5 == 0
        rows.append(
            Observation(
                kind="due", account_id=place, external_id=str(place), name="", product="default",
                ends_on=date(2024, 1, 1) + timedelta(days=place), starts_on=date(2023, 1, 1), seen_on=date(2023, 10, 1),
                state="lost" if lost else "renewed", amount=None, kept=None, churn_type="", regrettable=None, owner_id=None, score=score,
                band=None, machine=None, human=None, coverage=None, stored={}, late=(), version=None, known_before=False,
            )
        )  # fmt: skip
    return rows


def test_without_rules_the_worst_scores_are_named_where_past_renewals_bear_them_out(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "read_observations", lambda *_a, **_k: observations(400, told=True))
    customer(anna, "low", score=Decimal("4.5"))
    customer(anna, "high", score=Decimal(70))
    customer(anna, "unknown", score=None)
    assert make(AS_OF, NOW) == 1
    row = AtRisk.objects.get()
    assert (row.account.external_id, row.rule) == ("low", None)
    body = MondayReport.objects.get().body
    assert body["ground"] == "score"
    assert (row.matched, row.lost) == (body["n"], body["lost"]) == (20, 20)
    assert row.evidence["border"] == body["border"] == 9


def test_scores_that_foretell_nothing_name_nobody() -> None:
    ground = by_score(observations(800, told=False))
    assert (ground.kind, ground.body["why"]) == ("none", "no_difference")


def test_a_thousand_matches_are_written_by_a_handful_of_statements(
    anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    one = rule()
    for place in range(30):
        match(one, customer(anna, f"a{place}"))
    with django_assert_max_num_queries(12):
        assert make(AS_OF, NOW) == 30


def test_a_rule_is_told_by_what_the_search_counted_for_it_alone(anna: User) -> None:
    strong, weak = rule(40, 24, low=0.44, key="a"), rule(200, 60, low=0.24, key="b")
    RuleSearch.objects.create(as_of=AS_OF, body={"base": 0.2, "alone": [[strong.pk, 40, 24], [weak.pk, 90, 18]]})
    match(strong, customer(anna, "strong"))
    match(weak, customer(anna, "weak"))
    make(AS_OF, NOW)
    told = {row.account.external_id: (row.matched, row.lost) for row in AtRisk.objects.select_related("account")}
    assert told == {"strong": (40, 24), "weak": (90, 18)}
    body = MondayReport.objects.get().body
    assert [one["key"] for one in body["rules"]] == ["a", "b"]
    assert body["base"] == 0.2
