"""Addresses of the lists behind the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from csm_portal.portal.churn.asked import Asked

# A group without a name, in an address.
NAMELESS = "-"


def list_address(asked: Asked, measure: str, line: str, *more: tuple[str, str]) -> str:
    """The list behind one number of the period asked for; `more` narrows it to a group."""
    return reverse("portal:churn-accounts") + asked.query(("measure", measure), ("line", line), *more, without=("by", "lag"))


def group_pairs(by: str, group: str | None) -> tuple[tuple[str, str], ...]:
    """The part of an address that names a group of a cut."""
    return (("by", by), ("group", group or NAMELESS))
