"""Which dues the address asks for, and in which order."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet

from accounts.terms import DueState
from churn import cases
from churn.types import Stage
from csm_portal.portal.renewals.asked import NO_FORECAST, OWNER, Asked
from csm_portal.portal.renewals.policy import AHEAD_DAYS, BACK_DAYS

if TYPE_CHECKING:
    from accounts.models import User

ORDERS = {
    "decision": ("decision_on",),
    "account": ("account__name",),
    "due": ("due_reporting",),
    "health": ("account__state__score",),
    "chance": ("forecast_probability",),
}


def dues(user: User, asked: Asked, day: date) -> QuerySet[Any]:
    """All dues that meet every filter, in the order asked for; see `churn.cases.listed` for what stands beside them."""
    first, after = asked.between
    rows: QuerySet[Any] = cases.listed(
        user,
        day,
        first=first,
        after=after,
        filters=asked.cuts,
        states=asked.states,
        stages=None if asked.stage is None else [asked.stage],
        needs=_needs(asked),
        categories=_categories(asked),
        cut_on=asked.on,
    )
    if asked.values.get("category") == NO_FORECAST:
        rows = rows.filter(forecast_id__isnull=True)
    if external_id := asked.values.get("account"):
        rows = rows.filter(account__external_id=external_id)
    if asked.values.get("needs") == OWNER:
        rows = cases.unattended(rows)
    rows = rows.filter(asked.search() & _band(asked) & _horizon(asked, day))
    # What the list does not show is dear to read: several documents for each row.
    unread = [f"account__state__{name}" for name in ("facets", "caps", "top_reason", "products", "named_states", "strip")]
    return rows.select_related("account__state").defer(*unread).order_by(*_order(asked))


def open_dues(user: User, asked: Asked, day: date) -> QuerySet[Any]:
    """The open dues under the same filters, whatever the stage and the state asked for: what the stages are counted in."""
    return dues(user, asked.narrowed_without("when", "state"), day)


def _needs(asked: Asked) -> list[str] | None:
    need = asked.values.get("needs")
    return [need] if need in cases.NEEDS else None


def _categories(asked: Asked) -> list[str] | None:
    category = asked.values.get("category")
    return [category] if category and category != NO_FORECAST else None


def _band(asked: Asked) -> Q:
    band = asked.values.get("band")
    if not band:
        return Q()
    found = Q(account__state__band=band)
    return found | Q(account__state__isnull=True) if band == "unknown" else found


def _horizon(asked: Asked, day: date) -> Q:
    """Without dates: open ones as far as the stages go, decided ones of the last months; of one account all, and of a search all open."""
    if any(asked.between) or "account" in asked.values:
        return Q()
    is_open = Q(state=DueState.OPEN)
    ahead = Q() if asked.stage is Stage.LATER or "q" in asked.values else Q(decision_on__lte=day + timedelta(days=AHEAD_DAYS))
    return (is_open & ahead) | (~is_open & Q(ends_on__gte=day - timedelta(days=BACK_DAYS)))


def _order(asked: Asked) -> tuple[Any, ...]:
    sort = asked.sort or "decision"
    down = sort.startswith("-")
    columns = [F(name).desc(nulls_last=True) if down else F(name).asc(nulls_last=True) for name in ORDERS[sort.removeprefix("-")]]
    # Of one day the larger amount first, whatever the direction.
    return (*columns, F("due_reporting").desc(nulls_last=True), "account_id", "product", "ends_on")
