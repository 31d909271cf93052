"""Losses as lines of a table: in words, with the way to their forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from churn.types import ChurnType
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.reasons import words as why

if TYPE_CHECKING:
    from churn.losses import Loss
    from churn.models import ExitInterview
    from churn.suggest import Suggestion

POOR = "poor"
# What is enough to say with a line; the form and the account's page hold all.
EVIDENCE_SHOWN = 2


@dataclass(frozen=True)
class TalkLine:
    """One exit interview."""

    day: str
    author: str
    themes: list[str]
    why: str
    changed_mind: str


@dataclass(frozen=True)
class LossLine:
    """One loss. `grace` says until when it may still be renewed late, `fit_note` that the fit was edited since, `poor` that the product
    did not fit: then the reason is recorded and no save effort asked.
    """

    name: str
    href: str
    owner: str
    day: str
    ago: str
    amount: str
    grace: str
    kind: str
    kind_key: str
    cause: str
    source: str
    note: str
    author: str
    regret: str
    regret_key: str
    fit: str
    fit_note: str
    poor: bool
    back: str
    suggested: str
    evidence: list[str]
    form_href: str
    talk_href: str
    talks: list[TalkLine] = field(default_factory=list)


def line(loss: Loss, today: date, grace_days: int, suggestion: Suggestion | None = None, talks: Iterable[ExitInterview] = ()) -> LossLine:
    """The loss in words."""
    poor = loss.fit_then == POOR
    return LossLine(
        name=loss.name,
        href=account_address(loss.external_id),
        owner=loss.owner or _("no owner"),
        day=words.day(loss.lost_on),
        ago=words.ago(loss.lost_on, today),
        amount=words.money(loss.amount, settings.REPORTING_CURRENCY),
        grace=_("may be renewed late until %(day)s") % {"day": words.day(loss.grace_until(grace_days))} if loss.state == "fresh" else "",
        kind=why.kind(loss.type),
        kind_key=loss.type or "",
        cause=why.cause(loss.cause),
        source="" if loss.record_id is None else why.source(loss.cause_source) if loss.cause_source or loss.cause else "",
        note=loss.note or "",
        author=loss.author or "",
        regret=why.regret(loss.regrettable),
        regret_key={True: "yes", False: "no", None: ""}[loss.regrettable],
        fit=_("%(fit)s, as known 90 days before") % {"fit": why.fit(loss.fit_then)},
        fit_note=_("edited since: now %(fit)s") % {"fit": why.fit(loss.fit_now)} if loss.fit_edited_since else "",
        poor=poor,
        back=_("pays again since %(day)s") % {"day": words.day(loss.back_on)} if loss.back_on else "",
        suggested=suggested(suggestion),
        evidence=[why.evidence(one) for one in suggestion.evidence[:EVIDENCE_SHOWN]] if suggestion else [],
        form_href=form_address(loss.external_id, loss.lost_on),
        talk_href=f"{reverse('portal:churn-talk')}?{urlencode({'account': loss.external_id})}",
        talks=[talk_line(talk) for talk in talks],
    )


def suggested(suggestion: Suggestion | None) -> str:
    """The suggested type; empty where nothing speaks for one."""
    return why.kind(suggestion.type) if suggestion and suggestion.type != ChurnType.UNKNOWN else ""


def talk_line(talk: ExitInterview) -> TalkLine:
    """An exit interview in words."""
    themes = [why.theme(theme) for theme in talk.themes]
    return TalkLine(words.day(talk.held_on), talk.author.get_full_name(), themes, talk.why, talk.changed_mind)


def form_address(external_id: str, lost_on: date) -> str:
    """Where the reason of this loss is entered."""
    return f"{reverse('portal:churn-reason')}?{urlencode({'account': external_id, 'on': lost_on.isoformat()})}"


def talks_by_loss(losses: Iterable[Loss], talks: Iterable[ExitInterview]) -> Mapping[tuple[int, date], list[ExitInterview]]:
    """Each talk with the latest of these losses that began at most 90 days after it was held."""
    by_account: dict[int, list[Loss]] = {}
    for loss in losses:
        by_account.setdefault(loss.account_id, []).append(loss)
    found: dict[tuple[int, date], list[ExitInterview]] = {}
    for talk in talks:
        mine = [loss.lost_on for loss in by_account.get(talk.account_id, []) if (loss.lost_on - talk.held_on).days <= 90]
        if mine:
            found.setdefault((talk.account_id, max(mine)), []).append(talk)
    return found
