"""Marks of a line of these lists, drawn once for each word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csm_portal.portal.book.marks import mark

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


class Marked:
    """A line with an outcome."""

    outcome: str
    outcome_word: str

    @property
    def outcome_mark(self) -> SafeString:
        """The outcome as a mark, which is never that of activity."""
        return mark("parts/_outcome.html", status=self.outcome, word=self.outcome_word)
