"""The least valid row of each kind; a test states what matters beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Generic, TypeVar

import factory
from django.db import connection, models

from accounts.models import (
    Account,
    Action,
    CalendarDefinition,
    Contract,
    DirtyDay,
    Ownership,
    QuietPeriod,
    Seat,
    Source,
    Team,
    Unit,
    UsageDaily,
    User,
)
from health.definitions import check_activity, check_north_star
from health.models import ActivityDefinition, NorthStarDefinition, PublishedSlice, Run
from health.types import Grain, RunState

RECORDED = datetime(2020, 1, 1, tzinfo=UTC)
SINCE_EVER = date(1, 1, 1)
M = TypeVar("M", bound=models.Model)


class RowFactory(factory.django.DjangoModelFactory, Generic[M]):  # type: ignore[misc]
    """A factory that knows the type of its rows."""

    class Meta:
        abstract = True

    @classmethod
    def make(cls, **fields: Any) -> M:
        """One saved row, its values as the database gives them; it is read again only where the database makes some of them."""
        row: M = cls.create(**fields)
        stored = [(field, getattr(row, field.attname)) for field in row._meta.concrete_fields]
        if any(hasattr(value, "resolve_expression") for _field, value in stored):
            row.refresh_from_db()
            return row
        for field, value in stored:
            setattr(row, field.attname, field.to_python(value))
        return row


class TeamFactory(RowFactory[Team]):
    """A team without parent."""

    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    path = factory.LazyAttribute(lambda team: f"{team.name}/")


class UserFactory(RowFactory[User]):
    """An active CSM without team."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"csm{n}@example.com")


class SourceFactory(RowFactory[Source]):
    """The source that files come from."""

    class Meta:
        model = Source
        django_get_or_create = ("name",)

    name = "files"


class AccountFactory(RowFactory[Account]):
    """An account without owner, country or contract."""

    class Meta:
        model = Account

    external_id = factory.Sequence(lambda n: f"account-{n}")
    name = factory.LazyAttribute(lambda account: account.external_id)
    recorded_at = RECORDED


class UnitFactory(RowFactory[Unit]):
    """An outlet."""

    class Meta:
        model = Unit

    account = factory.SubFactory(AccountFactory)
    name = factory.Sequence(lambda n: f"Unit {n}")


class SeatFactory(RowFactory[Seat]):
    """A person's seat, activated long ago."""

    class Meta:
        model = Seat

    account = factory.SubFactory(AccountFactory)
    external_id = factory.Sequence(lambda n: f"seat-{n}")
    activated_on = date(2000, 1, 1)
    recorded_at = RECORDED


class ContractFactory(RowFactory[Contract]):
    """An open-ended contract that pays 100 a month since long ago."""

    class Meta:
        model = Contract

    source = factory.SubFactory(SourceFactory)
    account = factory.SubFactory(AccountFactory)
    external_id = factory.Sequence(lambda n: f"contract-{n}")
    starts_on = date(2000, 1, 1)
    currency = "USD"
    mrr = Decimal(100)
    recorded_at = RECORDED


class QuietPeriodFactory(RowFactory[QuietPeriod]):
    """A closed spell."""

    class Meta:
        model = QuietPeriod

    account = factory.SubFactory(AccountFactory)
    reason = "closed"
    recorded_at = RECORDED


def own(account: Account, user: User, *, starts_on: date = SINCE_EVER, ends_on: date | None = None) -> Ownership:
    """Make `user` the owner for a spell; without an end also today's owner."""
    if ends_on is None:
        Account.objects.filter(pk=account.pk).update(owner=user)
    return Ownership.objects.create(account=account, user=user, starts_on=starts_on, ends_on=ends_on)


def action(name: str) -> Action:
    """The action of that name."""
    return Action.objects.get_or_create(name=name)[0]


