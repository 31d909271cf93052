"""Dues, forecasts and what the page of renewals lists of them: what its tests share."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.test import Client

from accounts.models import Account, User
from churn.models import Forecast, RenewalCase
from tests.portal.shown_book import shown

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def due(owner: User | None, name: str, ahead: int, amount: int = 100, *, notice: int = 30, **fields: Any) -> RenewalCase:
    """One open due of an account of its own, so many days before its decision; amounts are told in dollars at 1.10."""
    state = {key.removeprefix("state_"): fields.pop(key) for key in list(fields) if key.startswith(("state_", "account_"))}
    account = Account.objects.filter(external_id=name).first() or shown(owner, name, **state)
    decision = TODAY + timedelta(days=ahead)
    ends = decision + timedelta(days=notice)
    values: dict[str, Any] = {
        "product": "orders",
        "state": "open",
        "currency": "EUR",
        "due_mrr": Decimal(amount),
        "due_reporting": Decimal(amount) * Decimal("1.1"),
    }
    return RenewalCase.objects.create(
        account=account, decision_on=decision, ends_on=ends, starts_on=ends - timedelta(days=365), **{**values, **fields}
    )


def forecast(case: RenewalCase, author: User, **fields: Any) -> Forecast:
    values = {"amount": case.due_mrr, "expansion": 0, "probability": Decimal("0.5"), "category": "best_case", **fields}
    made: Forecast = Forecast.objects.create(
        account=case.account, product=case.product, ends_on=case.ends_on, currency=case.currency, author=author, entered_at=NOW, **values
    )
    return made


def listed(client: Client, query: str = "") -> list[str]:
    groups = client.get(f"/renewals/?{query or 'page=1'}").context["groups"]
    return [row.name for group in groups for row in group.rows]


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def toast(answer: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(answer.headers["HX-Trigger"])["portal:toast"]
    return found


def decided(  # noqa: PLR0917 - a due as a story tells it
    owner: User, name: str, ends: date, state: str, amount: int, renewed: int | None = None, **fields: Any
) -> RenewalCase:
    ahead = (ends - TODAY).days - 30
    exact: dict[str, Any] = {"renewed_mrr": renewed, "renewed_reporting": None if renewed is None else Decimal(renewed) * Decimal("1.1")}
    return due(
        owner, name, ahead, amount, state=state, contract_state=state, resolved_on=ends if state != "open" else None, **exact, **fields
    )
