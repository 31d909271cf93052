"""The day's list as pages: ten at once, words of every rule, every step with its undo, each fact told once, and whose it is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Absence, Account, User
from accounts.types import Role
from churn.acting.triggers import TRIGGERS
from churn.models import ActionItem, ItemStep, SystemNotice
from csm_portal.portal.acting.evidence import TELLERS, evidence
from csm_portal.portal.acting.names import RULES
from csm_portal.portal.acting.next_steps import STEPS
from tests.churn.acting_book import AS_OF, NIGHT, TODAY, quiet
from tests.factories import TeamFactory
from tests.portal.shown_book import person
from tests.portal.test_pages_ratings import HTMX, NASTY, told

pytestmark = pytest.mark.django_db
# Figures as the arms of each rule leave them.
FACTS: dict[str, dict[str, Any]] = {
    "renewal_overdue": {"product": "default", "ends_on": "2026-12-01", "decision_on": "2026-11-02"},
    "renewal_forecast": {"product": "orders", "ends_on": "2026-12-01", "decision_on": "2026-11-22"},
    "renewal_usage": {"product": "default", "ends_on": "2026-12-01", "decision_on": None},
    "renewal_pack": {"product": "default", "ends_on": "2027-02-01", "decision_on": "2027-02-01"},
    "combination": {"rule": 1, "name": "", "conditions": [], "rate": 0.423, "base": 0.2, "n": 70},
    "usage_drop": {"day": "2026-11-19", "z": 3, "unit": "day", "days": [{"day": "2026-11-17", "value": 4, "usual": 40}]},
    "level_fell": {"from": 3, "to": 0, "day": "2026-11-19", "usual_days": 20},
    "seats_lost": {"before": 20, "now": 10, "lost": 10, "share": 0.5, "then_on": "2026-10-22"},
    "scenario_gap": {"scenario": "Approvals", "days": 2, "expected_days": 8, "month": "2026-10-01", "scenarios": 2},
    "band_worse": {"from": "green", "to": "red", "day": "2026-11-15"},
    "disagreement": {"machine": 40, "human": 80, "gap": -40, "way": "human"},
    "rating_due": {"due_on": "2026-11-01", "rated_on": "2026-08-01", "never": 0, "expired": 2, "planned_on": None},
    "invoice_late": {"amount": "1200.00", "currency": "EUR", "overdue_days": 9, "failed": False, "attempts": 0, "bills": 2},
    "card_expiring": {"expires_on": "2026-12-01", "contracts": 1},
    "ticket_burst": {"tickets": 6, "day": "2026-11-18"},
    "bad_answer": {"kind": "nps", "score": 3, "scale": 10, "day": "2026-11-10", "comment": NASTY, "answers": 1},
    "feedback_unanswered": {"held_on": "2026-10-01", "feedback": "too slow", "reviews": 1},
    "champion_left": {"role": "champion", "name": "Li Lei", "left_on": "2026-11-01", "people": 1},
    "boss_silent": {"executives": 2, "days": 28},
    "no_contact": {"last_on": "2026-09-01", "cadence": 30, "tier": "mid"},
    "review_due": {"kind": "qbr", "planned_on": "2026-11-25", "held_on": "2026-08-20"},
    "outcome_overdue": {"statement": "fewer returns", "due_on": "2026-10-31", "status": "behind", "outcomes": 1},
    "onboarding_stalled": {"milestone": "first order", "due_on": "2026-11-01", "milestones": 3},
    "seats_full": {"used": 95, "purchased": 100, "share": 0.95},
    "sustained_high": {"high": 18, "days": 20},
    "star_crossed": {"crossed_on": "2026-11-12", "reached": 80000},
}
BECAUSE = {
    "amount": "1100.00", "loss": 0.2, "loss_from": "band", "days": 40, "pressure": 0.6923, "right": 0.5, "acted": 0, "dismissed": 0,
    "expert": 0.5,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna")
    client.force_login(user, backend="accounts.sign_in_backends.WithTeams")
    return user


@pytest.fixture
def acme(anna: User) -> Account:
    return quiet(anna, "acme")


def item(account: Account, rule: str = "no_contact", weight: int = 100, **fields: Any) -> ActionItem:
    known = {"opened_on": AS_OF, "opened_at": NIGHT.now, "true_on": AS_OF, "facts": FACTS[rule], "because": BECAUSE, **fields}
    made: ActionItem = ActionItem.objects.create(account=account, rule=rule, weight=Decimal(weight), **known)
    return made


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(answer.content.decode().split())


def post(client: Client, one: ActionItem, kind: str, **data: str) -> Any:
    return client.post(f"/items/{one.pk}/{kind}/", data, headers=HTMX)


def test_every_rule_has_a_name_a_sentence_and_a_next_step() -> None:
    assert set(RULES) == set(TELLERS) == set(TRIGGERS) == set(FACTS)
    assert {one.next_step for one in TRIGGERS.values()} <= set(STEPS)


@pytest.mark.parametrize("rule", TRIGGERS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_rule_is_told_with_its_figures_and_without_gaps(rule: str, language: str) -> None:
    with translation.override(language):
        said = evidence(rule, FACTS[rule], TODAY)
    assert said
    assert "None" not in said
    assert "%(" not in said
    assert "{" not in said


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("combination", "42% of such accounts left, all: 20% · 70 renewals in the hold-out"),
        ("usage_drop", "10% of the same weekdays' usual since 17 Nov (4 key actions, usually 40)"),
        ("level_fell", "High as usual, Zero on 19 Nov · median of 20 open days"),
        ("invoice_late", "€1,200 overdue for 9 days · and 1 more invoice"),
        ("no_contact", "last contact 80 days ago · Mid: to hear of us every 30 days"),
        ("champion_left", "Li Lei (champion) left 1 Nov 2026"),
        ("renewal_overdue", "due 2 Nov 2026, no outcome entered"),
    ],
)
def test_sentences_as_a_csm_says_them(rule: str, says: str) -> None:
    assert evidence(rule, FACTS[rule], TODAY) == says


def test_what_is_counted_beside_the_one_told_is_in_the_readers_language() -> None:
    with translation.override("zh-hans"):
        assert evidence("invoice_late", FACTS["invoice_late"], TODAY) == "€1,200 已逾期 9 天 · 另有 1 张账单"
        assert "more" not in evidence("onboarding_stalled", FACTS["onboarding_stalled"], TODAY)


def test_ten_stand_at_once_the_rest_is_folded_and_growth_stands_apart(client: Client, anna: User) -> None:
    for place in range(12):
        item(quiet(anna, f"a{place:02}"), weight=100 - place)
    item(quiet(anna, "grows"), "seats_full")
    page = text(client, "/")
    first, rest = page.split('data-kept="rest"')
    assert first.count('data-key="e"') == 10
    assert rest.split('data-kept="good"')[0].count('data-key="e"') == 2
    assert "2 more, less pressing" in page
    assert "1 account grows" in page
    assert page.index(">a00<") < page.index(">a09<") < page.index(">a11<")


def test_ten_rows_are_ten_accounts_as_long_as_others_wait(client: Client, anna: User) -> None:
    troubled = quiet(anna, "troubled")
    for rule in ("band_worse", "ticket_burst", "level_fell"):
        item(troubled, rule, weight=500)
    for place in range(9):
        item(quiet(anna, f"b{place:02}"), weight=100 - place)
    first, rest = text(client, "/").split('data-kept="rest"')
    shown = first.split('id="day-list"')[1]
    assert shown.count(">troubled<") == 1
    assert all(f">b{place:02}<" in shown for place in range(9))
    assert rest.count("is-again") == 2
    assert '/items/?account=troubled">2 more reasons here</a>' in shown


def test_an_account_alone_fills_the_list_with_all_its_reasons(client: Client, anna: User) -> None:
    troubled = quiet(anna, "troubled")
    for rule in ("band_worse", "ticket_burst", "level_fell"):
        item(troubled, rule, weight=500)
    page = text(client, "/")
    assert page.split('id="day-list"')[1].count('data-key="e"') == 3
    assert 'data-kept="rest"' not in page


def test_an_item_says_reason_evidence_step_amount_days_and_why_it_stands_here(client: Client, anna: User) -> None:
    account = quiet(anna, "acme", decision_on=TODAY + timedelta(days=40))
    item(account, "bad_answer")
    page = text(client, "/")
    for said in (
        "Unhappy answer",
        "NPS 3/10 on 10 Nov",
        "Answer and log it",
        "decide in 40 days",
        "€1,000",
        "× 20% chance of loss: what became of past renewals in its band",
        "× 0.69 for time: 40 days to the decision",
        "× 50% for how often the rule is worth a step, by experience: none is closed yet",
        "= $100",
    ):
        assert said in page, said
    assert "<script>alert" not in page


def test_done_snoozed_and_dismissed_leave_the_list_and_come_back_by_undo(client: Client, acme: Account) -> None:
    one = item(acme)
    for kind, data, says in (
        ("done", {}, "Done: No contact at acme."),
        ("snoozed", {"until": (TODAY + timedelta(days=3)).isoformat(), "reason": "away"}, "No contact at acme comes back on 23 Nov 2026."),
        ("dismissed", {"reason": "spoke yesterday"}, "Dismissed: No contact at acme."),
    ):
        said = told(post(client, one, kind, **data))
        assert said["text"] == says
        assert "Nothing asks for you today" in text(client, "/")
        assert client.post(said["undo_url"], headers=HTMX).status_code == 204
        assert "Get in touch, log it" in text(client, "/")
    assert ItemStep.objects.filter(undone_at__isnull=False).count() == 3


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("snoozed", {"until": TODAY.isoformat(), "reason": "later"}, "Until which day?"),
        ("snoozed", {"until": "soon", "reason": "later"}, "Until which day?"),
        ("snoozed", {"until": (TODAY + timedelta(days=9)).isoformat()}, "Say why"),
        ("dismissed", {"reason": " "}, "Say why"),
        ("assigned", {"owner": "nobody@example.com"}, "may not see this account"),
    ],
)
def test_a_step_that_lacks_a_word_comes_back_as_its_form(client: Client, acme: Account, kind: str, data: dict[str, str], says: str) -> None:
    one = item(acme)
    answer = post(client, one, kind, **data)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert ActionItem.objects.get().state == "open"
    assert client.get(f"/items/{one.pk}/{kind}/").status_code == 200


def test_an_item_closed_twice_says_so_and_a_wrong_step_is_not_there(client: Client, acme: Account) -> None:
    one = item(acme)
    post(client, one, "dismissed", reason="known")
    assert told(post(client, one, "done"))["tone"] == "error"
    assert post(client, one, "deleted").status_code == 404
    assert client.get(f"/items/{one.pk}/done/").status_code == 404
    assert client.post(f"/items/{2**63}/done/").status_code == 404
    assert client.post(f"/items/steps/{2**63}/undo/").status_code == 404


def test_a_strangers_item_is_not_there_nor_one_that_is_held_back(client: Client, anna: User, acme: Account) -> None:
    theirs = item(quiet(person(email="else@example.com"), "theirs"))
    held = item(acme, "rating_due", held_back=True)
    for one in (theirs, held):
        assert post(client, one, "done").status_code == 404
        assert client.get(f"/items/{one.pk}/dismissed/").status_code == 404
    page = text(client, "/")
    assert ">theirs<" not in page
    assert "Nothing asks for you today" in page


def test_a_fact_of_the_list_is_not_told_again_among_the_news(client: Client, anna: User) -> None:
    account = quiet(anna, "acme", band="red")
    from tests.portal.today.test_changes import bill

    bill(account, TODAY - timedelta(days=2))
    assert "Invoice late" in text(client, "/").split('id="news"')[1]
    from django.core.cache import cache

    cache.clear()
    one = item(account, "invoice_late")
    for state, closed in (("open", None), ("done", NIGHT.now)):
        ActionItem.objects.filter(pk=one.pk).update(state=state, closed_at=closed)
        cache.clear()
        assert "Invoice late" not in text(client, "/").split('id="news"')[1].split('id="book-title"')[0]


def test_a_cover_finds_the_absent_colleagues_items_marked(client: Client, anna: User) -> None:
    ben = person(email="ben@example.com", name="Ben")
    item(quiet(ben, "bens"))
    assert ">bens<" not in text(client, "/items/")
    Absence.objects.create(
        user=ben, cover=anna, starts_on=TODAY, ends_on=TODAY + timedelta(days=5), in_force=True, entered_by=ben, entered_at=NIGHT.now
    )
    for path in ("/", "/items/"):
        page = text(client, path)
        assert ">bens<" in page
        assert "for Ben until 25 Nov 2026" in page


def test_the_list_by_itself_narrows_by_state_rule_owner_and_account(client: Client, anna: User, acme: Account) -> None:
    item(acme)
    item(acme, "rating_due")
    gone = item(acme, "review_due", state="dismissed", closed_at=NIGHT.now)
    boss = person(Role.ADMIN, email="boss@example.com")
    client.force_login(boss, backend="accounts.sign_in_backends.WithTeams")
    item(quiet(person(email="carl@example.com", name="Carl"), "carls"))
    assert text(client, "/items/").count('data-key="e"') == 3
    assert text(client, "/items/?rule=rating_due").count('data-key="e"') == 1
    assert text(client, "/items/?owner=carl@example.com").count('data-key="e"') == 1
    assert text(client, "/items/?account=acme").count('data-key="e"') == 2
    assert text(client, "/items/?state=dismissed").count("QBR due") >= 1
    assert f"/items/{gone.pk}/done/" not in text(client, "/items/?state=dismissed")
    assert "Nothing here" in text(client, "/items/?state=done")
    for nonsense in ("?state=x&rule=x&owner=a%00b&page=zz", "?page=99999999", "?account=%00"):
        assert client.get(f"/items/{nonsense}").status_code == 200


def test_the_pages_cost_few_queries_at_any_size(client: Client, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for place in range(30):
        item(quiet(anna, f"a{place}"), weight=place)
    with django_assert_max_num_queries(8):
        client.get("/items/")
    with django_assert_max_num_queries(12):
        client.get("/")


def test_a_notice_about_ourselves_stands_on_the_first_page_until_it_is_closed(client: Client, acme: Account) -> None:
    notice = SystemNotice.objects.create(day=AS_OF, facts={"dropped": 30, "accounts": 60, "share": 0.5}, opened_at=NIGHT.now)
    assert "About us, not about one customer" in text(client, "/")
    SystemNotice.objects.filter(pk=notice.pk).update(closed_at=NIGHT.now, reason="an outage")
    assert "About us, not about one customer" not in text(client, "/")


def test_the_account_shows_its_reasons_tasks_and_plays(client: Client, acme: Account) -> None:
    one = item(acme)
    client.post("/tasks/new/", {"account": "acme", "title": "call Li", "item": str(one.pk)}, headers=HTMX)
    page = text(client, "/accounts/acme/?part=acting")
    for said in ("What to do here", "No contact", "call Li", "1 reason to act"):
        assert said in page
    post(client, one, "done")
    # The clock of the test may run ahead of its day.
    ItemStep.objects.update(taken_at=NIGHT.now)
    stream = text(client, "/accounts/acme/?part=stream&kind=acting")
    assert "Reason worked off" in stream


def test_the_manager_sees_whose_it_is(client: Client) -> None:
    team = TeamFactory.make()
    boss = person(Role.MANAGER, team=team, manages=team, email="boss@example.com")
    item(quiet(person(team=team, name="Carl", email="carl@example.com"), "acme"))
    client.force_login(boss, backend="accounts.sign_in_backends.WithTeams")
    assert "Carl" in text(client, "/").split('id="day-list"')[1].split("item-act")[0]
