"""What the jump dialog lists: rows in groups, with the part that matched marked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import QueryDict

Piece = tuple[str, bool]


@dataclass(frozen=True)
class Result:
    """One row: where it leads, its words in pieces (matched or not), and a note beside them.

    `press` selects the control of the page that does the same without leaving it; `href` is where the row leads where there is none.
    """

    href: str
    label: tuple[Piece, ...]
    icon: str
    note: tuple[Piece, ...] = ()
    press: str = ""


@dataclass(frozen=True)
class Group:
    """Results of one kind under a heading."""

    key: str
    title: str
    results: list[Result]


def words_of(text: str) -> list[str]:
    """The words of a search, each of which has to occur."""
    return text.split()


def occurs(text: str, in_label: str) -> bool:
    """Whether every word of the search occurs in the label, whatever its case."""
    label = in_label.casefold()
    return all(word.casefold() in label for word in words_of(text))


def marked(label: str, text: str) -> tuple[Piece, ...]:
    """The label in pieces, those that match a word of the search marked. Joined together they are the label again."""
    found = "|".join(re.escape(word) for word in sorted(words_of(text), key=len, reverse=True))
    if not found:
        return ((label, False),) if label else ()
    pieces = re.split(f"({found})", label, flags=re.IGNORECASE)
    # A split by one group alternates: text, match, text, match, ...
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def query(**values: str) -> str:
    """A query string with its question mark."""
    made = QueryDict(mutable=True)
    made.update(values)
    return f"?{made.urlencode()}"