def event(
    account: Account,
    day: date,
    name: str = "work",
    *,
    seat: Seat | None = None,
    quantity: Decimal | int | str = 1,
    value: Decimal | int | None = None,
    at: time = time(12),
    times: int = 1,
) -> None:
    """Store events at noon UTC of a local day, mark the day dirty, and let the seat begin as the load would."""
    at_instant = datetime.combine(day, at, tzinfo=UTC)
    source = SourceFactory.make()
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_month('event', %s)", [day])
        cursor.execute(
            "INSERT INTO event (source_id, message_id, account_id, seat_id, action_id, occurred_at, recorded_at, day, quantity, value)"
            " SELECT %s, gen_random_uuid()::text, %s, %s, %s, %s, %s, %s, %s, %s FROM generate_series(1, %s)",
            [
                source.pk,
                account.pk,
                seat.pk if seat else None,
                action(name).pk,
                at_instant,
                at_instant,
                day,
                Decimal(quantity),
                value,
                times,
            ],
        )
    _began(seat, day)
    mark(account, day)


def usage(
    account: Account,
    day: date,
    name: str = "work",
    *,
    seat: Seat | None = None,
    quantity: Decimal | int | str = 1,
    distinct: int | None = None,
) -> UsageDaily:
    """Store a daily count as the load would."""
    _began(seat, day)
    mark(account, day)
    return UsageDaily.objects.create(
        source=SourceFactory.make(),
        account=account,
        seat=seat,
        day=day,
        action=action(name),
        quantity=Decimal(quantity),
        distinct_seats=distinct,
        recorded_at=RECORDED,
    )


def mark(account: Account, day: date, *, events: bool = True) -> None:
    """Mark the day of the account that pays dirty; a new mark clears an older run's claim."""
    DirtyDay.objects.update_or_create(
        account_id=account.counts_for_id or account.pk, day=day, defaults={"events": events, "claimed_by": None, "marked_at": RECORDED}
    )


def _began(seat: Seat | None, day: date) -> None:
    if seat is not None and (seat.first_event_on is None or day < seat.first_event_on):
        seat.first_event_on = day
        seat.save(update_fields=["first_event_on"])


def define_activity(effective_from: date = date(2000, 1, 1), **section: Any) -> ActivityDefinition:
    """Publish the next `[activity]`; key action is `work` unless said otherwise."""
    section.setdefault("key_actions", {"work": 1})
    version = ActivityDefinition.objects.count() + 1
    return ActivityDefinition.objects.create(
        version=version, effective_from=effective_from, body=check_activity(section), digest=str(version), published_at=RECORDED
    )


def define_north_star(effective_from: date = date(2000, 1, 1), **section: Any) -> NorthStarDefinition:
    """Publish the next `[north_star]`."""
    version = NorthStarDefinition.objects.count() + 1
    return NorthStarDefinition.objects.create(
        version=version, effective_from=effective_from, body=check_north_star(section), digest=str(version), published_at=RECORDED
    )


def define_calendar(default_country: str = "", *, week_starts: str = "monday", default_timezone: str = "") -> CalendarDefinition:
    """Publish the next `[calendar]`."""
    version = CalendarDefinition.objects.count() + 1
    body = {"default_country": default_country, "default_timezone": default_timezone, "week_starts": week_starts}
    since = date(2000, 1, 1)
    return CalendarDefinition.objects.create(version=version, effective_from=since, body=body, digest=str(version), published_at=RECORDED)


def open_run(as_of: date) -> Run:
    """The run of that day under construction, a new one where there is none."""
    return Run.objects.get_or_create(as_of=as_of, state=RunState.BUILDING, defaults={"first_day": as_of, "started_at": RECORDED})[0]


def claim(run: Run) -> None:
    """Give every dirty day to the run."""
    DirtyDay.objects.update(claimed_by=run.pk)


def publish(run: Run, *, days: Sequence[date] = (), weeks: Sequence[date] = (), months: Sequence[date] = ()) -> None:
    """Point readers at the run for these days and periods."""
    slices = [(Grain.DAY, days), (Grain.WEEK, weeks), (Grain.MONTH, months)]
    PublishedSlice.objects.bulk_create(
        [PublishedSlice(grain=grain, starts_on=start, run=run) for grain, starts in slices for start in starts],
        update_conflicts=True,
        unique_fields=["grain", "starts_on"],
        update_fields=["run"],
    )
    Run.objects.filter(pk=run.pk).update(state=RunState.PUBLISHED)
    DirtyDay.objects.filter(claimed_by=run.pk).delete()
