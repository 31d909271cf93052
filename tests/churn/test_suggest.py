"""The type a loss looks like, and the facts that say so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Contract, Invoice, SurveyResponse
from churn.losses import listed
from churn.models import CaseOutcome
from churn.suggest import Facts, suggest
from churn.suggest_reads import suggestions
from churn.types import ChurnType
from health.models import Outcome
from tests.churn.lost_book import AS_OF, BASIS, NOW, admin, left, term
from tests.factories import RECORDED, SourceFactory, UserFactory

MARCH = date(2026, 3, 1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "kind", "keys"),
    [
        ({}, "unknown", []),
        ({"back_on": MARCH + 180 * DAY}, "satisfied", ["paid_again"]),
        ({"back_on": MARCH + 181 * DAY}, "unknown", []),
        (
            {"outcome": "Go live", "content": 0.8, "answers": 2, "one_off": True},
            "satisfied",
            ["outcome_reached", "content", "one_off_need"],
        ),
        ({"outcome": "Go live", "content": 0.79, "answers": 2}, "unknown", []),
        ({"outcome": "Go live"}, "unknown", []),
        ({"one_off": True}, "unknown", []),
        ({"failed_on": MARCH}, "involuntary", ["payment_failed"]),
        ({"card_expired_on": MARCH}, "involuntary", ["card_expired"]),
        ({"overdue_on": MARCH, "bills": 2, "unpaid": 1}, "involuntary", ["invoice_overdue"]),
        ({"failed_on": MARCH, "back_on": MARCH + 40 * DAY}, "involuntary", ["payment_failed", "paid_again"]),
        ({"overdue_on": MARCH, "back_on": MARCH + 40 * DAY}, "satisfied", ["paid_again", "invoice_overdue"]),
        ({"bills": 3}, "voluntary", ["paid_to_the_end"]),
        ({"decided_on": MARCH, "content": 0.6, "answers": 1}, "voluntary", ["decided", "unhappy"]),
        ({"content": 0.61, "answers": 1}, "unknown", []),
    ],
)
def test_the_strongest_evidence_decides_and_the_other_stands_behind_it(facts: dict[str, Any], kind: str, keys: list[str]) -> None:
    found = suggest(Facts(MARCH, **facts))
    assert (str(found.type), [one.key for one in found.evidence]) == (kind, keys)


days = st.none() | st.dates(MARCH - 60 * DAY, MARCH + 400 * DAY)


facts = st.builds(
    Facts,
    st.just(MARCH),
    back_on=days,
    failed_on=days,
    card_expired_on=days,
    overdue_on=days,
    decided_on=days,
    outcome=st.none() | st.just("x"),
    content=st.none() | st.floats(0, 1),
    bills=st.integers(0, 3),
    unpaid=st.integers(0, 3),
)


@given(facts)
def test_a_type_always_has_evidence_of_its_own_and_comes_with_it_first(told: Facts) -> None:
    found = suggest(told)
    assert (found.type == ChurnType.UNKNOWN) == (not found.evidence)
    if found.evidence:
        assert found.evidence[0].speaks_for == found.type


def invoice(account: Account, due_on: date, **fields: Any) -> None:
    known = {"source": SourceFactory.make(), "external_id": f"i{Invoice.objects.count()}", "recorded_at": RECORDED, "currency": "USD"}
    Invoice.objects.create(account=account, issued_on=due_on, due_on=due_on, amount=Decimal(10), **{**known, **fields})


def answer(account: Account, on: date, score: int, kind: str = "nps", scale: int = 10) -> None:
    SurveyResponse.objects.create(
        source=SourceFactory.make(), external_id=f"s{SurveyResponse.objects.count()}", recorded_at=RECORDED, account=account, kind=kind,
        score=Decimal(score), scale=Decimal(scale), responded_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
    )  # fmt: skip


def seen() -> tuple[str, list[str]]:
    rows = listed(admin(), BASIS, chosen="every").rows
    (found,) = suggestions(admin(), rows, AS_OF).values()
    return str(found.type), [one.key for one in found.evidence]


@pytest.mark.django_db
def test_a_bill_that_failed_near_the_loss_is_read_and_one_long_before_is_not() -> None:
    account = left(MARCH)
    invoice(account, MARCH - 61 * DAY, status="failed", failed_attempts=3)
    assert seen() == ("unknown", [])
    invoice(account, MARCH - 60 * DAY, status="failed", failed_attempts=3)
    assert seen() == ("involuntary", ["payment_failed"])


@pytest.mark.django_db
def test_a_retry_that_worked_in_time_is_no_failure_and_a_dispute_is_none_either() -> None:
    account = left(MARCH)
    invoice(account, MARCH - 20 * DAY, status="paid", failed_attempts=1, paid_on=MARCH - 10 * DAY)
    assert seen() == ("voluntary", ["paid_to_the_end"])
    invoice(account, MARCH - 15 * DAY, status="disputed")
    assert seen() == ("unknown", [])


@pytest.mark.django_db
def test_overdue_is_what_was_due_and_unpaid_when_it_left() -> None:
    account = left(MARCH)
    invoice(account, MARCH, status="open")
    assert seen() == ("unknown", [])
    invoice(account, MARCH - DAY, status="paid", paid_on=MARCH + DAY)
    assert seen() == ("involuntary", ["invoice_overdue"])


@pytest.mark.django_db
def test_the_card_of_the_last_term_counts() -> None:
    account = left(MARCH)
    term(account, date(2023, 1, 1), date(2024, 3, 1), payment_method_expires_on=MARCH)
    assert seen() == ("unknown", [])
    Contract.objects.filter(account=account, ends_on=MARCH).update(payment_method_expires_on=MARCH + 30 * DAY)
    assert seen() == ("involuntary", ["card_expired"])


@pytest.mark.django_db
def test_an_outcome_reached_and_content_answers_speak_for_a_satisfied_leaver() -> None:
    account = left(MARCH)
    known = {"source": SourceFactory.make(), "recorded_at": RECORDED, "account": account}
    Outcome.objects.create(external_id="o", statement="Close the books in 2 days", status="achieved", achieved_on=MARCH - 9 * DAY, **known)
    answer(account, MARCH - 181 * DAY, 10)
    assert seen() == ("unknown", [])
    answer(account, MARCH - 180 * DAY, 9)
    answer(account, MARCH - DAY, 4, "csat", 5)
    answer(account, MARCH, 0)
    assert seen() == ("satisfied", ["outcome_reached", "content"])


@pytest.mark.django_db
def test_what_a_colleague_entered_as_the_customers_decision_counts() -> None:
    account = left(MARCH)
    CaseOutcome.objects.create(
        account=account, product="default", ends_on=MARCH, state="lost", currency="USD", decided_on=MARCH - 30 * DAY,
        author=UserFactory.make(), entered_at=NOW,
    )  # fmt: skip
    assert seen() == ("voluntary", ["decided"])


@pytest.mark.django_db
def test_facts_of_many_losses_are_one_query_and_of_others_books_none(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _place in range(5):
        left(MARCH)
    user = admin()
    rows = listed(user, BASIS).rows
    with django_assert_num_queries(1):
        assert len(suggestions(user, rows, AS_OF)) == 5
    assert suggestions(UserFactory.make(), rows, AS_OF) == {}
    with django_assert_num_queries(0):
        assert suggestions(user, [], AS_OF) == {}
