"""Previews of a draft on the real book: ordered, watched, and shown in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.definitions import Change
from accounts.models import JobRun, User
from accounts.types import JobState
from csm_portal.lib.sheets import Cell
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.first_run import work
from csm_portal.portal.first_run.steps import is_open
from csm_portal.web import Page, paginate
from health.models import DefinitionDraft, DraftPreview, PreviewAccount
from health.types import Level

PREVIEW, RESTATE = "preview", "restate"
# Sections whose figures of the past can be recomputed beside those that were published.
RESTATED = ("activity", "health")
LEVELS = ("zero", "low", "medium", "high", "unknown")
BANDS = ("red", "amber", "green", "unknown")
KINDS = ("level", "month", "band")


@dataclass(frozen=True)
class Summary:
    """Where the preview of a draft stands. `stale`: the draft was saved since."""

    row: DraftPreview | None
    job: JobRun | None
    stale: bool

    @property
    def running(self) -> bool:
        """Whether one is on its way."""
        return self.job is not None and is_open(self.job)


@dataclass(frozen=True)
class Counted:
    """One level or band: accounts before and after, and the change with its sign."""

    key: str
    word: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class Month:
    """One month: rates as published, by the draft, and were days active from LOW, MEDIUM or HIGH."""

    name: str
    paying: str
    before: str
    after: str
    change: str
    low: str
    medium: str
    high: str
    provisional: bool


@dataclass(frozen=True)
class Side:
    """How one way of looking tells renewed from lost."""

    name: str
    groups: list[tuple[str, str, str]]
    difference: str
    auc: str
    best: bool


@dataclass(frozen=True)
class Shown:
    """A preview as its page places it."""

    months: list[Month]
    levels: list[Counted]
    bands: list[Counted]
    changed: list[tuple[str, str, int]]
    sides: list[tuple[str, str, list[Side]]]
    verdict: str
    past: str


def order(draft: DefinitionDraft, now: datetime) -> JobRun:
    """Have the draft previewed as it stands."""
    return work.order(PREVIEW, str(draft.pk), str(draft.revision), now)


def order_restated(changes: Iterable[Change], now: datetime) -> None:
    """Have history recomputed with today's definition where a published change lets it differ."""
    if any(change.section.name in RESTATED for change in changes):
        work.order(RESTATE, "", "", now)


def summary(user: User, draft: DefinitionDraft) -> Summary:
    """The newest preview of the draft and the job of its present revision; two queries."""
    row = DraftPreview.objects.visible_to(user).filter(draft=draft).order_by("-revision", "-as_of", "-made_at").first()
    job = JobRun.objects.visible_to(user).filter(job=PREVIEW, key=str(draft.pk), period=str(draft.revision)).first()
    return Summary(row, job, row is not None and row.revision != draft.revision)


def shown(row: DraftPreview) -> Shown:
    """A stored preview in words."""
    body = row.body
    changed = body.get("changed", {})
    named = {"level": _("another level"), "month": _("last month active or not"), "band": _("another band")}
    sides, verdict, past = _separation(body.get("separation", {}))
    return Shown(
        [_month(one) for one in body.get("months", [])],
        [_counted(key, words.level(key), body["levels"].get(key, [0, 0])) for key in LEVELS],
        [_counted(key, words.band(key), body["bands"].get(key, [0, 0])) for key in BANDS],
        [(key, named[key], int(changed.get(key, 0))) for key in KINDS],
        sides,
        verdict,
        past,
    )


def accounts(user: User, row: DraftPreview, kind: str) -> QuerySet[PreviewAccount]:
    """Accounts that the draft shows differently, those in another band first; `kind` narrows to one sort of difference."""
    found = PreviewAccount.objects.visible_to(user).filter(preview=row).select_related("account", "account__owner")
    differs = {
        "level": ~Q(level_before=F("level_after")),
        "month": ~Q(month_before=F("month_after"))
        | Q(month_before=None, month_after__isnull=False)
        | Q(month_before__isnull=False, month_after=None),
        "band": ~Q(band_before=F("band_after")),
    }
    if kind in differs:
        found = found.filter(differs[kind])
    return found.order_by("account__name", "account_id")


def account_page(user: User, row: DraftPreview, kind: str, asked: str | None) -> tuple[list[Mapping[str, Any]], Page]:
    """One page of them as the table shows it."""
    rows, page = paginate(accounts(user, row, kind), asked)
    return [_line(one) for one in rows], page


def sheet(user: User, row: DraftPreview, kind: str) -> Iterator[Sequence[Cell]]:
    """The same as rows of a file."""
    yield (
        "external_id",
        "name",
        "owner",
        "level_before",
        "level_after",
        "month_before",
        "month_after",
        "band_before",
        "band_after",
        "score_before",
        "score_after",
        "as_of",
    )
    for one in accounts(user, row, kind).iterator(chunk_size=2_000):
        yield (
            one.account.external_id,
            one.account.name,
            one.account.owner.email if one.account.owner else "",
            Level(one.level_before).word,
            Level(one.level_after).word,
            _flag(one.month_before),
            _flag(one.month_after),
            one.band_before,
            one.band_after,
            one.score_before,
            one.score_after,
            row.as_of,
        )


def job_words(job: JobRun) -> str:
    """What a job says of itself."""
    if job.message and not job.message.startswith("{"):
        return job.message
    return _("waiting for a worker") if job.state == JobState.DUE else _("starting")


