"""The timeline of an account: one list for page, REST and CSV, with its filters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Account, AccountEdit, Contact, Mention, Note, SurveyResponse, Ticket, User
from accounts.types import Role
from churn.models import CaseOutcome, Forecast, RenewalCase, UsageSheet
from csm_portal.portal.account import told
from csm_portal.portal.account.dated import Wanted
from csm_portal.portal.timeline import KINDS, happened, kinds_of
from health.models import (
    AccountDay,
    FeedbackCare,
    HealthScore,
    Outcome,
    OutcomeProof,
    Override,
    QuestionSet,
    Rating,
    Review,
    ScenarioAgreement,
    ScenarioStep,
)
from tests.factories import AccountFactory, ContractFactory, SourceFactory, UserFactory
from tests.portal.shown_book import NOW, person, published_run, shown
from tests.rest import bearer, csv_rows, faults, get

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def lines(account: Account, *kinds: str, **wanted: Any) -> list[tuple[str, str, str]]:
    """Day, title and text of the entries of these kinds."""
    found = happened(account, Wanted(kinds_of(kinds), **wanted)).rows
    return [(str(row.on), told.line(row, TODAY).title, told.line(row, TODAY).text) for row in found]


@pytest.fixture(autouse=True)
def _the_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def book() -> tuple[User, Account]:
    """An account in Shanghai with a fact of several tables, and the admin who looks at it."""
    admin = UserFactory.make(role=Role.ADMIN, name="Ada", email="ada@example.com")
    account = AccountFactory.make(external_id="a", timezone="Asia/Shanghai")
    source, at = SourceFactory.make(), datetime(2026, 3, 1, 20, tzinfo=UTC)
    ContractFactory.make(account=account, external_id="c", starts_on=date(2025, 3, 1), ends_on=date(2026, 3, 1), plan="pro")
    Ticket.objects.create(source=source, external_id="t", account=account, opened_at=at, recorded_at=at, subject="100% broken")
    SurveyResponse.objects.create(
        source=source, external_id="s", account=account, kind="nps", score=Decimal(9), scale=10, responded_at=at, recorded_at=at
    )
    Rating.objects.create(account=account, question="sponsor", score=4, rated_on=date(2026, 2, 1), rated_by=admin, recorded_at=at)
    Outcome.objects.create(source=source, external_id="o", account=account, statement="Faster", due_on=date(2026, 6, 1), recorded_at=at)
    return admin, account


def test_facts_of_every_table_stand_in_order_of_their_days(book: tuple[User, Account]) -> None:
    rows = get(bearer(book[0]), "accounts/a/timeline/")["results"]
    assert [(row["day"], row["kind"], row["title"], row["text"], row["external_id"]) for row in rows] == [
        ("2026-06-01", "outcome_due", "Outcome due", "Faster · on track", "o"),
        ("2026-03-02", "outcome_defined", "Outcome defined", "Faster · due 1 Jun 2026", "o"),
        ("2026-03-02", "survey_answered", "NPS 9/10", "", "s"),
        ("2026-03-02", "ticket_opened", "Ticket opened", "100% broken", "t"),
        ("2026-03-01", "contract_ended", "Contract ended", "Default · Pro · $100 a month", "c"),
        ("2026-02-01", "rated", "Rated", "Sponsor 4/5", None),
        ("2025-03-01", "contract_started", "Contract started", "Default · Pro · $100 a month", "c"),
    ]
    assert rows[5]["by"] == "ada@example.com"
    assert rows[5]["group"] == "judged"
    assert rows[5]["facts"] == {"question": "sponsor", "score": 4, "text": "", "by": "Ada"}


def test_rest_filters_by_kind_group_person_text_and_days(book: tuple[User, Account]) -> None:
    client = bearer(book[0])

    def kinds(**query: Any) -> list[str]:
        return [row["kind"] for row in get(client, "accounts/a/timeline/", **query)["results"]]

    assert kinds(kind="rated") == ["rated"]
    assert kinds(kind="money") == ["contract_ended", "contract_started"]
    assert kinds(author="ada@example.com") == ["rated"]
    assert kinds(q="0% BROK") == ["ticket_opened"]
    assert kinds(q="false") == []
    assert kinds(q="100_") == []
    assert kinds(from_="2026-02", to="2026-03-02") == ["contract_ended", "rated"]
    assert faults(client, "accounts/a/timeline/", kind="nonsense") == {"kind": "invalid"}


def test_rest_pages_follow_each_other_and_the_file_holds_all(book: tuple[User, Account]) -> None:
    client = bearer(book[0])
    page, found = get(client, "accounts/a/timeline/", page_size=3), []
    found += page["results"]
    while page["next"]:
        page = client.get(page["next"]).json()
        found += page["results"]
    assert [row["kind"] for row in found] == [row["kind"] for row in get(client, "accounts/a/timeline/")["results"]]
    assert len(found) == 7
    rows = csv_rows(client.get("/api/v1/accounts/a/timeline/", {"format": "csv"}))
    assert [row["kind"] for row in rows] == [row["kind"] for row in found]
    assert csv_rows(client.get("/api/v1/accounts/a/timeline/", {"format": "csv", "q": "nothing at all"})) == []


def test_facts_of_other_accounts_stay_there() -> None:
    owner = UserFactory.make()
    hers = AccountFactory.make(owner=owner, external_id="hers")
    ContractFactory.make(account=hers)
    assert bearer(UserFactory.make()).get("/api/v1/accounts/hers/timeline/").status_code == 404
    assert len(get(bearer(owner), "accounts/hers/timeline/")["results"]) == 1
    assert lines(AccountFactory.make(owner=owner)) == []


def test_what_people_did_about_a_renewal_is_told_with_their_names() -> None:
    account, author = AccountFactory.make(), person(name="Ada")
    due = {"account": account, "product": "default", "ends_on": date(2026, 12, 1)}
    RenewalCase.objects.create(
        **due, starts_on=date(2025, 12, 1), decision_on=date(2026, 11, 1), currency="EUR", due_mrr=100, renewed_mrr=120, state="renewed",
        resolved_on=date(2026, 11, 10),
    )  # fmt: skip
    entered = {"author": author, "currency": "EUR"}
    Forecast.objects.create(
        **due, **entered, amount=100, expansion=20, probability=Decimal("0.8"), category="commit", reason="They grow",
        entered_at=NOW - timedelta(days=40),
    )  # fmt: skip
    Forecast.objects.create(**due, **entered, amount=1, probability=0, category="at_risk", entered_at=NOW, withdrawn_at=NOW)
    CaseOutcome.objects.create(**due, **entered, state="renewed", renewed_mrr=120, decided_on=TODAY, note="Signed", entered_at=NOW)
    UsageSheet.objects.create(
        **due, author=author, language="en", as_of=date(2026, 9, 1), body={}, shared_at=datetime(2026, 9, 2, tzinfo=UTC)
    )
    assert lines(account, "renewals") == [
        ("2026-11-20", "Outcome of the renewal entered", "renewed · Default · due 1 Dec 2026 · €120 a month · Signed"),
        ("2026-11-10", "Renewal decided", "renewed · Default · due 1 Dec 2026 · €120 a month"),
        ("2026-10-11", "Forecast entered", "Commit · 80% · €100 a month · €20 more · due 1 Dec 2026 · They grow"),
        ("2026-09-02", "Usage sheet shared", "figures as of 1 Sep 2026 · due 1 Dec 2026"),
    ]
    assert happened(account, Wanted(author=author.email)).people == {author.email: "Ada"}


def test_versions_of_an_outcome_and_its_proof_are_told_as_they_came() -> None:
    account, source = AccountFactory.make(), SourceFactory.make()
    outcome = Outcome.objects.create(
        source=source, external_id="o", account=account, statement="Faster", action="order", target="10", due_on=date(2026, 10, 1),
        recorded_at=datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip

    def change(day: int, **fields: Any) -> None:
        Outcome.objects.filter(pk=outcome.pk).update(recorded_at=datetime(2026, 6, day, tzinfo=UTC), **fields)

    change(1, status="behind")
    change(2, target="20")
    change(3, status="achieved", achieved_on=date(2026, 6, 3))
    change(4, withdrawn_on=date(2026, 6, 4))
    OutcomeProof.objects.create(outcome=outcome, as_of=TODAY, reached=21, needed=20, proven_on=date(2026, 6, 3))
    assert lines(account, "goals") == [
        ("2026-06-04", "Outcome withdrawn", "Faster"),
        ("2026-06-03", "Outcome achieved", "Faster"),
        ("2026-06-03", "Outcome proven", "Faster · Order · 21 / 20"),
        ("2026-06-02", "Outcome changed", "Faster · target 10 → 20"),
        ("2026-06-01", "Outcome changed", "Faster · on track → behind"),
        ("2026-05-01", "Outcome defined", "Faster · target 10 · due 1 Oct 2026"),
    ]


def test_reviews_feedback_scenarios_and_people_who_left_are_told() -> None:
    account, author, source = AccountFactory.make(), person(name="Ada"), SourceFactory.make()
    loaded = {"source": source, "account": account, "recorded_at": NOW}
    Review.objects.create(external_id="p", kind="qbr", planned_on=date(2026, 12, 5), **loaded)
    held = Review.objects.create(
        external_id="h", kind="ebr", planned_on=date(2026, 9, 1), held_on=date(2026, 9, 2), fell_flat="Tour", feedback="Tills", **loaded
    )
    FeedbackCare.objects.create(
        review=held, answer="In May", answered_on=date(2026, 9, 9), answered_by=author, themes=["tills"], changed_at=NOW
    )
    ScenarioStep.objects.create(
        account=account, scenario="Approvals", kind="explore", note="no time", author=author, taken_on=TODAY, recorded_at=NOW
    )
    ScenarioAgreement.objects.create(
        account=account, scenario="Approvals", starts_on=date(2026, 9, 5), days_per_month=4, seat_share=Decimal("0.5"), recorded_at=NOW
    )
    Contact.objects.create(
        source=source, external_id="k", account=account, name="Bo", role="champion", left_on=date(2026, 9, 4), recorded_at=NOW
    )
    Override.objects.create(
        account=account, band="red", starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 3), reason="Said so", author=author, recorded_at=NOW
    )
    assert lines(account) == [
        ("2026-12-05", "QBR planned", ""),
        ("2026-11-20", "Asked why it is not used", "Approvals · no time"),
        ("2026-09-09", "Feedback answered", "In May · to “Tills”"),
        ("2026-09-05", "Usage agreed", "Approvals · 4 days a month · 50% of the seats"),
        ("2026-09-04", "Contact left", "Bo · champion"),
        ("2026-09-03", "Band set by hand has ended", "Red no longer holds; the computed band counts again"),
        ("2026-09-02", "Executive review held", "no executive was there · fell flat: Tour · feedback: Tills"),
        ("2026-09-01", "Band set by hand", "Red · until 3 Sep 2026 · Said so"),
    ]


def test_a_review_that_was_moved_or_cancelled_by_hand_is_told_and_no_row_of_the_log_shows_its_key() -> None:
    account, author = AccountFactory.make(), person(name="Ada")
    row = {"kind": "qbr", "planned_on": "2026-12-05", "held_on": None, "landed": ""}
    for old, new, undone in (
        (None, row, None),
        (row, {**row, "planned_on": "2026-12-09"}, None),
        (row, {**row, "landed": "x"}, None),
        (row, {**row, "planned_on": "2026-12-30"}, NOW),
        (row, None, None),
    ):
        AccountEdit.objects.create(
            batch=uuid4(), account=account, field="review:7", old=old, new=new, author=author, edited_at=NOW, undone_at=undone
        )
    assert lines(account) == [
        ("2026-11-20", "QBR cancelled", "was planned for 5 Dec 2026"),
        ("2026-11-20", "QBR moved", "5 Dec 2026 → 9 Dec 2026"),
    ]


def test_the_day_from_which_another_definition_counts_is_told_once() -> None:
    account, run = AccountFactory.make(), published_run()
    for day, version in ((2, 1), (3, 1), (4, 2), (5, 2)):
        AccountDay.objects.create(
            run=run, account=account, day=date(2026, 11, day), level=1, key_actions=1, active_seats=1, seats=1, paying=True, active=True,
            working=True, version=version,
        )  # fmt: skip
        HealthScore.objects.create(
            run=run, account=account, day=date(2026, 11, day), score=80, band="green", coverage=1, facets={}, version=3 if day == 5 else 1
        )
    assert lines(account) == [
        ("2026-11-05", "Health model changed", "health from this day on is by version 3, before by 1"),
        ("2026-11-04", "Activity definition changed", "levels from this day on are by version 2, before by 1"),
    ]


def test_the_page_words_a_rating_by_its_question(client: Client) -> None:
    owner = person(language="zh-hans")
    account = shown(owner, "a")
    body = {"questions": [{"key": "fit", "text": {"en": "Does it fit?", "zh-hans": "合适吗？"}}]}
    QuestionSet.objects.create(version=1, effective_from=date(2020, 1, 1), body=body, digest="1", published_at=NOW)
    for question in ("fit", "gone_question"):
        Rating.objects.create(account=account, question=question, score=4, rated_on=TODAY, rated_by=owner, recorded_at=NOW)
    client.force_login(owner)
    page = client.get("/accounts/a/", {"part": "stream"}, headers={"HX-Request": "true"})
    assert {line.text for line in page.context["stream"].lines} == {"合适吗？ 4/5", "Gone question 4/5"}


def test_colleagues_named_in_a_note_are_marked() -> None:
    account, author = AccountFactory.make(), person(name="Ada")
    note = Note.objects.create(account=account, author=author, text="@Bo please call", written_at=NOW)
    Mention.objects.create(note=note, user=person(name="Bo"))
    row = happened(account, Wanted()).rows[0]
    assert told.line(row, TODAY).mentions == ("Bo",)
    assert told.line(row, TODAY).by == "Ada"


def test_the_page_keeps_its_filters_in_the_address_and_leads_to_the_same_file(client: Client) -> None:
    owner = person(name="Ada")
    account = shown(owner, "a b")
    for n, text in enumerate(("first call", "second call", "third")):
        Note.objects.create(account=account, author=owner, text=text, written_at=NOW - timedelta(days=n))
    client.force_login(owner)
    page = client.get("/accounts/a b/", {"part": "stream", "kind": ["touch", "nonsense"], "q": "call"}, headers={"HX-Request": "true"})
    stream = page.context["stream"]
    assert [line.text for line in stream.lines] == ["first call", "second call"]
    assert [choice.value for choice in stream.kinds if choice.chosen] == ["touch"]
    assert [choice.label for choice in stream.authors] == ["Ada"]
    rows = csv_rows(client.get(stream.file))
    assert [row["text"] for row in rows] == ["first call", "second call"]
    assert b"2 entries" in page.content
    nothing = client.get("/accounts/a b/", {"part": "stream", "author": "nobody@example.com", "q": "\0%"}, headers={"HX-Request": "true"})
    assert b"Nothing fits these filters." in nothing.content


def test_what_is_still_to_come_stands_with_the_nearest_day_first(client: Client) -> None:
    owner = person()
    account = shown(owner, "a")
    ContractFactory.make(account=account, starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1))
    Review.objects.create(
        source=SourceFactory.make(), external_id="p", kind="qbr", account=account, planned_on=date(2026, 12, 5), recorded_at=NOW
    )
    client.force_login(owner)
    page = client.get("/accounts/a/", {"part": "stream", "span": "ahead"}, headers={"HX-Request": "true"})
    assert [line.title for line in page.context["stream"].lines] == ["QBR planned", "Contract ended"]


def test_a_part_of_the_stream_takes_few_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    owner = person()
    shown(owner, "a")
    client.force_login(owner)
    with django_assert_max_num_queries(6):
        client.get("/accounts/a/", {"part": "stream", "span": "visit", "q": "x"}, headers={"HX-Request": "true"})


def test_no_kind_asked_means_all_but_the_quiet_ones_on_the_page() -> None:
    assert kinds_of([]) == set(KINDS)
    assert set(KINDS) - kinds_of([], quiet=False) == {"level_step", "redone"}
    assert kinds_of(["steps", "note"]) == {"level_step", "redone", "note"}
