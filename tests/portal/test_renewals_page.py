"""The page of renewals: what it lists and sums, who may enter what, undo, files and views; and the pages of rates beside it."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, SavedView, Team, User
from accounts.types import Role
from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from csm_portal.portal.renewals.asked import Asked
from csm_portal.portal.renewals.sums import sums
from tests.factories import ContractFactory, TeamFactory
from tests.portal.shown_book import person, published_run, shown

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NASTY = """<script>alert(1)</script>"'&"""
STAGES = {"overdue": -1, "0-29": 0, "30-59": 30, "60-90": 60, "91-180": 91, "later": 181}
PAGES = ("/renewals/", "/renewals/export/", "/renewals/rates/", "/renewals/rates/export/", "/renewals/forecasts/", "/renewals/mismatches/")
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.fixture(autouse=True)
def _portal_day(settings: Any) -> None:
    settings.PORTAL_AS_OF = TODAY
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def due(owner: User | None, name: str, ahead: int, amount: int = 100, *, notice: int = 30, **fields: Any) -> RenewalCase:
    """One open due of an account of its own, so many days before its decision; amounts are told in dollars at 1.10."""
    state = {key.removeprefix("state_"): fields.pop(key) for key in list(fields) if key.startswith(("state_", "account_"))}
    account = Account.objects.filter(external_id=name).first() or shown(owner, name, **state)
    decision = TODAY + timedelta(days=ahead)
    ends = decision + timedelta(days=notice)
    values: dict[str, Any] = {
        "product": "orders",
        "state": "open",
        "currency": "EUR",
        "due_mrr": Decimal(amount),
        "due_reporting": Decimal(amount) * Decimal("1.1"),
    }
    return RenewalCase.objects.create(
        account=account, decision_on=decision, ends_on=ends, starts_on=ends - timedelta(days=365), **{**values, **fields}
    )


def forecast(case: RenewalCase, author: User, **fields: Any) -> Forecast:
    values = {"amount": case.due_mrr, "expansion": 0, "probability": Decimal("0.5"), "category": "best_case", **fields}
    made: Forecast = Forecast.objects.create(
        account=case.account, product=case.product, ends_on=case.ends_on, currency=case.currency, author=author, entered_at=NOW, **values
    )
    return made


