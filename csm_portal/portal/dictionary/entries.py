"""The data dictionary: every column of the files, every field of the API and every figure, from the lists the portal itself works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.loading.registry import Column, Kind, targets
from csm_portal.portal.dictionary.fields import api_fields
from csm_portal.portal.dictionary.meanings import FILES, meaning
from csm_portal.portal.help.figures import GROUPS
from csm_portal.portal.help.marks import NAMES, Mark, definition_of

Words = str | Promise
PARTS: Mapping[str, Words] = {
    "files": gettext_lazy("Columns of the files"),
    "api": gettext_lazy("Fields of the API"),
    "figures": gettext_lazy("Figures"),
}
KINDS: Mapping[Kind, Words] = {
    Kind.TEXT: gettext_lazy("text"),
    Kind.KEY: gettext_lazy("short text"),
    Kind.DATE: gettext_lazy("date"),
    Kind.INSTANT: gettext_lazy("instant"),
    Kind.MONTH: gettext_lazy("month (as in a file)"),
    Kind.NUMBER: gettext_lazy("number"),
    Kind.WHOLE: gettext_lazy("whole number"),
    Kind.MONEY: gettext_lazy("money"),
    Kind.BOOL: gettext_lazy("true or false"),
    Kind.WORD: gettext_lazy("one of a list"),
    Kind.JSON: gettext_lazy("JSON object"),
    Kind.TAGS: gettext_lazy("list of words"),
    Kind.EMAIL: gettext_lazy("e-mail"),
    Kind.CURRENCY: gettext_lazy("currency code"),
    Kind.COUNTRY: gettext_lazy("country code"),
    Kind.ZONE: gettext_lazy("time zone"),
    Kind.ACCOUNT: gettext_lazy("id of an account"),
    Kind.SEAT: gettext_lazy("id of a seat"),
    Kind.CONTACT: gettext_lazy("id of a contact"),
    Kind.USER: gettext_lazy("e-mail of a user"),
    Kind.TEAM: gettext_lazy("team"),
}


@dataclass(frozen=True)
class Entry:
    """One thing that has a name: where it stands, its type, whether it must be there, what it may be, and what it means.

    `key` is the name that files, the API and addresses use, `name` the one people read.
    """

    part: str
    group: str
    key: str
    name: str
    kind: str
    required: bool
    choices: tuple[str, ...]
    meaning: str
    href: str = ""
    version: str = ""

    def holds(self, text: str) -> bool:
        """Whether the text stands anywhere in it, in any case."""
        return text.casefold() in " ".join((self.group, self.key, self.name, self.kind, *self.choices, self.meaning)).casefold()


def entries(part: str, mark: Mark | None) -> list[Entry]:
    """All entries of a part, in the order of their registry. `mark`: the versions in force; None: nothing is published."""
    if part == "api":
        return _fields()
    return _figures(mark) if part == "figures" else _columns()


def _columns() -> list[Entry]:
    return [_column(target.name, column) for target in targets().values() for column in target.columns]


def _column(file: str, column: Column) -> Entry:
    group = f"{file}: {FILES[file]}" if file in FILES else file
    kind, told = str(KINDS[column.kind]), meaning(file, column.name)
    return Entry("files", group, column.name, "", kind, column.required, column.choices, told)


def _fields() -> list[Entry]:
    return [Entry("api", one.path, one.name, "", one.kind, one.required, one.choices, one.meaning) for one in api_fields()]


def _figures(mark: Mark | None) -> list[Entry]:
    found = []
    for group, figures in GROUPS:
        for figure in figures:
            page = reverse("portal:help_page", args=[figure.page])
            by = definition_of(figure)
            version = mark.versions.get(by) if mark else None
            told = str(NAMES[by]) if by else ""
            found.append(
                Entry(
                    part="figures",
                    group=str(group),
                    key=figure.key,
                    name=str(figure.name),
                    kind=_("figure"),
                    required=False,
                    choices=(),
                    meaning=str(figure.definition),
                    href=f"{page}#{figure.anchor}" if figure.anchor else page,
                    version=f"{told} {version}" if version else told,
                )
            )
    return found
