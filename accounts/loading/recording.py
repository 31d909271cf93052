"""Which import the changes of this session belong to: triggers keep the rows it changes (accounts/migrations/0010)."""

from __future__ import annotations

from django.db import connection

SETTING = "portal.import_run"


def record_as(run_id: int | None) -> None:
    """Keep what this session changes from now on as rows of that import; None: keep nothing.

    Inside a transaction that has failed nothing can be set, and what was set inside it goes with it.
    """
    if connection.in_atomic_block and connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [SETTING, str(run_id or "")])
