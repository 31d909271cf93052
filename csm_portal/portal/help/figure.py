"""One figure that a page shows: its name, what it is in words, and where its methods page computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Words = Any  # a text, or one that is translated when it is shown


@dataclass(frozen=True)
class Figure:
    """One figure. `page` is a file of docs/methods without its ending, `anchor` a place on it (empty: its top)."""

    key: str
    name: Words
    definition: Words
    page: str
    anchor: str = ""
