"""A small published book for the tests of the day's list: accounts as a night leaves them, and the facts that rules read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Account, User
from churn.acting.refresh import refresh_items
from churn.models import ActionItem, RenewalCase
from tests.portal.shown_book import AS_OF, shown

TODAY = AS_OF + timedelta(days=1)
DAY = timedelta(days=1)
__all__ = ["AS_OF", "DAY", "TODAY"]


@dataclass(frozen=True)
class Moment:
    """A night of the book."""

    as_of: date = AS_OF
    today: date = TODAY
    now: datetime = datetime(2026, 11, 20, 2, tzinfo=UTC)

    def later(self, days: int) -> Moment:
        """The same so many days on."""
        span = timedelta(days=days)
        return replace(self, as_of=self.as_of + span, today=self.today + span, now=self.now + span)


NIGHT = Moment()


def quiet(owner: User | None, name: str, **state: Any) -> Account:
    """A paying account at which nothing is to be done."""
    calm: dict[str, Any] = {
        "facets": {},
        "machine": None,
        "human": None,
        "strip": "U" * 28,
        "seats_active": 10,
        "seats_purchased": 100,
        "band": "green",
        "renewal_on": None,
        "decision_on": None,
        "last_contact_on": AS_OF,
        **state,
    }
    return shown(owner, name, **calm)


def case(account: Account, days: int, **fields: Any) -> RenewalCase:
    """An open renewal of a year's term, decided so many days after today."""
    ends = TODAY + timedelta(days=days)
    known: dict[str, Any] = {
        "product": "default",
        "ends_on": ends,
        "starts_on": ends - timedelta(days=365),
        "decision_on": ends,
        "currency": "EUR",
        "due_mrr": Decimal(1000),
        "due_reporting": Decimal(1100),
        "state": "open",
        **fields,
    }
    return RenewalCase.objects.create(account=account, **known)


def refreshed(moment: Moment = NIGHT) -> int:
    """Do the night's part; the rows written."""
    return refresh_items(moment)


def opened(account: Account | None = None) -> dict[str, ActionItem]:
    """Open items by rule."""
    rows = ActionItem.objects.filter(state="open")
    return {item.rule: item for item in (rows.filter(account=account) if account else rows)}


def rules(account: Account, moment: Moment = NIGHT) -> set[str]:
    """What the night finds at the account."""
    refreshed(moment)
    return set(opened(account))
