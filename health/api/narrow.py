"""Filters and orders of the list of accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models import Account
from health.models import PublishedSlice, ScenarioPeriod
from health.types import Grain, Level

NOBODY = "-"
# What `ordering` may be -> the column it sorts by. Every order ends in the external id, so pages never overlap.
ORDERS: Mapping[str, str] = {
    "external_id": "external_id",
    "name": "name",
    "level": "state__level",
    "score": "state__score",
    "mrr": "state__mrr_reporting",
    "renewal_on": "state__renewal_on",
    "decision_on": "state__decision_on",
    "month_days": "state__month_days",
    "change_30d": "state__score_change_30d",
    "csm": "owner__email",
}
EXACT: Mapping[str, str] = {
    "tier": "tier",
    "industry": "industry",
    "region": "region",
    "size": "size",
    "stage": "lifecycle_stage",
    "external_id": "external_id",
    "band": "state__band",
}


def order_of(asked: str | None) -> tuple[str, ...]:
    """Columns of an order named like `-mrr`."""
    if not asked:
        return ("external_id",)
    sign = "-" if asked.startswith("-") else ""
    column = sign + ORDERS[asked.removeprefix("-")]
    return (column,) if column.endswith("external_id") else (column, "external_id")


def read_order(text: str) -> str:
    """A known order, with or without a minus."""
    if text.removeprefix("-") not in ORDERS:
        raise ValueError(text)
    return text


def narrow(accounts: QuerySet[Account], asked: Mapping[str, Any]) -> QuerySet[Account]:
    """Accounts that meet every filter; several values of one filter are alternatives."""
    for name, column in EXACT.items():
        if asked.get(name):
            accounts = accounts.filter(**{f"{column}__in": asked[name]})
    if asked.get("csm"):
        accounts = accounts.filter(_owner(asked["csm"]))
    if asked.get("team"):
        accounts = accounts.filter(_team(asked["team"]))
    if asked.get("plan"):
        accounts = accounts.alias(plan_now=Coalesce(NullIf("state__plan", Value("", output_field=TextField())), "plan")).filter(
            plan_now__in=asked["plan"]
        )
    if asked.get("product"):
        any_of = Q(pk__in=[])
        for product in asked["product"]:
            any_of |= Q(state__products__contains=[product])
        accounts = accounts.filter(any_of)
    if asked.get("scenario"):
        latest = PublishedSlice.objects.filter(grain=Grain.MONTH).order_by("-starts_on").values("starts_on")[:1]
        expected = ScenarioPeriod.objects.published().expected().filter(account=OuterRef("pk"), scenario__in=asked["scenario"])
        accounts = accounts.filter(Exists(expected.filter(starts_on=Subquery(latest))))
    if asked.get("level"):
        known = Q(state__level__in=[Level[word.upper()] for word in asked["level"]])
        accounts = accounts.filter(known | Q(state__isnull=True) if "unknown" in asked["level"] else known)
    if asked.get("paying") is not None:
        accounts = accounts.filter(state__paying=asked["paying"]) if asked["paying"] else accounts.exclude(state__paying=True)
    return accounts


def _owner(emails: Sequence[str]) -> Q:
    named = Q(owner__email__in=[email.lower() for email in emails])
    return named | Q(owner__isnull=True) if NOBODY in emails else named


def _team(teams: Sequence[str]) -> Q:
    """Teams with everything below; of the owner, else of the account."""
    found = Q(pk__in=[])
    for team in teams:
        if team == NOBODY:
            found |= Q(owner__team__isnull=True, team__isnull=True)
        else:
            path = team.rstrip("/") + "/"
            found |= Q(owner__team__path__startswith=path) | Q(owner__team__isnull=True, team__path__startswith=path)
    return found
