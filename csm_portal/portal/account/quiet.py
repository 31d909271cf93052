"""Days on which an account is closed, as its page lists them: running and coming ones, and those of the last year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import QuietPeriod
from csm_portal.portal import words

if TYPE_CHECKING:
    from accounts.models import Account

BACK = timedelta(days=365)


@dataclass(frozen=True)
class Closed:
    """One quiet period in words; `note` says how far off it is."""

    pk: int
    days: str
    reason: str
    note: str
    over: bool


@dataclass(frozen=True)
class Quiet:
    """What is known, the nearest first, and where one is entered."""

    periods: list[Closed]
    add_href: str


def quiet_rows(today: date) -> ArraySubquery:
    """Annotation of accounts: their quiet periods from a year ago on, as one column."""
    rows = QuietPeriod.objects.filter(account=OuterRef("pk"), ends_on__gt=today - BACK).order_by("-starts_on", "pk")
    return ArraySubquery(rows.values(row=JSONObject(pk="pk", starts_on="starts_on", ends_on="ends_on", reason="reason")))


def quiet(account: Account, today: date) -> Quiet:
    """The periods of an account that was read with `quiet_rows`. No query."""
    rows: list[Mapping[str, Any]] = account.quiet_rows  # type: ignore[attr-defined]
    return Quiet([_closed(row, today) for row in rows], f"{reverse('portal:quiet')}?{urlencode({'account': account.external_id})}")


def _closed(row: Mapping[str, Any], today: date) -> Closed:
    starts_on, open_again = date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
    last = open_again - timedelta(days=1)
    days = (
        words.day(starts_on) if last == starts_on else _("%(first)s to %(last)s") % {"first": words.day(starts_on), "last": words.day(last)}
    )
    if today < starts_on:
        note = words.until(starts_on, today)
    elif today < open_again:
        note = _("now; open again %(until)s") % {"until": words.until(open_again, today)}
    else:
        note = _("over")
    return Closed(row["pk"], days, row["reason"], note, open_again <= today)
