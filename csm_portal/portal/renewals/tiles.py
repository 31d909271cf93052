"""The stages and the forecast at the head of the page, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from churn.types import Stage
from csm_portal.portal import words
from csm_portal.portal.renewals import said

if TYPE_CHECKING:
    from csm_portal.portal.renewals.asked import Asked
    from csm_portal.portal.renewals.sums import Sum, Sums

SHOWN = (Stage.OVERDUE, Stage.DAYS_0_29, Stage.DAYS_30_59, Stage.DAYS_60_90, Stage.DAYS_91_180)


@dataclass(frozen=True)
class Tile:
    """One stage: its dues, their amount a month, and what is missing of them. The link narrows to it, or lets it go again."""

    key: str
    title: str
    count: int
    amount: str
    todo: list[str]
    query: str
    chosen: bool


@dataclass(frozen=True)
class Outlook:
    """What is expected of the dues shown: the probability-weighted amount against what falls due. `meter` in percent, at most 100."""

    value: str
    share: str
    against: str
    meter: str
    notes: list[str] = field(default_factory=list)
    categories: list[tuple[str, str, str, str]] = field(default_factory=list)


def money(amount: Decimal) -> str:
    """An amount of the reporting currency."""
    return words.money(amount, str(settings.REPORTING_CURRENCY))


def tiles(asked: Asked, found: Sums) -> list[Tile]:
    """The stages, nearest first."""
    made = []
    for stage in SHOWN:
        one = found.of(stage)
        chosen = asked.stage is stage
        query = asked.without("when", "state") if chosen else asked.narrowed_without("state").having(when=stage.value)
        made.append(Tile(stage.value, str(said.STAGES[stage.value]), one.n, _amount(one), _todo(one), query or "reset=1", chosen))
    return made


def outlook(asked: Asked, found: Sums) -> Outlook:
    """The forecasts of the dues shown; a due without a forecast is not counted as 0 but said."""
    whole = found.of(asked.stage)
    notes = []
    if whole.weighted_more:
        notes.append(_("%(amount)s expansion on top, weighted too") % {"amount": money(whole.weighted_more)})
    if rest := whole.n - whole.told:
        amount = money(whole.reporting - whole.told_due)
        text = ngettext("%(n)s due (%(amount)s) has no forecast yet", "%(n)s dues (%(amount)s) have no forecast yet", rest)
        notes.append(text % {"n": words.number(rest), "amount": amount})
    if whole.unpriced:
        notes.append(ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", whole.unpriced) % {"n": whole.unpriced})
    share = whole.weighted / whole.told_due if whole.told_due else None
    return Outlook(
        value=money(whole.weighted) if whole.told else words.UNKNOWN,
        share=words.percent(share) if share is not None else "",
        against=_("of %(amount)s due with a forecast") % {"amount": money(whole.told_due)} if whole.told else "",
        meter=f"{min(Decimal(100), (share or Decimal(0)) * 100):.0f}",
        notes=notes,
        categories=_categories(asked, found),
    )


def _categories(asked: Asked, found: Sums) -> list[tuple[str, str, str, str]]:
    """Key, word, count with amount, and the query that narrows to it, for each category that occurs."""
    made = []
    for key, word in said.FIXED["category"].items():
        one = found.categories.get(key)
        if one is not None:
            made.append((key, str(word), f"{one.n:,} · {money(one.reporting)}", asked.having(category=key)))
    return made


def _amount(one: Sum) -> str:
    if not one.n:
        return ""
    text = money(one.reporting) if one.unpriced < one.n else ""
    unpriced = ngettext("%(n)d without exchange rate", "%(n)d without exchange rate", one.unpriced) % {"n": one.unpriced}
    return " · ".join(part for part in (text, unpriced if one.unpriced else "") if part)


def _todo(one: Sum) -> list[str]:
    told = []
    if one.outcome:
        told.append(ngettext("%(n)s outcome to enter", "%(n)s outcomes to enter", one.outcome) % {"n": words.number(one.outcome)})
    if one.forecast:
        told.append(ngettext("%(n)s forecast to enter", "%(n)s forecasts to enter", one.forecast) % {"n": words.number(one.forecast)})
    if one.usage:
        told.append(ngettext("usage to share with %(n)s", "usage to share with %(n)s", one.usage) % {"n": words.number(one.usage)})
    return told
