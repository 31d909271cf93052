"""Axe on every page and open dialog, over both themes, languages and widths: nothing serious, no error in the console, nothing too wide for
a phone.

All of them are opened on one book by one browser window, whose cache keeps the scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from csm_portal.portal.first_run import work
from csm_portal.portal.screens.making import Cast
from csm_portal.portal.screens.pages import SCREENS, Screen
from csm_portal.portal.screens.shots import act
from csm_portal.portal.screens.visits import Visits, visits
from csm_portal.portal.screens.web import session_of
from tests import database
from tests.e2e.conftest import listen
from tests.portal.sample_graded import TODAY, graded_sample

pytestmark = [pytest.mark.browser, pytest.mark.wide, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = (1440, 900), (390, 844)
# Each pair of theme, language and width occurs; all eight would find nothing more and take twice as long.
COMBINATIONS = {
    "en": (("light", WIDE), ("dark", PHONE)),
    "zh-hans": (("dark", WIDE), ("light", PHONE)),
}


def cases() -> list[object]:
    """Every screen in both languages."""
    return [pytest.param(screen, language, id=f"{screen.name}-{language}") for screen in SCREENS for language in COMBINATIONS]


@dataclass(frozen=True)
class Portal:
    """A running portal with the sample book, its people, and where the screens are."""

    url: str
    cast: Cast
    found: Visits


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """One running portal and its book for every page: nothing here changes them."""
    home = tmp_path_factory.mktemp("home")
    with (
        django_db_blocker.unblock(),
        database.kept(),
        override_settings(PORTAL_AS_OF=TODAY, PORTAL_HOME=home),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(work, "wake", lambda _job_id: None)
        cast = graded_sample(tmp_path_factory.mktemp("sample"))
        with visits(cast, timezone.now()) as found:
            server = LiveServer("localhost")
            try:
                yield Portal(server.url, cast, found)
            finally:
                server.stop()


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US")
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext, faults: list[str]) -> Iterator[Page]:
    """A page of the window, nobody signed in."""
    window.clear_cookies()
    opened = window.new_page()
    listen(opened, faults)
    yield opened
    opened.close()


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


@pytest.mark.parametrize(("screen", "language"), cases())
def test_a_page_is_clean_for_axe_and_fits_a_phone(page: Page, portal: Portal, faults: list[str], screen: Screen, language: str) -> None:
    User.objects.update(language=language)
    path = portal.found.addresses[screen]
    if screen.role is None:
        page.set_extra_http_headers({"Accept-Language": "zh-CN" if language == "zh-hans" else "en"})
    else:
        page.context.add_cookies([{"name": "sessionid", "value": session_of(portal.cast.people[screen.role]), "url": portal.url}])
    wrong: list[str] = []
    for theme, (width, height) in COMBINATIONS[language]:
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(portal.url + path)
        act(page, screen)
        page.wait_for_load_state("networkidle")
        assert screen.role is None or "/auth/login/" not in page.url
        wrong += [f"{theme} {width}: {one}" for one in found(page)]
        if wide := overflow(page):
            wrong.append(f"{theme} {width}: {wide}px too wide")
    assert wrong == []
    # Chromium writes the status of a page that is not there into the console.
    assert [one for one in faults if screen.name != "not-found" or "404" not in one] == []


def test_a_refused_sign_in_says_so_accessibly(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/auth/login/")
    page.get_by_label("Email").fill(next(iter(portal.cast.people.values())).email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".errorlist")
    assert found(page) == []
