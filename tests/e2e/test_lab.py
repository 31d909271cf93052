"""The definition lab in a browser: a section changed in its form, checked while one types, saved as a draft, and published from a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Page, expect

from health.lab.publish_definitions import publish_draft, read_draft
from health.models import ActivityDefinition, DefinitionDraft, HealthModel
from tests.e2e.conftest import Portal

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]
AT = datetime(2026, 11, 1, tzinfo=UTC)
PUBLISHED = """
[activity]
effective_from = 2026-01-01
key_actions = { order = 1, approve = 2 }
login_actions = ["login"]
[health]
effective_from = 2026-01-01
weights = { activity = 60, support = 40 }
"""


@pytest.fixture(autouse=True)
def _published(portal: Portal) -> None:
    publish_draft(read_draft(PUBLISHED), at=AT)


def test_weights_are_changed_checked_and_published_from_a_day(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/settings/definitions/")
    page.get_by_role("button", name="Change Health").click()
    expect(page.locator("[data-lab-sum]")).to_have_text("100")
    page.locator("#id_weights-support").fill("20")
    expect(page.locator("[data-lab-sum]")).to_have_text("80")
    page.locator("#id_weights-support").press("Tab")
    expect(page.locator("#lab-check")).to_contain_text("20")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#section-health")).to_contain_text("20")
    page.locator("#id_effective_from").fill("2026-12-01")
    page.locator("#publish").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Definitions")).to_be_visible(timeout=30_000)
    latest = HealthModel.objects.latest("version")
    assert (latest.effective_from, latest.body["weights"]["support"]) == (date(2026, 12, 1), "20")
    assert faults == []


def test_a_fault_is_named_beside_its_field_and_nothing_typed_is_lost(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/settings/definitions/")
    page.get_by_role("button", name="Change Health").click()
    page.locator("#id_bands-amber").fill("90")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("#id_bands-amber")).to_have_value("90")
    assert not DefinitionDraft.objects.get().sections
    # Leaving with something unsaved asks first.
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#keep-title")).to_be_visible()
    assert [fault for fault in faults if "422" not in fault] == []


def test_a_profile_sets_key_actions_in_a_field_of_its_own(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/settings/definitions/")
    page.get_by_role("button", name="Change Activity").click()
    page.get_by_role("button", name="Add a profile").click()
    page.locator("#id_profiles-0-when-plan").fill("pro")
    page.locator("#id_profiles-0-key_actions").fill("order = 3")
    page.locator("#id_profiles-0-excluded_personas").fill("-")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#section-activity")).to_contain_text("pro")
    page.locator("#section-activity").get_by_role("link", name="Edit Activity").click()
    expect(page.locator("#id_profiles-0-key_actions")).to_have_value("order = 3")
    expect(page.locator("#id_profiles-0-excluded_personas")).to_have_value("-")
    assert ActivityDefinition.objects.count() == 1
    assert faults == []