def listed(client: Client, query: str = "") -> list[str]:
    groups = client.get(f"/renewals/?{query or 'page=1'}").context["groups"]
    return [row.name for group in groups for row in group.rows]


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def toast(answer: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["portal:toast"]
    return found


# --- who sees what ---


def test_a_visitor_signs_in_first(client: Client) -> None:
    for page in PAGES:
        assert client.get(page).status_code == 302


def test_what_is_not_yours_is_not_there(client: Client) -> None:
    mine, theirs = person(), person()
    case = due(theirs, "theirs", 10)
    made = forecast(case, theirs)
    as_(client, mine)
    assert listed(client) == []
    assert b"theirs" not in b"".join(client.get("/renewals/export/").streaming_content)  # type: ignore[attr-defined]
    for route in ("forecast", "outcome"):
        assert client.get(f"/renewals/{case.pk}/{route}/").status_code == 404
        assert client.post(f"/renewals/{case.pk}/{route}/", {"state": "lost"}).status_code == 404
    assert client.post(f"/renewals/{case.pk}/checks/?kind=usage_shared").status_code == 404
    assert client.post(f"/renewals/forecasts/{made.pk}/undo/").status_code == 404
    assert client.get(f"/renewals/{2**63}/forecast/").status_code == 404
    assert not CaseOutcome.objects.exists()
    assert not CaseCheck.objects.exists()


def test_dues_of_nobody_and_of_those_who_left_reach_the_manager(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager, gone, here = person(Role.MANAGER, manages=team), person(team=team, is_active=False), person(team=team)
    due(gone, "left", 10)
    due(None, "nobody", 12, account_team=team)
    due(here, "kept", 14)
    as_(client, manager)
    assert listed(client) == ["left", "nobody", "kept"]
    assert listed(client, "needs=owner") == ["left", "nobody"]
    assert listed(client, "csm=-") == ["nobody"]


@settings(max_examples=15, deadline=None)
@given(ahead=st.lists(st.integers(-400, 700), max_size=12))
def test_every_open_due_stands_in_exactly_one_stage(ahead: list[int]) -> None:
    RenewalCase.objects.all().delete()
    user = User.objects.filter(email="one@example.com").first() or person(email="one@example.com")
    for place, days in enumerate(ahead):
        due(user, f"h{place}", days)
    client = as_(Client(), user)
    by_stage = [listed(client, f"when={stage}") for stage in STAGES]
    assert sorted(name for names in by_stage for name in names) == sorted(f"h{place}" for place in range(len(ahead)))
    # What the tiles count is what their lists hold; "later" has no tile.
    tiles = client.get("/renewals/?page=1").context["tiles"]
    assert [tile.count for tile in tiles] == [len(names) for names in by_stage[:-1]]


# --- what it shows ---


def test_overdue_comes_first_under_its_stage(client: Client) -> None:
    user = person()
    for name, ahead in (("soon", 5), ("late", -3), ("window", 75), ("later", 181), ("far", 150), ("older", -30)):
        due(user, name, ahead)
    groups = as_(client, user).get("/renewals/?page=1").context["groups"]
    assert [(group.key, [row.name for row in group.rows]) for group in groups] == [
        ("overdue", ["older", "late"]),
        ("0-29", ["soon"]),
        ("60-90", ["window"]),
        ("91-180", ["far"]),
    ]
    assert groups[0].rows[1].left == "3 days overdue"


def test_without_a_night_a_due_or_a_match_the_page_says_what_to_do(client: Client) -> None:
    user = person()
    as_(client, user)
    assert "Nothing to show yet" in client.get("/renewals/").content.decode()
    for page in ("/renewals/rates/", "/renewals/forecasts/"):
        assert "Nothing to show yet" in client.get(page).content.decode()
    assert client.get("/renewals/rates/export/").status_code == 404
    published_run()
    assert "Your book holds no renewals" in client.get("/renewals/").content.decode()
    due(user, "far", 300)
    assert "No decision falls due in the next 180 days" in client.get("/renewals/").content.decode()
    due(user, "one", 10)
    assert "No renewal meets these filters" in client.get("/renewals/?category=commit").content.decode()
    assert "People and contracts agree" in client.get("/renewals/mismatches/").content.decode()


def test_what_a_program_wrote_is_told_in_words_and_filtered_by_its_value(client: Client) -> None:
    user = person()
    due(user, "acme", 10, product="order_desk")
    due(user, "other", 10, product="stock")
    text = as_(client, user).get("/renewals/?product=order_desk").content.decode()
    assert "Order desk" in text
    assert '<option value="order_desk" selected>Order desk</option>' in text
    assert "Product: Order desk" in text
    assert listed(client, "product=order_desk") == ["acme"]


def test_sums_of_stages_and_the_weighted_forecast_are_those_of_a_calculator(client: Client) -> None:
    user = person()
    sure, half = due(user, "sure", 5, 1000), due(user, "half", 40, 200)
    due(user, "silent", 6, 300)
    due(user, "unpriced", 7, 50, due_reporting=None)
    forecast(sure, user, amount=Decimal(900), expansion=Decimal(100), probability=Decimal("0.9"), category="commit")
    forecast(half, user, amount=Decimal(200), probability=Decimal("0.25"), category="at_risk")
    found = sums(user, Asked(QueryDict()), TODAY)
    whole = found.of(None)
    assert (whole.n, whole.unpriced, whole.told) == (4, 1, 2)
    assert whole.reporting == Decimal("1650.0")
    assert whole.told_due == Decimal("1320.0")
    assert whole.weighted == Decimal(946)  # (900 x 0.9 + 200 x 0.25) x 1.1
    assert whole.weighted_more == Decimal(99)  # 100 x 0.9 x 1.1
    assert {key: one.n for key, one in found.categories.items()} == {"commit": 1, "at_risk": 1, "none": 2}
    outlook = as_(client, user).get("/renewals/?page=1").context["outlook"]
    assert (outlook.value, outlook.share) == ("$946", "72%")
    assert "2 dues ($330) have no forecast yet" in outlook.notes


def test_what_is_missing_is_said_where_it_is_due(client: Client) -> None:
    user = person()
    due(user, "late", -1)
    due(user, "soon", 30)
    due(user, "window", 90)
    due(user, "far", 91)
    tiles = {tile.key: tile.todo for tile in as_(client, user).get("/renewals/?page=1").context["tiles"]}
    assert tiles["overdue"] == ["1 outcome to enter"]
    assert tiles["30-59"] == ["1 forecast to enter", "usage to share with 1"]
    assert tiles["60-90"] == ["usage to share with 1"]
    assert tiles["91-180"] == []
    assert listed(client, "needs=outcome") == ["late"]
    assert listed(client, "needs=forecast") == ["soon"]
    assert listed(client, "needs=usage_shared") == ["soon", "window"]


def test_filters_narrow_and_nonsense_is_named(client: Client) -> None:
    user = person(email="me@example.com")
    sure = due(user, "Alpha", 5, state_band="green", account_industry="retail")
    due(user, "Beta", 6, state_band="red", product="insights")
    forecast(sure, user, category="commit")
    as_(client, user)
    wanted = {
        "q=alp": ["Alpha"],
        "account=Beta": ["Beta"],
        "band=red": ["Beta"],
        "product=insights": ["Beta"],
        "industry=retail": ["Alpha"],
        "csm=me@example.com&category=commit": ["Alpha"],
        "category=none": ["Beta"],
        "sort=-account": ["Beta", "Alpha"],
        "when=30-59": [],
        "from=2026-12-26": ["Beta"],
        "from=2020-01-01&to=2026-12-26": ["Alpha"],
        "when=never&sort=never&from=yesterday&band=blue": ["Alpha", "Beta"],
    }
    assert {query: listed(client, query) for query in wanted} == wanted
    chips = client.get("/renewals/?when=never&from=yesterday&sort=never").context["chips"]
    assert all(chip.problem for chip in chips)
    assert len(chips) == 3


def test_the_timeline_draws_every_due_with_its_health_and_leads_to_its_row(client: Client) -> None:
    user = person()
    case = due(user, "drawn", 10, 500, state_band="red", state_score=Decimal(31))
    due(user, "unscored", 12, state_band="unknown", state_score=None)
    due(user, "decided", -40, state="renewed", resolved_on=TODAY)
    figure = as_(client, user).get("/renewals/?page=1").context["figure"]
    traces = {trace["meta"]["role"]: trace for trace in figure["data"]}
    assert set(traces) == {"red", "unknown"}
    assert (traces["red"]["x"], traces["red"]["y"]) == (["2026-11-30"], [31.0])
    assert traces["red"]["customdata"] == [f"#case-{case.pk}"]
    assert traces["unknown"]["y"][0] < 0
    named = {shape["name"]: shape for shape in figure["layout"]["shapes"]}
    assert named["today"]["x0"] == "2026-11-20"
    assert (named["band"]["x0"], named["band"]["x1"]) == ("2027-01-19", "2027-02-19")


def test_texts_are_shown_and_never_run(client: Client) -> None:
    user = person(name=NASTY)
    case = due(user, "x", 5, account_name=NASTY, product=NASTY)
    forecast(case, user, reason=NASTY)
    as_(client, user)
    query = f"q={NASTY}&when={NASTY}&csm={NASTY}&sort={NASTY}&view={NASTY}"
    for address in (
        "/renewals/?page=1",
        f"/renewals/?{query}",
        f"/renewals/{case.pk}/forecast/",
        "/renewals/rates/",
        "/renewals/forecasts/",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page, address
    figure = json.dumps(client.get("/renewals/?page=1").context["figure"])
    assert "<script>" not in figure


def test_the_pages_cost_at_most_eight_queries_at_any_size(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    csm, manager, admin = person(team=team), person(Role.MANAGER, team=team, manages=team), person(Role.ADMIN)
    for place in range(40):
        case = due(csm, f"a{place}", place * 4 - 20, state="renewed" if place % 5 == 0 else "open")
        if place % 3 == 0:
            forecast(case, csm)
    pages = (
        "/renewals/?page=1",
        "/renewals/?state=all&sort=health&csm=x",
        "/renewals/rates/",
        "/renewals/forecasts/",
        "/renewals/mismatches/",
    )
    for user in (csm, manager, admin):
        as_(client, user)
        for address in pages:
            with django_assert_max_num_queries(8):
                assert client.get(address).status_code == 200, address


# --- what people enter ---


def test_a_forecast_is_entered_in_its_row_and_taken_back(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    as_(client, user)
    form = client.get(f"/renewals/{case.pk}/forecast/?next=/renewals/?q=one&cell=1", **HTMX)
    assert 'name="amount" type="text" value="500"' in form.content.decode()
    values = {"category": "at_risk", "probability": "40", "amount": "450", "expansion": "25.5", "reason": "New buyer"}
    answer = client.post(f"/renewals/{case.pk}/forecast/", values, **HTMX)
    row = answer.content.decode()
    assert answer.status_code == 200
    assert row.lstrip().startswith("<tr")
    assert "At risk" in row
    assert "40% · €450" in row
    assert "New buyer" in row
    made = Forecast.objects.get()
    assert (made.amount, made.expansion, made.probability, made.author) == (Decimal(450), Decimal("25.5"), Decimal("0.4"), user)
    told = toast(answer)
    assert "portal:changed" in answer.headers["HX-Trigger"]
    assert client.post(told["undo_url"], **HTMX).status_code == 204
    assert Forecast.objects.get().withdrawn_at is not None
    assert client.get("/renewals/?page=1").context["groups"][0].rows[0].forecast.category == ""
    assert client.post(told["undo_url"], **HTMX).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"probability": "140"}, "probability", "probability"),
        ({"probability": ""}, "probability", "missing"),
        ({"amount": "501"}, "amount", "At most"),
        ({"amount": "much"}, "amount", "no amount"),
        ({"category": "at_risk"}, "reason", "needs a reason"),
        ({"category": "perhaps"}, "category", "not a choice"),
    ],
)
def test_a_wrong_forecast_is_refused_in_the_form_with_what_would_be_right(
    client: Client, changed: dict[str, str], field: str, says: str
) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    values = {"category": "commit", "probability": "90", "amount": "500", "expansion": "", "reason": "", **changed}
    answer = as_(client, user).post(f"/renewals/{case.pk}/forecast/", values, **HTMX)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#entry"
    entry = answer.context["entry"]
    assert says in entry.problems[field]
    assert ("0 to 100" in entry.told[field]) == (field == "probability")  # the box holds percent
    assert {name: entry.values[name] for name in values} == values  # nothing typed is lost
    assert not Forecast.objects.exists()


def test_an_outcome_wins_leaves_the_list_and_can_be_taken_back(client: Client) -> None:
    user = person()
    case = due(user, "late", -20, 500)
    ContractFactory.make(
        account=case.account, product=case.product, starts_on=case.starts_on, ends_on=case.ends_on, notice_days=30, currency="EUR", mrr=500
    )
    as_(client, user)
    answer = client.post(
        f"/renewals/{case.pk}/outcome/", {"state": "renewed", "renewed_mrr": "620", "decided_on": "2026-11-19", "note": "Two years"}, **HTMX
    )
    assert "Renewed" in answer.content.decode()
    assert "€620" in answer.content.decode()
    case.refresh_from_db()
    assert (case.state, case.contract_state) == ("renewed", "open")
    assert listed(client) == []
    assert listed(client, "state=decided") == ["late"]
    assert client.post(toast(answer)["undo_url"], **HTMX).status_code == 204
    assert listed(client) == ["late"]


def test_usage_shared_is_ticked_and_unticked(client: Client) -> None:
    user, other = person(), person()
    case = due(user, "one", 70, account_co_owner=other)
    as_(client, user)
    row = client.get("/renewals/?page=1").context["groups"][0].rows[0]
    usage = next(step for step in row.steps if step.kind == "usage_shared")
    assert usage.todo
    assert client.post(usage.href, **HTMX).status_code == 200
    assert CaseCheck.objects.filter(withdrawn_at__isnull=True, author=user).count() == 1
    done = next(step for step in client.get("/renewals/?page=1").context["groups"][0].rows[0].steps if step.kind == "usage_shared")
    assert done.done
    assert not done.todo
    # A colleague's tick stays: the colleague or a manager takes it back.
    refused = as_(Client(), other).post(done.href, **HTMX)
    assert toast(refused)["tone"] == "warn"
    assert client.post(done.href, **HTMX).status_code == 200
    assert not CaseCheck.objects.filter(withdrawn_at__isnull=True).exists()
    assert client.post(f"/renewals/{case.pk}/checks/?kind=dance").status_code == 422


def test_without_a_script_forms_are_pages_and_lead_back_to_the_list_alone(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500)
    as_(client, user)
    page = client.get(f"/renewals/{case.pk}/outcome/?next=/renewals/?when=0-29").content.decode()
    assert "<title>" in page
    assert 'value="/renewals/?when=0-29"' in page
    values = {"category": "commit", "probability": "90%", "amount": "500", "next": "/renewals/?when=0-29"}
    answer = client.post(f"/renewals/{case.pk}/forecast/", values)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/renewals/?when=0-29")
    for foreign in ("https://evil.example/renewals/", "//evil.example", "/accounts/"):
        assert client.post(f"/renewals/{case.pk}/checks/?kind=usage_shared", {"next": foreign}).headers["Location"] == "/renewals/"


# --- files and views ---


def test_a_file_holds_what_is_seen(client: Client) -> None:
    user = person()
    case = due(user, "one", 10, 500, state_band="red")
    due(user, "two", 40)
    forecast(case, user, category="at_risk", reason="=HYPERLINK()")
    as_(client, user)
    text = b"".join(client.get("/renewals/export/?band=red").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    head, *rows = csv.reader(io.StringIO(text))
    told = dict(zip(head, rows[0], strict=True))
    assert len(rows) == 1
    assert (told["Account"], told["Stage"], told["Days left"], told["Forecast category"]) == ("one", "0-29", "10", "at_risk")
    assert told["Currency"] == "EUR"
    assert not told["Forecast reason"].startswith("=")
    book = load_workbook(io.BytesIO(b"".join(client.get("/renewals/export/?format=xlsx").streaming_content)))  # type: ignore[attr-defined]
    assert [row[1] for row in book["Renewals"].iter_rows(min_row=2, values_only=True)] == ["one", "two"]
    assert client.get("/renewals/export/?format=pdf").status_code == 400


def test_views_are_saved_shared_and_taken_back_and_never_somebody_elses(client: Client) -> None:
    user, other = person(), person()
    due(user, "one", 10)
    as_(client, user)
    client.post("/renewals/views/", {"name": "My risks", "shared": "all", "query": "category=at_risk&page=3&evil=1"})
    view = SavedView.objects.get()
    assert (view.page, view.query) == ("renewals", "category=at_risk")
    opened = client.get(f"/renewals/?view={view.pk}")
    client.get(opened.headers["Location"])  # says that it is saved
    assert opened.headers["Location"] == f"/renewals/?view={view.pk}&category=at_risk"
    assert b"My risks" not in client.get("/accounts/").content
    guest = as_(Client(), other)
    assert b"My risks" in guest.get("/renewals/").content
    assert guest.post(f"/renewals/views/{view.pk}/", {"do": "delete"}).status_code == 404
    client.post(f"/renewals/views/{view.pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()
    page = client.get("/renewals/?reset=1", follow=True).content.decode()
    undo = re.search(r'action="(/renewals/views/restore/[^"]+)"', page)
    assert undo is not None
    client.post(undo[1].replace("&amp;", "&"))
    assert SavedView.objects.get().name == "My risks"


def test_the_last_state_comes_back_until_it_is_let_go(client: Client) -> None:
    user = person()
    due(user, "one", 10)
    as_(client, user)
    client.get("/renewals/?when=0-29&q=one")
    assert client.get("/renewals/").headers["Location"] == "/renewals/?when=0-29"
    client.get("/renewals/?reset=1")
    assert client.get("/renewals/").status_code == 200


# --- rates, forecasts, mismatches ---


def decided(  # noqa: PLR0917 - a due as a story tells it
    owner: User, name: str, ends: date, state: str, amount: int, renewed: int | None = None, **fields: Any
) -> RenewalCase:
    ahead = (ends - TODAY).days - 30
    exact: dict[str, Any] = {"renewed_mrr": renewed, "renewed_reporting": None if renewed is None else Decimal(renewed) * Decimal("1.1")}
    return due(
        owner, name, ahead, amount, state=state, contract_state=state, resolved_on=ends if state != "open" else None, **exact, **fields
    )


def test_each_number_of_the_rates_leads_to_a_list_of_that_many(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager = person(Role.MANAGER, manages=team)
    anna, ben = person(email="anna@example.com", name="Anna", team=team), person(email="ben@example.com", name="Ben", team=team)
    decided(anna, "kept", date(2026, 9, 10), "renewed", 100, 150)
    decided(anna, "lost", date(2026, 9, 20), "lost", 50)
    decided(ben, "shrunk", date(2026, 10, 5), "renewed", 200, 120)
    decided(ben, "open", date(2026, 11, 25), "open", 80)
    as_(client, manager)
    found = client.get("/renewals/rates/").context["rates"]
    assert (found.whole.by_count, found.whole.gross, found.whole.net) == ("66.7%", "62.9%", "77.1%")
    assert [(line.name, line.by_count) for line in found.groups] == [("Ben", "100.0%"), ("Anna", "50.0%")]
    numbers = [count for line in (*found.periods, *found.groups, found.whole) for count in (line.due, line.renewed, line.lost, line.open)]
    linked = [count for count in numbers if count.href]
    assert len(linked) > 12
    for count in linked:
        assert len(listed(client, count.href.split("?")[1])) == int(count.text), count.href


def test_rates_come_as_a_file_by_period_and_cut(client: Client) -> None:
    user = person(Role.ADMIN)
    decided(user, "kept", date(2026, 9, 10), "renewed", 100, 150)
    as_(client, user)
    text = b"".join(client.get("/renewals/rates/export/?grain=quarter&by=product").streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [(row["Period"], row["Product"], row["Renewed"], row["Net rate"]) for row in rows] == [("2026-Q3", "orders", "1", "1.5")]
    assert client.get("/renewals/rates/?grain=never&by=never&from=x&to=y").status_code == 200


def test_forecasts_are_held_against_what_happened_per_owner(client: Client) -> None:
    team = TeamFactory.make(name="EMEA", path="EMEA/")
    manager, anna = person(Role.MANAGER, manages=team), person(email="anna@example.com", name="Anna", team=team)
    kept = decided(anna, "kept", date(2026, 9, 10), "renewed", 100, 100)
    lost = decided(anna, "lost", date(2026, 9, 20), "lost", 100)
    for case, category in ((kept, "commit"), (lost, "commit")):
        made = forecast(case, anna, category=category, probability=Decimal("0.8"))
        Forecast.objects.filter(pk=made.pk).update(entered_at=datetime(2026, 7, 1, tzinfo=UTC))
    [line] = as_(client, manager).get("/renewals/forecasts/").context["lines"]
    assert (line.name, line.decided, line.renewed, line.expected) == ("Anna", "2", "1", "1.6")
    assert (line.weighted, line.actual) == ("$176", "$110")
    assert [(word, hits and hits.text) for word, hits in line.hits] == [("Commit", "1 of 2"), ("Best case", None), ("At risk", None)]


def test_mismatches_are_listed_with_what_to_do(client: Client) -> None:
    user = person()
    decided(user, "lapsed", date(2026, 8, 1), "lost", 100, auto_renew_lapsed=True)
    case = decided(user, "entered", date(2026, 8, 2), "lost", 100)
    CaseOutcome.objects.create(
        account=case.account,
        product=case.product,
        ends_on=case.ends_on,
        state="renewed",
        currency="EUR",
        decided_on=TODAY,
        author=user,
        entered_at=NOW,
    )
    found = as_(client, user).get("/renewals/mismatches/").context["found"]
    assert [(one.name, one.kind) for one in found] == [("entered", "otherwise"), ("lapsed", "lapsed")]
    text = b"".join(client.get("/renewals/mismatches/?format=csv").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 3


def test_a_team_stands_with_what_is_below_it(client: Client) -> None:
    above: Team = TeamFactory.make(name="EMEA", path="EMEA/")
    below = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=above)
    manager = person(Role.MANAGER, manages=above)
    due(person(team=above), "up", 10)
    due(person(team=below), "down", 11)
    as_(client, manager)
    assert listed(client, "team=EMEA") == ["up", "down"]
    assert listed(client, "team=EMEA/DACH") == ["down"]
    offered = {choice.value for one in client.get("/renewals/?page=1").context["filters"] if one.name == "team" for choice in one.choices}
    assert offered == {"EMEA", "EMEA/DACH"}
