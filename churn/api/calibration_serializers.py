"""Calibration as the API writes it: shares with six places, money as text, undefined as null."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import MoneyField, ScoreField, ShareField


class GroupSerializer(serializers.Serializer[Any]):
    """Some renewals together: what was expected of them, and what became of them."""

    by = serializers.ChoiceField(choices=("band", "part", "reliability", "month", "quarter"), help_text="What the table is split by.")
    group = serializers.CharField(help_text="Band; number of the tenth or group, the worst first; YYYY-MM; YYYY-Qn.")
    n = serializers.IntegerField(help_text="Renewals; of snapshots looks.")
    lost = serializers.IntegerField()
    score = ScoreField(allow_null=True, help_text="Mean health, 0 … 100.")
    expected = ShareField(allow_null=True, help_text="Mean chance of renewal told out of time, of the `told` ones.")
    told = serializers.IntegerField(help_text="Those with a chance.")
    rate = ShareField(allow_null=True, help_text="Renewal rate by count, with its 95% interval.")
    low = ShareField(allow_null=True)
    high = ShareField(allow_null=True)
    amount = MoneyField(help_text="MRR due, in the reporting currency.")
    rate_gross = ShareField(allow_null=True, help_text="Of the amount due what was kept, without growth.")
    lift = ShareField(allow_null=True, help_text="Loss rate over that of all.")
    caught = ShareField(allow_null=True, help_text="Share of all losses.")


class RelationSerializer(serializers.Serializer[Any]):
    """k = renewal rate / active rate of the same renewals, by count, with what stands behind it."""

    n = serializers.IntegerField(help_text="Closed renewals with a known activity of the month three before.")
    active = ShareField(allow_null=True)
    rate = ShareField(allow_null=True)
    k = ShareField(allow_null=True)
    low = ShareField(allow_null=True)
    high = ShareField(allow_null=True)
    p1 = ShareField(allow_null=True, help_text="Renewal rate of the active ones.")
    p1_low = ShareField(allow_null=True)
    p1_high = ShareField(allow_null=True)
    p0 = ShareField(allow_null=True, help_text="Renewal rate of the others.")
    p0_low = ShareField(allow_null=True)
    p0_high = ShareField(allow_null=True)
    enough = serializers.BooleanField(help_text="Whether there are renewals enough to tell k.")


class CalibrationSerializer(serializers.Serializer[Any]):
    """Closed renewals against the health published `lead` days before them."""

    as_of = serializers.DateField(allow_null=True, help_text="Null: nothing is published yet.")
    version = serializers.IntegerField(allow_null=True, help_text="Latest health model among the stored scores.")
    lead = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=("due", "snapshot"), help_text="Renewals, or weekly looks at accounts with shorter terms.")
    n = serializers.IntegerField(help_text="Closed renewals judged.")
    lost = serializers.IntegerField()
    scored = serializers.IntegerField(help_text="Of them with a score.")
    scored_lost = serializers.IntegerField()
    known_before = serializers.IntegerField(help_text="Left out: their outcome was recorded before.")
    enough = serializers.BooleanField(help_text="Whether there are renewals enough for the figures below to say anything.")
    auc = ShareField(allow_null=True)
    auc_low = ShareField(allow_null=True)
    auc_high = ShareField(allow_null=True)
    brier = ShareField(allow_null=True)
    brier_base = ShareField(allow_null=True, help_text="The same of the base rate alone.")
    calibration_error = ShareField(allow_null=True)
    calibration_error_chance = ShareField(allow_null=True, help_text="What a right forecast shows on as many: mean, 95th percentile.")
    calibration_error_chance_95 = ShareField(allow_null=True)
    lift = ShareField(allow_null=True, help_text="Of the tenth with the lowest health (a fifth below 100).")
    separates = serializers.BooleanField(allow_null=True, help_text="Green loses at most half of all, red at least twice; null: too few.")
    beyond_base_rate = serializers.BooleanField(
        allow_null=True, help_text="Whether health orders renewals better than a coin: `auc_low` above 0.5; null: too few."
    )
    leak_warning = serializers.BooleanField(help_text="AUC above 0.90, or more than 0.10 above that of 60 days earlier.")
    k = RelationSerializer(allow_null=True)
    table = GroupSerializer(many=True)
