"""Previews of a draft on the real book: ordered, watched, and the accounts that would be shown differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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

# Sections whose figures of the past can be recomputed beside those that were published.
RESTATED = ("activity", "health")
KINDS = ("level", "month", "band")


@dataclass(frozen=True)
class Summary:
    """Where the preview of a draft stands. `stale`: the draft was saved since."""

    row: DraftPreview | None
    job: JobRun | None
    stale: bool

    @property
    def refusal(self) -> str:
        """Why the last order of the draft as it stands came to nothing; empty where it did not."""
        ended = self.job is not None and self.job.state == JobState.SUCCEEDED and (self.row is None or self.stale)
        return self.job.message if self.job is not None and ended else ""

    @property
    def running(self) -> bool:
        """Whether one is on its way."""
        return self.job is not None and is_open(self.job)


def order(draft: DefinitionDraft, now: datetime) -> JobRun:
    """Have the draft previewed as it stands."""
    return work.order_preview(draft.pk, draft.revision, now)


def order_restated(changes: Iterable[Change], now: datetime) -> None:
    """Have history recomputed with today's definition where a published change lets it differ."""
    if any(change.section.name in RESTATED for change in changes):
        work.order_restate(now)


def restating(user: User) -> JobRun | None:
    """The recomputation of history that is on its way; None: none is."""
    found = JobRun.objects.visible_to(user).filter(job=work.RESTATE, state__in=[JobState.DUE, JobState.RUNNING])
    row: JobRun | None = found.order_by("-due_at").first()
    return row


def job_shown(job: JobRun | None, now: datetime) -> dict[str, object] | None:
    """A job as its part of a page shows it."""
    if job is None:
        return None
    return {
        "row": job,
        "open": is_open(job),
        "text": job_words(job),
        "no_worker": work.nobody_took(job, now),
        "state": words.job_state(job.state),
    }


def summary(user: User, draft: DefinitionDraft) -> Summary:
    """The newest preview of the draft and the job of its present revision; two queries."""
    row = DraftPreview.objects.visible_to(user).filter(draft=draft).order_by("-revision", "-as_of", "-made_at").first()
    job = JobRun.objects.visible_to(user).filter(job=work.PREVIEW, key=str(draft.pk), period=str(draft.revision)).first()
    return Summary(row, job, row is not None and row.revision != draft.revision)


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
