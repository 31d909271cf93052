"""What customers want, over the book: how many have nothing defined, are overdue, behind, in the gap or there, and the list of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from csm_portal.portal import words
from csm_portal.portal.addresses import account_address
from csm_portal.portal.value.asked import NOBODY, PAGE_SIZE, Asked
from csm_portal.portal.value.marked import Marked
from csm_portal.web import Page
from health.books import visible_book
from health.types import Level

if TYPE_CHECKING:
    from accounts.models import User
    from csm_portal.lib.sheets import Cell

SHOWS = ("gap", "none", "overdue", "behind", "on_track", "achieved", "all")
# Each list as a condition on a row of `wanted`. Usage complete is the running month at its bar, as on the account's page.
CONDITIONS = {
    "gap": "month_active AND status IN ('behind', 'missed')",
    "none": "status = ''",
    "overdue": "due_on < %(today)s",
    "behind": "status IN ('behind', 'missed')",
    "on_track": "status = 'on_track'",
    "achieved": "status = 'achieved'",
    "all": "true",
}
# Paying accounts of the book, each with the open outcome that is due first, a store's counting for its brand.
WANTED = """
WITH book (id) AS MATERIALIZED ({book}), wanted AS MATERIALIZED (
    SELECT s.account_id, a.external_id, a.name, a.owner_id, s.mrr_reporting, s.level, s.month_active, s.month_days, s.month_bar,
           s.outcome_status AS status, s.renewal_on, w.id AS outcome_id, w.statement, w.stage, w.due_on
    FROM health_accountstate s
    JOIN book ON book.id = s.account_id
    JOIN accounts_account a ON a.id = s.account_id
    LEFT JOIN (
        SELECT DISTINCT ON (1) coalesce(m.counts_for_id, m.id) AS account_id, o.id, o.statement, o.stage, o.due_on
        FROM health_outcome o JOIN accounts_account m ON m.id = o.account_id
        WHERE o.status IN ('on_track', 'behind') AND o.withdrawn_on IS NULL
        ORDER BY 1, o.due_on NULLS LAST, o.id
    ) w ON w.account_id = s.account_id
    WHERE s.paying AND {owner}
)
"""
COUNTS = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in CONDITIONS.values())
# Counts of each owner's book and of all, then one page of the list, in one pass; `kind` parts them and `place` keeps the order.
LINES = """
SELECT 'line' AS kind, row_number() OVER (ORDER BY x.mrr_reporting DESC NULLS LAST, x.account_id) AS place, x.external_id, x.name,
       coalesce(nullif(u.name, ''), u.email, '') AS owner, NULL::bigint[] AS counts, x.mrr_reporting, x.level, x.month_active, x.month_days,
       x.month_bar, x.status, x.renewal_on, x.statement, x.stage, x.due_on, p.reached, p.needed, p.problem
FROM (
    SELECT wanted.* FROM wanted WHERE {condition}
    ORDER BY mrr_reporting DESC NULLS LAST, account_id LIMIT %(limit)s OFFSET %(start)s
) x
LEFT JOIN accounts_user u ON u.id = x.owner_id
LEFT JOIN health_outcomeproof p ON p.outcome_id = x.outcome_id
"""
LISTED = f"{WANTED}{LINES} ORDER BY place"
SHOWN = f"""{WANTED}{LINES}
UNION ALL
SELECT CASE WHEN grouping(g.owner_id) = 1 THEN 'whole' ELSE 'owner' END, 0, u.email, NULL, coalesce(nullif(u.name, ''), u.email),
       ARRAY[{COUNTS}], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM wanted g LEFT JOIN accounts_user u ON u.id = g.owner_id
GROUP BY GROUPING SETS ((), (g.owner_id, u.email, u.name))
"""  # noqa: S608 - only constants enter


@dataclass(frozen=True)
class Pick:
    """One list of the tab: its figure in words, how many it holds, and the address of it."""

    key: str
    name: str
    n: int
    href: str
    chosen: bool
    share: str
    note: str = ""


@dataclass(frozen=True)
class OwnerLine:
    """One owner's book by status."""

    name: str
    href: str
    n: int
    counts: list[tuple[str, int, str]]
    achieved: str


@dataclass(frozen=True)
class Line(Marked):
    """One account: what it uses and what it wants stand apart."""

    name: str
    href: str
    owner: str
    mrr: str
    level: str
    level_word: str
    usage: str
    usage_icon: str
    days: str
    outcome: str
    outcome_word: str
    statement: str
    stage: str
    due: str
    due_note: str
    late: bool
    proof: str
    proof_share: float | None
    renewal: str


@dataclass(frozen=True)
class Outcomes:
    """What the tab places."""

    picks: list[Pick]
    owners: list[OwnerLine]
    lines: list[Line]
    page: Page
    n_paying: int


