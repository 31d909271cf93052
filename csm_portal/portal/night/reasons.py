"""Why an account could not be computed: the two reasons of our own in the reader's language; what a step said stays as it was said."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

TIME_REASON = "It took longer than it may."
MEMORY_REASON = "It needed more memory than a night may take."
_OURS = {TIME_REASON: _("It took longer than it may."), MEMORY_REASON: _("It needed more memory than a night may take.")}


def reason_in_words(reason: str | None) -> str:
    """The stored reason as people read it; empty for none."""
    return str(_OURS.get(reason, reason)) if reason else ""
