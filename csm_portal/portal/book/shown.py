"""Parts of a row as they are placed: what a period, a change, a day and the north star say."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Period:
    """Week or month of an account against its bar."""

    name: str
    days: str
    state: str
    icon: str
    note: str


@dataclass(frozen=True)
class Change:
    """A signed change and which way it points: `up`, `down` or `flat`."""

    text: str
    way: str


@dataclass(frozen=True)
class Dated:
    """A day with its distance from today, and whether it asks for attention."""

    day: str
    note: str
    late: bool = False


@dataclass(frozen=True)
class Star:
    """Progress towards the north star: share in words, the bar's length 0 … 100, both figures, and whether it was ever crossed."""

    share: str
    bar: float
    text: str
    crossed: bool

    @property
    def title(self) -> str:
        """Both figures, with what they are."""
        return _("North star: %(figures)s") % {"figures": self.text}
