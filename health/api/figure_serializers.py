"""Activity and rates as the API writes them. Every row tells its as-of day and the definition's version."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.api.fields import NumberField, ShareField
from health.api.serializers import LEVELS
from health.types import DayFlag

FLAGS = [str(flag.name).lower() for flag in DayFlag]


class LevelCountsSerializer(serializers.Serializer[Any]):
    """How many stood at each level."""

    zero = serializers.IntegerField()
    low = serializers.IntegerField()
    medium = serializers.IntegerField()
    high = serializers.IntegerField()
    unknown = serializers.IntegerField()


class ActivityDaySerializer(serializers.Serializer[Any]):
    """One local day of the account."""

    day = serializers.DateField()
    key_actions = NumberField(help_text="Sum of weight x quantity.")
    active_seats = serializers.IntegerField(help_text="Distinct counted seats that logged in.")
    key_seats = serializers.IntegerField(help_text="Distinct counted seats with a key action.")
    seats = serializers.IntegerField(allow_null=True, help_text="The base n of that day.")
    activation_rate = ShareField(allow_null=True, help_text="Activated / purchased seats.")
    level = serializers.ChoiceField(choices=LEVELS)
    flags = serializers.ListField(child=serializers.ChoiceField(choices=FLAGS))
    paying = serializers.BooleanField()
    active = serializers.BooleanField(help_text="Level at or above the definition's `active_from`.")
    working = serializers.BooleanField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateField()


class PaceSerializer(serializers.Serializer[Any]):
    """Of a running period."""

    needed = serializers.IntegerField(allow_null=True, help_text="Active days still needed; null: no bar.")
    left = serializers.IntegerField(help_text="Working days left.")
    can_reach = serializers.BooleanField()


class ActivityPeriodSerializer(serializers.Serializer[Any]):
    """One week or month of the account."""

    period = serializers.CharField(help_text="YYYY-Www or YYYY-MM.")
    starts_on = serializers.DateField()
    active_days = serializers.IntegerField()
    working_days = serializers.IntegerField()
    known_days = serializers.IntegerField(help_text="Days with a level other than unknown.")
    bar = serializers.IntegerField(allow_null=True, help_text="Active days needed; null: undefined.")
    active = serializers.BooleanField(allow_null=True, help_text="null: unknown or undefined.")
    paying = serializers.BooleanField(help_text="On the last day.")
    joined = serializers.BooleanField()
    provisional = serializers.BooleanField()
    pace = PaceSerializer(allow_null=True)
    levels = LevelCountsSerializer()
    version = serializers.IntegerField()
    as_of = serializers.DateField()


class ActivitySerializer(serializers.Serializer[Any]):
    """Days, weeks and months of one account."""

    external_id = serializers.CharField()
    days = ActivityDaySerializer(many=True)
    weeks = ActivityPeriodSerializer(many=True)
    months = ActivityPeriodSerializer(many=True)


class RatePaceSerializer(serializers.Serializer[Any]):
    """Of a provisional period."""

    undecided = serializers.IntegerField(help_text="Paying accounts below the bar so far.")
    can_reach = serializers.IntegerField(help_text="How many of them can still reach it.")


class RateSerializer(serializers.Serializer[Any]):
    """One period and group."""

    period = serializers.CharField(help_text="YYYY-MM-DD, YYYY-Www or YYYY-MM.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by`; null: without value.")
    paying = serializers.IntegerField()
    active = serializers.IntegerField()
    rate = ShareField(allow_null=True, help_text="active / paying; null: nobody pays.")
    unknown = serializers.IntegerField(help_text="Of the paying; they stay in the denominator.")
    joined = serializers.IntegerField(help_text="Of the paying: for the first time.")
    provisional = serializers.BooleanField()
    pace = RatePaceSerializer(allow_null=True)
    levels = LevelCountsSerializer(help_text="Accounts of a day; account-days of a week or month.")
    as_of = serializers.DateField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    ids = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="detail=1: accounts behind the numbers."
    )


class AsItWasSerializer(serializers.Serializer[Any]):
    """What was published: the month by the definition of its last day."""

    active = serializers.IntegerField()
    rate = ShareField(allow_null=True, help_text="active / paying.")
    version = serializers.IntegerField(help_text="Of the activity definition.")
    as_of = serializers.DateField(help_text="Day of the night that published it.")


class RecomputedSerializer(serializers.Serializer[Any]):
    """The same accounts by today's definition; every field null: the month is not recomputed, or not for all of them."""

    active = serializers.IntegerField(allow_null=True)
    rate = ShareField(allow_null=True, help_text="active / paying, of the same paying accounts.")
    version = serializers.IntegerField(allow_null=True, help_text="Of the activity definition in force on `as_of`.")
    as_of = serializers.DateField(allow_null=True, help_text="Day whose definition it was recomputed with.")


class BothRatesSerializer(serializers.Serializer[Any]):
    """One month and group, twice."""

    period = serializers.CharField(help_text="YYYY-MM.")
    group = serializers.CharField(allow_null=True, help_text="`all`, or the value of `by`; null: without value.")
    paying = serializers.IntegerField(help_text="Below the line of both rates.")
    provisional = serializers.BooleanField()
    as_it_was = AsItWasSerializer()
    recomputed = RecomputedSerializer()
    difference = ShareField(allow_null=True, help_text="Recomputed less as it was, as a share; null: unknown.")
