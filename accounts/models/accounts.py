"""The paying enterprise and the people in it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When

from accounts.models.people import Team, User
from accounts.models.sources import ImportRun, Loaded
from accounts.policy import SIZE_BANDS, SIZE_TOP, SIZE_UNKNOWN
from accounts.querysets import AccountBoundQuerySet, AccountQuerySet
from accounts.types import Fit, SeatKind, WorkWeek


class Account(models.Model):
    """A paying enterprise (a logo): the unit that decides to renew. Kept for ever, also when it has left."""

    external_id = models.TextField(unique=True, help_text="Global and opaque: may hold any printable character.")
    name = models.TextField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    counts_for = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counted",
        help_text="Nearest paying ancestor of an account without contract of its own; empty: itself.",
    )
    owner = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="book", help_text="Today's owner; history is in Ownership."
    )
    co_owner = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="shared_book")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="accounts")
    industry = models.TextField(blank=True)
    region = models.TextField(blank=True)
    country = models.TextField(blank=True, help_text="ISO 3166 alpha-2, upper case; empty: unknown.")
    employees = models.PositiveIntegerField(null=True, blank=True)
    size: Any = models.GeneratedField(
        expression=Case(
            When(employees__isnull=True, then=Value(SIZE_UNKNOWN)),
            *[When(employees__lt=bound, then=Value(label)) for bound, label in SIZE_BANDS],
            default=Value(SIZE_TOP),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    annual_revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    plan = models.TextField(blank=True)
    tier = models.TextField(blank=True)
    timezone = models.TextField(blank=True, help_text="IANA name; empty: the installation's.")
    work_week = models.TextField(default=WorkWeek.FIVE)
    onboarded_on = models.DateField(null=True, blank=True)
    went_live_on = models.DateField(null=True, blank=True)
    lifecycle_stage = models.TextField(blank=True)
    fit = models.TextField(default=Fit.UNKNOWN)
    need = models.TextField(blank=True, help_text="`ongoing` or `one_off`; empty: unknown.")
    domain = models.TextField(blank=True)
    currency = models.TextField(blank=True, help_text="ISO 4217; empty: the reporting currency.")
    tags: Any = ArrayField(models.TextField(), default=list, blank=True)
    next_step = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(external_id=""), name="account_has_external_id"),
            models.CheckConstraint(condition=~Q(name=""), name="account_has_name"),
            models.CheckConstraint(condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="account_not_own_parent"),
            models.CheckConstraint(condition=Q(work_week__in=[w.value for w in WorkWeek]), name="account_work_week_known"),
            models.CheckConstraint(condition=Q(fit__in=[f.value for f in Fit]), name="account_fit_known"),
            models.CheckConstraint(condition=Q(need__in=["", "ongoing", "one_off"]), name="account_need_known"),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="account_country_iso"),
            models.CheckConstraint(condition=Q(currency__regex=r"^([A-Z]{3})?$"), name="account_currency_iso"),
        ]
        indexes = [models.Index("name", "id", name="account_by_name")]  # name order of the book

    def __str__(self) -> str:
        return self.name


class FitRecord(models.Model):
    """How well the product fitted an account, from `recorded_at` on: a loss is judged by the fit as it was known then.

    Written by a trigger of the database whenever an account's fit is set or changes, so no way of writing can leave it out.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="fits")
    fit = models.TextField()
    recorded_at = models.DateTimeField()

    objects = AccountBoundQuerySet["FitRecord"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(fit__in=[f.value for f in Fit]), name="fit_record_fit_known")]
        indexes = [models.Index(fields=["account", "-recorded_at"], name="fit_record_by_account")]  # the fit of then


ROLE_PLACE = Case(When(role="owner", then=Value(0)), default=Value(1), output_field=IntegerField())


