"""The table of people as it is shown: lines in order, folded or flat, every cell in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict

from csm_portal.portal.team.cells import Cell
from csm_portal.portal.team.column import Column, Setting, lowest_rate, provisional_month
from csm_portal.portal.team.columns import columns
from csm_portal.portal.team.data import Books, Stand, books, renewed, renewing
from csm_portal.portal.team.drill import Drill
from csm_portal.portal.team.spans import Span, span_asked
from csm_portal.portal.team.tree import Kind, Line, flat, folded, in_order, tree
from csm_portal.web import Page

if TYPE_CHECKING:
    from accounts.models import User
    from churn.k_reads import Group

# A longer table opens with its teams folded, and is shown in pages; files hold every line.
MOST_OPEN = PAGE_LINES = 30
FLAT_LINES = 20
NAME = "name"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: where its next order leads, and how it is ordered now (`ascending`, `descending` or empty)."""

    column: Column | None
    key: str
    query: str
    now: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line as placed: `fold` is the query that opens or closes it, empty where nothing is below."""

    line: Line
    cells: list[Cell]
    href: str
    fold: str
    open: bool
    people: int


@dataclass(frozen=True, slots=True)
class Table:
    """What the page shows, and what a file of it holds."""

    top: Line
    lines: list[Line]
    columns: list[Column]
    setting: Setting
    span: Span
    books: Books
    renewed: Group
    sort: tuple[str, bool]
    flat: bool
    toggled: frozenset[str]
    query: QueryDict
    page: Page

    @property
    def version(self) -> int | None:
        """The activity definition behind the month; None where nothing was graded."""
        return self.books.headline.version if self.books.headline else None

    @property
    def activity_known(self) -> int:
        """Paying accounts whose month is decided or can be."""
        return self.top.figures.paying - self.top.figures.unknown

    @property
    def health_known(self) -> int:
        """Paying accounts with a health score."""
        return len(self.top.figures.scores)

    @property
    def address(self) -> str:
        """The query of this very table, without what makes no difference."""
        return _with(self.query)

    @property
    def xlsx_address(self) -> str:
        """The query of its workbook."""
        return _with(self.query, page="", format="xlsx")


def everyone(user: User, at: Stand) -> Line:
    """The people and teams of the viewer below one line, with their figures."""
    found = books(user, at, span_asked({}, at.as_of).period)
    return tree(user, found.by_desk, found.people, found.teams)


def table(user: User, at: Stand, query: QueryDict, targets: Mapping[str, Mapping[str, Decimal]]) -> Table:
    """The table that the address asks for; what it asks for without sense is passed over."""
    span = span_asked(query.dict(), at.as_of)  # type: ignore[arg-type]
    found = books(user, at, span.period)
    closed = renewed(user, at)
    top = tree(user, found.by_desk, found.people, found.teams)
    setting = Setting(
        as_of=at.as_of,
        period=span.period,
        currency=settings.REPORTING_CURRENCY,
        drill=Drill(top),
        provisional=provisional_month(top, at.as_of),
        lowest_rate=lowest_rate(top, at.as_of),
        targets=targets,
        renewing=renewing(closed),
        versions=found.versions,
    )
    shown = columns(setting, found.weeks)
    key, descending = _sort(query.get("sort", ""), shown)
    is_flat = query.get("rows") == "people"
    if is_flat:
        flat(top)
    column = next((one for one in shown if one.key == key), None)
    in_order(top, column.measure if column else (lambda line: line.name), descending=descending)
    toggled = frozenset(query.getlist("fold"))
    lines = folded(top, _closed(top, toggled))
    toggled &= {line.key for line in top.lines()}
    page = _page(query.get("page", ""), len(lines) - 1, FLAT_LINES if is_flat else PAGE_LINES)
    told = {"sort": "" if (key, descending) == (NAME, False) else f"-{key}" if descending else key, "rows": "people" if is_flat else ""}
    asked = QueryDict(_with(QueryDict(), **told, fold=sorted(toggled), **span.query, page=str(page.number) if page.number > 1 else "")[1:])
    return Table(top, lines, shown, setting, span, found, closed, (key, descending), is_flat, toggled, asked, page)


def _page(asked: str, n_lines: int, size: int) -> Page:
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    return Page(min(max(1, number), Page(1, n_lines, size).n_pages), n_lines, size)


def _closed(top: Line, toggled: frozenset[str]) -> set[str]:
    lines = list(top.lines())
    with_more = {line.key for line in lines if line.children and line is not top}
    return with_more - toggled if len(lines) > MOST_OPEN else with_more & toggled


def _sort(asked: str, shown: Sequence[Column]) -> tuple[str, bool]:
    key = asked.removeprefix("-")
    return (key, asked.startswith("-")) if key == NAME or any(one.key == key for one in shown) else (NAME, False)


def rows(shown: Table) -> list[Row]:
    """The lines of the page in words, the total last."""
    closed = _closed(shown.top, shown.toggled)
    return [
        Row(
            line,
            [column.cell(line) for column in shown.columns],
            shown.setting.drill(line),
            _fold(shown, line) if line.children and line.kind != Kind.TOTAL else "",
            line.key not in closed,
            sum(1 for below in line.lines() if below.kind == Kind.PERSON),
        )
        for line in (*shown.lines[:-1][max(0, shown.page.first - 1) : shown.page.last], shown.top)
    ]


def headings(shown: Table) -> list[Heading]:
    """Name and columns, each with the order that a click asks for."""
    key_now, descending = shown.sort
    made = []
    for column in (None, *shown.columns):
        key = column.key if column else NAME
        ascending_first = column is None or column.ascending_first
        order = "" if key != key_now else "descending" if descending else "ascending"
        following = {"ascending": f"-{key}", "descending": key}.get(order, key if ascending_first else f"-{key}")
        made.append(Heading(column, key, _with(shown.query, page="", sort="" if following == NAME else following), order))
    return made


def _fold(shown: Table, line: Line) -> str:
    keys = sorted(shown.toggled ^ {line.key})
    return _with(shown.query, page="", fold=keys)


def _with(query: QueryDict, **changed: str | list[str]) -> str:
    """The query with some parts changed, as it stands in the address; `?` alone where nothing is left."""
    kept: list[tuple[str, Any]] = [(name, value) for name, values in query.lists() if name not in changed for value in values if value]
    for name, value in changed.items():
        kept += [(name, one) for one in ([value] if isinstance(value, str) else value) if one]
    return f"?{urlencode(kept)}"
