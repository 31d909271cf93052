"""The likelihood of renewal beside other rows: expressions for querysets, one look into an index per row, no query of their own."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject

from churn.models import Forecast, Likelihood


def told_of(account: str) -> Subquery:
    """`{value, low, high, basis, day, model}` as told last of the account that the path names; null: never told of."""
    rows: Any = _latest(account)
    facts = JSONObject(value="value", low="low", high="high", basis="basis", day="day", model=F("model_id"))
    return Subquery(rows.annotate(told=facts).values("told")[:1])


def figure_of(account: str, name: str = "value") -> Subquery:
    """One figure of it, 0 … 1: to sort by and to filter by."""
    return Subquery(_latest(account).values(name)[:1])


def own_call(account: str, ends_on: str) -> Subquery:
    """`{probability, category}` of the latest forecast that stands for the account's due of that day; null: none entered."""
    rows: Any = Forecast.objects.filter(account=OuterRef(account), ends_on=OuterRef(ends_on), withdrawn_at__isnull=True)
    facts = JSONObject(probability="probability", category="category")
    return Subquery(rows.order_by("-entered_at", "-id").annotate(call=facts).values("call")[:1])


def _latest(account: str) -> Any:
    return Likelihood.objects.filter(account=OuterRef(account)).order_by("-day")