class Ownership(models.Model):
    """Who owned an account when, `[starts_on, ends_on)`: the cut by CSM of a past period reads this."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="ownerships")
    user = models.ForeignKey(User, models.PROTECT, related_name="ownerships")
    role = models.TextField(default="owner", help_text="`owner` or `co_owner`.")
    starts_on = models.DateField(help_text="0001-01-01: since before we knew.")
    ends_on = models.DateField(null=True, blank=True)

    objects = AccountBoundQuerySet["Ownership"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "role"], condition=Q(ends_on__isnull=True), name="ownership_one_current"),
            models.UniqueConstraint(fields=["account", "role", "starts_on"], name="ownership_one_start"),
            models.CheckConstraint(condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="ownership_ends_after_start"),
            models.CheckConstraint(condition=Q(role__in=["owner", "co_owner"]), name="ownership_role_known"),
            # Ranges of one value each, because equality of plain columns needs an extension in this kind of index.
            ExclusionConstraint(
                name="ownership_one_at_a_time",
                expressions=[
                    (Func("account", "account", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(ROLE_PLACE, ROLE_PLACE, Value("[]"), function="int4range"), RangeOperators.OVERLAPS),
                    (Func("starts_on", "ends_on", function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Unit(models.Model):
    """An outlet, store or department inside an account."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="units")
    name = models.TextField()

    objects = AccountBoundQuerySet["Unit"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="unit_once"),
            models.CheckConstraint(condition=~Q(name=""), name="unit_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """One person's login in an account; a person who works for two accounts has two seats."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="seats")
    external_id = models.TextField()
    unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="seats")
    email = models.TextField(blank=True)
    name = models.TextField(blank=True)
    persona = models.TextField(blank=True, help_text="`basic`, `advanced`, `admin`; empty: unknown.")
    kind = models.TextField(default=SeatKind.HUMAN)
    is_executive = models.BooleanField(default=False)
    activated_on = models.DateField(null=True, blank=True)
    deactivated_on = models.DateField(null=True, blank=True, help_text="First day no longer counted.")
    first_event_on = models.DateField(
        null=True, blank=True, help_text="Local day of the seat's first event: its activation where none was given. Kept by the load."
    )
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountBoundQuerySet["Seat"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="seat_once"),
            models.CheckConstraint(condition=~Q(external_id=""), name="seat_has_external_id"),
            models.CheckConstraint(condition=Q(persona__in=["", "basic", "advanced", "admin"]), name="seat_persona_known"),
            models.CheckConstraint(condition=Q(kind__in=[k.value for k in SeatKind]), name="seat_kind_known"),
            models.CheckConstraint(
                condition=Q(deactivated_on__isnull=True) | Q(activated_on__isnull=True) | Q(deactivated_on__gte=F("activated_on")),
                name="seat_deactivated_after_activated",
            ),
        ]
        indexes = [models.Index(fields=["external_id"], name="seat_by_external_id")]  # a user's only account

    def __str__(self) -> str:
        return self.name or self.external_id


class Contact(Loaded):
    """Someone to talk to: sponsor, champion, billing."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="contacts")
    name = models.TextField()
    email = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    role = models.TextField(default="other")
    seat = models.ForeignKey(Seat, models.SET_NULL, null=True, blank=True, related_name="contacts")
    preferred_channel = models.TextField(blank=True)
    language = models.TextField(blank=True)
    left_on = models.DateField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True, help_text="Wants no payment reminders since then.")

    objects = AccountBoundQuerySet["Contact"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="contact_once"),
            models.CheckConstraint(condition=Q(role__in=["sponsor", "champion", "billing", "user", "other"]), name="contact_role_known"),
            models.CheckConstraint(condition=Q(preferred_channel__in=["", "email", "sms", "call", "chat"]), name="contact_channel_known"),
        ]


class QuietPeriod(models.Model):
    """Days `[starts_on, ends_on)` on which the account is closed: no working days, no alarms."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="quiet_periods")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="First day open again.")
    reason = models.TextField()
    recorded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = AccountBoundQuerySet["QuietPeriod"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "starts_on", "ends_on"], name="quiet_period_once"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="quiet_period_ends_after_start"),
        ]
