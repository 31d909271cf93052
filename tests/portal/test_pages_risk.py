"""The page of combinations: what it says, whose accounts it names, own conditions, retirement, files; and the same over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.types import Role
from churn.models import RiskRule, RuleQuarter, RuleSearch
from churn.types import RuleState
from tests.churn.monday_book import AS_OF, CONDITIONS, customer, match, rule
from tests.churn.rules_db_book import closed_renewals
from tests.factories import TeamFactory
from tests.portal.shown_book import person, published_run
from tests.rest import ROOT, bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
FIGURES = {
    "support": 37, "lost": 26, "rate": 0.702703, "low": 0.54, "high": 0.83, "lift": 3.5, "holdout_base": 0.2, "holdout_lift": 2.1,
    "holdout_high": 0.51, "q_value": 0.0004, "found_from": "2025-01-01", "found_to": "2025-12-01",
    "checked_from": "2025-12-01", "checked_to": "2026-08-01",
}  # fmt: skip
BODY: dict[str, Any] = {
    "why": "found", "n": 500, "lost": 100, "base": 0.2, "features": 40, "conditions": [], "candidates": 900, "passed": 30, "checked": 20,
    "validated": 1, "history": 60, "left_out": {"involuntary": 4},
    "singles": [
        {"condition": {"feature": "tickets_30", "operator": ">=", "value": 11}, "n": 200, "lost": 17, "q": 1.0},
        {"condition": {"feature": "plan", "operator": "=", "value": "basic"}, "n": 100, "lost": 40, "q": 0.001},
    ],
    "refused": [{"feature": "stage", "why": "no_history", "figures": 500, "late": 0, "auc": 0.99, "auc_later": 0.99}],
}  # fmt: skip


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna", team=TeamFactory.make(name="East"))


def searched(**body: Any) -> RuleSearch:
    published_run()
    return RuleSearch.objects.create(as_of=AS_OF, body=BODY | body)


def page(client: Client, user: User, path: str = "/risk/") -> str:
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_the_first_night_and_before_the_first_search_it_says_what_to_do(client: Client, anna: User) -> None:
    assert "load contracts and build the history first" in page(client, anna)
    published_run()
    assert "the first search comes with the next night" in page(client, anna)


def test_a_rule_stands_with_both_halves_its_accounts_and_how_many_are_expected(client: Client, anna: User) -> None:
    searched()
    one = rule(figures=FIGURES)
    for number in range(70):
        match(one, customer(anna, f"account {number}"))
    RuleQuarter.objects.create(rule=one, quarter="2026-Q2", n=12, lost=5, base_n=100, base_lost=20)
    text = page(client, anna)
    assert "tickets in 30 days at least 11" in text
    assert "latest satisfaction (of 10) at most 5" in text
    assert "37 matched, 26 lost" in text
    assert "130 matched, 55 lost" in text
    assert "Of these 70 accounts about 30 (20–40) will leave unless you act." in text
    assert "certainly" not in text
    assert "All 70 accounts" in text
    assert "2026 Q2" in text
    assert "above the base" in text


def test_single_signals_under_the_base_rate_are_said_to_be_so_and_refused_ones_say_why(client: Client, anna: User) -> None:
    searched()
    text = page(client, anna)
    assert text.count("under the base rate: alone no sign of risk") == 1
    assert "plan is Basic" in text
    assert "lifecycle stage" in text
    assert "Only today&#x27;s value is kept" in text
    assert "4 involuntary losses" in text


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("few_lost", "Too little history: 28 lost renewals, and 60 are needed"),
        ("no_renewals", "No renewal has closed yet"),
        ("all_renewed", "Every closed renewal was renewed"),
        ("none_passed", "Nothing here yet"),
        ("none_held", "Nothing here yet"),
    ],
)
def test_where_nothing_was_found_it_says_so_plainly(client: Client, anna: User, why: str, said: str) -> None:
    searched(why=why, lost=28, singles=[])
    assert said in page(client, anna)


def test_everybody_sees_the_rules_and_only_their_own_accounts(client: Client, anna: User) -> None:
    searched()
    one = rule(figures=FIGURES)
    match(one, customer(anna, "hers"))
    match(one, customer(person(email="bo@example.com"), "his"))
    for path in ("/risk/", f"/risk/rules/{one.pk}/"):
        text = page(client, anna, path)
        assert "hers" in text
        assert ">his<" not in text
    listed = page(client, anna, f"/risk/accounts/{one.pk}/")
    assert "hers" in listed
    assert ">his<" not in listed
    client.force_login(anna)
    rows = b"".join(client.get("/risk/export/").streaming_content).decode()  # type: ignore[attr-defined] # a streamed answer
    assert "hers" in rows
    assert "his," not in rows
    assert client.get("/risk/accounts/999/").status_code == 404


def test_the_page_asks_at_most_eight_questions(client: Client, anna: User, django_assert_max_num_queries: Any) -> None:
    searched()
    for number in range(4):
        one = rule(figures=FIGURES, key=f"rule {number}")
        for place in range(6):
            match(one, customer(anna, f"{number} {place}"), near=place > 4)
    client.force_login(anna)
    with django_assert_max_num_queries(8):
        client.get("/risk/")
    with django_assert_max_num_queries(8):
        client.get(f"/risk/accounts/{one.pk}/?near=1")
    with django_assert_max_num_queries(8):
        client.get(f"/risk/rules/{one.pk}/")


def test_only_the_safest_rule_stands_open_and_the_others_come_when_they_are_opened(client: Client, anna: User) -> None:
    searched()
    safest, other = rule(figures=FIGURES, low=0.5), rule(figures=FIGURES, low=0.3, key="another")
    match(safest, customer(anna, "first account"))
    match(other, customer(anna, "second account"))
    text = page(client, anna)
    assert "first account" in text
    assert "second account" not in text
    assert f'hx-get="/risk/rules/{other.pk}/"' in text
    part = client.get(f"/risk/rules/{other.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "second account" in part
    assert "<html" not in part
    assert client.get("/risk/rules/999/").status_code == 404


def test_a_combination_of_ones_own_is_counted_at_once_and_can_be_taken_back(client: Client, anna: User) -> None:
    searched()
    closed_renewals(120)
    client.force_login(anna)
    form = {"feature-0": "tickets_30", "operator-0": ">=", "value-0": "3", "feature-2": "plan", "value-2": "basic", "name": "Trouble"}
    assert client.post("/risk/own/", form).status_code == 302
    made = RiskRule.objects.get()
    assert (made.state, made.author, made.name) == (RuleState.UNPROVEN, anna, "Trouble")
    assert made.conditions[1] == {"feature": "plan", "operator": "=", "value": "basic"}
    assert made.figures["support"] > 0
    text = page(client, anna)
    assert "unproven" in text
    assert "will leave unless you act" not in text
    assert client.post("/risk/own/", form).status_code == 422
    other = person(email="bo@example.com")
    client.force_login(other)
    assert client.post(f"/risk/rules/{made.pk}/withdraw/").status_code == 404
    client.force_login(anna)
    assert client.post(f"/risk/rules/{made.pk}/withdraw/").status_code == 302
    assert "Trouble" not in page(client, anna)
    assert client.post(f"/risk/rules/{made.pk}/restore/").status_code == 302
    assert "Trouble" in page(client, anna)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "Give at least one condition."),
        ({"feature-0": "tickets_30", "operator-0": ">=", "value-0": "many"}, "Give a border"),
        ({"feature-0": "nonsense", "operator-0": ">=", "value-0": "1"}, "Choose what to look at."),
        ({"feature-0": "stage", "value-0": "lost"}, "Only today&#x27;s value is kept"),
        (
            {"feature-0": "tickets_30", "value-0": "1", "operator-0": ">=", "feature-1": "tickets_30", "operator-1": "<", "value-1": "9"},
            "another figure",
        ),
        ({"feature-1": "plan", "value-1": ""}, "Give a border"),
    ],
)
def test_conditions_that_cannot_be_looked_at_are_refused_with_what_would_be_right(
    client: Client, anna: User, form: dict[str, str], said: str
) -> None:
    searched()
    client.force_login(anna)
    answer = client.post("/risk/own/", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not RiskRule.objects.exists()


def test_percent_and_minus_signs_are_understood(client: Client, anna: User) -> None:
    searched()
    client.force_login(anna)
    client.post("/risk/own/", {"feature-0": "use_change_28", "operator-0": "<", "value-0": "−30%"})
    assert RiskRule.objects.get().conditions == [{"feature": "use_change_28", "operator": "<", "value": -0.3}]


def test_managers_retire_with_a_reason_and_bring_back_csms_do_not(client: Client, anna: User) -> None:
    searched()
    one = rule(figures=FIGURES)
    client.force_login(anna)
    assert client.post(f"/risk/rules/{one.pk}/retire/", {"reason": "noisy"}).status_code == 404
    boss = person(Role.MANAGER, email="boss@example.com", name="Boss")
    client.force_login(boss)
    assert client.post(f"/risk/rules/{one.pk}/retire/", {"reason": " "}).status_code == 422
    assert client.post(f"/risk/rules/{one.pk}/retire/", {"reason": "too noisy"}).status_code == 302
    assert "Retired: too noisy (Boss)." in page(client, boss)
    assert client.post(f"/risk/rules/{one.pk}/bring-back/").status_code == 302
    one.refresh_from_db()
    assert (one.state, one.retired_why, one.retired_by) == (RuleState.VALIDATED, "", None)


def test_the_api_answers_the_promised_fields_and_the_viewers_accounts(anna: User) -> None:
    searched()
    one = rule(figures=FIGURES)
    match(one, customer(anna, "hers"))
    match(one, customer(person(email="bo@example.com"), "his"))
    client = bearer(anna)
    (row,) = get(client, "churn/rules/", detail=1)["results"]
    promised = {"conditions": CONDITIONS, "support": 37, "rate": 0.702703, "base": 0.2, "lift": 3.5, "low": 0.54, "high": 0.83}
    assert promised.items() <= row.items()
    assert (row["expected_rate"], row["expected_lift"]) == (None, None)
    one.figures |= {"expected_rate": 0.55, "expected_lift": 2.75}
    one.save(update_fields=["figures"])
    (again,) = get(client, "churn/rules/")["results"]
    assert (again["expected_rate"], again["expected_lift"]) == (0.55, 2.75)
    assert (row["q_value"], row["accounts"], row["ids"]) == (0.0004, 1, {"accounts": ["hers"], "near_misses": []})
    assert row["as_of"] == AS_OF.isoformat()
    assert "ids" not in get(client, "churn/rules/")["results"][0]
    assert get(client, "churn/rules/", state="retired")["results"] == []
    assert csv_rows(client.get(f"{ROOT}churn/rules/?format=csv"))[0]["holdout_n"] == "130"
    assert faults(client, "churn/rules/", state="nonsense")
