"""Dated notes on the charts: kept once for everybody, added and removed by those who lead, with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.edit_values import Refused, check_characters
from accounts.models import Annotation
from accounts.types import Role
from csm_portal.lib.figures import placed, with_lines_down

if TYPE_CHECKING:
    from accounts.models import User

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
LONGEST = 200
KINDS = {
    "price": gettext_lazy("price"),
    "launch": gettext_lazy("launch"),
    "positioning": gettext_lazy("positioning"),
    "outage": gettext_lazy("outage"),
    "": gettext_lazy("other"),
}
WRITERS = (Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class ChartNote:
    """One note; `number` is what stands on the charts."""

    pk: int
    number: int
    day: date
    text: str
    kind: str

    @property
    def kind_name(self) -> str:
        """What kind of event it was; a word of a file stands as it is."""
        return str(KINDS.get(self.kind, self.kind)) if self.kind else ""


def may_write(user: User) -> bool:
    """Whether this person adds and removes notes."""
    return user.is_active and user.role in WRITERS


def notes_between(user: User, first: date, after: date) -> list[ChartNote]:
    """The notes of `[first, after)` by day, numbered among all there are: a number means the same on every chart. One query."""
    rows = Annotation.objects.visible_to(user).filter(day__lt=after).order_by("day", "pk")
    numbered = (ChartNote(row.pk, place, row.day, row.text, row.kind) for place, row in enumerate(rows, start=1))
    return [note for note in numbered if note.day >= first]


def add_note(user: User, day: date | None, text: str, kind: str) -> tuple[Annotation, bool]:
    """Keep a note, and whether it is new: the same words on the same day are the same note. Raises Refused."""
    text = " ".join(text.split())
    check_characters(text)
    if not may_write(user):
        raise Refused(_("Managers and admins write on the charts."))
    if day is None or not EARLIEST <= day < LATEST:
        raise Refused(_("The date cannot be read; right would be a day since 2000."))
    if not text:
        raise Refused(_("The note is empty; right would be a few words."))
    if len(text) > LONGEST:
        raise Refused(_("This note has %(n)d characters; right would be at most %(most)d.") % {"n": len(text), "most": LONGEST})
    if kind not in KINDS:
        raise Refused(_("Choose what happened from the list."))
    return Annotation.objects.get_or_create(day=day, text=text, defaults={"kind": kind})


def put_back(user: User, day: date | None, text: str, kind: str) -> None:
    """Keep again what a note said that was removed; a word of a file stays its kind."""
    if may_write(user) and day is not None:
        Annotation.objects.get_or_create(day=day, text=text, defaults={"kind": kind})


def day_of(text: str) -> date | None:
    """A day as a form sends it; None where it cannot be read."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def remove_note(user: User, pk: int) -> Annotation | None:
    """Take a note off all charts; what it was, None where it is not there (any more) or not theirs to remove."""
    row = Annotation.objects.visible_to(user).filter(pk=pk).first() if may_write(user) and pk < 2**63 else None
    if row is not None:
        Annotation.objects.filter(pk=pk).delete()
    return row


def on_chart(figure: dict[str, Any], notes: Sequence[ChartNote], stamps: Sequence[tuple[date, date, str]]) -> dict[str, Any]:
    """The figure with a numbered line at the period of each note. `stamps`: first day, end and the place on the axis, per period."""
    return with_lines_down(figure, placed([(note.day, str(note.number)) for note in notes], stamps))
