"""Pictures of every page, in two themes and two widths, as WebP."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from accounts.models import User
from accounts.types import Role
from csm_portal.portal.screens.browser import chromium
from csm_portal.portal.screens.pages import Screen, screens
from csm_portal.portal.screens.web import account_worth_showing, person_of, serving, session_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

THEMES = ("light", "dark")
# A phone's page is as long as it is, up to a few screens: that its parts stack well is what the picture shows.
SIZES = {"wide": (1440, 900, 900), "phone": (390, 844, 1700)}
QUALITY = 45
MOST_BYTES = 12_000_000


class NothingToShow(Exception):
    """The portal has no book to draw; the text says what to do."""


def take_all(out: Path, say: Callable[[str], object], *, only: str = "", language: str = "en") -> int:
    """Draw every page into the folder, one picture per theme and size; returns the bytes written.

    Raises `NoBrowser` without Chromium and `NothingToShow` without a book.
    """
    people, account = cast_of_the_pictures()
    out.mkdir(parents=True, exist_ok=True)
    written = 0
    # Playwright's loop runs in this thread; Django would take a query for one inside a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser, serving() as address:
        for screen in screens():
            if only and screen.name != only:
                continue
            for theme in THEMES:
                for size in SIZES:
                    page = opened(browser, address, screen, people, account=account, theme=theme, size=size, language=language)
                    path = out / f"{screen.name}-{size}-{theme}.webp"
                    path.write_bytes(picture(page, SIZES[size][2]))
                    written += path.stat().st_size
                    page.context.close()
            say(screen.name)
    return written


def cast_of_the_pictures() -> tuple[dict[Role, User], str]:
    """Who opens the pages, and the account whose page is drawn."""
    people = {role: person for role in Role if (person := person_of(role))}
    account = account_worth_showing(people[Role.CSM]) if Role.CSM in people else ""
    if len(people) < len(Role) or not account:
        raise NothingToShow("There is no book to draw yet: run `python3 manage.py demo` once, which loads the sample book.")
    return people, account


def opened(
    browser: Browser, address: str, screen: Screen, people: dict[Role, User], *, account: str, theme: str, size: str, language: str
) -> Page:
    """The screen as its person sees it, everything loaded and still."""
    width, height, _longest = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="zh-CN" if language == "zh-hans" else "en-GB",
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])
    if screen.role is not None:
        context.add_cookies([{"name": "sessionid", "value": session_of(people[screen.role]), "url": address}])
    page = context.new_page()
    page.goto(address + screen.path.format(account=account))
    page.wait_for_load_state("networkidle")
    act(page, screen)
    return page


def act(page: Page, screen: Screen) -> None:
    """Bring the page into the state that the screen is about."""
    if screen.click:
        page.locator(screen.click).first.click()
    for key in screen.keys:
        page.keyboard.press(key)
    if screen.wait:
        page.wait_for_selector(screen.wait)
        page.wait_for_load_state("networkidle")


def picture(page: Page, longest: int) -> bytes:
    """The page as WebP, from the top down to the given height."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    high = page.evaluate("document.documentElement.scrollHeight")
    standing = page.viewport_size["height"] if page.viewport_size else 0
    # A dialog belongs to the window, not to the page below it.
    tall = standing if page.locator("dialog[open]").count() else max(standing, min(high, longest))
    page.set_viewport_size({"width": width, "height": tall})
    page.wait_for_timeout(150)
    shot = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return base64.b64decode(shot["data"])
