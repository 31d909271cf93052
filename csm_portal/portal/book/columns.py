"""The columns of the book: headings with what they sort by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from csm_portal.portal.book.quick import BookForm


@dataclass(frozen=True)
class Heading:
    """One heading of the book: what it sorts by next, and how it sorts now (`ascending`, `descending` or empty)."""

    label: str
    numeric: bool = False
    note: str = ""
    next: str = ""
    now: str = ""


# Columns whose first click should show the largest first.
DESCENDING_FIRST = {"level", "active", "mrr", "seats", "tickets", "contact"}


def headings(form: BookForm) -> list[Heading]:
    """Headings of the book in order."""
    wanted = [
        ("account", _("Account"), False),
        ("level", _("Activity, 28 days"), False),
        ("active", _("Active"), False),
        ("health", _("Health"), False),
        ("", _("Top reason"), False),
        ("outcome", _("Outcome"), False),
        ("mrr", _("MRR"), True),
        ("seats", _("Seats"), True),
        ("renewal", _("Renewal"), False),
        ("rating", _("Last rated"), False),
        ("contact", _("Last contact"), False),
        ("tickets", _("Open tickets"), True),
        ("owner", _("Owner"), False),
    ]
    notes = {"seats": _("active / activated / purchased"), "active": _("days / bar"), "health": _("system · CSM · coverage")}
    key_now, descending = form.order
    made = []
    for key, label, numeric in wanted:
        now = "" if key != key_now or not key else "descending" if descending else "ascending"
        first = f"-{key}" if key in DESCENDING_FIRST else key
        following = {"ascending": f"-{key}", "descending": key}.get(now, first)
        made.append(Heading(label, numeric, notes.get(key, ""), following if key else "", now))
    return made
