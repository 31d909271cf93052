"""What a browser sees of a page: first paint, moving parts, bytes."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOADS = 3
SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
# What is drawn with the charts, which the goal leaves out.
CHARTS = ("plotly",)
OWN_SCRIPTS = "/static/js/"


@dataclass(frozen=True)
class Painted:
    """First contentful paint in ms (median of some loads, empty cache), layout shift (largest), and KB.

    `weight` is as the demo serves it, `compressed` what the same files weigh as the image serves them.
    """

    fcp: float
    shift: float
    scripts: float
    weight: float
    compressed: float


def paint(browser: Browser, address: str, path: str, session: str | None) -> Painted:
    """Open the page some times, each with an empty cache."""
    loads = sorted((_load(browser, address, path, session) for _ in range(LOADS)), key=lambda one: one.fcp)
    middle = loads[LOADS // 2]
    return Painted(middle.fcp, max(one.shift for one in loads), middle.scripts, middle.weight, middle.compressed)


def _load(browser: Browser, address: str, path: str, session: str | None) -> Painted:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.add_init_script(SHIFT)
    bodies: dict[str, bytes] = {}
    page.on("requestfinished", lambda request: bodies.update({request.url: _body(request)}))
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    # Charts and fonts settle after the last byte.
    page.wait_for_timeout(300)
    fcp, shift = float(page.evaluate(PAINT)), float(page.evaluate("window.shifted"))
    context.close()
    counted = {url: body for url, body in bodies.items() if not any(name in url for name in CHARTS)}
    return Painted(
        fcp,
        shift,
        sum(len(body) for url, body in counted.items() if OWN_SCRIPTS in url) / 1000,
        sum(map(len, counted.values())) / 1000,
        sum(len(gzip.compress(body)) for body in counted.values()) / 1000,
    )


def _body(request: object) -> bytes:
    from playwright.sync_api import Error, Request

    try:
        answer = request.response() if isinstance(request, Request) else None
        return answer.body() if answer else b""
    except Error:
        return b""  # a redirect has none
