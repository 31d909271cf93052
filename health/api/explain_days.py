"""Why a day has its level, down to its events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound

from accounts.api.base import ListView
from accounts.api.pages import address
from health.api.explain import Explained
from health.api.explain_serializers import DayEventSerializer, DayToldSerializer
from health.definitions import ActivityRules
from health.explaining.day_levels import DayCounts, tell_level
from health.explaining.definitions import definitions
from health.explaining.events import day_events
from health.explaining.level_words import level_sentence
from health.models import AccountDay
from health.types import DayFlag, Level

DAY = OpenApiParameter("day", str, OpenApiParameter.PATH, description="A day YYYY-MM-DD.")
COUNTED = ("key_actions", "seats", "active_seats", "activated", "purchased")
STORED = ("level", "flags", *COUNTED, "active", "working", "paying", "version", "profile")
# A day without a graded row.
UNKNOWN: dict[str, Any] = {
    **dict.fromkeys((*COUNTED, "rule", "working", "bars", "parameters", "version", "profile", "as_of")),
    "level": Level.UNKNOWN,
    "flags": 0,
    "active": False,
    "paying": False,
}


@extend_schema_view(
    get=extend_schema(summary="Why a day has its level", operation_id="account_activity_day", parameters=[DAY], responses=DayToldSerializer)
)
class DayTold(Explained):
    """One graded day: its counts, the parameters and version that graded it, and the rule that made the level."""

    serializer_class = DayToldSerializer

    def get(self, request: Any, external_id: str, day: str) -> HttpResponseBase:
        """The day; one without a graded row is unknown."""
        asked = _asked_day(day)
        return self.one(DayToldSerializer(self.told(asked, self.row(asked))))

    def row(self, day: date) -> AccountDay | None:
        """The published row of the day; None: no contract ran and nothing happened, or no night has built it."""
        found = AccountDay.objects.visible_to(self.request.user).published().select_related("run").filter(account=self.account, day=day)
        row: AccountDay | None = found.first()
        return row

    def told(self, day: date, row: AccountDay | None) -> dict[str, Any]:
        """The day with its rule."""
        named = {"external_id": self.account.external_id, "day": day, "events": address(self.request).split("?")[0] + "events/"}
        if row is None:
            words = gettext("no contract ran and nothing happened that day, or no night has built it: the level is unknown")
            return {**UNKNOWN, **named, "words": words}
        rules = definitions(activity_version=row.version).activity_rules(row.version, row.profile)
        counts = counts_of(row)
        told = None if rules is None else tell_level(counts, rules)
        return {
            **{name: getattr(row, name) for name in STORED},
            **named,
            "rule": None if told is None else str(told.rule),
            "words": "" if told is None or rules is None else level_sentence(counts, told, rules),
            "bars": told,
            "parameters": None if rules is None else _parameters(rules),
            "as_of": row.run.as_of,
        }

    def file_name(self) -> str:
        """Name of the file."""
        return "activity-day"


@extend_schema_view(
    get=extend_schema(
        summary="Events behind a day",
        operation_id="account_activity_day_events",
        parameters=[DAY],
        responses=DayEventSerializer(many=True),
    )
)
class DayEvents(ListView, DayTold):
    """Every event and daily count of the day in order of time, with what it added; `weighed` sums to the day's key actions."""

    serializer_class = DayEventSerializer  # type: ignore[assignment]

    def get(self, request: Any, external_id: str, day: str) -> HttpResponseBase:
        """One page, or the file."""
        return ListView.get(self, request)

    def rows(self) -> Sequence[Any]:
        """All of the day's rows."""
        day = _asked_day(self.kwargs["day"])
        row = self.row(day)
        rules = None if row is None else definitions(activity_version=row.version).activity_rules(row.version, row.profile)
        return day_events(self.viewed(), day, rules).lines

    def file_name(self) -> str:
        """Name of the file."""
        return "activity-day-events"


def counts_of(row: AccountDay) -> DayCounts:
    """A stored day as the counts its level was made of."""
    return DayCounts(
        Level(row.level), DayFlag(row.flags), row.key_actions, row.seats, row.active_seats, row.activated, row.purchased, row.paying
    )


def _parameters(rules: ActivityRules) -> dict[str, Any]:
    shares = {name: float(getattr(rules, name)) for name in ("share", "login_share", "min_activation_rate")}
    return {
        **shares,
        "low_multiple": rules.low_multiple,
        "high_multiple": rules.high_multiple,
        "active_from": rules.active_from,
        "seat_base": rules.seat_base,
        "key_actions": rules.key_actions,
    }


def _asked_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
