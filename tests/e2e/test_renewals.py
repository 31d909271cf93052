"""Renewals by keyboard: a forecast, a step and an outcome in their row, each taken back; and nothing that axe would mind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from churn.models import CaseCheck, CaseOutcome, Forecast, RenewalCase
from tests.e2e.conftest import Portal
from tests.e2e.test_axe import found, overflow
from tests.factories import ContractFactory
from tests.portal.dues_book import due, forecast

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def cases(portal: Portal) -> list[RenewalCase]:
    """Two dues, of which one is overdue, and one far ahead with a forecast."""
    made = [
        due(portal.user, "Late Ltd", -4, 900),
        due(portal.user, "Soon Ltd", 12, 500, state_band="red"),
        due(portal.user, "Far", 120, 70),
    ]
    forecast(made[2], portal.user, category="at_risk", reason="No sponsor")
    for case in made:
        term = {"product": case.product, "starts_on": case.starts_on, "ends_on": case.ends_on, "notice_days": 30}
        ContractFactory.make(account=case.account, mrr=case.due_mrr, currency="EUR", **term)
    return made


def test_a_forecast_is_entered_without_a_mouse_and_taken_back(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/renewals/?page=1")
    row = page.locator("tr[data-row]", has_text="Soon Ltd")
    expect(page.locator("tr[data-row]").first).to_contain_text("Late Ltd")
    for key in ("j", "j", "e"):
        page.keyboard.press(key)
    expect(page.locator("#entry input[name=category]").first).to_be_focused()
    assert found(page) == []
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("80")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Commit")
    expect(row).to_contain_text("80% · €500")
    expect(row.locator("[data-row-edit]")).to_be_focused()
    expect(page.locator(".outlook")).to_contain_text("$")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(row.get_by_role("link", name="Enter forecast")).to_be_visible()
    assert Forecast.objects.filter(withdrawn_at__isnull=True).count() == 1
    assert faults == []


def test_what_is_wrong_is_said_in_the_form_and_escape_leaves_it(page: Page, portal: Portal) -> None:
    portal.open(page, "/renewals/?page=1")
    page.locator("tr[data-row]", has_text="Soon Ltd").get_by_role("link", name="Enter forecast").click()
    page.get_by_label("At risk", exact=True).check()
    page.get_by_label("Probability, %").fill("30")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-reason")).to_be_focused()
    expect(page.locator("#entry-reason-problem")).to_be_visible()
    assert page.get_by_label("Probability, %").input_value() == "30"
    page.keyboard.press("Escape")
    expect(page.locator("#entry")).to_have_count(0)
    assert Forecast.objects.count() == 1


def test_a_step_and_an_outcome_by_the_keys_of_the_row(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/renewals/?page=1")
    late = page.locator("tr[data-row]", has_text="Late Ltd")
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(late.get_by_role("button", name="Usage shared")).to_have_attribute("aria-pressed", "true")
    assert CaseCheck.objects.get().account.name == "Late Ltd"
    expect(late.get_by_role("button", name="Usage shared")).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("#entry input[name=state]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(late).to_have_count(0)
    assert CaseOutcome.objects.get().state == "renewed"
    page.locator("#toasts .toast-card", has_text="Late Ltd: Renewed").get_by_role("button", name="Undo").click()
    expect(late).to_have_count(1)
    assert faults == []


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))])
def test_full_pages_are_clean_for_axe_and_fit_a_phone(page: Page, portal: Portal, theme: str, size: tuple[int, int]) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    RenewalCase.objects.filter(account__name="Far").update(
        state="lost", contract_state="lost", auto_renew_lapsed=True, ends_on="2026-10-01"
    )
    for path in ("/renewals/?page=1", "/renewals/?state=all", "/renewals/rates/", "/renewals/forecasts/", "/renewals/mismatches/"):
        portal.open(page, path)
        page.wait_for_load_state("networkidle")
        assert found(page) == [], path
        assert overflow(page) == 0, path
