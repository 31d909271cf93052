"""The dues as the page lists them: rows by stage, every cell in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.terms import DueState
from churn import cases
from churn.types import CheckKind, Stage
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.marks import mark, rendered
from csm_portal.portal.drawn import Drawn, values_of
from csm_portal.portal.likelihood.words import Chance, chance_of
from csm_portal.portal.qbr.addresses import qbr_address
from csm_portal.portal.renewals import said
from health.types import Level

if TYPE_CHECKING:
    from churn.models import RenewalCase

LATE, SOON = "late", "soon"
# About 7 KB each, so 10 MB in a process.
_rows: Drawn[Row] = Drawn(1500)


@dataclass(frozen=True)
class Step:
    """One step that is ticked: `href` is posted to and turns it over. `todo`: it is due now and missing. `fixed`: it happens by itself, and
    `href` is read.
    """

    kind: str
    word: str
    done: str
    todo: bool
    href: str
    says: str
    fixed: bool = False


@dataclass(frozen=True)
class ForecastCell:
    """The latest forecast in words; `category` empty where there is none."""

    category: str
    word: str
    chance: str
    amount: str
    more: str
    reason: str
    by: str
    todo: bool


@dataclass(frozen=True)
class Row:
    """One due, with everything its template shows. `stage` is None for a decided one. Addresses lead back to the page that is shown."""

    pk: int
    name: str
    href: str
    product: str
    owner: str
    nobody: bool
    owner_left: bool
    decision_on: date
    left: str
    tone: str
    ends_on: date
    due: str
    reporting: str
    score: str
    band: str
    band_word: str
    level_mark: SafeString
    success_mark: SafeString
    stage: Stage | None
    state: str
    state_word: str
    steps: list[Step]
    forecast: ForecastCell
    chance: Chance | None
    outcome: str
    outcome_more: str
    mismatch: str
    forecast_href: str
    outcome_href: str
    sheet_href: str
    focus: str = ""

    def focused(self, place: str) -> Row:
        """The same row, where the focus goes to what was just used: `forecast`, `outcome` or a step."""
        return replace(self, focus=place)

    @cached_property
    def html(self) -> SafeString:
        """The row as its template draws it in the language in force, once for each row."""
        return rendered("portal/_renewals_row.html", {"row": self})


@dataclass(frozen=True)
class Group:
    """Rows of one stage; without a title where the order is another one."""

    key: str
    title: str
    rows: list[Row]


def groups(rows: Sequence[Row], *, staged: bool) -> list[Group]:
    """Rows in the order given, under their stages where the order is by decision; decided ones stand last."""
    if not staged:
        return [Group("all", "", list(rows))] if rows else []
    ordered = sorted(rows, key=lambda row: row.stage is None)
    made = []
    for stage, found in groupby(ordered, key=lambda row: row.stage):
        title = said.STAGES[stage.value] if stage else said.STATES["decided"]
        made.append(Group(stage.value if stage else "decided", str(title), list(found)))
    return made


def row_of(case: RenewalCase, day: date, here: str) -> Row:
    """As `_row_of`; a case that has not changed since it was shown last keeps its row, drawn already."""
    account, state = case.account, getattr(case.account, "state", None)
    owner = account.owner
    who = (owner.get_full_name(), owner.is_active) if owner else None
    known = settings.REPORTING_CURRENCY, get_language(), day, here
    key = *known, values_of(case), values_of(account), values_of(state) if state else "", who
    return _rows.get(key, lambda: _row_of(case, day, here))


def _row_of(case: RenewalCase, day: date, here: str) -> Row:
    """A case of `churn.cases.listed` in words; `here` is the address that forms lead back to."""
    one: Any = case
    account, state = case.account, getattr(case.account, "state", None)
    owner, missing = account.owner, cases.needs(case, day)
    back = f"?{urlencode({'next': here})}"
    stage = cases.stage_of(case, day)
    band = state.band if state else "unknown"
    level = Level(state.level).word if state else "unknown"
    success = state.outcome_status if state else ""
    reporting = str(settings.REPORTING_CURRENCY)
    return Row(
        pk=case.pk,
        name=account.name,
        href=account_address(account.external_id),
        product=words.readable(case.product),
        owner=owner.get_full_name() if owner else _("nobody"),
        nobody=owner is None or not owner.is_active,
        owner_left=owner is not None and not owner.is_active,
        decision_on=case.decision_on,
        left=said.days_left(case.decision_on, day) if stage else "",
        tone=(LATE if one.days_left < 0 else SOON if one.days_left <= cases.FORECAST_FROM else "") if stage else "",
        ends_on=case.ends_on,
        due=words.money(case.due_mrr, case.currency),
        reporting=words.money(case.due_reporting, reporting) if case.currency != reporting else "",
        score=words.score(state.score if state else None),
        band=band,
        band_word=words.band(band),
        level_mark=mark("parts/_level.html", level=level, word=words.level(level), note=""),
        success_mark=mark("parts/_outcome.html", status=success or "none", word=words.outcome(success)),
        stage=stage,
        state=case.state,
        state_word=str(said.STATES[case.state]),
        steps=steps(case, missing, back),
        forecast=_forecast(one, todo="forecast" in missing),
        chance=chance_of(told) if stage and (told := getattr(one, "told", None)) else None,
        outcome=_outcome(one, reporting),
        outcome_more=one.outcome_note or "",
        mismatch=mismatch(case),
        forecast_href=reverse("portal:renewal-forecast", args=[case.pk]) + back,
        outcome_href=reverse("portal:renewal-outcome", args=[case.pk]) + back,
        sheet_href=reverse("portal:usage-sheet", args=[case.pk]),
    )


def steps(case: Any, missing: Iterable[str], back: str) -> list[Step]:
    """The pack, which opens by itself, and the usage shared, which people tick."""
    opened, shared = case.pack_opened_on, case.usage_shared_on
    query = urlencode({"kind": CheckKind.USAGE_SHARED.value, "done": "0" if shared else "1"})
    href = f"{reverse('portal:renewal-check', args=[case.pk])}{back}&{query}"
    pack, usage = said.CHECKS[CheckKind.PACK_OPENED], said.CHECKS[CheckKind.USAGE_SHARED]
    waits = _("The pack opens by itself %(n)d days before the decision.") % {"n": cases.PACK_OPENS}
    return [
        Step(
            CheckKind.PACK_OPENED.value,
            str(pack) if opened else _("Pack"),
            _short(opened),
            todo=False,
            href=qbr_address(case.account.external_id),
            says=_when(pack, opened) if opened else waits,
            fixed=True,
        ),
        Step(CheckKind.USAGE_SHARED.value, str(usage), _short(shared), "usage_shared" in set(missing), href, _when(usage, shared)),
    ]


def _short(day: date | None) -> str:
    return words.short_day(day) if day else ""


def _when(step: said.Words, day: date | None) -> str:
    return _("%(step)s: %(day)s") % {"step": step, "day": words.day(day) if day else _("not yet")}


def mismatch(case: RenewalCase) -> str:
    """What people and contracts tell differently, in words; empty where they agree or the contracts are not decided yet."""
    one: Any = case
    if one.outcome_id and case.contract_state not in (DueState.OPEN, one.outcome_state):
        return _("entered as %(entered)s, by the contracts %(contracts)s") % {
            "entered": said.STATES[one.outcome_state],
            "contracts": said.STATES[case.contract_state],
        }
    if case.auto_renew_lapsed and not one.outcome_id:
        return _("was to renew by itself, but no new contract came")
    return ""


def _forecast(case: Any, *, todo: bool) -> ForecastCell:
    if case.forecast_id is None:
        return ForecastCell("", str(said.NO_FORECAST), "", "", "", "", "", todo)
    more: Decimal = case.forecast_expansion
    return ForecastCell(
        category=case.forecast_category,
        word=str(said.CATEGORIES[case.forecast_category]),
        chance=words.percent(case.forecast_probability),
        amount=words.money(case.forecast_amount, case.currency),
        more=f"+{words.money(more, case.currency)}" if more else "",
        reason=case.forecast_reason or "",
        by=_("entered %(day)s by %(who)s") % {"day": words.day(case.forecast_on), "who": case.forecast_author},
        todo=False,
    )


def _outcome(case: Any, reporting: str) -> str:
    """The amount of a renewed one; empty for others."""
    if case.state != DueState.RENEWED:
        return ""
    if case.outcome_id and case.outcome_mrr is not None:
        return words.money(case.outcome_mrr, case.currency)
    return words.money(case.renewed_mrr, case.currency) if case.renewed_mrr is not None else ""
