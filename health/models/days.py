"""Graded days and periods. All but SeatDay are keyed by run and read through `published()`."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, Team, User
from accounts.querysets import AccountBoundQuerySet
from health.models.agreements import ScenarioAgreement
from health.models.runs import Run
from health.querysets import DayQuerySet, PeriodQuerySet, ScenarioQuerySet
from health.types import Level


class SeatDay(models.Model):
    """What one seat did on one local day, weighed by the definition of that day; seat 0 is what named no seat.

    The account is the one it counts for (a store without contract counts for its brand). Bots and excluded seats have no row.
    Replaced whole for a dirty (account, day). Partitioned by month, so Django does not manage it.
    """

    pk = models.CompositePrimaryKey("account_id", "day", "seat_id")
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="seat_days", db_constraint=False)
    day = models.DateField()
    seat_id = models.BigIntegerField(help_text="Id of the seat; 0: nothing of it named a seat.")
    events = models.IntegerField(help_text="Events, and rows of daily counts.")
    key_actions = models.DecimalField(max_digits=24, decimal_places=6, help_text="Sum of weight x quantity.")
    logged_in = models.BooleanField(help_text="A login action, or anything but passive actions.")
    distinct_seats = models.IntegerField(null=True, help_text="Seats that a daily count without seats reports.")
    scenarios = models.BigIntegerField(help_text="Bit i: an action of scenario i of that version and profile.")
    north_star = models.DecimalField(max_digits=24, decimal_places=6, help_text="Count, quantity or value of the north star's action.")
    version = models.IntegerField(help_text="Activity definition it was weighed by.")

    objects = AccountBoundQuerySet["SeatDay"].as_manager()

    class Meta:
        managed = False
        db_table = "seat_day"


class AccountDay(models.Model):
    """One account on one local day: counts, level, flags. A row exists where a contract runs or something happened."""

    pk = models.CompositePrimaryKey("account_id", "day", "run_id")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, models.CASCADE, related_name="days")
    day = models.DateField()
    level = models.SmallIntegerField(help_text="-1 unknown, 0 zero, 1 low, 2 medium, 3 high.")
    flags = models.SmallIntegerField(default=0, help_text="Bits of DayFlag.")
    key_actions = models.DecimalField(max_digits=24, decimal_places=6)
    active_seats = models.IntegerField(help_text="Distinct counted seats that logged in.")
    key_seats = models.IntegerField(default=0, help_text="Distinct counted seats with a key action.")
    seats = models.IntegerField(help_text="The base n: activated or purchased seats of that day.")
    activated = models.IntegerField(default=0)
    purchased = models.IntegerField(default=0)
    events = models.IntegerField(default=0)
    north_star = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    paying = models.BooleanField(help_text="A contract with MRR above 0 runs that day.")
    active = models.BooleanField(help_text="Level at or above the definition's `active_from`.")
    working = models.BooleanField(help_text="A working day of the account: country, work week, no quiet period.")
    version = models.IntegerField()
    profile = models.SmallIntegerField(default=0, help_text="0: the definition itself, i: its i-th profile.")

    objects = DayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(level__in=[level.value for level in Level]), name="account_day_level_known"),
            models.CheckConstraint(
                condition=Q(
                    key_actions__gte=0,
                    active_seats__gte=0,
                    key_seats__gte=0,
                    seats__gte=0,
                    activated__gte=0,
                    purchased__gte=0,
                    events__gte=0,
                ),
                name="account_day_counts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "run"], name="account_day_by_day"),  # rates per day
        ]


class AccountPeriod(models.Model):
    """One account in one week or month, with the cuts as they stood at its end."""

    pk = models.CompositePrimaryKey("run_id", "grain", "starts_on", "account_id")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    grain = models.TextField(help_text="`week` or `month`.")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="First day after it.")
    account = models.ForeignKey(Account, models.CASCADE, related_name="periods")
    active_days = models.IntegerField()
    known_days = models.IntegerField(help_text="Days with a level other than unknown.")
    working_days = models.IntegerField(help_text="Of the full period, also of a running one.")
    bar = models.IntegerField(null=True, help_text="Active days needed; null: undefined (no working days).")
    active = models.BooleanField(null=True, help_text="Null: unknown or undefined.")
    paying = models.BooleanField(help_text="On the last day, for a running period the as-of day.")
    joined = models.BooleanField(help_text="First paying day ever lies inside.")
    provisional = models.BooleanField(help_text="The period still runs, or its calendar is not official yet.")
    can_reach = models.BooleanField(help_text="Active, or enough days are left to become so.")
    levels: Any = ArrayField(models.IntegerField(), help_text="Days at zero, low, medium, high, unknown.")
    csm = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    products: Any = ArrayField(models.TextField(), default=list)
    plan = models.TextField(blank=True)
    tier = models.TextField(blank=True)
    industry = models.TextField(blank=True)
    region = models.TextField(blank=True)
    size = models.TextField(blank=True)
    stage = models.TextField(blank=True)
    version = models.IntegerField()

    objects = PeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(grain__in=["week", "month"]), name="account_period_grain_known"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="account_period_ends_after_start"),
            models.CheckConstraint(
                condition=Q(active_days__gte=0, known_days__gte=0, working_days__gte=0), name="account_period_counts_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["account", "grain", "starts_on"], name="account_period_by_account")]  # the account page


class ScenarioPeriod(models.Model):
    """How an account used one scenario in one month, against what is expected."""

    pk = models.CompositePrimaryKey("run_id", "grain", "starts_on", "account_id", "scenario")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    grain = models.TextField(default="month")
    starts_on = models.DateField()
    account = models.ForeignKey(Account, models.CASCADE, related_name="scenario_periods")
    scenario = models.TextField()
    days = models.IntegerField(help_text="Days with an action of it.")
    expected_days = models.IntegerField(null=True)
    seats = models.IntegerField(help_text="Distinct counted seats that did one.")
    seat_share = models.DecimalField(
        max_digits=9, decimal_places=6, null=True, help_text="Of the base at the period's end; null: no seats."
    )
    expected_seat_share = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    met = models.BooleanField(null=True, help_text="Both expectations reached; null: none set, or a share of no seats.")
    can_reach = models.BooleanField(default=False, db_default=False, help_text="Met, or enough days are left to meet it.")
    agreement = models.ForeignKey(
        ScenarioAgreement,
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        help_text="The agreement whose values are expected; null: the definition's.",
    )
    version = models.IntegerField()

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(grain="month"), name="scenario_period_is_a_month"),
            models.CheckConstraint(condition=Q(days__gte=0, days__lte=31, seats__gte=0), name="scenario_period_counts_in_range"),
            models.CheckConstraint(
                condition=Q(expected_days__isnull=True) | Q(expected_days__gte=1, expected_days__lte=31),
                name="scenario_period_expected_days_in_range",
            ),
            models.CheckConstraint(
                condition=Q(expected_seat_share__isnull=True) | Q(expected_seat_share__gt=0, expected_seat_share__lte=1),
                name="scenario_period_expected_share_in_range",
            ),
        ]
