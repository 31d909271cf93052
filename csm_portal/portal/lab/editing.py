"""One section as somebody edits it: in a form or as text, from the revision they began with. What was typed is kept, right or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from csm_portal.lib.checked import DefinitionError, Problem
from csm_portal.portal.lab.form import Block, Typed
from csm_portal.portal.lab.sections import form_of, laid_out
from csm_portal.portal.lab.told import changes_in_words
from health.lab.definition_text import read_section, section_text
from health.lab.draft_merge import Difference
from health.lab.drafts import Conflicted

MORE = "more:"


class Editor:
    """A section being edited. `base`: the revision it began from; `adds`: the list that gets one more row."""

    def __init__(self, section: str, base: int, typed: Typed, *, is_text: bool, adds: str = "") -> None:
        self.section, self.base, self.typed, self.is_text, self.adds = section, base, typed, is_text, adds
        self.problems: dict[str, str] = {}

    @property
    def text(self) -> str:
        """The section as TOML, as typed."""
        return self.typed.raw("text")

    def body(self) -> dict[str, Any]:
        """What is typed, unchecked. Raises DefinitionError where it cannot even be read."""
        if self.is_text:
            return read_section(self.section, self.text)
        return form_of(self.section).read(self.typed)[0]

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Keep the faults, to be shown beside their inputs."""
        self.problems = {problem.path: problem.reason for problem in problems}

    def blocks(self, known: Sequence[str]) -> list[Block]:
        """The form with what is typed; `known`: actions of the data, offered where the form has none yet."""
        if self.is_text:
            return []
        if isinstance(self.typed, _Body):
            self.typed = Typed(form_of(self.section).fill(self.typed.body, known))
        try:
            places = form_of(self.section).read(self.typed)[1]
        except DefinitionError:
            places = {}
        return laid_out(self.section, self.typed, places, self.problems)


class _Body(Typed):
    """A body that is put into inputs once it is known what else they offer."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__({})
        self.body = body


def opened(section: str, body: Mapping[str, Any], revision: int, *, as_text: bool) -> Editor:
    """The section as it stands."""
    typed = Typed({"text": section_text(section, body) if body else f"[{section}]\n"}) if as_text else _Body(body)
    return Editor(section, revision, typed, is_text=as_text)


def posted(section: str, data: QueryDict) -> Editor:
    """The section as it was sent."""
    typed, do, base = Typed(data), data.get("do", ""), data.get("base", "")
    adds = do.removeprefix(MORE) if do.startswith(MORE) else ""
    if adds:
        typed.add_row(adds)
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 9 else 0
    return Editor(section, number, typed, is_text="text" in data, adds=adds)


def conflict_of(conflicted: Conflicted, section: str) -> dict[str, Any]:
    """Both values of every key that two people set, for the page."""
    mine = changes_in_words(Difference(one.steps, one.theirs, one.mine) for one in conflicted.conflicts)
    return {
        "section": section,
        "by": conflicted.by,
        "revision": conflicted.revision,
        "keys": mine,
        "problems": conflicted.problems,
    }
