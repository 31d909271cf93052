"""A small published book for the tests of the page about value: outcomes, a scenario, crossings, closed renewals, named states."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from accounts.models import Account, User
from churn.models import RenewalCase
from health.models import Outcome, ScenarioPeriod
from tests import factories as make
from tests.health.graded import loaded
from tests.portal.shown_book import AS_OF, published_run, shown

TODAY = AS_OF + timedelta(days=1)
MONTH = AS_OF.replace(day=1)


def wish(account: Account, status: str = "on_track", due_on: date | None = None, **fields: Any) -> Outcome:
    """A desired outcome."""
    return Outcome.objects.create(**loaded(account=account, statement="fewer returns", status=status, due_on=due_on, **fields))


def used(account: Account, scenario: str = "Orders", days: int = 3, expected: int | None = 12, **fields: Any) -> ScenarioPeriod:
    """A scenario of the running month; half of the seats, nothing expected of them."""
    values: dict[str, Any] = {"seats": 5, "seat_share": "0.5", "met": None if expected is None else days >= expected, "version": 1}
    return ScenarioPeriod.objects.create(
        run=published_run(), account=account, starts_on=MONTH, scenario=scenario, days=days, expected_days=expected, **{**values, **fields}
    )


def crossed(owner: User | None, external_id: str, on: date | None = None, live: date | None = None, **state: Any) -> Account:
    """An account with its way to a north star of 100."""
    reached = 120 if on else state.pop("reached", 10)
    return shown(owner, external_id, north_star=reached, north_star_crossed_on=on, account_went_live_on=live, **state)


def closed(account: Account, on: date, state: str = "renewed") -> RenewalCase:
    """A closed due of a year's term."""
    return RenewalCase.objects.create(
        account=account, product=f"p{RenewalCase.objects.count()}", starts_on=on - timedelta(days=365), ends_on=on, decision_on=on,
        state=state, contract_state=state, due_mrr=100, due_reporting=100, currency="EUR", renewed_mrr=100 if state == "renewed" else None,
        renewed_reporting=100 if state == "renewed" else None,
    )  # fmt: skip


def star() -> None:
    """A north star of 100 orders since ever."""
    make.define_north_star(action="order", measure="count", threshold=100)
