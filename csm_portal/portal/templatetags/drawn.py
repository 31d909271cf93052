"""Parts of a page that say the same until what they are given changes."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from csm_portal.portal.drawn import Drawn

register = template.Library()
# A few KB each, so some 10 MB in a process.
MOST_PARTS = 3000
_parts: Drawn[SafeString] = Drawn(MOST_PARTS)


@register.simple_tag
def draw_once(name: str, **given: Any) -> SafeString:
    """The template's HTML, drawn once per language and values. It reads `given` alone, all of it plain values and dataclasses of such."""
    return _parts.get((get_language(), name, repr(given)), lambda: SafeString(render_to_string(name, given)))
