"""A browser for the tests that open pages: the system's Chromium, or a skip that says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: install the system's package `chromium`")
    # Playwright's loop runs in this thread; Django would take every query for one inside a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def faults() -> list[str]:
    """What the pages of a test complain about: console errors, exceptions, requests that leave the portal."""
    return []


@pytest.fixture
def page(browser: Browser, faults: list[str], live_server: object) -> Iterator[Page]:
    """A fresh page whose faults are collected. It closes before the server's rows are cleared, so that no request meets the clearing."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith(("http://localhost", "data:", "blob:")) else None,
    )
    yield opened
    context.close()