def outcomes(user: User, asked: Asked, today: date) -> Outcomes:
    """Counts of the book, per owner, and one page of the list; one query."""
    rows = _rows(user, asked, SHOWN, today, limit=PAGE_SIZE, start=asked.start)
    whole = next((row[5] for row in rows if row[0] == "whole"), (0,) * len(SHOWS))
    counts = dict(zip(SHOWS, whole, strict=True))
    lines = sorted((row for row in rows if row[0] == "line"), key=lambda row: row[1])
    return Outcomes(
        picks=[_pick(key, counts, asked) for key in SHOWS],
        owners=sorted((_owner(row, asked) for row in rows if row[0] == "owner"), key=lambda one: (one.name == "", one.name.casefold())),
        lines=[_line(row, today) for row in lines],
        page=Page(asked.page, counts[asked.show], PAGE_SIZE),
        n_paying=counts["all"],
    )


def files(user: User, asked: Asked, today: date) -> Iterator[list[Cell]]:
    """The list as a file: the head, then every account of it."""
    yield [
        _("Account id"), _("Account"), _("Owner"), _("MRR (%(currency)s)") % {"currency": settings.REPORTING_CURRENCY},
        _("Activity level"), _("Monthly active"), _("Active days this month"), _("Monthly bar"), _("Outcome"), _("Renewal"),
        _("Next outcome"), _("Stage"), _("Due"), _("Proof reached"), _("Proof needed"),
    ]  # fmt: skip
    for row in _rows(user, asked, LISTED, today, limit=None, start=0):
        external_id, name, owner, _counts, mrr, level, active, days, bar, status, renewal, *rest = row[2:]
        statement, stage, due, reached, needed, _problem = rest
        yield [
            external_id, name, owner, mrr, Level(level).word, active, days, bar, status or "none", renewal, statement, stage, due, reached,
            needed,
        ]  # fmt: skip


def _rows(user: User, asked: Asked, template: str, today: date, **more: Any) -> list[tuple[Any, ...]]:
    book, params = visible_book(user)
    owner, own = asked.owner_sql
    sql = template.format(book=book, owner=owner, condition=CONDITIONS[asked.show])
    with connection.cursor() as cursor:
        cursor.execute(sql, {**params, **own, "today": today, **more})
        return list(cursor.fetchall())


def names() -> dict[str, str]:
    """What the lists are called."""
    return {
        "gap": _("Success gap"),
        "none": _("None defined"),
        "overdue": _("Overdue"),
        "behind": _("Behind or missed"),
        "on_track": _("On track"),
        "achieved": _("Achieved"),
        "all": _("All paying"),
    }


def _pick(key: str, counts: dict[str, int], asked: Asked) -> Pick:
    notes = {
        "gap": _("usage complete, outcome not"),
        "none": _("active may not mean successful"),
        "overdue": _("an open outcome is past its due date"),
        "achieved": _("ask what comes next"),
    }
    whole = counts["all"]
    share = words.percent(Decimal(counts[key]) / whole) if whole and key != "all" else ""
    return Pick(key, names()[key], counts[key], asked.picked(key), key == asked.show, share, notes.get(key, ""))


def _owner(row: tuple[Any, ...], asked: Asked) -> OwnerLine:
    email, name = row[2], row[4]
    counts = dict(zip(SHOWS, row[5], strict=True))
    csm = (email or NOBODY).lower()
    cells = [(names()[key], counts[key], asked.query(csm=csm, show="" if key == SHOWS[0] else key)) for key in SHOWS[:-1]]
    achieved = words.percent(Decimal(counts["achieved"]) / counts["all"]) if counts["all"] else words.UNKNOWN
    return OwnerLine(name or _("no owner"), asked.query(csm=csm), counts["all"], cells, achieved)


def _line(row: tuple[Any, ...], today: date) -> Line:
    external_id, name, owner, _counts, mrr, level, active, days, bar, status, renewal, *rest = row[2:]
    statement, stage, due, reached, needed, problem = rest
    usage, icon = {True: (_("active"), "circle-check"), False: (_("not active"), "circle-minus"), None: (_("unknown"), "help")}[active]
    return Line(
        name=name,
        href=account_address(external_id) + "#wants",
        owner=owner or _("no owner"),
        mrr=words.money(mrr, settings.REPORTING_CURRENCY),
        level=Level(level).word,
        level_word=words.level(Level(level).word),
        usage=usage,
        usage_icon=icon,
        days=f"{days}/{words.UNKNOWN if bar is None else bar}",
        outcome=status or "none",
        outcome_word=words.outcome(status),
        statement=statement or "",
        stage=words.readable(stage or ""),
        due=words.day(due) if due else "",
        due_note=words.until(due, today) if due else _("no due date") if statement else "",
        late=due is not None and due < today,
        proof=_proof(statement, reached, needed, problem),
        proof_share=float(min(Decimal(100), 100 * reached / needed)) if reached is not None and needed else None,
        renewal=words.day(renewal) if renewal else "",
    )


def _proof(statement: str | None, reached: Decimal | None, needed: Decimal | None, problem: str | None) -> str:
    if not statement:
        return ""
    if reached is not None and needed is not None:
        return _("%(reached)s of %(needed)s") % {"reached": words.number(reached), "needed": words.number(needed)}
    told = {
        "no_proof": _("no proof agreed"),
        "no_number": _("the target is no number"),
        "unknown_action": _("the action was never seen"),
        "unknown_metric": _("the metric is not known"),
    }
    return told.get(problem or "", _("not computed yet"))
