"""Scenarios over the book: what is expected and not done, what it calls for, and the last step anybody took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from csm_portal.lib.periods import period_of
from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.value.asked import PAGE_SIZE, Asked
from csm_portal.portal.value.marked import Marked
from csm_portal.portal.value.outcomes import Pick
from csm_portal.portal.value.words import last_step
from csm_portal.web import Page
from health.books import visible_book
from health.types import Grain
from health.value.scenarios import IN_GROUP

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.sheets import Cell

SHOWS = ("open", "explore", "push", "silent", "met", "all")
# A gap that nobody has done anything about for so long is silent.
STEP_DAYS = 30
CONDITIONS = {
    "open": "step <> ''",
    "explore": "step = 'explore'",
    "push": "step = 'push'",
    "silent": f"step <> '' AND (taken_on IS NULL OR taken_on < %(today)s::date - {STEP_DAYS})",
    "met": "met",
    "all": "true",
}
# What the gap calls for once a part of the month is over, as `value.scenario_reads.next_step` says; nameless: used, and no seat named.
STEP = """
CASE WHEN r.met OR (x.expected_days IS NULL AND x.expected_seat_share IS NULL) THEN ''
     WHEN x.days > 0 AND x.seats = 0 AND x.days >= coalesce(x.expected_days, 0) THEN ''
     WHEN x.days < x.expected_days * %(elapsed_num)s::integer / %(elapsed_den)s::integer
       OR x.seat_share * %(elapsed_den)s::numeric < x.expected_seat_share * %(elapsed_num)s::numeric
     THEN CASE WHEN x.days > 0 THEN 'push' ELSE 'explore' END
     ELSE '' END"""
USED = f"""
WITH book (id) AS MATERIALIZED ({{book}}), used AS MATERIALIZED (
    SELECT x.account_id, x.scenario, x.days, x.expected_days, x.seats, x.seat_share, x.expected_seat_share, r.met,
           x.agreement_id, a.external_id, a.name, a.owner_id, s.mrr_reporting, s.outcome_status, {STEP} AS step,
           t.kind AS taken, t.taken_on, t.note, t.author_id
    FROM health_scenarioperiod x
    CROSS JOIN LATERAL (SELECT coalesce(x.met, false) AS met) r
    JOIN book ON book.id = x.account_id
    JOIN accounts_account a ON a.id = x.account_id
    JOIN health_accountstate s ON s.account_id = x.account_id AND s.paying
    LEFT JOIN (
        SELECT DISTINCT ON (account_id, scenario) account_id, scenario, kind, taken_on, note, author_id
        FROM health_scenariostep WHERE withdrawn_at IS NULL ORDER BY account_id, scenario, taken_on DESC, id DESC
    ) t ON t.account_id = x.account_id AND t.scenario = x.scenario
    WHERE x.run_id = (SELECT p.run_id FROM health_publishedslice p WHERE p.grain = 'month' AND p.starts_on = %(month)s)
      AND x.grain = 'month' AND x.starts_on = %(month)s AND {IN_GROUP} AND {{owner}}
)
"""  # noqa: S608 - only constants enter
COUNTS = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in CONDITIONS.values())
# One page of the list, then counts of each scenario and of all, in one pass; `kind` parts them and `place` keeps the order.
LINES = """
SELECT 'line' AS kind, row_number() OVER (ORDER BY x.mrr_reporting DESC NULLS LAST, x.account_id, x.scenario) AS place,
       NULL::bigint[] AS counts, x.scenario, x.external_id, x.name, coalesce(nullif(u.name, ''), u.email, '') AS owner, x.mrr_reporting,
       x.outcome_status, x.days, x.expected_days, x.seats, x.seat_share, x.expected_seat_share, x.met, x.step, g.starts_on, g.reason,
       x.taken, x.taken_on, x.note, coalesce(nullif(b.name, ''), b.email, '')
