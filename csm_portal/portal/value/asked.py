"""What the address of a page about value asks for: whose accounts, which of them, which page of the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef

from accounts.models import Account, User

if TYPE_CHECKING:
    from django.http import QueryDict

PAGE_SIZE = 25
NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Asked:
    """The choice. `show` is one of the tab's lists, `csm` an owner's e-mail (`-`: nobody), `scenario` a name; empty: all."""

    show: str
    first_show: str
    csm: str = ""
    scenario: str = ""
    page: int = 1

    @property
    def start(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * PAGE_SIZE

    def query(self, **changed: str) -> str:
        """The address's query with other values, led by `?`; a change goes back to the first page."""
        kept = {"show": "" if self.show == self.first_show else self.show, "csm": self.csm, "scenario": self.scenario}
        return "?" + urlencode([(name, value) for name, value in {**kept, **changed}.items() if value])

    def picked(self, show: str) -> str:
        """The query of another list of the tab."""
        return self.query(show="" if show == self.first_show else show)

    @property
    def owner_sql(self) -> tuple[str, dict[str, Any]]:
        """Condition on an account row `a`, with its parameters."""
        if not self.csm:
            return "true", {}
        if self.csm == NOBODY:
            return "a.owner_id IS NULL", {}
        return "a.owner_id = (SELECT u.id FROM accounts_user u WHERE lower(u.email) = %(csm)s)", {"csm": self.csm}


def asked(query: QueryDict, shows: tuple[str, ...]) -> Asked:
    """The question of an address; whatever makes no sense in it is passed over."""
    show, page = query.get("show", ""), query.get("page", "")
    return Asked(
        show=show if show in shows else shows[0],
        first_show=shows[0],
        csm=_text(query.get("csm", "")).lower(),
        scenario=_text(query.get("scenario", "")),
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) < 100_000 else 1,
    )


def owners(user: User, chosen: str) -> list[tuple[str, str]]:
    """Owners of the accounts that the viewer sees: e-mail and name, by name; one query. Empty where there is no choice."""
    mine = Account.objects.visible_to(user).filter(owner=OuterRef("pk"))
    found = [(row.email, row.get_full_name()) for row in User.objects.filter(Exists(mine))]
    found.sort(key=lambda one: one[1].casefold())
    if chosen and chosen not in {NOBODY, *(email.lower() for email, _name in found)}:
        found.append((chosen, chosen))
    return found if len(found) > 1 or chosen else []


def _text(value: str) -> str:
    return "" if "\0" in value else value[:254]
