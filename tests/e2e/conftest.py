"""A browser for the tests that open pages: the system's Chromium, or a skip that says so; and a running portal with a small book."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.screens.browser import NoBrowser, chromium
from csm_portal.portal.screens.web import session_of
from tests.portal.shown_book import person, shown, with_history

PASSWORD = "correct horse battery"
ACCOUNT = "acme/north 海底捞"
AS_OF = date(2026, 11, 20)


@dataclass(frozen=True)
class Portal:
    """A running portal with a small book, and the admin who owns it."""

    url: str
    user: User

    def open(self, page: Page, path: str = "/") -> None:
        """A page of the signed-in admin."""
        if not any(cookie.get("name") == "sessionid" for cookie in page.context.cookies()):
            page.context.add_cookies([{"name": "sessionid", "value": session_of(self.user), "url": self.url}])
        page.goto(self.url + path)

    def speaks(self, language: str) -> None:
        """Give the admin another language."""
        self.user.language = language
        self.user.save(update_fields=["language"])


# On a busy machine an answer may take longer than the usual five seconds.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    # Playwright's loop runs in this thread; Django would take every query for one inside a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except NoBrowser as reason:
            pytest.skip(str(reason))
        yield started


@pytest.fixture
def faults() -> list[str]:
    """What the pages of a test complain about: console errors, exceptions, requests that leave the portal."""
    return []


def listen(page: Page, faults: list[str]) -> None:
    """Wait for a busy machine, and collect what the page complains about."""
    page.set_default_timeout(60_000)
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith(("http://localhost", "data:", "blob:")) else None,
    )


@pytest.fixture
def page(browser: Browser, faults: list[str], live_server: object) -> Iterator[Page]:
    """A fresh page whose faults are collected. It closes before the server's rows are cleared, so that no request meets the clearing."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    opened = context.new_page()
    listen(opened, faults)
    yield opened
    context.close()


def small_book() -> User:
    """Four accounts as of 19 November 2026, one of them with a history, and the admin who owns them."""
    user = person(Role.ADMIN, email="ada@example.com", name="Ada", is_staff=True, is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    with_history(shown(user, ACCOUNT, account_name="Acme North", outcome_status="behind", flags=1))
    states = [("zero", 0, "red", 20), ("high", 3, "green", 90), ("unknown", -1, "unknown", None)]
    for name, level, band, score in states:
        shown(user, name, level=level, band=band, score=score, month_active=level == 3 if score else None, score_change_30d=None)
    return user


@pytest.fixture
def portal(live_server: Any, settings: Settings) -> Portal:
    """A portal on the small book."""
    settings.PORTAL_AS_OF = AS_OF
    return Portal(live_server.url, small_book())
