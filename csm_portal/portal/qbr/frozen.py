"""The pack of a renewal or a review as plain JSON, and back for its page: what was frozen reads as it did, whatever changes later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.touch import MAX_NOTE

if TYPE_CHECKING:
    from accounts.models import Account
    from csm_portal.portal.qbr.pack import Pack

FORMAT = 1
DAY = "$day"  # key that marks a day, which JSON has no form for
LATELY = timedelta(days=365)
Json = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """A frozen pack in a list."""

    href: str
    as_of: date
    frozen_at: date | datetime
    author: str


@dataclass(frozen=True)
class FreezeForm:
    """What `portal/qbr/_freeze_form.html` places. `as_of`: day of the figures that were looked at."""

    account: Account
    as_of: str
    stories: str
    roadmap: str
    problem: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Characters that fit into each text."""
        return MAX_NOTE


def freeze(found: Pack, stories: str, roadmap: str) -> Json:
    """The body of a frozen pack, in the language that is active."""
    body: Json = json.loads(json.dumps({"pack": asdict(found), "stories": stories, "roadmap": roadmap}, default=_plain))
    return {"format": FORMAT, **body}


def thaw(body: Json) -> Json:
    """What `freeze` made, days as days again."""
    thawed: Json = json.loads(json.dumps(body), object_hook=_day)
    return thawed


def stories_of(found: Pack, today: date) -> str:
    """What speaks for success, a line each: outcomes reached in the last year, and the north star once it is crossed."""
    reached = [wish for wish in found.wants.wishes if wish.status == "achieved" and (wish.on is None or wish.on > today - LATELY)]
    lines = [_("%(goal)s: reached on %(day)s") % {"goal": one.statement, "day": one.day} if one.on else one.statement for one in reached]
    star = found.wants.star
    if star is not None and star.crossed_on is not None:
        told = {"reached": star.reached, "threshold": star.threshold, "day": star.crossed}
        lines.append(_("North star crossed: %(reached)s, beyond %(threshold)s since %(day)s") % told)
    return "\n".join(lines)


def roadmap_of(found: Pack, today: date) -> str:
    """What they asked for and were answered in the last year, a line each: where talk about the roadmap begins."""
    held = [one for one in (found.last, *found.before) if one is not None]
    told = [one for one in held if one.answer and one.answered_on and one.answered_on > today - LATELY]
    return "\n".join(f"{' '.join(one.feedback.split())} → {' '.join(one.answer.split())}" for one in told)


def kept_row(row: Mapping[str, Any]) -> Kept:
    """A pack as `find_account` tells it."""
    href = reverse("portal:frozen-pack", args=[row["pk"]])
    when = frozen_when(datetime.fromisoformat(row["frozen_at"]), by_itself=not row["author"])
    return Kept(href, date.fromisoformat(row["as_of"]), when, row["author"] or _("by itself"))


def frozen_when(at: datetime, *, by_itself: bool) -> date | datetime:
    """When a pack was frozen: of what the night freezes the day alone, in the portal's zone."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date() if by_itself else at


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return {DAY: value.isoformat()}
    return str(value)


def _day(row: Json) -> Any:
    return date.fromisoformat(row[DAY]) if row.keys() == {DAY} else row
