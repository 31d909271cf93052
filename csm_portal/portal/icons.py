"""Icons of the vendored sprite."""

from __future__ import annotations

import functools

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


@functools.cache
def icon(name: str, extra: str = "") -> SafeString:
    """An inline icon from the sprite; decorative, so the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {extra}" if extra else "",
        static("vendor/icons/sprite.svg"),
        name,
    )
