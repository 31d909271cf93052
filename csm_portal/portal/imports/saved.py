"""Mappings by name: kept for files of one shape that come again, offered where a file has the columns they read."""

from __future__ import annotations

import re
from collections.abc import Mapping as Fields
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils.translation import gettext as _

from accounts.loading.mapping import Mapping, MappingError, parse_mapping
from accounts.loading.peek import Head
from accounts.loading.registry import targets
from accounts.models import SavedMapping, User

SALT = "portal.saved-mapping"
# A removed mapping can be brought back for a day.
UNDO_SECONDS = 24 * 3600
LONGEST_NAME, LONGEST_TEXT = 80, 100_000
FILE = re.compile(r"""(\bfile\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*')""")


class Unfit(ValueError):
    """Why a mapping cannot be kept or used, in words."""


@dataclass(frozen=True)
class Offer:
    """A saved mapping whose columns the files of an upload have, with its text written for their names."""

    pk: int
    name: str
    text: str


def read(text: str) -> Mapping:
    """The mapping in a text. Raises MappingError with every problem."""
    return parse_mapping(text, {name: {column.name for column in target.columns} for name, target in targets().items()})


def offers(heads: Fields[str, Head], saved: list[SavedMapping]) -> list[Offer]:
    """Those of the saved mappings that fit the files: each file they read is found by its name or by its columns."""
    found = []
    for row in saved:
        try:
            mapping = read(row.text)
        except MappingError:
            continue  # a table it names is no longer known
        named = _places(mapping, heads)
        if named is not None:
            found.append(Offer(row.pk, row.name, renamed(row.text, named)))
    return found


def all_saved() -> list[SavedMapping]:
    """Every saved mapping, the one used last first."""
    return list(SavedMapping.objects.select_related("made_by").order_by("-updated_at", "name"))


def save(user: User, name: str, text: str, heads: Fields[str, Head], now: datetime) -> SavedMapping:
    """Keep a mapping by name; one of the same name is replaced. Raises Unfit."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Unfit(_("Give the mapping a name of at most %(n)d characters.") % {"n": LONGEST_NAME})
    if len(text) > LONGEST_TEXT:
        raise Unfit(_("The mapping is too long to be kept."))
    try:
        mapping = read(text)
    except MappingError as problem:
        raise Unfit("; ".join(problem.problems)) from problem
    columns = sorted({title for file in mapping.files if file in heads for title in heads[file].header})
    row, _made = SavedMapping.objects.update_or_create(
        name=name, defaults={"text": text, "columns": columns, "made_by": user, "updated_at": now}
    )
    return row


def remove(row: SavedMapping) -> str:
    """Remove a mapping; the answer brings it back."""
    token = signing.dumps([row.name, row.text, row.columns, row.made_by_id], salt=SALT, compress=True)
    row.delete()
    return token


def restore(token: str, now: datetime) -> SavedMapping:
    """Bring a removed mapping back. Raises Unfit when that is too late, or another one has its name by now."""
    try:
        name, text, columns, by = signing.loads(token, salt=SALT, max_age=UNDO_SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as problem:
        raise Unfit(_("It is too late to bring it back.")) from problem
    if SavedMapping.objects.filter(name=name).exists():
        raise Unfit(_("Another mapping has the name “%(name)s” by now.") % {"name": name})
    return SavedMapping.objects.create(name=name, text=text, columns=columns, made_by_id=by, updated_at=now)


def _places(mapping: Mapping, heads: Fields[str, Head]) -> dict[str, str] | None:
    """File of the mapping → file of the upload; None where one of them has no match."""
    named: dict[str, str] = {}
    for file in sorted(mapping.files):
        needed = _columns_of(mapping, file)
        fitting = [one for one, head in heads.items() if needed <= set(head.header) and one not in named.values()]
        if not fitting:
            return None
        named[file] = file if file in fitting else fitting[0]
    return named


def _columns_of(mapping: Mapping, file: str) -> set[str]:
    """Columns of the file that the mapping reads."""
    needed: set[str] = set()
    for one in mapping.targets:
        if one.file == file:
            needed |= {*one.columns.values(), *one.where, *one.distinct}
            needed |= {lookup.source for lookup in one.lookups.values()}
            needed |= {title for plus in one.minutes.values() for title in (plus.source, plus.column)}
            needed |= {title for template in one.templates.values() for title in re.findall(r"\{([^}]*)\}", template)}
        needed |= {title for lookup in one.lookups.values() if lookup.file == file for title in (lookup.key, lookup.take)}
    return needed


def renamed(text: str, named: Fields[str, str]) -> str:
    """The same mapping for files of other names."""

    def put(found: re.Match[str]) -> str:
        quoted = found.group(2)
        old = quoted[1:-1]
        return f'{found.group(1)}"{named[old]}"' if old in named else found.group(0)

    return FILE.sub(put, text)