FROM (
    SELECT used.* FROM used WHERE {condition} AND (%(scenario)s = '' OR scenario = %(scenario)s)
    ORDER BY mrr_reporting DESC NULLS LAST, account_id, scenario LIMIT %(limit)s OFFSET %(start)s
) x
LEFT JOIN accounts_user u ON u.id = x.owner_id
LEFT JOIN accounts_user b ON b.id = x.author_id
LEFT JOIN health_scenarioagreement g ON g.id = x.agreement_id
"""
LISTED = f"{USED}{LINES} ORDER BY place"
SHOWN = f"""{USED}{LINES}
UNION ALL
SELECT CASE WHEN grouping(scenario) = 1 THEN 'whole' ELSE 'scenario' END, 0,
       ARRAY[{COUNTS}, count(*) FILTER (WHERE expected_days IS NOT NULL OR expected_seat_share IS NOT NULL)], scenario,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM used GROUP BY GROUPING SETS ((), (scenario))
"""  # noqa: S608 - only constants enter


@dataclass(frozen=True)
class ScenarioLine:
    """One scenario over the book: accounts it is expected of, those who do it, and those with a gap."""

    name: str
    href: str
    chosen: bool
    expected: int
    met: int
    rate: str
    bar: float
    explore: int
    push: int
    silent: int


@dataclass(frozen=True)
class Line(Marked):
    """One scenario of one account. `step` is what the gap calls for; `taken` is the last step somebody took."""

    account: str
    href: str
    owner: str
    mrr: str
    outcome: str
    outcome_word: str
    scenario: str
    days: str
    days_bar: float
    share: str
    share_bar: float
    gap: str
    agreed: str
    step: str
    step_word: str
    taken: str
    taken_note: str
    step_href: str
    agree_href: str


@dataclass(frozen=True)
class Scenarios:
    """What the tab places."""

    month: str
    provisional: bool
    picks: list[Pick]
    scenarios: list[ScenarioLine]
    lines: list[Line]
    page: Page


def scenarios(user: User, asked: Asked, as_of: date, today: date) -> Scenarios:
    """Counts of the running month, per scenario, and one page of the list; one query."""
    rows = _rows(user, asked, SHOWN, as_of, today, limit=PAGE_SIZE, start=asked.start)
    whole = next((row[2] for row in rows if row[0] == "whole"), (0,) * (len(SHOWS) + 1))
    each = sorted((row for row in rows if row[0] == "scenario"), key=lambda row: str(row[3]))
    chosen = next((row[2] for row in each if row[3] == asked.scenario), (0,) * (len(SHOWS) + 1)) if asked.scenario else whole
    counts = dict(zip(SHOWS, chosen[:-1], strict=True))
    found = sorted((row for row in rows if row[0] == "line"), key=lambda row: row[1])
    month = period_of(Grain.MONTH, as_of)
    return Scenarios(
        month=words.month(month.first),
        provisional=as_of < month.last,
        picks=[_pick(key, counts, asked) for key in SHOWS],
        scenarios=[_scenario(row[3], row[2], asked) for row in each],
        lines=[_line(row, today) for row in found],
        page=Page(asked.page, counts[asked.show], PAGE_SIZE),
    )


def files(user: User, asked: Asked, as_of: date, today: date) -> Iterator[list[Cell]]:
    """The list as a file: the head, then every scenario of every account of it."""
    yield [
        _("Account id"), _("Account"), _("Owner"), _("MRR (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY}, _("Outcome"),
        _("Scenario"), _("Active days"), _("Expected days"), _("Seats"), _("Share of seats"), _("Expected share"), _("As expected"),
        _("Step"), _("Agreed from"), _("Reason"), _("Last step"), _("Last step on"), _("Note"), _("By"),
    ]  # fmt: skip
    for row in _rows(user, asked, LISTED, as_of, today, limit=None, start=0):
        scenario, external_id, name, owner, mrr, outcome, *rest = row[3:]
        yield [external_id, name, owner, mrr, outcome or "none", scenario, *rest]


def _rows(user: User, asked: Asked, template: str, as_of: date, today: date, **more: Any) -> list[tuple[Any, ...]]:
    book, params = visible_book(user)
    owner, own = asked.owner_sql
    month = period_of(Grain.MONTH, as_of)
    elapsed = {"elapsed_num": (min(as_of, month.last) - month.first).days + 1, "elapsed_den": (month.after - month.first).days}
    sql = template.format(book=book, owner=owner, condition=CONDITIONS[asked.show])
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, **own, **elapsed, "month": month.first, "today": today, "scenario": asked.scenario, **more})
        return list(cursor.fetchall())


def names() -> dict[str, str]:
    """What the lists are called."""
    return {
        "open": _("Gaps"),
        "explore": _("To explore"),
        "push": _("To push"),
        "silent": _("No step for 30 days"),
        "met": _("As expected"),
        "all": _("All"),
    }


def _pick(key: str, counts: dict[str, int], asked: Asked) -> Pick:
    notes = {
        "explore": _("expected and not used: ask why"),
        "push": _("used less than expected: help on"),
        "silent": _("a gap nobody has acted on"),
    }
    whole = counts["all"]
    share = words.percent(Decimal(counts[key]) / whole) if whole and key != "all" else ""
    return Pick(key, names()[key], counts[key], asked.picked(key), key == asked.show, share, notes.get(key, ""))


def _scenario(name: str, numbers: Sequence[int], asked: Asked) -> ScenarioLine:
    counts = dict(zip(SHOWS, numbers[:-1], strict=True))
    expected = numbers[-1]
    return ScenarioLine(
        name=name,
        href=asked.query(scenario="" if asked.scenario == name else name),
        chosen=asked.scenario == name,
        expected=expected,
        met=counts["met"],
        rate=words.percent(Decimal(counts["met"]) / expected) if expected else words.UNKNOWN,
        bar=float(100 * counts["met"] / expected) if expected else 0.0,
        explore=counts["explore"],
        push=counts["push"],
        silent=counts["silent"],
    )


def _line(row: tuple[Any, ...], today: date) -> Line:
    scenario, external_id, name, owner, mrr, outcome, days, expected, seats, share, wanted, _met, step, since, reason, *rest = row[3:]
    taken, taken_on, note, author = rest
    nameless = days > 0 and not seats
    told = {"account": external_id, "scenario": scenario}
    return Line(
        account=name,
        href=account_address(external_id) + "#usage",
        owner=owner or _("no owner"),
        mrr=words.money(mrr, settings.REPORTING_CURRENCY),
        outcome=outcome or "none",
        outcome_word=words.outcome(outcome),
        scenario=scenario,
        days=f"{days} / {expected}" if expected is not None else str(days),
        days_bar=_filled(Decimal(days), expected),
        share=_share(share, wanted, nameless=nameless),
        share_bar=0.0 if share is None or nameless else _filled(share, wanted),
        gap=_gap(days, expected, None if nameless else share, wanted),
        agreed=_agreed(since, reason),
        step=step,
        step_word=step_word(step),
        taken=last_step(taken, author, taken_on, "", today) if taken else "",
        taken_note=note or "",
        step_href=f"{reverse('portal:value-step')}?{urlencode({**told, 'kind': step or 'push'})}",
        agree_href=f"{reverse('portal:value-agreement')}?{urlencode(told)}",
    )


def step_word(step: str) -> str:
    """What a gap calls for."""
    return {"explore": pgettext("scenario step", "explore"), "push": pgettext("scenario step", "push")}.get(step, "")


def _share(share: Decimal | None, wanted: Decimal | None, *, nameless: bool) -> str:
    actual = _("unknown: no seats") if share is None else _("unknown: names no seat") if nameless else words.percent(share)
    return f"{actual} / {words.percent(wanted)}" if wanted is not None else actual


def _gap(days: int, expected: int | None, share: Decimal | None, wanted: Decimal | None) -> str:
    parts = []
    if expected is not None and days < expected:
        parts.append(_("%(n)d days missing") % {"n": expected - days})
    if share is not None and wanted is not None and share < wanted:
        parts.append(_("%(share)s of seats missing") % {"share": words.percent(wanted - share)})
    return ", ".join(parts)


def _agreed(since: date | None, reason: str | None) -> str:
    if since is None:
        return ""
    return _("agreed with them: %(reason)s") % {"reason": reason} if reason else _("agreed with them")


def _filled(actual: Decimal, expected: Decimal | int | None) -> float:
    return 0.0 if not expected else float(min(Decimal(100), 100 * actual / expected))
