"""Every route, method and role: a route without a line in `access_matrix.txt` fails, and so does a line without a route."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Account
from tests.access import CANARY, METHODS, ROLES, Visitor, cast
from tests.depth import sweep
from tests.routes import routes

pytestmark = pytest.mark.django_db

MATRIX = Path(__file__).with_name("access_matrix.txt")
# Pages of other projects, where only reading and posting is tried.
FOREIGN = ("/admin/", "/auth/", "/i18n/")
# Signed in, and the account is not theirs.
HIDDEN_FROM = ("other_csm", "other_manager")
Key = tuple[str, str]


def table() -> dict[Key, dict[str, int]]:
    """Status by role for each (route, method)."""
    cells: dict[Key, dict[str, int]] = {}
    for line in MATRIX.read_text().splitlines():
        if line.startswith("#"):
            continue
        statuses, methods, route = (part.strip() for part in line.split(" | ", 2))
        for method in methods.split(","):
            assert (route, method) not in cells, f"twice: {method} {route}"
            cells[route, method] = dict(zip(ROLES, map(int, statuses.split()), strict=True))
    return cells


def methods_of(route: str) -> tuple[str, ...]:
    return ("GET", "POST") if route.startswith(FOREIGN) else METHODS


@pytest.fixture
def no_rate_limits(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def test_every_route_and_method_has_its_line() -> None:
    wanted = {(route, method) for route in routes() for method in methods_of(route)}
    written = set(table())
    assert wanted - written == set(), "routes without a line"
    assert written - wanted == set(), "lines without a route"


# Whoever has nothing to do with the account is asked for in every run, those who have with `--wide`.
STRANGERS = ("anonymous", "other_csm")


@pytest.mark.parametrize("role", sweep(ROLES, STRANGERS))
def test_each_role_gets_what_its_column_says(role: str, no_rate_limits: None) -> None:
    lines = {line: statuses for line, statuses in table().items() if set(statuses.values()) != {405}}
    assert wrongly_answered(role, lines) == []


@pytest.mark.wide
@pytest.mark.parametrize("role", ROLES)
def test_a_method_that_a_route_does_not_have_is_refused_to_everybody(role: str, no_rate_limits: None) -> None:
    lines = {line: statuses for line, statuses in table().items() if set(statuses.values()) == {405}}
    assert lines
    assert wrongly_answered(role, lines) == []


def wrongly_answered(role: str, lines: dict[Key, dict[str, int]]) -> list[str]:
    """Routes and methods that answer the role otherwise than their line says, or tell what is not theirs; nothing of it stays."""
    visitor = Visitor(cast()[role])
    before = list(Account.objects.values())
    wrong = []
    for (route, method), expected in lines.items():
        with transaction.atomic():
            answer = visitor.ask(method, route)
            leaks = role in HIDDEN_FROM and CANARY.encode() in seen(answer)
            transaction.set_rollback(True)
        if answer.status_code != expected[role]:
            wrong.append(f"{role} {method} {route}: {answer.status_code}, not {expected[role]}")
        if leaks:
            wrong.append(f"{role} {method} {route} tells of an account that is not theirs")
    assert list(Account.objects.values()) == before
    return wrong


def seen(answer: Any) -> bytes:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    # Tokens against forgery differ in each answer and say nothing.
    tokens = rb'name="csrfmiddlewaretoken" value="\w+"|name="csrf-token" content="\w+"|nonce="[^"]+"'
    return re.sub(tokens, b"", content).replace(b"hers", b"-").replace(b"none", b"-")


@pytest.mark.parametrize("role", sweep(HIDDEN_FROM, STRANGERS))
def test_what_is_not_yours_looks_like_what_is_not_there(role: str, no_rate_limits: None) -> None:
    visitor = Visitor(cast()[role])
    below = [
        (route, method)
        for route, method in table()
        if ("external_id" in route and "/api/" in route) or route == "/accounts/<path:external_id>/"
    ]
    assert below
    for route, method in below:
        hidden, absent = visitor.ask(method, route), visitor.ask(method, route, external_id="none")
        assert hidden.status_code == absent.status_code
        assert seen(hidden) == seen(absent), f"{method} {route}"


@pytest.mark.wide
@pytest.mark.parametrize("role", HIDDEN_FROM)
def test_nothing_of_a_hidden_account_leaks(role: str, no_rate_limits: None) -> None:
    visitor = Visitor(cast()[role])
    for route in routes():
        if route.startswith(FOREIGN):
            continue
        for query in ("format=csv", "by=industry&detail=1", "ordering=name"):
            answer = visitor.ask("GET", route, query=query)
            assert answer.status_code < 500
            assert CANARY.encode() not in seen(answer), f"{route}?{query}"
