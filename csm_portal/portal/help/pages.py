"""The methods pages inside the portal: docs/methods as HTML, with stable anchors and links that stay inside.

A page in Chinese (docs/methods/zh-hans) has the same headings, rows and words in bold, in the same order, as its English twin, and
takes that one's anchors: a link to a figure holds in both languages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Longer cells are sentences, not names of figures.
LONGEST_NAME = 40
ENGLISH = "en"
CHINESE = "zh-hans"


@dataclass(frozen=True)
class Heading:
    """One line of a page's table of contents."""

    anchor: str
    text: str
    level: int


@dataclass(frozen=True)
class HelpPage:
    """One page, ready to be placed. `anchors` are all places that a link may name, `language` is that of the text."""

    name: str
    language: str
    title: str
    body: SafeString
    contents: list[Heading]
    anchors: frozenset[str]


def names() -> list[str]:
    """Names of the pages there are, in alphabetical order."""
    return sorted(path.stem for path in _folder().glob("*.md"))


def page(name: str, language: str = ENGLISH) -> HelpPage | None:
    """The page of that name, in English where it is not written in that language; None where there is none."""
    if name not in names():
        return None
    original = _folder() / f"{name}.md"
    path = _folder() / language / original.name
    if language == ENGLISH or not path.exists():
        path = original
    return _rendered(path, original, (path.stat().st_mtime_ns, original.stat().st_mtime_ns))


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "methods"


@cache
def _rendered(path: Path, original: Path, _changed: tuple[int, int]) -> HelpPage:
    markdown, title, tokens = _parsed(path)
    translated = path != original
    anchors, contents = _anchored(tokens, _own_anchors(_parsed(original)[2]) if translated else None)
    _relink(tokens)
    html = _scrolling(str(markdown.renderer.render(tokens, markdown.options, {})), title)
    language = path.parent.name if translated else ENGLISH
    return HelpPage(path.stem, language, title, mark_safe(html), contents, frozenset(anchors))  # noqa: S308 - rendered with raw HTML off


def _parsed(path: Path) -> tuple[MarkdownIt, str, list[Token]]:
    # Raw HTML stays text: the pages are ours, but nobody should have to check that.
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    title, tokens = _title(markdown.parse(path.read_text(encoding="utf-8")), path.stem)
    return markdown, title, tokens


def _title(tokens: list[Token], otherwise: str) -> tuple[str, list[Token]]:
    """The first heading, and the rest of the page: the frame places the title itself."""
    if tokens and tokens[0].type == "heading_open":
        return _text(tokens[1]), tokens[3:]
    return otherwise, tokens


def _anchored(tokens: Sequence[Token], given: Sequence[str] | None) -> tuple[set[str], list[Heading]]:
    """Gives an id to every place of the page that may be linked to: its own, or one of `given` in the same order."""
    places = list(_places(tokens))
    anchors = given if given is not None and len(given) == len(places) else _own_anchors(tokens)
    contents = []
    for (token, text), anchor in zip(places, anchors, strict=True):
        if not anchor:
            continue
        token.attrSet("id", anchor)
        if token.type == "heading_open":
            contents.append(Heading(anchor, text, int(token.tag[1:])))
    return {anchor for anchor in anchors if anchor}, contents


def _own_anchors(tokens: Sequence[Token]) -> list[str]:
    """An anchor for each place from its own words; of equals the first keeps the name, the others stay empty."""
    taken: set[str] = set()
    anchors = []
    for _token, text in _places(tokens):
        anchor = slug(text)
        fits = anchor not in taken and len(text) <= LONGEST_NAME and anchor[:1].isalpha()
        anchors.append(anchor if fits else "")
        taken.add(anchors[-1])
    return anchors


def _places(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """Headings, then rows of tables by the name in their first cell, and words in bold or leading italics.

    Headings come first, so that a row of the same name never takes theirs.
    """
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            yield token, _text(tokens[place + 1])
    yield from _named(tokens)


def _named(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    for place, token in enumerate(tokens):
        if token.type == "tr_open" and tokens[place + 1].type == "td_open":
            yield token, _text(tokens[place + 2])
        if token.type != "inline":
            continue
        parts = token.children or []
        for at, part in enumerate(parts):
            if part.type == "strong_open" or (part.type == "em_open" and at == 0):
                yield part, parts[at + 1].content


def slug(text: str) -> str:
    """The anchor of a heading, as code hosts write it: `Week and month` is `week-and-month`."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", text.strip().lower()))


def _text(inline: Token) -> str:
    return "".join(part.content for part in inline.children or [] if part.type in {"text", "code_inline"})


def _relink(tokens: Sequence[Token]) -> None:
    """Links to other methods pages lead to them here; those to anything else become plain words."""
    for token in tokens:
        parts = token.children or []
        for at, part in enumerate(parts):
            if part.type != "link_open":
                continue
            target, _hash, anchor = str(part.attrGet("href") or "").partition("#")
            stem = target.removesuffix(".md")
            if not target and anchor:
                continue
            if target.endswith(".md") and stem in names():
                part.attrSet("href", reverse("portal:help_page", args=[stem]) + (f"#{anchor}" if anchor else ""))
                continue
            part.tag, part.attrs = "span", {}
            closing = next(other for other in parts[at:] if other.type == "link_close")
            closing.tag = "span"


def _scrolling(html: str, title: str) -> str:
    places = itertools.count(1)

    def opened(_found: re.Match[str]) -> str:
        # Each region has a name of its own: a reader who walks the landmarks tells them apart.
        return f'<div class="table-scroll" tabindex="0" role="region" aria-label="{title} ({next(places)})"><table class="data">'

    return re.sub("<table>", opened, html).replace("</table>", "</table></div>")
