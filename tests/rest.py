"""A client that signs in by token, and current rows for tests of the API."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from django.test import Client
from knox.models import AuthToken

from accounts.models import Account, User
from health.models import AccountState, Run
from health.types import RunState

ROOT = "/api/v1/"
AS_OF = date(2026, 3, 15)


def bearer(user: User) -> Client:
    """A client whose every request carries a token of the user."""
    _row, token = AuthToken.objects.create(user=user)
    return Client(headers={"Authorization": f"Bearer {token}"})


def get(client: Client, path: str, **query: Any) -> Any:
    """The JSON of a good answer."""
    answer = client.get(ROOT + path, _plain(query))
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(client: Client, path: str = "accounts/", **query: Any) -> list[str]:
    """External ids of a list's rows, in order."""
    return [row["external_id"] for row in get(client, path, **query)["results"]]


def csv_rows(answer: Any) -> list[dict[str, str]]:
    """The lines of a downloaded file."""
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def faults(client: Client, path: str, **query: Any) -> dict[str, str]:
    """Parameter -> code of a refused request."""
    answer = client.get(ROOT + path, _plain(query))
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert body["type"] == "validation_error"
    assert all(error["detail"] for error in body["errors"])
    return {error["attr"]: error["code"] for error in body["errors"]}


def account_path(external_id: str, below: str = "") -> str:
    """Path of an account with its id fully encoded."""
    return f"accounts/{quote(external_id, safe='')}/{below}"


def published_run(as_of: date = AS_OF) -> Run:
    """A published run of that day."""
    started = datetime(2026, 3, 16, tzinfo=UTC)
    return Run.objects.create(as_of=as_of, first_day=as_of, state=RunState.PUBLISHED, started_at=started, finished_at=started)


def state(account: Account, run: Run, **fields: Any) -> AccountState:
    """The account's current row; paying and at level low unless said otherwise."""
    values: dict[str, Any] = {"paying": True, "level": 1, "strip": "L" * 28, "mrr": 100, "currency": "USD", "mrr_reporting": 100, **fields}
    return AccountState.objects.create(account=account, run=run, as_of=run.as_of, **values)


def _plain(query: dict[str, Any]) -> dict[str, Any]:
    # `from` is a word of Python, so tests write `from_`.
    return {name.rstrip("_"): value for name, value in query.items()}
