"""What the address of the QBR page asks for: which list, of whose accounts, how far back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from accounts.edit_values import MAX_TAG

TABS = ("planned", "to-plan", "held", "feedback", "themes")
# How many days back the lists of what was held go; none: as far as there is something.
SPANS = {"90": 90, "365": 365, "all": None}
DEFAULT_SPANS = {"held": "90", "feedback": "all", "themes": "365"}
# Which feedback: not answered yet, of that without an owner, answered, all.
STATES = ("open", "nobody", "answered", "all")
NOBODY = "-"
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """The choice. `csm` is an owner's e-mail or `-`, `team` the path of a team (with those below), both empty: everybody."""

    tab: str = TABS[0]
    csm: str = ""
    team: str = ""
    span: str = ""
    state: str = STATES[0]
    theme: str = ""
    page: int = 1

    @property
    def spanned(self) -> str:
        """The span in force; empty for a list of what is to come."""
        return self.span or DEFAULT_SPANS.get(self.tab, "")

    def first(self, today: date) -> date:
        """First day of the span."""
        days = SPANS.get(self.spanned)
        return date.min if days is None else today - timedelta(days=days - 1)

    def query(self, **changed: str | int) -> str:
        """The address's query with some of it changed; the page goes with any change but its own."""
        wanted = replace(self, **{"page": 1, **changed})  # type: ignore[arg-type]
        if "tab" in changed:
            wanted = replace(wanted, span="", state=STATES[0], theme=str(changed.get("theme", "")))
        pairs = [
            ("tab", wanted.tab if wanted.tab != TABS[0] else ""),
            ("csm", wanted.csm),
            ("team", wanted.team),
            ("span", wanted.span if wanted.span != DEFAULT_SPANS.get(wanted.tab) else ""),
            ("state", wanted.state if wanted.tab == "feedback" and wanted.state != STATES[0] else ""),
            ("theme", wanted.theme if wanted.tab == "feedback" else ""),
            ("page", str(wanted.page) if wanted.page > 1 else ""),
        ]
        return urlencode([(name, value) for name, value in pairs if value])

    def href(self, **changed: str | int) -> str:
        """The page with some of the choice changed."""
        query = self.query(**changed)
        return f"{reverse('portal:qbr')}?{query}" if query else reverse("portal:qbr")

    @property
    def file(self) -> str:
        """Query of the file with the list shown."""
        query = self.query(page=1)
        return f"?{query}" if query else ""


def asked(query: QueryDict) -> Asked:
    """The question of an address; whatever makes no sense in it is passed over."""

    def text(name: str) -> str:
        value = query.get(name, "")
        return "" if "\0" in value else value[:300]

    tab, span, state, page = query.get("tab", ""), query.get("span", ""), query.get("state", ""), query.get("page", "")
    return Asked(
        tab=tab if tab in TABS else TABS[0],
        csm=text("csm"),
        team=text("team"),
        span=span if span in SPANS else "",
        state=state if state in STATES else STATES[0],
        theme=text("theme")[:MAX_TAG],
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 10_000 else 1,
    )
