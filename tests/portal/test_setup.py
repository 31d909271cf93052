"""Setup completeness: what is missing, on how many accounts, and which."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Invoice, SurveyResponse, Ticket
from accounts.types import Role
from churn.models import RenewalCase
from csm_portal.portal.setup import SAMPLE, SetupCheck, book_address, failing, setup_checks
from health.models import Outcome, Review
from health.types import DayFlag
from tests.factories import RECORDED, AccountFactory, ContractFactory, SeatFactory, SourceFactory, UserFactory, define_activity, event
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db


def checks_of(role: Role = Role.ADMIN) -> dict[str, SetupCheck]:
    return {check.key: check for check in setup_checks(UserFactory.make(role=role))}


def test_an_empty_portal_lacks_definitions_and_no_account() -> None:
    checks = checks_of()
    assert checks["no_activity_definition"].count == checks["no_health_model"].count == 1
    assert checks["no_contract"] == SetupCheck("no_contract", checks["no_contract"].title, checks["no_contract"].remedy, 0, 0)
    define_activity()
    assert checks_of()["no_activity_definition"].done


def test_a_bare_account_fails_and_a_full_one_passes() -> None:
    AccountFactory.make(external_id="bare")
    full = AccountFactory.make(external_id="full", owner=UserFactory.make(), country="DE", timezone="Europe/Berlin")
    ContractFactory.make(account=full)
    SeatFactory.make(account=full)
    event(full, date(2026, 3, 1))
    state(full, published_run())
    checks = checks_of()
    for key in ("no_owner", "nobody", "no_contract", "no_events", "no_seats", "no_country", "no_timezone", "not_computed"):
        assert (checks[key].count, checks[key].of, checks[key].sample) == (1, 2, ["bare"]), key
    assert (checks["no_outcome"].count, checks["no_outcome"].of, checks["no_outcome"].sample) == (1, 1, ["full"])


def test_a_paying_account_lacks_what_its_figures_need_until_it_is_loaded() -> None:
    account, source = AccountFactory.make(external_id="a"), SourceFactory.make()
    ContractFactory.make(account=account)
    state(account, published_run())
    keys = ("no_outcome", "no_review", "no_executive", "no_ticket", "no_invoice", "no_survey", "no_go_live")
    checks = checks_of()
    assert {key: (checks[key].count, checks[key].of, checks[key].sample) for key in keys} == dict.fromkeys(keys, (1, 1, ["a"]))
    assert checks["no_proof"].done, "where there is no outcome, that is what is missing"
    loaded = {"account": account, "source": source, "recorded_at": RECORDED}
    outcome = Outcome.objects.create(external_id="o", statement="Faster", **loaded)
    Review.objects.create(external_id="r", kind="qbr", planned_on=date(2026, 5, 1), **loaded)
    SeatFactory.make(account=account, is_executive=True)
    Ticket.objects.create(external_id="t", opened_at=RECORDED, **loaded)
    Invoice.objects.create(external_id="i", issued_on=date(2026, 1, 1), amount=1, currency="USD", **loaded)
    SurveyResponse.objects.create(external_id="s", kind="nps", score=9, scale=10, responded_at=RECORDED, **loaded)
    Account.objects.filter(pk=account.pk).update(went_live_on=date(2026, 1, 1))
    checks = checks_of()
    assert all(checks[key].done for key in keys)
    assert checks["no_proof"].sample == ["a"]
    Outcome.objects.filter(pk=outcome.pk).update(action="order", target="10")
    assert checks_of()["no_proof"].done
    Outcome.objects.filter(pk=outcome.pk).update(withdrawn_on=date(2026, 2, 1))
    assert checks_of()["no_outcome"].sample == ["a"]


def test_an_activity_definition_without_scenarios_lacks_them() -> None:
    define_activity()
    assert checks_of()["no_scenarios"].count == 1
    define_activity(date(2026, 1, 1), scenarios=[{"name": "Orders", "actions": ["work"], "expected_days_per_month": 3}])
    assert checks_of()["no_scenarios"].done


def test_a_store_that_counts_for_its_brand_needs_no_contract() -> None:
    brand = AccountFactory.make()
    ContractFactory.make(account=brand)
    AccountFactory.make(parent=brand, counts_for=brand)
    assert checks_of()["no_contract"].done


def test_defects_of_the_figures_are_listed() -> None:
    account = AccountFactory.make(external_id="a")
    state(account, published_run(), flags=DayFlag.ACTIVITY_WITHOUT_SEATS | DayFlag.DEFAULT_CALENDAR, mrr_reporting=None)
    RenewalCase.objects.create(
        account=account, product="default", starts_on="2025-01-01", ends_on="2026-01-01", decision_on="2026-01-01",
        currency="USD", due_mrr=1, state="lost", auto_renew_lapsed=True,
    )  # fmt: skip
    checks = checks_of()
    for key in ("activity_without_seats", "no_exchange_rate", "auto_renew_lapsed"):
        assert checks[key].sample == ["a"], key


def test_the_sample_is_short_and_the_count_is_not() -> None:
    for number in range(SAMPLE + 5):
        AccountFactory.make(external_id=f"a{number:02}")
    check = checks_of()["no_owner"]
    assert (check.count, check.sample) == (SAMPLE + 5, [f"a{number:02}" for number in range(SAMPLE)])


def test_a_csm_sees_only_the_own_accounts() -> None:
    AccountFactory.make()
    assert all(check.of == 0 for check in checks_of(Role.CSM).values() if not check.key.startswith("no_") or check.key == "no_owner")
    assert checks_of(Role.CSM)["no_contract"].count == 0


def test_the_checks_take_two_queries_however_many_accounts(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    user = UserFactory.make(role=Role.ADMIN)
    for _ in range(5):
        AccountFactory.make()
    with django_assert_max_num_queries(2):
        setup_checks(user)


def test_every_account_that_fails_can_be_listed_and_only_the_visible_ones() -> None:
    mine = UserFactory.make()
    for number in range(SAMPLE + 5):
        AccountFactory.make(external_id=f"a{number:02}", owner=mine if number == 3 else None, name=f"Name {number}")
    admin = UserFactory.make(role=Role.ADMIN)
    assert [external_id for external_id, _name in failing(admin, "no_contract")] == [f"a{number:02}" for number in range(SAMPLE + 5)]
    assert failing(mine, "no_contract") == [("a03", "Name 3")]
    assert failing(admin, "no_activity_definition") == []
    assert failing(admin, "nonsense") == []


@pytest.mark.parametrize("key", ["no_owner", "no_country", "no_outcome", "no_rating"])
def test_a_check_leads_to_the_book_filtered_to_its_accounts(client: Client, key: str) -> None:
    run = published_run()
    state(AccountFactory.make(external_id="lacking"), run)
    full = AccountFactory.make(external_id="full", owner=UserFactory.make(), country="DE")
    state(full, run, outcome_status="on_track", rated_on="2026-03-01")
    client.force_login(UserFactory.make(role=Role.ADMIN))
    assert [row.external_id for row in client.get(book_address(key)).context["rows"]] == ["lacking"]


def test_the_page_lists_what_is_asked_for(client: Client) -> None:
    AccountFactory.make(external_id="x", name="<b>bare</b>")
    client.force_login(UserFactory.make(role=Role.ADMIN))
    page = client.get("/data/?check=no_contract").content.decode()
    assert "&lt;b&gt;bare&lt;/b&gt;" in page
    assert 'id="failing"' not in client.get("/data/?check=nonsense").content.decode()


def test_the_accounts_that_fail_a_check_are_a_file_too(client: Client) -> None:
    mine, other = UserFactory.make(role=Role.ADMIN), UserFactory.make()
    AccountFactory.make(external_id="x", name="=bare")
    client.force_login(mine)
    answer = client.get("/data/?check=no_contract&format=csv")
    assert b"".join(answer.streaming_content).decode().splitlines()[1] == "x,'=bare"  # type: ignore[attr-defined]
    client.force_login(other)
    assert client.get("/data/?check=no_contract&format=csv").status_code == 404