def _month(one: Mapping[str, Any]) -> Month:
    paying = int(one["paying"])
    rates = {key: Decimal(one[key]) / paying if paying else None for key in ("active_before", "active_after", "low", "medium", "high")}
    before, after = rates["active_before"], rates["active_after"]
    change = words.signed((after - before) * 100, 1) if before is not None and after is not None else words.UNKNOWN
    return Month(
        words.month(date.fromisoformat(f"{one['month']}-01")),
        words.number(paying),
        words.percent(before, 1),
        words.percent(after, 1),
        change,
        words.percent(rates["low"], 1),
        words.percent(rates["medium"], 1),
        words.percent(rates["high"], 1),
        bool(one.get("provisional")),
    )


def _counted(key: str, word: str, pair: Sequence[int]) -> Counted:
    before, after = int(pair[0]), int(pair[1])
    return Counted(key, word, words.number(before), words.number(after), words.signed(after - before, 0) if after != before else "")


def _separation(body: Mapping[str, Any]) -> tuple[list[tuple[str, str, list[Side]]], str, str]:
    better = str(body.get("better", "none"))
    names = {
        "published": _("as published"),
        "draft": _("by the draft"),
        "low": _("active from Low"),
        "medium": _("active from Medium"),
        "high": _("active from High"),
    }
    found = []
    activity = [_active_side(one, names, better) for one in body.get("activity", [])]
    if activity:
        found.append(("activity", _("Active three months before, and renewed"), activity))
    health = [_band_side(one, names, better) for one in body.get("health", [])]
    if health:
        found.append(("health", _("Band three months before, and renewed"), health))
    n, lost = int(body.get("n", 0)), int(body.get("lost", 0))
    past = _("%(n)s closed renewals of terms of 90 days or more, %(lost)s of them lost; figures as of 90 days before the due.") % {
        "n": words.number(n),
        "lost": words.number(lost),
    }
    verdict = {
        "draft": _("The draft separates past renewals from losses better, beyond chance."),
        "published": _("The published definition separates past renewals from losses better, beyond chance."),
    }.get(better, _("Neither side is proven to separate past renewals from losses better."))
    if not n:
        return found, _("No renewal has closed yet, so nothing says which side separates better."), ""
    return found, verdict, past


def _active_side(one: Mapping[str, Any], names: Mapping[str, str], better: str) -> Side:
    active, inactive = one["active"], one["inactive"]
    groups = [(_("active"), *_share(active)), (_("not active"), *_share(inactive))]
    low, high = one.get("diff_low"), one.get("diff_high")
    difference = words.UNKNOWN
    if one.get("difference") is not None:
        difference = words.signed(Decimal(str(one["difference"])) * 100, 1)
        if low is not None and high is not None:
            points = {"low": words.signed(Decimal(str(low)) * 100, 1), "high": words.signed(Decimal(str(high)) * 100, 1)}
            difference += _(" (%(low)s to %(high)s)") % points
    side = str(one["side"])
    return Side(names.get(side, side), groups, difference, _auc(one.get("auc")), side == better)


def _band_side(one: Mapping[str, Any], names: Mapping[str, str], better: str) -> Side:
    bands = one.get("bands", {})
    pairs = bands.items() if isinstance(bands, Mapping) else [(band["band"], band) for band in bands]
    by_band = dict(pairs)
    groups = [(words.band(key), *_share(by_band[key])) for key in BANDS if key in by_band]
    side = str(one["side"])
    return Side(names.get(side, side), groups, "", _auc(one.get("auc")), side == better)


def _share(one: Mapping[str, Any]) -> tuple[str, str]:
    """`81.2% (74–87)` and the count behind it."""
    rate, low, high, n = one.get("rate"), one.get("low"), one.get("high"), int(one.get("n", 0))
    if rate is None:
        return words.UNKNOWN, words.number(n)
    said = words.percent(Decimal(str(rate)), 1)
    if low is not None and high is not None:
        ends = {"low": words.percent(Decimal(str(low))), "high": words.percent(Decimal(str(high)))}
        said += _(" (%(low)s to %(high)s)") % ends
    return said, words.number(n)


def _auc(value: Any) -> str:
    return words.UNKNOWN if value is None else words.number(Decimal(str(value)), 3)


def _line(one: PreviewAccount) -> Mapping[str, Any]:
    level = [(Level(value).word, words.level(Level(value).word)) for value in (one.level_before, one.level_after)]
    band = [(value, words.band(value)) for value in (one.band_before, one.band_after)]
    return {
        "account": one.account,
        "href": account_address(one.account.external_id),
        "owner": str(one.account.owner) if one.account.owner else words.UNKNOWN,
        "levels": level if level[0] != level[1] else level[:1],
        "bands": band if band[0] != band[1] else band[:1],
        "month": _month_words(one),
        "score": (words.score(one.score_before), words.score(one.score_after)),
    }


def _month_words(one: PreviewAccount) -> str:
    names = {True: pgettext("month", "active"), False: pgettext("month", "not active"), None: pgettext("month", "unknown")}
    before, after = names[one.month_before], names[one.month_after]
    return before if before == after else _("%(before)s → %(after)s") % {"before": before, "after": after}


def _flag(value: bool | None) -> str:
    return "" if value is None else "true" if value else "false"
