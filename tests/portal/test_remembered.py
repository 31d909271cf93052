"""What a page remembers: a minute for everybody, and never past the reader's own last change."""

from __future__ import annotations

from itertools import count

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from redis.exceptions import ConnectionError as Away

from accounts.models import User
from accounts.types import Role
from csm_portal.web import Request, reader, remembered_of, signed_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@signed_in
def anything(request: Request) -> HttpResponse:
    """A page that changes something when it is posted to."""
    return HttpResponse()


def visit(user: User, method: str) -> None:
    request: HttpRequest = getattr(RequestFactory(), method)("/")
    request.user = user
    anything(request)


def test_a_value_is_kept_until_its_reader_changes_something() -> None:
    anna, ben = UserFactory.make(), UserFactory.make()
    numbers = count(1)
    assert [remembered_of(anna, "kept", lambda: next(numbers)) for _ in range(2)] == [1, 1]
    visit(anna, "get")
    visit(ben, "post")
    assert remembered_of(anna, "kept", lambda: next(numbers)) == 1
    visit(anna, "post")
    assert remembered_of(anna, "kept", lambda: next(numbers)) == 2
    assert remembered_of(ben, "kept", lambda: next(numbers)) == 3


def test_without_a_cache_everything_is_computed_and_every_change_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_more: object) -> None:
        raise Away

    anna = UserFactory.make()
    for name in ("get", "set"):
        monkeypatch.setattr(cache, name, away)
    numbers = count(1)
    assert [remembered_of(anna, "away", lambda: next(numbers)) for _ in range(2)] == [1, 2]
    visit(anna, "post")


def test_a_change_of_role_or_cover_makes_another_reader() -> None:
    anna = UserFactory.make(role=Role.CSM)
    before = reader(anna)
    anna.role = Role.ADMIN
    assert reader(anna) != before
    covering = reader(anna)
    vars(anna)["covered_ids"] = (7,)
    assert reader(anna) != covering
