"""The portal's web server, but for one thing: a batch that was read and judged is stored by Django's `bulk_create`. For the bench alone.

The rival has it easy: one table with the key that finds repeats, no marks of days, and every account, seat and action known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import ClassVar

from django.core.wsgi import get_wsgi_application
from django.db import models, transaction

application = get_wsgi_application()

from accounts.models import Account, Action, Seat  # noqa: E402 - models need Django set up
from accounts.tracking import intake  # noqa: E402
from accounts.tracking.calls import Call  # noqa: E402
from accounts.tracking.store import Stored  # noqa: E402


class BulkEvent(models.Model):
    """A row of the bare table (`bare_intake`)."""

    pk = models.CompositePrimaryKey("source_id", "message_id")
    source_id = models.BigIntegerField()
    message_id = models.TextField()
    account_id = models.BigIntegerField()
    seat_id = models.BigIntegerField(null=True)
    action_id = models.BigIntegerField()
    product = models.TextField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    day = models.DateField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    properties = models.JSONField(null=True)

    objects: ClassVar[models.Manager[BulkEvent]] = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bare_event"

    def __str__(self) -> str:
        return self.message_id


@cache
def _ids() -> tuple[dict[str, int], dict[tuple[int, str], int], dict[str, int]]:
    seats = {(account, person): pk for pk, account, person in Seat.objects.values_list("id", "account_id", "external_id")}
    return dict(Account.objects.values_list("external_id", "id")), seats, dict(Action.objects.values_list("name", "id"))


def store(source: int, calls: Sequence[tuple[int, Call]], _zone: str, now: datetime) -> Stored:
    """What `accounts.tracking.store.store` does, as one would write it first."""
    accounts, seats, actions = _ids()
    with transaction.atomic():
        BulkEvent.objects.bulk_create(
            [
                BulkEvent(
                    source_id=source,
                    message_id=call.message_id,
                    account_id=accounts[call.account_id],
                    seat_id=seats[accounts[call.account_id], call.user_id],
                    action_id=actions[call.action],
                    product=call.product or "default",
                    occurred_at=call.at,
                    recorded_at=now,
                    day=call.at.date(),
                    quantity=call.quantity,
                    value=call.value,
                    properties=call.properties,
                )
                for _place, call in calls
            ],
            ignore_conflicts=True,
        )
    return Stored(accepted=len(calls))


setattr(intake, "store", store)  # noqa: B010 - a plain assignment to another module's name is refused by the types
