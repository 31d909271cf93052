"""Explanations of a score, a facet and a day as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import NumberField, ScoreField, ShareField
from health.api.serializers import BANDS, FlagsField, LevelField


class ChangeItemSerializer(serializers.Serializer[Any]):
    """What one facet did to the score."""

    what = serializers.CharField(help_text="The facet.")
    delta = serializers.FloatField(help_text="Points of the score; all deltas sum to the change.")
    because = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        help_text="`from` and `to`: value, weight, evidence of both days; null: none.",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """One reason of a band."""

    code = serializers.CharField(help_text="`override`, `cap`, `score`, `coverage`; of a change `cap_began`, `score_crossed`, ….")
    words = serializers.CharField(help_text="The reason as a page writes it, in the language of the request.")
    facts = serializers.DictField(child=serializers.JSONField(allow_null=True), help_text="The figures it is made of.")


class DeedSerializer(serializers.Serializer[Any]):
    """Something that could be done."""

    facet = serializers.CharField()
    code = serializers.CharField()
    words = serializers.CharField()
    facts = serializers.DictField(child=serializers.JSONField(allow_null=True))


class OptionSerializer(serializers.Serializer[Any]):
    """Deeds that together would turn it green."""

    deeds = DeedSerializer(many=True)
    effort = serializers.IntegerField(help_text="Single deeds in all.")
    score = ScoreField(help_text="The score they would give.")


class TurningSerializer(serializers.Serializer[Any]):
    """The smallest facts that would turn the score green."""

    state = serializers.ChoiceField(choices=["green", "override", "possible", "out_of_reach"])
    words = serializers.CharField()
    options = OptionSerializer(many=True)
    best_score = ScoreField(allow_null=True, help_text="With everything at hand done, where no option is enough.")
    best_band = serializers.CharField(help_text="Of `best_score`; empty: not asked.")


class ScoreChangeSerializer(serializers.Serializer[Any]):
    """The change of a score and of its band between two days."""

    external_id = serializers.CharField()
    as_of = serializers.DateField()
    against = serializers.DateField()
    score_from = ScoreField(allow_null=True)
    score_to = ScoreField(allow_null=True)
    change = ScoreField(allow_null=True, help_text="score_to - score_from; null where either is unknown.")
    items = ChangeItemSerializer(many=True)
    band_from = serializers.ChoiceField(choices=BANDS, allow_null=True, help_text="null: no score row that day.")
    band_to = serializers.ChoiceField(choices=BANDS, allow_null=True, help_text="With caps and overrides.")
    band_reasons = ReasonSerializer(many=True, help_text="Why the band of `as_of` is what it is.")
    band_changes = ReasonSerializer(many=True, help_text="What moved the band; empty: it is the same.")
    turning = TurningSerializer(allow_null=True, help_text="null: no score row, or its model is not on file.")
    version = serializers.IntegerField(allow_null=True, help_text="Health model of `as_of`.")
    version_from = serializers.IntegerField(allow_null=True, help_text="Health model of `against`.")


class EvidenceRowSerializer(serializers.Serializer[Any]):
    """One row behind a facet."""

    facet = serializers.CharField()
    counts = serializers.BooleanField(help_text="It enters the value; otherwise it is shown for what it is not.")
    row = serializers.DictField(child=serializers.JSONField(allow_null=True), help_text="Its columns; docs/methods/explain.md lists them.")
    as_of = serializers.DateField()
    version = serializers.IntegerField(allow_null=True, help_text="Health model of the day.")


class BarsSerializer(serializers.Serializer[Any]):
    """What the definition makes of the day's seats."""

    low = NumberField(help_text="n x share x low_multiple: key actions up to it are LOW.")
    high = NumberField(help_text="n x share x high_multiple: above it a day may be HIGH.")
    login = NumberField(help_text="n x login_share: seats that have to log in for HIGH.")


class DayParametersSerializer(serializers.Serializer[Any]):
    """The parameters that graded the day."""

    share = ShareField()
    low_multiple = NumberField()
    high_multiple = NumberField()
    login_share = ShareField()
    min_activation_rate = ShareField()
    active_from = LevelField()
    seat_base = serializers.CharField()
    key_actions = serializers.DictField(child=NumberField(), help_text="Weight of each.")


class DayToldSerializer(serializers.Serializer[Any]):
    """One day with the rule that made its level."""

    external_id = serializers.CharField()
    day = serializers.DateField()
    level = LevelField()
    flags = FlagsField()
    rule = serializers.CharField(allow_null=True, help_text="The line of the table of levels that decided.")
    words = serializers.CharField(help_text="The rule with its numbers, in the language of the request.")
    key_actions = NumberField(allow_null=True, help_text="a")
    seats = serializers.IntegerField(allow_null=True, help_text="n")
    active_seats = serializers.IntegerField(allow_null=True, help_text="l")
    activated = serializers.IntegerField(allow_null=True)
    purchased = serializers.IntegerField(allow_null=True)
    active = serializers.BooleanField()
    working = serializers.BooleanField(allow_null=True)
    paying = serializers.BooleanField()
    bars = BarsSerializer(allow_null=True)
    parameters = DayParametersSerializer(allow_null=True)
    events = serializers.CharField(help_text="Address of the rows behind it.")
    version = serializers.IntegerField(allow_null=True, help_text="Activity definition; null: the day has no graded row.")
    profile = serializers.IntegerField(allow_null=True, help_text="0: the definition itself, i: its i-th profile.")
    as_of = serializers.DateField(allow_null=True)


class DayEventSerializer(serializers.Serializer[Any]):
    """One event or daily count of the day."""

    kind = serializers.ChoiceField(choices=["event", "count"])
    occurred_at = serializers.DateTimeField(allow_null=True)
    action = serializers.CharField()
    seat = serializers.CharField(help_text="Empty: it names none.")
    store = serializers.CharField(help_text="The store it belongs to; empty: the account itself.")
    source_name = serializers.CharField(source="source")
    product = serializers.CharField()
    quantity = NumberField()
    value = NumberField(allow_null=True)
    distinct_seats = serializers.IntegerField(allow_null=True)
    weighed = NumberField(help_text="What it added to the day's key actions.")
    outcome = serializers.CharField(help_text="`counted`, or why nothing was added.")
    login = serializers.BooleanField(help_text="It proves that its seat logged in.")
