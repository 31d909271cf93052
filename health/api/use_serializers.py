"""Scenarios and units of an account as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import NumberField, ShareField
from csm_portal.lib.periods import label
from health.types import Grain
from health.value.scenario_reads import ScenarioLine, Step


class ScenarioSerializer(serializers.Serializer[Any]):
    """One scenario in one month: actual against expected."""

    period = serializers.SerializerMethodField(help_text="YYYY-MM.")
    scenario = serializers.CharField(source="name")
    days = serializers.IntegerField(help_text="Days with an action of it.")
    expected_days = serializers.IntegerField(allow_null=True, help_text="null: no days are expected.")
    gap_days = serializers.IntegerField(allow_null=True, help_text="Days missing, 0 when reached.")
    seats = serializers.IntegerField(help_text="Distinct counted seats that did one, of the personas expected.")
    seat_share = ShareField(source="share", allow_null=True, help_text="Of the seats at the month's end; null: no seats.")
    expected_seat_share = ShareField(source="expected_share", allow_null=True, help_text="null: no share is expected.")
    gap_seat_share = ShareField(source="gap_share", allow_null=True, help_text="Share missing, 0 when reached.")
    met = serializers.BooleanField(allow_null=True, help_text="null: nothing is expected, or a share of no seats.")
    can_reach = serializers.BooleanField(help_text="Met, or enough working days are left.")
    agreed = serializers.BooleanField(help_text="true: expected is what this account agreed to, false: what the definition says.")
    agreed_from = serializers.DateField(allow_null=True)
    reason = serializers.CharField(help_text="Why it was agreed.")
    step = serializers.ChoiceField(choices=[str(step) for step in Step], allow_null=True, help_text="What the gap calls for.")
    provisional = serializers.BooleanField(help_text="The month still runs.")
    as_of = serializers.DateField()
    version = serializers.IntegerField()

    def get_period(self, line: ScenarioLine) -> str:
        """The month."""
        return label(Grain.MONTH, line.month)


class UnitSerializer(serializers.Serializer[Any]):
    """One outlet, department or counted store over 28 days."""

    store_external_id = serializers.CharField(
        source="store_id", allow_null=True, help_text="Account that counts for this one; null: its own."
    )
    store = serializers.CharField(allow_null=True, help_text="Name of that account.")
    unit = serializers.CharField(allow_null=True, help_text="null: seats without unit, and what named no seat.")
    level = serializers.SerializerMethodField(help_text="Of the as-of day.")
    seats = serializers.IntegerField(help_text="Activated seats of the as-of day: the unit's base n.")
    active_days = serializers.IntegerField(help_text="Of the 28 days.")
    known_days = serializers.IntegerField(help_text="Days with a level other than unknown.")
    key_actions = NumberField(help_text="Sum of weight x quantity.")
    key_seats = serializers.IntegerField(help_text="Distinct counted seats with a key action.")
    logged_in_seats = serializers.IntegerField(source="logged_in", help_text="Distinct counted seats that logged in.")
    strip = serializers.CharField(help_text="A letter a day, the oldest first: Z, L, M, H, U (unknown).")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Of the as-of day; null: the account has no row on it.")

    def get_level(self, line: Any) -> str:
        """Its word."""
        return str(line.level.word)
