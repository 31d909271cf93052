"""Addresses of a QBR's page and of the forms about it."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

from django.urls import reverse

from csm_portal.portal.addresses import FOLDED


def qbr_address(external_id: str) -> str:
    """The page that prepares and records the account's QBR; an id that a browser would fold away goes into the query."""
    page = reverse("portal:qbr")
    if FOLDED & set(external_id.split("/")) or external_id.startswith("/"):
        return f"{page}?{urlencode({'external_id': external_id})}"
    return f"{page}{quote(external_id, safe='/')}/"


def plan_address(external_id: str, *, on: date | None = None) -> str:
    """The form that plans a review; `on` is a day to begin with."""
    query = {"account": external_id} | ({"planned_on": on.isoformat()} if on else {})
    return f"{reverse('portal:review-plan')}?{urlencode(query)}"


def move_address(pk: int) -> str:
    """The form that moves a planned review."""
    return reverse("portal:review-move", args=[pk])


def record_address(external_id: str, pk: int | None = None) -> str:
    """The form that records a review as held: the planned or recorded one `pk`, or one that nobody had planned."""
    query = {"account": external_id} | ({"review": str(pk)} if pk else {})
    return f"{reverse('portal:review-record')}?{urlencode(query)}"


def care_address(pk: int) -> str:
    """The form for owner, themes and answer of a feedback."""
    return reverse("portal:review-care", args=[pk])
