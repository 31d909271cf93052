"""Statements of the intake without what Django does around each: the values go to the server as they are, and nothing is logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement, in the transaction that is open, else in one of its own. Raises Django's errors of databases."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        # The text comes from this package's constants; what senders said is among the values.
        cursor.execute(statement.encode(), values)
        return cursor.fetchall()
