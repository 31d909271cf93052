"""Accounts with their latest figures, as the API writes them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.api.fields import SCORE_PLACES, MoneyField, NumberField, ScoreField, ShareField, money, rounded
from health.api.money import Told
from health.models import AccountState
from health.types import Band, DayFlag, Level
from health.value.seat_quality import seats_unnamed

LEVELS = [level.word for level in sorted(Level)]
BANDS = [band.value for band in Band]


def facets_shown(facets: Mapping[str, Any]) -> dict[str, Any]:
    """Facets with their values as numbers of 4 places; weight and evidence as they are stored."""
    return {key: {**facet, "value": rounded(_decimal(facet.get("value")), SCORE_PLACES)} for key, facet in facets.items()}


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


class LevelField(serializers.ChoiceField):
    """A level in lower-case words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=LEVELS, **kwargs)

    def to_representation(self, value: Any) -> str:
        return Level(value).word


class FlagsField(serializers.ListField):
    """Flags of a day, in words."""

    child = serializers.ChoiceField(choices=[str(flag.name).lower() for flag in DayFlag])

    def to_representation(self, data: Any) -> list[str]:
        return DayFlag(data).words


class FacetsField(serializers.DictField):
    """`{facet: {value: 0 … 100 or null, weight, evidence}}`."""

    child = serializers.JSONField()

    def to_representation(self, value: Any) -> dict[str, Any]:
        return facets_shown(value)


class SeatCountsSerializer(serializers.Serializer[AccountState]):
    """Seats of the account on the as-of day."""

    base = serializers.IntegerField(source="seats", help_text="The base that levels are measured by: activated or purchased.")
    activated = serializers.IntegerField(source="seats_activated")
    purchased = serializers.IntegerField(source="seats_purchased")
    active = serializers.SerializerMethodField(
        help_text="Distinct seats with a key action in 28 days; null: there was activity, and what was loaded names no seat."
    )
    activation_rate = serializers.SerializerMethodField(help_text="Activated / purchased; null: nothing purchased.")

    def get_active(self, state: AccountState) -> int | None:
        """Distinct seats with a key action in 28 days."""
        return None if seats_unnamed(state) else state.seats_active

    def get_activation_rate(self, state: AccountState) -> float | None:
        """Activated / purchased."""
        return rounded(Decimal(state.seats_activated) / state.seats_purchased) if state.seats_purchased else None


class RunningWeekSerializer(serializers.Serializer[AccountState]):
    """The running week against its bar."""

    active = serializers.BooleanField(source="week_active", allow_null=True)
    active_days = serializers.IntegerField(source="week_days")
    bar = serializers.IntegerField(source="week_bar", allow_null=True, help_text="Active days needed; null: undefined.")


class RunningMonthSerializer(serializers.Serializer[AccountState]):
    """The running month against its bar."""

    active = serializers.BooleanField(source="month_active", allow_null=True)
    active_days = serializers.IntegerField(source="month_days")
    bar = serializers.IntegerField(source="month_bar", allow_null=True, help_text="Active days needed; null: undefined.")
    days_left = serializers.IntegerField(source="month_days_left")
    can_reach = serializers.BooleanField(source="month_can_reach")


class HealthSummarySerializer(serializers.Serializer[AccountState]):
    """Health of the as-of day."""

    score = ScoreField(allow_null=True, help_text="0 … 100; null: coverage is below the minimum.")
    band = serializers.ChoiceField(choices=BANDS)
    coverage = ShareField(help_text="Share of the weight whose facet is known.")
    machine = ScoreField(allow_null=True)
    human = ScoreField(allow_null=True)
    change_30d = ScoreField(source="score_change_30d", allow_null=True)
    facets = FacetsField()
    caps = serializers.ListField(child=serializers.JSONField(), help_text="Conditions that hold the band down.")


class RenewalSummarySerializer(serializers.Serializer[AccountState]):
    """The next due, overdue ones first."""

    renewal_on = serializers.DateField(allow_null=True)
    decision_on = serializers.DateField(allow_null=True)


class VersionsSerializer(serializers.Serializer[AccountState]):
    """Definitions the figures were computed by."""

    activity = serializers.IntegerField(source="activity_version", allow_null=True)
    health = serializers.IntegerField(source="health_version", allow_null=True)


BEFORE_FIRST_NIGHT: dict[str, Any] = {"level": Level.UNKNOWN.word, "flags": [], "strip": "", "outcome_status": ""}


