"""What the frame does in a browser: bubbles of figures, toasts, dialogs, the theme."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Portal

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]
SHIFTS = """new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted = (window.shifted || 0) + entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


def test_a_figure_explains_itself_to_pointer_and_keyboard(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page)
    figure, bubble = page.locator("[data-figure]").first, page.locator(".fig-text:popover-open")
    figure.hover()
    expect(bubble).to_contain_text("as of 19 Nov 2026")
    bubble.hover()
    page.wait_for_timeout(400)
    expect(bubble).to_be_visible()
    page.mouse.move(5, 700)
    expect(bubble).to_have_count(0)
    page.locator(".mainnav a").last.focus()
    for _step in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-figure]')"):
            break
    expect(bubble).to_be_visible()
    page.keyboard.press("Escape")
    expect(bubble).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/help/trust/#as-of")
    expect(page.locator(":target")).to_be_visible()
    assert faults == []


def test_a_toast_reports_and_undoes_and_an_error_stays(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/settings/")
    page.get_by_role("button", name="Save").click()
    toast = page.locator("#toasts [data-toast]")
    expect(toast.locator("[data-toast-text]")).to_have_text("Saved.")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    page.evaluate("document.dispatchEvent(new CustomEvent('portal:toast', {detail: {text: '<i>a</i>', undo_url: '/settings/'}}))")
    expect(toast.locator("[data-toast-text]")).to_have_text("<i>a</i>")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    assert faults == []


def test_parts_that_fail_say_so_and_leave_the_page_alone(page: Page, portal: Portal) -> None:
    portal.open(page, "/settings/")
    toasts = page.locator("#toasts")
    page.evaluate("htmx.ajax('GET', '/nowhere/', {target: '#main'})")
    expect(toasts).to_contain_text("no longer here")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/accounts/', {target: '#main'})")
    expect(toasts.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/auth/login/?next=%2Fsettings%2F")
    page.context.set_offline(True)
    page.evaluate("htmx.ajax('GET', '/accounts/', {target: '#main'})")
    expect(toasts).to_contain_text("does not answer")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_a_dialog_opens_takes_the_focus_and_gives_it_back(page: Page, portal: Portal, faults: list[str]) -> None:
    portal.open(page, "/styleguide/")
    opener, dialog = page.get_by_role("button", name="Open a dialog"), page.locator("#sample-dialog")
    opener.click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.evaluate("htmx.ajax('GET', '/settings/', {target: '#dialog', select: 'form.stack'})")
    expect(page.locator("#dialog")).to_be_visible()
    page.evaluate("document.dispatchEvent(new CustomEvent('portal:close'))")
    expect(page.locator("#dialog")).to_be_hidden()
    assert [fault for fault in faults if "does not conform" not in fault] == []


def test_the_theme_follows_the_system_until_one_is_chosen(page: Page, portal: Portal) -> None:
    portal.open(page, "/settings/")
    root = page.locator("html")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("combobox", name="Theme").select_option("light")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("combobox", name="Theme").select_option("")
    expect(root).to_have_attribute("data-bs-theme", "dark")


@pytest.mark.parametrize("path", ["/", "/accounts/", "/help/health/", "/settings/"])
def test_pages_neither_jump_nor_scroll_sideways(page: Page, portal: Portal, path: str) -> None:
    page.add_init_script(SHIFTS)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        portal.open(page, path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shifted || 0") <= 0.05
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
