"""What customers want, who matters, what is open, what was signed: the parts of an account's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.models import Account, Annotation, Contact, Invoice, Note, Ticket
from churn.models import RenewalCase
from csm_portal.portal import words
from csm_portal.portal.account.on_file import on_file
from csm_portal.portal.account.people import people, seat_list
from csm_portal.portal.account.terms import terms
from csm_portal.portal.account.usage import scenario
from csm_portal.portal.account.wants import success_gap, wants
from csm_portal.portal.activity_panel import activity_panel
from csm_portal.portal.health_panel import health_history_panel
from health.models import AccountDay, AccountState, Outcome, Review
from health.value.scenario_reads import ScenarioLine, Step
from tests.factories import AccountFactory, ContractFactory, SeatFactory, SourceFactory, define_north_star
from tests.portal.shown_book import AS_OF, NOW, person, shown, with_history

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("active", "status", "says", "tone"),
    [
        (True, "behind", "Success gap: usage is complete, and the outcome is behind.", "red"),
        (True, "missed", "Success gap", "red"),
        (True, "achieved", "reached what they wanted", "green"),
        (False, "achieved", "Quiet but fine", "green"),
        (False, "missed", "Neither usage nor success", "red"),
        (True, "on_track", "not reached yet", ""),
        (False, "on_track", "on track", ""),
        (None, "behind", "Whether usage is complete is unknown", ""),
        (True, "", "No outcome is defined", "amber"),
    ],
)
def test_usage_and_success_are_told_beside_each_other(active: bool | None, status: str, says: str, tone: str) -> None:
    text, found = success_gap(AccountState(month_active=active, outcome_status=status), defined=bool(status))
    assert says in text
    assert found == tone


def test_open_outcomes_come_first_and_say_what_is_missing() -> None:
    user = person()
    account = shown(user, "a", outcome_status="behind")
    loaded = {"source": SourceFactory.make(), "recorded_at": NOW, "account": account}
    Outcome.objects.create(external_id="1", statement="Done", status="achieved", achieved_on=date(2026, 11, 10), **loaded)
    Outcome.objects.create(
        external_id="2", statement="Open", status="behind", due_on=date(2026, 11, 30), metric="hours", target="5", **loaded
    )
    Outcome.objects.create(external_id="3", statement="Vague", **loaded)
    found = wants(account, AccountState.objects.get(), user, TODAY)
    assert [(wish.statement, wish.proof, wish.target, wish.note, wish.late) for wish in found.wishes] == [
        ("Vague", "no proof agreed", "no target", "no due date", False),
        ("Open", "metric hours", "5", "in 10 days", True),
        ("Done", "no proof agreed", "no target", "10 days ago", False),
    ]


def test_the_north_star_shows_progress_threshold_and_crossing() -> None:
    user = person()
    define_north_star(action="order", measure="value", threshold="80000")
    account = shown(user, "a", north_star=Decimal(20000))
    star = wants(account, AccountState.objects.get(), user, TODAY).star
    assert star is not None
    assert (star.reached, star.threshold, star.percent, star.share, star.crossed_on) == ("20,000", "80,000", "25%", 25.0, None)
    AccountState.objects.update(north_star=Decimal(1_600_000), north_star_crossed_on=date(2026, 2, 1))
    star = wants(account, AccountState.objects.get(), user, TODAY).star
    assert star is not None
    assert (star.percent, star.share, star.crossed) == ("20 times", 100.0, "1 Feb 2026")
    AccountState.objects.update(north_star=None)
    assert wants(account, AccountState.objects.get(), user, TODAY).star is None


def active(account: Account, seat: int, day: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('seat_day', %s)", [day])
        cursor.execute(
            "INSERT INTO seat_day (account_id, day, seat_id, events, key_actions, logged_in, scenarios, north_star, version)"
            " VALUES (%s, %s, %s, 1, 1, true, 0, 0, 1)",
            [account.pk, day, seat],
        )


def test_sponsors_come_first_and_who_left_last_with_the_activity_of_their_seats() -> None:
    user = person()
    account = AccountFactory.make(owner=user)
    busy, idle = SeatFactory.make(account=account, name="Busy"), SeatFactory.make(account=account, name="Boss", is_executive=True)
    active(account, busy.pk, AS_OF - timedelta(days=2))
    active(account, idle.pk, AS_OF - timedelta(days=40))
    loaded = {"source": SourceFactory.make(), "recorded_at": NOW, "account": account}
    Contact.objects.create(external_id="1", name="Bill", role="billing", **loaded)
    Contact.objects.create(external_id="2", name="Gone", role="sponsor", left_on=date(2026, 10, 1), **loaded)
    Contact.objects.create(external_id="3", name="Spencer", role="sponsor", seat=busy, **loaded)
    found = people(account, user, AS_OF)
    assert [(one.name, one.role, one.left, one.seen, one.seen_ok) for one in found] == [
        ("Spencer", "sponsor", "", "active 2 days ago", True),
        ("Boss", "executive", "", "not active in 28 days", False),
        ("Bill", "billing", "", "no seat linked", None),
        ("Gone", "sponsor", "1 Oct 2026", "no seat linked", None),
    ]
    assert people(account, user, None)[0].seen_ok is None
    assert people(account, person(), AS_OF) == []


def test_where_nothing_loaded_names_a_seat_nobody_is_called_inactive() -> None:
    user = person()
    account = AccountFactory.make(owner=user)
    SeatFactory.make(account=account, name="Boss", is_executive=True)
    active(account, 0, AS_OF)
    assert [(one.seen, one.seen_ok) for one in people(account, user, AS_OF)] == [("activity unknown: what they load names no seat", None)]
    found = seat_list(account, user, AS_OF, TODAY)
    assert [line.active for line in found.personas] == ["unknown"]
    assert [line.seen for line in found.lines] == ["unknown"]
    assert "is unknown" in found.executives


def test_a_review_that_was_not_held_is_open_until_one_is_held_or_planned() -> None:
    account, source = AccountFactory.make(), SourceFactory.make()

    def shown_reviews() -> list[tuple[str, bool]]:
        return [(item.note, item.late) for item in on_file(account, TODAY).groups[3].items]

    def plan(name: str, **days: date) -> None:
        Review.objects.create(account=account, source=source, external_id=name, kind="qbr", recorded_at=NOW, **days)

    plan("long ago", planned_on=date(2026, 1, 5))
    plan("missed", planned_on=date(2026, 9, 1))
    assert shown_reviews() == [("planned 80 days ago, not held", True)]
    plan("earlier", held_on=date(2026, 8, 31))
    assert shown_reviews() == [("planned 80 days ago, not held", True)]
    plan("next", planned_on=date(2026, 12, 1))
    assert shown_reviews() == [("in 11 days", False)]
    Review.objects.filter(external_id="next").delete()
    plan("held", held_on=date(2026, 9, 1))
    assert shown_reviews() == []


def test_seats_are_summed_by_persona_without_bots_and_the_deactivated() -> None:
    user = person()
    account = AccountFactory.make(owner=user)
    seats = [SeatFactory.make(account=account, persona="basic") for _ in range(3)]
    active(account, seats[0].pk, AS_OF)
    SeatFactory.make(account=account, persona="basic", activated_on=None)
    SeatFactory.make(account=account, persona="basic", kind="bot", name="Robot")
    SeatFactory.make(account=account, persona="admin", deactivated_on=date(2026, 1, 1), name="Old")
    boss = SeatFactory.make(account=account, is_executive=True, name="Boss")
    found = seat_list(account, user, AS_OF, TODAY)
    assert [
        (line.persona, line.people, line.activated, line.activated_share, line.active, line.active_share) for line in found.personas
    ] == [
        ("basic", "4", "3", "75%", "1", "33%"),
        ("unknown", "1", "1", "100%", "0", "0%"),
    ]
    assert found.executives == "0 of 1 executives' seats were active in 28 days."
    assert found.lines[0].name == boss.name
    assert {line.name: line.state for line in found.lines if line.name in ("Robot", "Old")} == {
        "Robot": "bot, counts in nothing",
        "Old": "deactivated 1 Jan 2026",
    }
    assert [line.persona for line in seat_list(account, user, AS_OF, TODAY, persona="unknown").lines] == ["unknown"]


def test_what_presses_comes_first_among_the_open_things() -> None:
    account, source = AccountFactory.make(), SourceFactory.make()
    loaded = {"source": source, "recorded_at": NOW, "account": account}
    for name, days, escalated in (("old", 9, False), ("new", 1, False), ("hot", 2, True)):
        Ticket.objects.create(external_id=name, subject=name, opened_at=NOW - timedelta(days=days), escalated=escalated, **loaded)
    Ticket.objects.create(external_id="closed", opened_at=NOW, closed_at=NOW, **loaded)
    for name, due, status, failed in (
        ("1", date(2026, 11, 1), "open", 0),
        ("2", date(2026, 12, 1), "failed", 2),
        ("3", date(2026, 12, 2), "open", 0),
    ):
        Invoice.objects.create(
            external_id=name,
            issued_on=date(2026, 10, 1),
            due_on=due,
            amount=Decimal(name),
            currency="EUR",
            status=status,
            failed_attempts=failed,
            **loaded,
        )
    Invoice.objects.create(external_id="paid", issued_on=AS_OF, amount=9, currency="EUR", status="paid", paid_on=AS_OF, **loaded)
    tickets, invoices, milestones, reviews = on_file(account, TODAY).groups
    assert [(item.what, item.mark, item.late) for item in tickets.items] == [
        ("hot", "escalated", True),
        ("old", "", True),
        ("new", "", False),
    ]
    assert tickets.items[1].note == "open for 9 days"
    assert [(item.what, item.mark, item.note, item.late) for item in invoices.items] == [
        ("€2", "payment failed, 2 failed attempts", "in 11 days", True),
        ("€1", "", "19 days overdue", True),
        ("€3", "", "in 12 days", False),
    ]
    assert (milestones.items, reviews.items) == ([], [])
    assert "plan the next QBR" in reviews.empty


def test_the_latest_words_are_listed_and_the_rest_is_pointed_at() -> None:
    account, author = AccountFactory.make(), person(name="Ada")
    for n in range(8):
        Note.objects.create(account=account, author=author, text=str(n), written_at=datetime(2026, 11, 1 + n, tzinfo=UTC))
    found = on_file(account, TODAY)
    assert [one.text for one in found.said] == ["7", "6", "5", "4", "3", "2"]
    assert found.more_said
    assert found.said[0].by == "Ada"


def test_terms_tell_what_became_of_them_and_what_the_price_did() -> None:
    user = person()
    account = AccountFactory.make(owner=user)
    for start, mrr in ((2024, 100), (2025, 100), (2026, 120)):
        ContractFactory.make(
            account=account,
            starts_on=date(start, 1, 1),
            ends_on=date(start + 1, 1, 1),
            mrr=Decimal(mrr),
            notice_days=30 if start == 2026 else 0,
        )
    RenewalCase.objects.create(
        account=account, product="default", ends_on=date(2026, 1, 1), starts_on=date(2025, 1, 1), decision_on=date(2026, 1, 1),
        currency="USD", due_mrr=100, renewed_mrr=120, state="renewed",
    )  # fmt: skip
    RenewalCase.objects.create(
        account=account, product="default", ends_on=date(2025, 1, 1), starts_on=date(2024, 1, 1), decision_on=date(2025, 1, 1),
        currency="USD", due_mrr=100, state="lost", auto_renew_lapsed=True,
    )  # fmt: skip
    found = terms(account, user, TODAY)
    assert [(line.when, line.change, line.way, line.outcome, line.tone) for line in found] == [
        ("running", "+20%", "up", "due in 42 days", ""),
        ("past", "same price", "flat", "renewed", "green"),
        ("past", "", "", "lost, although it was to renew by itself", "red"),
    ]
    assert (found[0].notice, found[0].decide) == ("30 days", "2 Dec 2026")
    assert terms(account, person(), TODAY) == []


def test_a_share_of_seats_is_unknown_where_the_use_names_none() -> None:
    line = ScenarioLine(
        name="Orders",
        month=date(2026, 10, 1),
        days=20,
        expected_days=12,
        seats=0,
        share=Decimal(0),
        expected_share=Decimal("0.3"),
        met=False,
        can_reach=False,
        agreed=True,
        agreed_from=None,
        reason="small team",
        step=Step.PUSH,
        provisional=False,
        version=1,
        as_of=AS_OF,
    )
    nameless, seen = scenario(line), scenario(replace(line, seats=1, share=Decimal("0.1")))
    assert (nameless.share, nameless.state, nameless.gap, nameless.step) == ("unknown: names no seat / 30%", "unknown", "", "")
    assert (seen.share, seen.state, seen.gap, seen.step) == ("10% / 30%", "below", "20% of seats missing", "push")
    assert seen.agreed == "agreed with them: small team"
    assert scenario(replace(line, days=0, step=Step.EXPLORE)).step_word == "explore: ask why it is not used"


def test_the_version_of_the_definition_is_told_with_the_day_it_changed() -> None:
    owner = person()
    account = with_history(shown(owner, "A-1"))
    later = AS_OF - timedelta(days=20)
    AccountDay.objects.filter(account=account, day__gte=later).update(version=2)
    panel = activity_panel(account, owner, AS_OF)
    assert panel.versions == f"definition version 1; version 2 from {words.day(later)}"
    assert len(panel.calendar.borders) == 1
    assert [shape["x0"] for shape in panel.figure["layout"]["shapes"]] == [later.isoformat()]


def test_notes_from_before_the_first_score_stand_not_on_the_chart_of_health() -> None:
    owner = person()
    account = with_history(shown(owner, "A-1"), n_days=30)
    for text, back in (("before it", 60), ("beside it", 10)):
        Annotation.objects.create(day=AS_OF - timedelta(days=back), text=text)
    state = AccountState.objects.get(account=account)
    marks = health_history_panel(account, state, owner).marks
    assert len(marks) == 1
    assert marks[0].endswith("beside it")
