"""The day's list for a page: what the first page shows at once and folds, and the list by itself with its filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from accounts.absences import covering
from accounts.models import User
from accounts.types import Role
from churn.acting.listing import Asked, DayList, Ranking, day_list, day_list_again, ranking_of
from churn.acting.triggers import TRIGGERS
from churn.types import ItemState
from csm_portal.portal.acting.lines import SHOWN, Line, lines
from csm_portal.portal.acting.names import rule_name
from csm_portal.web import Page, remembered_of

if TYPE_CHECKING:
    from datetime import date

    from django.http import QueryDict

SIZE = 50
# So many are there to be unfolded on the first page; more make it heavy, and stand in the list by itself.
READ = 30
STATES = {
    ItemState.OPEN.value: pgettext_lazy("items", "Open"),
    ItemState.SNOOZED.value: pgettext_lazy("items", "Put off"),
    ItemState.DONE.value: pgettext_lazy("items", "Done"),
    ItemState.DISMISSED.value: pgettext_lazy("items", "Dismissed"),
    ItemState.CLEARED.value: pgettext_lazy("items", "No longer so"),
}
CLOSED = {ItemState.DONE.value, ItemState.DISMISSED.value, ItemState.CLEARED.value}


@dataclass(frozen=True)
class Shown:
    """The first page's list: the first ten, the rest as far as it was read, what grows, and the counts of all."""

    first: list[Line]
    rest: list[Line]
    n: int
    n_rest: int
    good: list[Line]
    n_good: int
    mine: bool

    @property
    def owners(self) -> bool:
        """Whether each line says whose it is."""
        return not self.mine

    @property
    def unread(self) -> int:
        """Items beyond those read; they stand in the list by itself."""
        return self.n - len(self.first) - len(self.rest)


@dataclass(frozen=True)
class Choice:
    """One filter value: as the address has it, its words, whether it is on."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Listed:
    """The list by itself: its filters, one page of it, and where that stands."""

    lines: list[Line]
    good: list[Line]
    page: Page
    states: list[Choice]
    rules: list[Choice]
    state: str
    account: str
    rule: str
    owner: int | None
    everybody: bool
    owner_name: str = ""

    @property
    def closed(self) -> bool:
        """Whether nothing is left to do about them here."""
        return self.state in CLOSED


def shown(user: User, today: date, found: DayList | None = None) -> Shown:
    """What the first page places; one query, with an absence covered two. `found`: the list where it was read already.

    The order looks at every item of the book, so it may be a minute old, but not older than the reader's own last step; what it names is
    read anew each time.
    """
    found = found if found is not None else _day_list(user, today)
    currency, covered = settings.REPORTING_CURRENCY, covering(user)
    first, rest = one_each(lines(found.rows, today, currency, covered))
    return Shown(
        first=first,
        rest=rest,
        n=found.n,
        n_rest=max(0, found.n - SHOWN),
        good=lines(found.good, today, currency, covered),
        n_good=found.n_good,
        mine=user.role == Role.CSM,
    )


def one_each(made: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines shown at once and the folded ones, each in their order: an account stands once among the first as long as others wait.

    One talk settles several reasons of an account, and ten rows should be ten talks; its line says how many more it has.
    """
    order = sorted(range(len(made)), key=lambda place: (made[place].again, place))
    top = set(order[:SHOWN])
    return [made[place] for place in sorted(top)], [one for place, one in enumerate(made) if place not in top]


def _day_list(user: User, today: date) -> DayList:
    fresh: list[DayList] = []

    def order() -> Ranking:
        fresh.append(day_list(user, today, Asked(limit=READ)))
        return ranking_of(fresh[0])

    ranking = remembered_of(user, f"day-list:{today}", order)
    return fresh[0] if fresh else day_list_again(user, today, ranking)


def listed(user: User, today: date, query: QueryDict) -> Listed:
    """One page of the items that the address asks for. Words that are not known are passed over; at most three queries."""
    state = query.get("state", "")
    state = state if state in STATES else ItemState.OPEN.value
    rule = query.get("rule", "") if query.get("rule", "") in TRIGGERS else ""
    account = query.get("account", "").replace("\0", "")
    owner, owner_name = _owner(user, query.get("owner", ""))
    whose = query.get("whose", "")
    mine = whose == "mine" or (whose != "all" and owner is None and user.role == Role.CSM and not account)
    page = query.get("page", "")
    number = max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    asked = Asked(mine=mine, account=account, rule=rule, owner=owner, state=state, start=(number - 1) * SIZE, limit=SIZE, limit_good=SIZE)
    found = day_list(user, today, asked)
    currency, covered = settings.REPORTING_CURRENCY, covering(user)
    kept: dict[str, Any] = {"rule": rule, "account": account, "owner": query.get("owner", "") if owner else "", "whose": whose}
    return Listed(
        lines=lines(found.rows, today, currency, covered),
        good=lines(found.good, today, currency, covered),
        page=Page(number, max(found.n, found.n_good), SIZE),
        states=[Choice(address(**{**kept, "state": key}), str(label), key == state) for key, label in STATES.items()],
        rules=[Choice(key, rule_name(key), key == rule) for key in TRIGGERS],
        state=state,
        account=account,
        rule=rule,
        owner=owner,
        everybody=not mine,
        owner_name=owner_name,
    )


def address(**query: str) -> str:
    """The list by itself, narrowed; empty values fall away."""
    kept = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse('portal:items')}{'?' if kept else ''}{kept}"


def _owner(user: User, email: str) -> tuple[int | None, str]:
    """The colleague whose items are asked for; nobody where the reader may not see their book."""
    if not email or "\0" in email:
        return None, ""
    person = User.objects.visible_to(user).filter(email__iexact=email).first()
    return (person.pk, person.get_full_name()) if person is not None else (None, "")