class AccountSerializer(serializers.Serializer[Any]):
    """An account with owner, money, seats, level, health and renewal as of the last published day.

    An account that no night has seen yet has level `unknown` and null for its figures.
    """

    external_id = serializers.CharField(help_text="Global and opaque.")
    name = serializers.CharField()
    parent_external_id = serializers.CharField(source="parent.external_id", default=None, allow_null=True)
    csm_email = serializers.CharField(source="owner.email", default=None, allow_null=True)
    csm_name = serializers.CharField(source="owner.get_full_name", default=None, allow_null=True)
    co_owner_email = serializers.CharField(source="co_owner.email", default=None, allow_null=True)
    team = serializers.SerializerMethodField(help_text="Of the owner, else of the account; with its parents: EMEA/DACH.")
    industry = serializers.CharField()
    region = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166 alpha-2; empty: unknown.")
    employees = serializers.IntegerField(allow_null=True)
    size = serializers.CharField(help_text="Band of employees.")
    annual_revenue = MoneyField(allow_null=True)
    plan = serializers.SerializerMethodField(help_text="Of the largest running contract, else the account's.")
    tier = serializers.CharField()
    stage = serializers.CharField(source="lifecycle_stage")
    products = serializers.SerializerMethodField()
    timezone = serializers.CharField(help_text="Empty: the installation's.")
    work_week = serializers.CharField()
    onboarded_on = serializers.DateField(allow_null=True)
    went_live_on = serializers.DateField(allow_null=True)
    fit = serializers.CharField()
    need = serializers.CharField()
    domain = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    paying = serializers.BooleanField(source="state.paying", default=None, allow_null=True)
    mrr = MoneyField(
        source="state.mrr",
        default=None,
        allow_null=True,
        help_text="In `currency`; null: unknown.",
    )
    currency = serializers.SerializerMethodField()
    mrr_reporting = serializers.SerializerMethodField(help_text="In `reporting_currency`, as text.")
    reporting_currency = serializers.SerializerMethodField()
    seats = SeatCountsSerializer(source="state", default=None, allow_null=True)
    level = LevelField(source="state.level", help_text="Of the as-of day.")
    flags = FlagsField(source="state.flags")
    strip = serializers.CharField(source="state.strip", help_text="Last 28 days, oldest first: Z L M H, U for unknown.")
    week = RunningWeekSerializer(source="state", default=None, allow_null=True)
    month = RunningMonthSerializer(source="state", default=None, allow_null=True)
    health = HealthSummarySerializer(source="state", default=None, allow_null=True)
    renewal = RenewalSummarySerializer(source="state", default=None, allow_null=True)
    outcome_status = serializers.CharField(source="state.outcome_status", help_text="Empty: no outcome defined.")
    north_star = NumberField(source="state.north_star", default=None, allow_null=True, help_text="Cumulative; null: none defined.")
    north_star_crossed_on = serializers.DateField(source="state.north_star_crossed_on", default=None, allow_null=True)
    rated_on = serializers.DateField(source="state.rated_on", default=None, allow_null=True)
    last_contact_on = serializers.DateField(source="state.last_contact_on", default=None, allow_null=True)
    open_tickets = serializers.IntegerField(source="state.open_tickets", default=None, allow_null=True)
    as_of = serializers.DateField(source="state.as_of", default=None, allow_null=True)
    version = serializers.IntegerField(source="state.activity_version", default=None, allow_null=True, help_text="Activity definition.")
    versions = VersionsSerializer(source="state", default=None, allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The row; before its first night it is unknown, not undefined."""
        shown = super().to_representation(instance)
        return shown if state_of(instance) else {**shown, **BEFORE_FIRST_NIGHT}

    def get_team(self, account: Any) -> str | None:
        """Path of the team."""
        team = account.owner.team if account.owner and account.owner.team else account.team
        return None if team is None else str(team)

    def get_plan(self, account: Any) -> str:
        """Plan in force."""
        state = state_of(account)
        return state.plan if state and state.plan else str(account.plan)

    def get_products(self, account: Any) -> list[str]:
        """Products of running contracts."""
        state = state_of(account)
        return list(state.products) if state else []

    def get_currency(self, account: Any) -> str:
        """Currency of `mrr`."""
        state = state_of(account)
        return state.currency if state and state.currency else account.currency or settings.REPORTING_CURRENCY

    def get_mrr_reporting(self, account: Any) -> str | None:
        """MRR in the currency asked for."""
        state, told = state_of(account), self._told()
        amount = state.mrr_reporting if state else None
        return money(told.amount(amount) if told else amount)

    def get_reporting_currency(self, account: Any) -> str:
        """The currency asked for, else the one that money is added up in."""
        told = self._told()
        return told.currency if told else str(settings.REPORTING_CURRENCY)

    def _told(self) -> Told | None:
        told: Told | None = self.context.get("told")
        return told


def state_of(account: Any) -> AccountState | None:
    """The account's current row, already joined; None before its first night."""
    return getattr(account, "state", None)


class HeldSerializer(serializers.Serializer[Any]):
    """What moved so much that a run waits for a person. Which accounts stands on the pages, for those who see them."""

    moved = serializers.IntegerField(help_text="Scores that moved by more than 10 points, changed their band or went missing.")
    of = serializers.IntegerField(help_text="Scores compared.")
    share = serializers.FloatField(help_text="moved / of.")
    day = serializers.DateField(help_text="The day compared with the one before it.")


class RunSerializer(serializers.Serializer[Any]):
    """One build of the night."""

    as_of = serializers.DateField(help_text="The last day it knows of.")
    first_day = serializers.DateField(help_text="First day it built or redid.")
    state = serializers.CharField(
        source="told",
        help_text="building, verified, held (waits for a person), published, partial (published without some accounts) or failed.",
    )
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.JSONField(help_text="Rows written, by table.")
    late_events = serializers.IntegerField(
        source="late_days",
        help_text="Already published (account, day)s that it did again: for late data, changed files or a changed definition.",
    )
    faults = serializers.IntegerField(help_text="Accounts it could not compute; they keep their last good figures.")
    held = HeldSerializer(allow_null=True, help_text="Why it waits, or waited, for a person before it was published.")
    error = serializers.SerializerMethodField(help_text="For admins; empty for others.")

    def get_error(self, run: Any) -> str:
        """What stopped it; may name rows of any book, so admins alone read it."""
        return str(run.error) if self.context["request"].user.role == "admin" else ""


class DefinitionSerializer(serializers.Serializer[Any]):
    """One published version of one section of the definition file."""

    section = serializers.CharField()
    version = serializers.IntegerField()
    effective_from = serializers.DateField()
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField(source="published_by.email", default=None, allow_null=True)
    digest = serializers.CharField(help_text="SHA-256 of the body.")
    body = serializers.JSONField(help_text="The section, completed with its defaults.")
