# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""A target bound to a staged file: for each column the SQL of its text. The mapping language becomes SQL here.

Pure: names and TOML in, SQL text out. `r` is the staged file, one text column `c<i>` per column of its header.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.loading.checks import number
from accounts.loading.formats import Refused
from accounts.loading.mapping import MappedTarget
from accounts.loading.quoting import literal, name
from accounts.loading.registry import Target


@dataclass
class Bound:
    """What feeds a target: `texts` per column, `extras` for what a column needs besides, `origin` as the file names it."""

    target: Target
    raw: str
    texts: dict[str, str] = field(default_factory=dict)
    minutes: dict[str, str] = field(default_factory=dict)
    lookups: dict[str, tuple[str, str]] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    distinct: list[str] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    shape: str = "ymd"
    ordered: bool = False

    def select(self, more: str = "true") -> str:
        """The mapped rows: `n` and the text of each column as `t:<column>`."""
        columns = [f"{text} AS {name('t:' + column)}" for column, text in self.texts.items()]
        columns += [f"{text} AS {name('m:' + column)}" for column, text in self.minutes.items()]
        columns += [f"{status} AS {name('l:' + column)}" for column, (status, _) in self.lookups.items()]
        columns += [f"{asked} AS {name('a:' + column)}" for column, (_, asked) in self.lookups.items()]
        once = f"DISTINCT ON ({', '.join(self.distinct)}) " if self.distinct else ""
        order = f" ORDER BY {', '.join(self.distinct)}, r.n" if self.distinct else ""
        condition = " AND ".join([*self.where, more])
        return f"SELECT {once}r.n, {', '.join(columns)} FROM {self.raw} r {' '.join(self.joins)} WHERE {condition}{order}"


def bind_by_name(target: Target, raw: str, header: list[str], *, padded: bool = True) -> Bound:
    """Columns by their own name; what the target does not know is ignored. Raises Refused when a required one is missing."""
    bound = Bound(target, raw)
    for place, title in enumerate(header, 1):
        if target.column(title) is None:
            bound.ignored.append(title or f"column {place}")
            continue
        bound.texts[title] = cell_text(place, padded=padded)
        bound.origin[title] = title
    _check_required(bound)
    return bound


def _check_required(bound: Bound) -> None:
    missing = [column for column in bound.target.required if column not in bound.texts]
    if missing:
        raise Refused(
            "missing_column", f"{bound.target.name} needs {', '.join(missing)}; the file has none of that name (a mapping may give it)"
        )


def cell_text(place: int, *, padded: bool) -> str:
    """SQL of a cell without the white space around it; empty is NULL (COPY has seen to that where nothing is padded)."""
    if not padded:
        return f"r.c{place}"
    return f"nullif(btrim(r.c{place}, E' \\t\\r\\n'), '')"


@dataclass(frozen=True)
class Lookups:
    """Staged tables of the files that lookups read: per (file, key, take) the name of a table (key, take, many)."""

    tables: dict[tuple[str, str, str], str]


class Binder:
    """Binds one `[[target]]` of a mapping."""

    def __init__(self, target: Target, mapped: MappedTarget, raw: str, header: list[str], lookups: Lookups, *, padded: bool = True) -> None:
        self.mapped, self.header, self.lookups, self.padded = mapped, header, lookups, padded
        self.bound = Bound(target, raw, shape=mapped.date_order or "ymd", ordered=bool(mapped.date_order))
        self.used: set[str] = set()

    def bind(self) -> Bound:
        """The bound target. Raises Refused when the file lacks a column that the mapping names."""
        mapped, bound = self.mapped, self.bound
        for column, title in mapped.columns.items():
            self.put(column, self.cell(title), title)
        for column, value in mapped.constants.items():
            self.put(column, literal(value) if value else "NULL::text", column)
        for column, template in mapped.templates.items():
            self.put(column, self.template(template), column)
        for column, plus in mapped.minutes.items():
            bound.minutes[column] = self.cell(plus.column)
            self.put(column, f"CASE WHEN {bound.minutes[column]} IS NOT NULL THEN {self.cell(plus.source)} END", plus.column)
        if mapped.row_number:
            self.put(mapped.row_number, "r.n::text", mapped.row_number)
        for place, (column, lookup) in enumerate(mapped.lookups.items(), 1):
            table = self.lookups.tables[lookup.file, lookup.key, lookup.take]
            asked = self.cell(lookup.source)
            bound.joins.append(f"LEFT JOIN {table} k{place} ON k{place}.key = {asked}")
            status = (
                f"CASE WHEN {asked} IS NULL THEN NULL WHEN k{place}.key IS NULL THEN 'lookup_failed' WHEN k{place}.many THEN"
                f" 'lookup_ambiguous' END"
            )
            bound.lookups[column] = (status, asked)
            self.put(column, f"k{place}.take", lookup.source)
        bound.where = [self.condition(title, wanted) for title, wanted in mapped.where.items()]
        bound.distinct = [self.cell(title) for title in mapped.distinct]
        bound.ignored = [title for title in self.header if title not in self.used]
        _check_required(bound)
        return bound

    def put(self, column: str, text: str, title: str) -> None:
        if column in self.mapped.values:
            cases = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in self.mapped.values[column].items())
            text = f"nullif(CASE {text} {cases} ELSE {text} END, '')" if cases else text
        if column in self.mapped.scales:
            factor = self.mapped.scales[column]
            text = f"coalesce((({number(text)}) * {factor:f})::text, {text})"
        self.bound.texts[column] = text
        self.bound.origin[column] = title

    def cell(self, title: str) -> str:
        if title not in self.header:
            raise Refused("missing_column", f"the mapping reads column {title!r}; the file has {', '.join(self.header)}")
        self.used.add(title)
        return cell_text(self.header.index(title) + 1, padded=self.padded)

    def template(self, template: str) -> str:
        parts: list[str] = []
        rest = template
        while rest:
            before, brace, after = rest.partition("{")
            if before:
                parts.append(literal(before))
            title, closed, rest = after.partition("}")
            if brace and not closed:
                raise Refused("bad_mapping", f"template {template!r} opens a brace and does not close it")
            if brace:
                parts.append(f"coalesce({self.cell(title)}, '')")
        return f"nullif({' || '.join(parts) or literal('')}, '')"

    def condition(self, title: str, wanted: tuple[Any, ...]) -> str:
        cell = self.cell(title)
        texts = [literal(str(value)) for value in wanted if not isinstance(value, bool)]
        conditions = [f"coalesce({cell}, '') IN ({', '.join(texts)})"] if texts else []
        truths = {True: "('true','t','yes','y','1')", False: "('false','f','no','n','0')"}
        conditions += [f"lower({cell}) IN {truths[value]}" for value in wanted if isinstance(value, bool)]
        return "coalesce(" + " OR ".join(conditions or ["false"]) + ", false)"
