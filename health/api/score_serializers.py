"""Health per day and its changes as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import ScoreField, ShareField
from health.api.serializers import BANDS, FacetsField


class HealthDaySerializer(serializers.Serializer[Any]):
    """One account on one day, as it was computed then."""

    day = serializers.DateField()
    score = ScoreField(allow_null=True, help_text="0 … 100; null: coverage is below the minimum.")
    band = serializers.ChoiceField(choices=BANDS, help_text="With caps and overrides.")
    coverage = ShareField(help_text="Share of the weight whose facet is known.")
    machine = ScoreField(allow_null=True)
    human = ScoreField(allow_null=True)
    facets = FacetsField()
    caps = serializers.ListField(child=serializers.JSONField(), help_text="Conditions that hold the band down, and overrides.")
    version = serializers.IntegerField(help_text="Health model.")
    profile = serializers.IntegerField(help_text="0: the model itself, i: its i-th profile.")
    as_of = serializers.DateField()
