"""Overrides in words: the form that sets a band, those that run, end soon or have ended, and what their author may take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.edits import UNDO_FOR
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from health.judging.overrides import BANDS, ENDING_DAYS, MAX_REASON, MOST_DAYS, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Account, User
    from health.models import Override

# Long enough for a renewal talk, short enough that somebody looks again.
USUAL_DAYS = 30
# A day of any other length is no ISO day, and Python would read some of them.
DAY_LENGTH = 10


@dataclass(frozen=True)
class Line:
    """One override. `now_word` is the band the account shows now."""

    pk: int
    name: str
    href: str
    owner: str
    band: str
    band_word: str
    starts_on: date
    ends_on: date
    left: str
    soon: bool
    coming: bool
    reason: str
    by: str
    now: str
    now_word: str
    may_undo: bool


@dataclass(frozen=True)
class Form:
    """The form. `bands` are value, word, whether it is chosen; `running` the override in force, in words."""

    account: Account
    bands: list[tuple[str, str, bool]]
    ends_on: str
    reason: str
    first: str
    last: str
    running: str
    back: str
    problems: Mapping[str, str]
    most: int = MAX_REASON
    most_days: int = MOST_DAYS


def line(row: Override, user: User, today: date, now: datetime) -> Line:
    """An override in words."""
    state = getattr(row.account, "state", None)
    band = state.band if state else "unknown"
    return Line(
        pk=row.pk,
        name=row.account.name,
        href=account_address(row.account.external_id),
        owner=row.account.owner.get_full_name() if row.account.owner else _("no owner"),
        band=row.band,
        band_word=words.band(row.band),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        left=words.until(row.ends_on, today) if row.ends_on > today else words.ago(row.ends_on, today),
        soon=today < row.ends_on <= today + timedelta(days=ENDING_DAYS),
        coming=row.starts_on > today,
        reason=row.reason,
        by=_("%(who)s on %(day)s") % {"who": row.author.get_full_name(), "day": words.day(timezone.localtime(row.recorded_at).date())},
        now=band,
        now_word=words.band(band),
        may_undo=row.author_id == user.pk and now - row.recorded_at < UNDO_FOR,
    )


def form(account: Account, data: QueryDict, running: Override | None, today: date, problems: Mapping[str, str]) -> Form:
    """The form with what was sent, else with the usual end."""
    chosen = data.get("band", "")
    told = ""
    if running is not None:
        told = _("Now set to %(band)s until %(day)s by %(who)s: %(reason)s") % {
            "band": words.band(running.band),
            "day": words.day(running.ends_on),
            "who": running.author.get_full_name(),
            "reason": running.reason,
        }
    return Form(
        account=account,
        bands=[(str(band), words.band(band), band == chosen) for band in BANDS],
        ends_on=data.get("ends_on", (today + timedelta(days=USUAL_DAYS)).isoformat()).replace("\0", "")[:40],
        reason=data.get("reason", "").replace("\0", "")[: MAX_REASON * 2],
        first=(today + timedelta(days=1)).isoformat(),
        last=(today + timedelta(days=MOST_DAYS)).isoformat(),
        running=told,
        back=data.get("next", ""),
        problems=problems,
    )


def wish_in(data: QueryDict) -> Wish:
    """What a form asks for; an end that is no day is none."""
    return Wish(data.get("band", ""), _day(data.get("ends_on", "")), data.get("reason", ""))


def address(external_id: str) -> str:
    """Where the band of an account is set."""
    return f"{reverse('portal:override')}?{urlencode({'account': external_id})}"


def said(row: Override) -> str:
    """What was done, for the toast."""
    return _("%(account)s: %(band)s until %(day)s.") % {
        "account": row.account.name,
        "band": words.band(row.band),
        "day": words.day(row.ends_on),
    }


def ending_words(n: int) -> str:
    """How many end within a week; empty for none."""
    return ngettext("%(n)d override ends within 7 days", "%(n)d overrides end within 7 days", n) % {"n": n} if n else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == DAY_LENGTH else None
    except ValueError:
        return None
