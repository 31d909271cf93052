"""Axe on every page and open dialog, in both themes, languages and widths: nothing serious, nothing too wide for a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django import Settings

from csm_portal.portal.screens.pages import screens
from csm_portal.portal.screens.shots import act
from tests.e2e.conftest import ACCOUNT, Portal

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = (1440, 900), (390, 844)
# Each pair of theme, language and width occurs; all eight would find nothing more and take twice as long.
COMBINATIONS = {
    "en": (("light", WIDE), ("dark", PHONE)),
    "zh-hans": (("dark", WIDE), ("light", PHONE)),
}


def found(page: Page) -> list[str]:
    """Axe's findings from moderate up, each in a line: what, how often, where for example, why."""
    violations = [one for one in Axe().run(page).response["violations"] if one["impact"] != "minor"]
    return [f"{one['impact']} {one['id']} x{len(one['nodes'])}: {example(one['nodes'][0])}" for one in violations]


def example(node: dict[str, str]) -> str:
    """A node that fails, and why."""
    return " ".join(f"{node['html'][:200]} -- {node['failureSummary']}".split())


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


@pytest.mark.parametrize("language", COMBINATIONS)
@pytest.mark.parametrize("name", [screen.name for screen in screens()])
def test_a_page_is_clean_for_axe_and_fits_a_phone(page: Page, portal: Portal, settings: Settings, name: str, language: str) -> None:
    settings.LANGUAGE_CODE = language
    screen = next(one for one in screens() if one.name == name)
    portal.speaks(language)
    path = screen.path.format(account=ACCOUNT)
    wrong: list[str] = []
    for theme, (width, height) in COMBINATIONS[language]:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        if screen.role is None:
            page.context.set_extra_http_headers({"Accept-Language": "zh-CN" if language == "zh-hans" else "en"})
            page.goto(portal.url + path)
        else:
            portal.open(page, path)
        act(page, screen)
        page.wait_for_load_state("networkidle")
        wrong += [f"{theme} {width}: {one}" for one in found(page)]
        if wide := overflow(page):
            wrong.append(f"{theme} {width}: {wide}px too wide")
    assert wrong == []


def test_a_refused_sign_in_says_so_accessibly(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/auth/login/")
    page.get_by_label("Email").fill(portal.user.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".errorlist")
    assert found(page) == []
