"""Pictures of every page, in two themes and two widths, as WebP."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from accounts.types import Role
from csm_portal.portal.screens.browser import chromium
from csm_portal.portal.screens.making import Cast
from csm_portal.portal.screens.pages import Screen
from csm_portal.portal.screens.visits import visits
from csm_portal.portal.screens.web import account_worth_showing, person_of, serving, session_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

THEMES = ("light", "dark")
# A phone's page is as long as it is, up to a few screens: that its parts stack well is what the picture shows.
SIZES = {"wide": (1440, 900, 900), "phone": (390, 844, 1700)}
QUALITY = 45
MOST_BYTES = 16_000_000


class NothingToShow(Exception):
    """The portal has no book to draw; the text says what to do."""


def take_all(out: Path, say: Callable[[str], object], now: datetime, *, only: str = "", language: str = "en") -> int:
    """Draw every page into the folder, one picture per theme and size; returns the bytes written.

    Raises `NoBrowser` without Chromium and `NothingToShow` without a book.
    """
    cast = cast_of_the_pictures()
    out.mkdir(parents=True, exist_ok=True)
    written = 0
    # Playwright's loop runs in this thread; Django would take a query for one inside a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser, visits(cast, now) as found, serving() as portal:
        for screen, path in found.addresses.items():
            if only and screen.name != only:
                continue
            session = session_of(cast.people[screen.role]) if screen.role else ""
            for theme in THEMES:
                for size in SIZES:
                    page = opened(browser, portal, screen, path, session, theme=theme, size=size, language=language)
                    file = out / f"{screen.name}-{size}-{theme}.webp"
                    file.write_bytes(picture(page, SIZES[size][2]))
                    written += file.stat().st_size
                    page.context.close()
            say(screen.name)
        if found.left_out:
            say(f"Left out, because this book has nothing for them: {', '.join(found.left_out)}.")
    return written


def cast_of_the_pictures() -> Cast:
    """Who opens the pages, and the account whose page is drawn."""
    people = {role: person for role in Role if (person := person_of(role))}
    account = account_worth_showing(people[Role.CSM]) if Role.CSM in people else ""
    if len(people) < len(Role) or not account:
        raise NothingToShow("There is no book to draw yet: run `python3 manage.py demo` once, which loads the sample book.")
    return Cast(people, account)


def opened(browser: Browser, portal: str, screen: Screen, path: str, session: str, *, theme: str, size: str, language: str) -> Page:
    """The screen at its address as the person of the session (empty: nobody) sees it, everything loaded and still."""
    width, height, _longest = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        locale="zh-CN" if language == "zh-hans" else "en-GB",
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": portal}])
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": portal}])
    page = context.new_page()
    page.goto(portal + path)
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
