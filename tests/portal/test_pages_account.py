"""The page of one account."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account, Contact, Contract, Interaction, Invoice, Note, QuietPeriod, Seat, Ticket, Unit
from accounts.types import Role
from csm_portal.portal.account.links import part_address
from csm_portal.portal.addresses import account_address
from health.models import AccountDay, AccountState, Milestone, Outcome, Rating, Review, Run, ScenarioPeriod
from tests.depth import sweep
from tests.factories import AccountFactory, ContractFactory, SeatFactory, SourceFactory
from tests.portal.shown_book import AS_OF, NOW, person, published_run, shown, with_history

pytestmark = pytest.mark.django_db
PARTS = ("acting", "usage", "history", "seats", "days", "scores", "stream")
BUDGET = 12
HTMX = {"HX-Request": "true"}
STRANGE = [
    "a/b",
    "a//b",
    "trailing/",
    " spaces in it ",
    "café 海底捞",
    "50%",
    "%2F",
    "q?x=1&y#z",
    "a+b",
    "..",
    "../up",
    "/leading",
    "a;b=c",
    "x\\y",
    'it\'s "quoted"',
    "usage/?part=seats",
]
STRANGEST = ("a/b", "café 海底捞", "../up")
NASTY = "<script>alert(1)</script>\"'&"


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)


def text(client: Client, address: str, **headers: str) -> str:
    """What stands on the page, its white space folded."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("external_id", sweep(STRANGE, STRANGEST))
def test_an_id_of_any_printable_characters_has_a_working_address(client: Client, external_id: str) -> None:
    user = person()
    with_history(shown(user, external_id, account_name="The strange one"), n_days=3)
    client.force_login(user)
    page = client.get(account_address(external_id))
    assert page.status_code == 200
    assert page.context["account"].external_id == external_id
    links = re.findall(r'hx-get="([^"]+)"', page.content.decode())
    own = {link for link in links if link.startswith("/accounts/")}
    assert len(own) >= 4
    for link in {*own, *(part_address(external_id, part) for part in PARTS)}:
        address = link.replace("&amp;", "&").replace("&#x27;", "'").replace("&quot;", '"')
        for headers in (HTMX, {}):
            part = client.get(address, headers=headers)
            assert (part.status_code, part.context["account"].external_id) == (200, external_id), address


def test_the_address_is_the_one_that_reverse_gives() -> None:
    assert account_address("a/b c") == reverse("portal:account", args=["a/b c"])


@pytest.mark.parametrize("part", ["", *PARTS])
def test_an_account_of_somebody_else_does_not_exist(client: Client, part: str) -> None:
    with_history(shown(person(), "theirs"), n_days=3)
    client.force_login(person())
    for headers in (HTMX, {}):
        assert client.get(part_address("theirs", part), headers=headers).status_code == 404
        assert client.get(f"/accounts/?external_id=theirs&part={part}", headers=headers).status_code == 404
        assert client.get(part_address("nowhere", part), headers=headers).status_code == 404


def test_who_is_signed_out_is_sent_to_the_sign_in_page(client: Client) -> None:
    shown(person(), "theirs")
    assert client.get("/accounts/theirs/?part=usage").status_code == 302


