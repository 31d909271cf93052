"""Parts of a cell that few values take, rendered once: a page of the book holds hundreds of them."""

from __future__ import annotations

import functools
import re

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Marks are short; what is drawn from a strip is longer, and differs from account to account.
BREAKS = re.compile(r"\s*\n\s*")
MOST_MARKS, MOST_STRIPS = 4096, 2048


def mark(template: str, **values: str) -> SafeString:
    """The part as its template renders it with these values, which the template escapes."""
    return _rendered(template, get_language() or "", tuple(values.items()))


@functools.lru_cache(maxsize=MOST_MARKS)
def _rendered(template: str, _language: str, values: tuple[tuple[str, str], ...]) -> SafeString:
    return rendered(template, dict(values))


def rendered(template: str, values: dict[str, object]) -> SafeString:
    """A template's text without the line breaks of its source; what it renders is safe already."""
    return mark_safe(BREAKS.sub(" ", get_template(template).render(values).strip()).replace("> <", "><"))  # noqa: S308
