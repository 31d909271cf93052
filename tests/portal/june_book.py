"""A book whose June holds every movement of revenue, and how the page of losses is read: what its tests share."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from django.test import Client

from accounts.models import User
from tests.churn.books import account, book, define_renewals, pays

JUNE = "?grain=month&period=2026-06"


def june_book() -> User:
    """A book whose June holds every movement: 1,400 at the start, 1,275 at the end."""
    user = book()
    define_renewals(bridge=0)
    pays(account("new", industry="retail"), "2026-06-10", None, 10)
    pays(account("grown", industry="retail"), "2026-01-01", "2026-06-05", 100)
    pays("grown", "2026-06-05", None, 150)
    pays(account("shrunk", industry="retail"), "2026-01-01", "2026-06-05", 100)
    pays("shrunk", "2026-06-05", None, 70)
    pays(account("gone", industry="food"), "2026-01-01", "2026-06-30", 200, plan="pro", features=["sso"])
    pays("back", "2025-01-01", "2025-06-01", 40)
    pays("back", "2026-06-30", None, 45)
    pays("same", "2026-01-01", None, 1000, features=["sso", "api"])
    return user


def shown(client: Client, user: User, query: str = JUNE) -> Any:
    client.force_login(user)
    answer = client.get(f"/churn/{query}")
    assert answer.status_code == 200
    return answer.context["shown"]


def figure(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None, name
    return json.loads(found[1])


def file_rows(client: Client, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))
