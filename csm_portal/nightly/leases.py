"""A lease that is renewed while its work runs: who dies or freezes renews no more, and another worker takes the work over."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg
from django.db import connection
from django.db.models import Model
from psycopg import sql

# Work of a dead worker waits for the end of its lease and for the next tick: two minutes at most.
LEASE = timedelta(seconds=60)
# Three renewals may come late before the lease is over.
RENEW_SECONDS = 15.0
# Only whoever took the row last renews it: `attempts` counts the takings.
_RENEW = "UPDATE {} SET lease_until = %s WHERE id = %s AND attempts = %s AND lease_until IS NOT NULL"


@contextmanager
def kept(row: Model, attempts: int, clock: Callable[[], datetime]) -> Iterator[None]:
    """Renew the lease of a job's or outbox row while the block runs, from a thread and a connection of its own.

    A database that does not answer is asked again at the next renewal: its return must find the work going on.
    """
    over = threading.Event()
    parameters = connection.get_connection_params() | {"autocommit": True, "cursor_factory": psycopg.ClientCursor}
    query = sql.SQL(_RENEW).format(sql.Identifier(row._meta.db_table))

    def renew() -> None:
        while not over.wait(RENEW_SECONDS):
            with contextlib.suppress(psycopg.Error), psycopg.connect(**parameters) as beside:
                beside.execute(query, [clock() + LEASE, row.pk, attempts])

    thread = threading.Thread(target=renew, name=f"lease {row.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