def test_the_sections_stand_in_the_order_in_which_a_call_is_prepared(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    page = client.get("/accounts/acme/").content.decode()
    keys = [key for key, _name in client.get("/accounts/acme/").context["sections"]]
    assert keys == ["acting", "wants", "stand", "usage", "changes", "people", "open", "terms", "said"]
    assert [found for found in re.findall(r'id="(\w+)"', page) if found in keys] == keys
    assert re.findall(r'href="#(\w+)"', page.split('class="account-bar"')[1].split("</nav>")[0])[1:] == keys


def test_the_page_shows_where_the_account_stands_and_what_is_behind_it(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    page = text(client, "/accounts/acme/")
    for words in (
        "15 active of 20 open days in the last 28",
        "unknown: the last answer expired on 1 Oct 2026",
        "4 tickets in 90 days",
        "2 open, 1 of them over 7 days, 1 escalated",
        "Month 9/12",
        "3 more active days needed, 7 left",
        "<strong>45</strong> active in 28 days · <strong>80</strong> activated · <strong>100</strong> purchased",
        "activation rate 80%",
        "18 Jan 2027",
        "in 59 days",
        "in 29 days",
        "rated: never",
    ):
        assert words in page, words


def test_parts_come_alone_for_htmx_and_in_their_place_for_everybody_else(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    for part, words in {
        "usage": ("Nov 2026", "W47 2026", "9/12", "provisional", "Level of each day over 12 months"),
        "history": ("Health over 365 days", "lowest", "highest"),
        "days": ("Working day", "19 Nov 2026"),
        "scores": ("19 Nov 2026", "Amber"),
        "seats": ("No seat is on file",),
        "stream": ("Contract started",),
    }.items():
        alone = text(client, part_address("acme", part, span="all"), **HTMX)
        whole = text(client, part_address("acme", part, span="all"))
        assert "<html" not in alone
        assert "<html" in whole
        for word in words:
            assert word in alone, (part, word)
            assert word in whole, (part, word)


def test_the_history_covers_90_days_where_asked(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"), n_days=200)
    client.force_login(user)
    answer = client.get("/accounts/acme/?part=history&days=90", headers=HTMX)
    assert answer.context["history"].days == 90
    assert len(answer.context["history"].figure["data"][0]["x"]) == 90
    assert len(client.get("/accounts/acme/?part=history&days=x", headers=HTMX).context["history"].figure["data"][0]["x"]) == 200


def test_points_of_the_facets_add_up_to_the_score_over_the_known_weights(client: Client) -> None:
    user = person()
    with_history(shown(user, "acme"))
    client.force_login(user)
    facets = client.get("/accounts/acme/").context["facets"]
    known = [facet for facet in facets if facet.known]
    # (61.9 x 40 + 85 x 10) / 50 = 66.52
    assert [facet.points for facet in known] == ["49.5", "17.0"]
    assert [facet.weight for facet in facets] == ["53%", "33%", "13%"]
    assert [facet.points for facet in facets if not facet.known] == ["–"]


def test_an_account_before_its_first_night_shows_what_is_on_file(client: Client) -> None:
    user = person()
    AccountFactory.make(external_id="new", owner=user, industry="Retail", next_step="Say hello")
    client.force_login(user)
    page = text(client, "/accounts/new/")
    for words in ("No figures yet", "Retail", "Say hello", "no figures yet", "unknown: no night yet", "No contract is on file"):
        assert words in page, words
    for part in PARTS:
        text(client, part_address("new", part), **HTMX)
        text(client, part_address("new", part))


def test_unknown_figures_say_so_and_never_look_like_zero(client: Client) -> None:
    user = person()
    nothing = {"week_active": None, "month_active": None, "week_bar": None, "month_bar": None, "month_can_reach": False}
    shown(
        user, "dim", level=-1, strip="U" * 28, band="unknown", score=None, machine=None, score_change_30d=None, facets={},
        mrr=None, seats_purchased=0, seats_activated=0, seats_active=0, renewal_on=None, decision_on=None, **nothing,
    )  # fmt: skip
    client.force_login(user)
    page = text(client, "/accounts/dim/")
    for words in ("unknown: a rate is missing", "nothing due", "No facet is known yet", "The score 30 days before is unknown", "undefined"):
        assert words in page, words
    assert "None" not in re.sub(r"<[^>]+>", " ", page.split("<main")[1])
    assert client.get("/accounts/dim/").context["standing"].activation.startswith("unknown")


def test_days_of_a_run_that_is_not_published_stay_hidden(client: Client) -> None:
    user = person()
    account = with_history(shown(user, "acme"), n_days=3)
    building = Run.objects.create(as_of=date(2026, 11, 20), first_day=date(2026, 11, 1), state="building", started_at="2026-11-20T02:00Z")
    AccountDay.objects.create(
        run=building,
        account=account,
        day=date(2026, 11, 10),
        level=3,
        key_actions=999,
        active_seats=1,
        seats=1,
        paying=True,
        active=True,
        working=True,
        version=1,
    )
    client.force_login(user)
    days = client.get("/accounts/acme/?part=days", headers=HTMX).context["days"]
    assert [line.day for line in days] == [date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 17)]


def queries_of(client: Client, address: str, *, whole: bool) -> int:
    """How many queries a look takes. The first of them, and one a minute, reads the definitions too, which are remembered."""
    with CaptureQueriesContext(connection) as queries:
        client.get(address, headers={} if whole else HTMX)
    return len(queries)


@pytest.mark.parametrize("role", sweep((Role.CSM, Role.ADMIN), {Role.CSM}))
def test_the_number_of_queries_stays_in_its_budget_however_long_the_history(client: Client, role: Role) -> None:
    user = person(role)
    with_history(shown(user, "short"), n_days=2)
    with_history(shown(user, "long"), n_days=300)
    for account in Account.objects.all():
        full(account)
    client.force_login(user)
    for part in ("", *PARTS):
        counts = [min(queries_of(client, part_address(name, part), whole=not part) for _look in range(3)) for name in ("short", "long")]
        assert max(counts) <= BUDGET, part
        assert counts[0] == counts[1], part


def test_script_in_any_field_is_shown_and_never_run(client: Client) -> None:
    user = person(name=NASTY)
    account = with_history(
        shown(
            user,
            "evil",
            account_name=NASTY,
            account_industry=NASTY,
            account_region=NASTY,
            account_plan=NASTY,
            account_tier=NASTY,
            account_lifecycle_stage=NASTY,
            account_domain=NASTY,
            account_next_step=NASTY,
            account_tags=[NASTY],
            account_parent=AccountFactory.make(external_id=NASTY, name=NASTY, owner=user),
        )
    )
    full(account, NASTY)
    client.force_login(user)
    for part in ("", *PARTS):
        page = client.get(part_address("evil", part, span="all", open=1)).content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert '"\'&"' not in page


def test_closed_accounts_and_those_without_contract_are_shown(client: Client) -> None:
    user = person()
    ended = shown(user, "gone", paying=False, level=-1, renewal_on=None, decision_on=None)
    ContractFactory.make(account=ended, starts_on=date(2024, 1, 1), ends_on=date(2025, 1, 1))
    shown(user, "bare", paying=False)
    client.force_login(user)
    page = text(client, "/accounts/gone/")
    assert "not paying" in page
    assert "past" in page
    assert "No contract is on file" in text(client, "/accounts/bare/")


def test_five_thousand_seats_and_three_thousand_tickets_come_in_pages(client: Client) -> None:
    user = person(Role.ADMIN)
    account = with_history(shown(user, "huge"))
    Seat.objects.bulk_create(
        Seat(account=account, external_id=f"s{n}", persona=("basic", "advanced", "")[n % 3], activated_on=date(2026, 1, 1), recorded_at=NOW)
        for n in range(5000)
    )
    source = SourceFactory.make()
    Ticket.objects.bulk_create(
        Ticket(source=source, external_id=f"t{n}", account=account, opened_at=NOW - timedelta(hours=n), recorded_at=NOW, subject=f"T{n}")
        for n in range(3000)
    )
    client.force_login(user)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/accounts/huge/")
    assert len(queries) <= BUDGET + 1  # definitions are read once a minute
    assert len(page.content) < 250_000
    assert [len(group.items) for group in page.context["file"].groups] == [10, 0, 0, 0]
    assert page.context["file"].groups[0].items[0].what == "T2999"
    seats = client.get("/accounts/huge/?part=seats&persona=basic&page=3", headers=HTMX)
    assert len(seats.context["seats"].lines) == 25
    assert seats.context["seats"].page.total == 1667
    assert seats.context["seats"].page.first == 51
    assert [line.people for line in seats.context["seats"].personas] == ["1,667", "1,667", "1,666"]
    assert len(seats.content) < 60_000
    last = client.get("/accounts/huge/?part=seats&page=99999", headers=HTMX)
    assert last.context["seats"].page.number == 200


def test_outlets_scenarios_and_days_off_stand_with_the_usage(client: Client) -> None:
    user = person()
    account = with_history(shown(user, "acme"))
    full(account)
    client.force_login(user)
    answer = client.get("/accounts/acme/?part=usage", headers=HTMX)
    page = " ".join(answer.content.decode().split())
    for words in (
        "Orders",
        "4 / 12",
        "8 days missing",
        "push: they have begun",
        "Scenarios in Nov 2026",
        "quiet 2 Nov 2026 to 4 Nov 2026: stocktaking",
    ):
        assert words in page, words
    assert [path.kind for path in answer.context["usage"]["activity"].calendar.off] == ["quiet"]


def test_a_parent_that_one_may_not_see_is_named_without_a_link(client: Client) -> None:
    user = person()
    shown(user, "store", account_parent=AccountFactory.make(external_id="brand", name="The brand", owner=person()))
    client.force_login(user)
    page = text(client, "/accounts/store/")
    assert "The brand" in page
    assert "/accounts/brand/" not in page
    Account.objects.filter(external_id="brand").update(owner=user)
    assert 'href="/accounts/brand/"' in text(client, "/accounts/store/")


def full(account: Account, words: str = "words") -> None:
    """One row in every table that the page reads."""
    source, author = SourceFactory.make(), person(name=words)
    loaded = {"source": source, "recorded_at": NOW}
    seat = SeatFactory.make(
        account=account, name=words, email=words, is_executive=True, unit=Unit.objects.create(account=account, name=words)
    )
    contact = Contact.objects.create(
        account=account, external_id=f"{account.pk}c", name=words, email=words, phone=words, role="sponsor", seat=seat, **loaded
    )
    Ticket.objects.create(
        account=account, external_id=f"{account.pk}t", opened_at=NOW, subject=words, priority=words, escalated=True, **loaded
    )
    Invoice.objects.create(
        account=account,
        external_id=f"{account.pk}i",
        issued_on=AS_OF,
        due_on=AS_OF,
        amount=Decimal(100),
        currency="EUR",
        failed_attempts=2,
        **loaded,
    )
    Interaction.objects.create(
        account=account, external_id=f"{account.pk}x", kind="call", happened_at=NOW, by=author, contact=contact, note=words, **loaded
    )
    Outcome.objects.create(
        account=account, external_id=f"{account.pk}o", statement=words, stage=words, action=words, target=words, due_on=AS_OF, **loaded
    )
    Review.objects.create(account=account, external_id=f"{account.pk}r", kind="qbr", planned_on=date(2026, 12, 1), **loaded)
    Review.objects.create(account=account, external_id=f"{account.pk}h", kind="qbr", held_on=AS_OF, landed=words, **loaded)
    Note.objects.create(account=account, author=author, text=words, written_at=NOW)
    Milestone.objects.create(account=account, name=words, due_on=AS_OF, recorded_at=NOW)
    Rating.objects.create(account=account, question=words, score=2, rated_on=AS_OF, rated_by=author, reason=words, recorded_at=NOW)
    QuietPeriod.objects.create(
        account=account,
        starts_on=date(2026, 11, 2),
        ends_on=date(2026, 11, 5),
        reason="stocktaking" if words == "words" else words,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    Contract.objects.filter(account=account).update(product=words, plan=words)
    ScenarioPeriod.objects.create(
        run=published_run(),
        starts_on=date(2026, 11, 1),
        account=account,
        scenario="Orders" if words == "words" else words,
        days=4,
        expected_days=12,
        seats=1,
        seat_share=Decimal("0.1"),
        expected_seat_share=Decimal("0.3"),
        met=False,
        can_reach=True,
        version=1,
    )
    AccountState.objects.filter(account=account).update(outcome_status="behind", caps=[], top_reason={})
