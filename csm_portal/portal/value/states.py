"""Named states over the book: how many accounts are in each, with the evidence of every one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.book.rows import reason_of
from csm_portal.portal.strip import draw
from csm_portal.portal.value import words as named
from csm_portal.portal.value.asked import NOBODY, PAGE_SIZE, Asked
from csm_portal.portal.value.marked import Marked
from csm_portal.web import Page, paginate
from health.definitions import NamedState, StateVersion
from health.models import AccountState
from health.types import Level

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.sheets import Cell

SHOWS = tuple(state.value for state in NamedState)


@dataclass(frozen=True)
class StateCard:
    """One state: what it means, what to do, how many accounts are in it."""

    key: str
    name: str
    meaning: str
    next: str
    icon: str
    n: int
    href: str
    chosen: bool


@dataclass(frozen=True)
class Line(Marked):
    """One account in the state shown."""

    name: str
    href: str
    owner: str
    mrr: str
    evidence: str
    level: str
    level_word: str
    strip: Any
    strip_text: str
    outcome: str
    outcome_word: str
    band: str
    band_word: str
    reason: str
    renewal: str


@dataclass(frozen=True)
class States:
    """What the tab places; `show` is the state listed, `named` of `paying` accounts are in some
    state. `rules` are the bars in force, in words.
    """

    cards: list[StateCard]
    lines: list[Line]
    page: Page
    named: int
    paying: int
    rules: list[str]
    version: int | None
    show: str


def states(user: User, asked: Asked, version: StateVersion, number: str | None, *, chosen: bool = True) -> States:
    """Counts of each state and one page of the list; two queries. Where no state was `chosen`, the first one that holds an account."""
    rows = _mine(user, asked)
    sums = rows.aggregate(
        **{f"n_{key}": Count("pk", filter=_in(key)) for key in SHOWS},
        named=Count("pk", filter=~Q(named_states=[]) & Q(named_states__isnull=False)),
        paying=Count("pk", filter=Q(paying=True)),
    )
    if not chosen:
        asked = replace(asked, show=next((key for key in SHOWS if sums[f"n_{key}"]), asked.show))
    found, page = paginate(_listed(rows, asked), number, PAGE_SIZE)
    cards = [
        StateCard(
            key, named.name(key), str(named.MEANINGS[key]), str(named.NEXT[key]), named.ICONS[key], sums[f"n_{key}"], asked.picked(key),
            key == asked.show,
        )
        for key in SHOWS
    ]  # fmt: skip
    return States(
        cards, [_line(row, asked.show) for row in found], page, sums["named"], sums["paying"], bars(version), version.version, asked.show
    )


def files(user: User, asked: Asked) -> Iterator[list[Cell]]:
    """Every account in any state as a file: one row per account and state."""
    yield [
        _("Account id"), _("Account"), _("Owner"), _("MRR (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY}, _("State"),
        _("Evidence"), _("Activity level"), _("Outcome"), _("Health"), _("Renewal"), _("Figures as of"), _("Version"),
    ]  # fmt: skip
    rows = _mine(user, asked).exclude(named_states=[]).filter(named_states__isnull=False).order_by("account__external_id")
    for row in rows.iterator(chunk_size=2000):
        owner = row.account.owner.get_full_name() if row.account.owner else ""
        for one in row.named_states:
            yield [
                row.account.external_id, row.account.name, owner, row.mrr_reporting, one["key"],
                named.evidence(one["key"], one["evidence"]), Level(row.level).word, row.outcome_status or "none", row.score,
                row.renewal_on, row.as_of, row.states_version,
            ]  # fmt: skip


def bars(version: StateVersion) -> list[str]:
    """The bars in force, in words."""
    rules = version.rules
    told = {
        "window": rules.window_days,
        "busy": rules.busy_days,
        "keyed": rules.busy_key_days,
        "quiet": rules.quiet_days,
        "reports": rules.report_days,
        "off": words.percent(float(rules.off_share)),
        "narrow": rules.narrow_features,
    }
    return [
        _("Busy: used on %(busy)d of %(window)d days and more, key actions on at most %(keyed)d, outcome not reached.") % told,
        _(
            "Quiet: at most %(quiet)d active days, and the outcome is reached, reports were opened on %(reports)d days, or %(off)s of the"
            " weekdays were days off."
        )
        % told,
        _("Narrow: at most %(narrow)d features besides logins, outcome reached.") % told,
    ]


def _mine(user: User, asked: Asked) -> QuerySet[Any]:
    rows: QuerySet[Any] = AccountState.objects.visible_to(user).select_related("account", "account__owner").defer("facets", "caps")
    if asked.csm == NOBODY:
        return rows.filter(account__owner__isnull=True)
    return rows.filter(account__owner__email__iexact=asked.csm) if asked.csm else rows


def _in(key: str) -> Q:
    return Q(named_states__contains=[{"key": key}])


def _listed(rows: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    return rows.filter(_in(asked.show)).order_by(F("mrr_reporting").desc(nulls_last=True), "account_id")


def _line(row: Any, key: str) -> Line:
    facts: dict[str, Any] = next((one["evidence"] for one in row.named_states if one["key"] == key), {})
    drawn = draw(row.strip)
    account = row.account
    return Line(
        name=account.name,
        href=account_address(account.external_id),
        owner=account.owner.get_full_name() if account.owner else _("no owner"),
        mrr=words.money(row.mrr_reporting, settings.REPORTING_CURRENCY),
        evidence=named.evidence(key, facts),
        level=Level(row.level).word,
        level_word=words.level(Level(row.level).word),
        strip=drawn,
        strip_text=words.counts_of_levels(drawn.days),
        outcome=row.outcome_status or "none",
        outcome_word=words.outcome(row.outcome_status),
        band=row.band,
        band_word=words.band(row.band),
        reason=reason_of(row.top_reason) if row.top_reason else "",
        renewal=words.day(row.renewal_on) if row.renewal_on else "",
    )
