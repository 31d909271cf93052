"""Outcomes and quiet periods on the account's page: entered by dialog or plain form, undone, never lost, never another's."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, QuietPeriod, User
from csm_portal.portal.account.wants import wants
from health.models import AccountState, Outcome, OutcomeProof, OutcomeVersion
from tests.factories import SourceFactory, action
from tests.portal.shown_book import NOW, person, shown

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
HTMX = {"HX-Request": "true"}
GOOD = {
    "account": "a",
    "statement": "All stores order online",
    "proof": "action:order",
    "target": "120",
    "due_on": "2027-03-31",
    "stage": "live",
    "status": "on_track",
}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY
    action("order")


@pytest.fixture
def csm() -> User:
    return person()


@pytest.fixture
def account(csm: User) -> Account:
    return shown(csm, "a")


@pytest.fixture
def signed(client: Client, csm: User) -> Client:
    client.force_login(csm)
    return client


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"portal:{name}", args=args), data, headers=HTMX)


def undo_url(answer: Any) -> str:
    found = re.search(r'"undo_url": ?"([^"]+)"', answer.headers["HX-Trigger"])
    assert found is not None
    return found[1]


def section(client: Client) -> str:
    """What the page says they want."""
    page = client.get("/accounts/a/").content.decode()
    return page.split('id="wants"', 1)[1].split("</section>", 1)[0]


def loaded(account: Account, **fields: Any) -> Outcome:
    values = {
        "source": SourceFactory.make(),
        "recorded_at": NOW - 30 * DAY,
        "external_id": "o",
        "statement": "From a file",
        "account": account,
    }
    return Outcome.objects.create(**values | fields)


def test_an_outcome_is_entered_and_taken_back(signed: Client, account: Account) -> None:
    form = signed.get(reverse("portal:outcome"), {"account": "a"}, headers=HTMX).content.decode()
    assert 'value="action:order"' in form
    assert 'value="metric:health"' in form
    answer = post(signed, "outcome", **GOOD)
    assert answer.status_code == 204
    row = Outcome.objects.get()
    assert (row.action, row.target, row.since, str(row.due_on)) == ("order", "120", TODAY, "2027-03-31")
    assert "All stores order online" in section(signed)
    assert signed.post(undo_url(answer), headers=HTMX).status_code == 204
    assert "All stores order online" not in section(signed)


def test_what_is_wrong_is_said_and_what_was_typed_stays(signed: Client, account: Account) -> None:
    answer = post(signed, "outcome", **GOOD | {"proof": "", "target": "a lot", "due_on": "31.3.2027"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "All stores order online" in page
    assert "a lot" in page
    assert "YYYY-MM-DD" in page
    answer = post(signed, "outcome", **GOOD | {"proof": ""})
    assert "needs a proof" in answer.content.decode()
    assert not Outcome.objects.exists()


def test_without_script_the_form_is_a_page_that_leads_back(signed: Client, account: Account) -> None:
    assert "<h1>" in signed.get(reverse("portal:outcome"), {"account": "a"}).content.decode()
    answer = signed.post(reverse("portal:outcome"), GOOD, follow=True)
    assert answer.redirect_chain == [("/accounts/a/", 302)]
    assert "Outcome saved." in answer.content.decode()


def test_a_change_shows_the_versions_and_a_withdrawal_moves_it_away(signed: Client, account: Account) -> None:
    row = loaded(account, action="order", target="80")
    form = signed.get(reverse("portal:outcome"), {"account": "a", "outcome": str(row.pk)}, headers=HTMX).content.decode()
    assert 'value="80"' in form
    assert post(signed, "outcome", **GOOD | {"outcome": row.pk, "statement": "From a file", "due_on": ""}).status_code == 204
    page = section(signed)
    assert "2 versions" in page
    assert "action order: 120" in page
    gone = post(signed, "outcome-withdraw", row.pk)
    assert gone.status_code == 204
    assert "1 they want no more" in section(signed)
    assert signed.post(undo_url(gone), headers=HTMX).status_code == 204
    assert "1 they want no more" not in section(signed)


def test_a_change_by_somebody_since_is_told_and_stays(signed: Client, account: Account) -> None:
    answer = post(signed, "outcome", **GOOD)
    Outcome.objects.update(target="999")
    again = signed.post(undo_url(answer), headers=HTMX)
    assert "changed since" in again.headers["HX-Trigger"]
    assert Outcome.objects.get().withdrawn_on is None


def test_the_proof_is_shown_with_what_is_missing_or_why_it_is_not(csm: User, account: Account) -> None:
    fields = {"action": "order", "target": "120"}
    rows = {
        name: loaded(account, external_id=name, statement=name, status=status, **fields)
        for name, status in (("half", "on_track"), ("proven", "behind"), ("missed", "missed"), ("vague", "on_track"), ("new", "on_track"))
    }
    for name, reached, proven_on, problem in (
        ("half", 60, None, ""),
        ("proven", 150, date(2026, 11, 1), ""),
        ("missed", 130, date(2026, 11, 2), ""),
        ("vague", None, None, "no_number"),
    ):
        needed = None if problem else 120
        OutcomeProof.objects.create(
            outcome=rows[name], as_of=TODAY - DAY, reached=reached, needed=needed, proven_on=proven_on, problem=problem
        )
    found = wants(account, AccountState.objects.get(), csm, TODAY)
    told = {wish.statement: wish for wish in found.wishes}
    assert (told["half"].measured.reached, told["half"].measured.needed, told["half"].measured.share) == ("60", "120", 50.0)
    assert (told["proven"].status, told["proven"].on, told["proven"].measured.share) == ("achieved", date(2026, 11, 1), 100.0)
    assert (told["missed"].status, told["missed"].missed_yet_proven) == ("missed", True)
    assert told["vague"].measured.problem.startswith("The target is no figure")
    assert (told["new"].measured.problem, told["new"].measured.share) == ("", None)
    assert found.as_of == TODAY - DAY


def test_an_outcome_without_proof_reads_so_and_what_never_stood_is_left_out(csm: User, account: Account) -> None:
    loaded(account, external_id="1", statement="bare")
    loaded(account, external_id="2", statement="gone", since=TODAY, withdrawn_on=TODAY)
    OutcomeVersion.objects.filter(outcome__statement="gone").update(since=TODAY)
    found = wants(account, None, csm, TODAY)
    assert [(wish.statement, wish.proof, wish.target) for wish in found.wishes + found.gone] == [("bare", "no proof agreed", "no target")]


def test_quiet_periods_are_entered_removed_and_taken_back(signed: Client, account: Account) -> None:
    assert signed.get(reverse("portal:quiet"), {"account": "a"}, headers=HTMX).status_code == 200
    wrong = post(signed, "quiet", account="a", to="2026-12-20", reason="")
    assert wrong.status_code == 422
    closed = {"account": "a", "from": "2026-12-24", "to": "2027-01-02", "reason": "year's end"}
    answer = post(signed, "quiet", **closed)
    assert answer.status_code == 204
    page = section(signed)
    assert "24 Dec 2026 to 1 Jan 2027" in page
    removed = post(signed, "quiet-remove", QuietPeriod.objects.get().pk)
    assert not QuietPeriod.objects.exists()
    assert signed.post(undo_url(removed), headers=HTMX).status_code == 204
    assert QuietPeriod.objects.get().reason == "year's end"
    assert signed.post(undo_url(answer), headers=HTMX).status_code == 204
    assert not QuietPeriod.objects.exists()


def test_nothing_of_another_book_can_be_seen_or_touched(client: Client, account: Account, csm: User) -> None:
    row = loaded(account)
    quiet = QuietPeriod.objects.create(account=account, starts_on=TODAY, ends_on=TODAY + DAY, reason="x", recorded_at=NOW)
    client.force_login(person())
    assert client.get(reverse("portal:outcome"), {"account": "a"}).status_code == 404
    assert client.get(reverse("portal:quiet"), {"account": "a"}).status_code == 404
    assert post(client, "outcome", **GOOD).status_code == 404
    assert post(client, "outcome-withdraw", row.pk).status_code == 404
    assert post(client, "quiet-remove", quiet.pk).status_code == 404
    client.force_login(csm)
    assert client.get(reverse("portal:outcome"), {"account": "a\0"}).status_code == 404
    assert client.get(reverse("portal:outcome"), {"account": "a", "outcome": "99"}).status_code == 404
    assert client.get(reverse("portal:outcome"), {"account": "a", "outcome": "x" * 40}).status_code == 404


def test_the_form_costs_a_few_queries(signed: Client, account: Account, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    row = loaded(account, action="unheard of", target="80")
    with django_assert_max_num_queries(8):
        page = signed.get(reverse("portal:outcome"), {"account": "a", "outcome": str(row.pk)}, headers=HTMX).content.decode()
    assert "unheard of" in page
