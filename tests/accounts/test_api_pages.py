"""Cursor pages hold their place: no row twice, none missed, whatever the order and the size."""

from __future__ import annotations

from typing import Any

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.request import Request

from accounts.api.pages import KeysetPages
from accounts.models import Account
from tests.factories import AccountFactory

SIZES = st.lists(st.sampled_from([None, 1, 5, 9]), max_size=9)
ORDERS = st.sampled_from(
    [("employees", "external_id"), ("-employees", "-external_id"), ("-employees", "name", "external_id"), ("external_id",)]
)


class View:
    """As much of a view as pages ask of one."""

    def __init__(self, order: tuple[str, ...]) -> None:
        self.order = order
        self.joined = ("owner",) if len(order) == 2 else ()


def page(rows: Any, address: str, order: tuple[str, ...]) -> tuple[list[Any], str | None, str | None]:
    pages = KeysetPages()
    found = pages.paginate_queryset(rows, Request(RequestFactory().get(address)), View(order))
    return found, pages.get_next_link(), pages.get_previous_link()


def walk(rows: Any, order: tuple[str, ...], size: int) -> tuple[list[Any], list[Any]]:
    """All rows forwards, and all of them again on the way back."""
    found, after, before = page(rows, f"/?page_size={size}", order)
    forwards = list(found)
    while after:
        found, after, before = page(rows, after, order)
        forwards += found
    backwards = list(found)
    while before:
        found, after, before = page(rows, before, order)
        backwards = found + backwards
    return forwards, backwards


class KeysetTests(TestCase):
    """Hypothesis needs a transaction per example, which this base gives."""

    @given(SIZES, ORDERS, st.integers(1, 4))
    def test_pages_of_a_queryset_are_the_whole(self, employees: list[int | None], order: tuple[str, ...], size: int) -> None:
        """Ties and missing values included."""
        for number, count in enumerate(employees):
            AccountFactory.make(external_id=str(number), name=str(number % 2), employees=count)
        forwards, backwards = walk(Account.objects.all(), order, size)
        assert len(forwards) == len(employees)
        assert {row.pk for row in forwards} == set(Account.objects.values_list("pk", flat=True))
        assert forwards == backwards
        column = order[0].removeprefix("-")
        known = [getattr(row, column) for row in forwards if getattr(row, column) is not None]
        assert known == sorted(known, reverse=order[0].startswith("-"))
        assert all(getattr(row, column) is None for row in forwards[len(known) :])

    def test_rows_that_come_meanwhile_move_no_page(self) -> None:
        """A place is a value, not a count."""
        for external_id in "bdf":
            AccountFactory.make(external_id=external_id)
        order = ("external_id",)
        _found, after, _before = page(Account.objects.all(), "/?page_size=2", order)
        AccountFactory.make(external_id="a")
        assert after is not None
        assert [row.external_id for row in page(Account.objects.all(), after, order)[0]] == ["f"]


@given(st.lists(st.integers(), max_size=9), st.integers(1, 4))
def test_pages_of_a_computed_list_are_the_whole(rows: list[int], size: int) -> None:
    assert walk(rows, (), size) == (rows, rows)
