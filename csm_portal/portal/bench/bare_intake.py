"""What the intake is compared with: the same batches by COPY and ON CONFLICT alone, and by Django's bulk_create behind the same parser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from accounts.models import Account, Action, Seat
from accounts.tracking.envelope import open_batch

_COLUMNS = "source_id, message_id, account_id, seat_id, action_id, product, occurred_at, recorded_at, day, quantity, value, properties"
# The columns of `event` and the key that finds repeats; no other index, no partitions, no second table.
_TABLES = f"""
DROP TABLE IF EXISTS bare_event, bare_stage;
CREATE TABLE bare_event AS SELECT {_COLUMNS} FROM event LIMIT 0;
ALTER TABLE bare_event ADD PRIMARY KEY (source_id, message_id);
CREATE TEMP TABLE bare_stage ON COMMIT DELETE ROWS AS SELECT {_COLUMNS} FROM event LIMIT 0;
"""  # noqa: S608 - only constants enter
_COPY = f"COPY bare_stage ({_COLUMNS}) FROM STDIN"
_INSERT = f"INSERT INTO bare_event ({_COLUMNS}) SELECT {_COLUMNS} FROM bare_stage ON CONFLICT DO NOTHING"  # noqa: S608 - only constants enter

Row = tuple[Any, ...]


def make_bare_tables() -> None:
    """The table to fill, and the stage of this session."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


def rows_of(source: int, bodies: Sequence[bytes], now: datetime) -> list[list[Row]]:
    """The rows that each batch becomes, ready to be written: reading and looking up are not part of the bare way."""
    accounts = dict(Account.objects.values_list("external_id", "id"))
    seats = {(account, person): pk for pk, account, person in Seat.objects.values_list("id", "account_id", "external_id")}
    actions = dict(Action.objects.values_list("name", "id"))
    found = []
    for body in bodies:
        rows = []
        for call in (msgspec.json.decode(one) for one in open_batch(body).calls):
            account, at = accounts[call["context"]["groupId"]], datetime.fromisoformat(call["timestamp"])
            seat, properties = seats[account, call["userId"]], msgspec.json.encode(call["properties"]).decode()
            rows.append(
                (source, call["messageId"], account, seat, actions[call["event"]], "default", at, now, at.date(), 1, None, properties)
            )
        found.append(rows)
    return found


def write_bare(batches: Sequence[Sequence[Row]]) -> None:
    """Each batch by COPY into the stage and from there where its id is new; committed before the next."""
    for rows in batches:
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(_INSERT)
