"""What may be written into an account by hand: the fields, and what a text must be like to go into one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_WORD = 100
MAX_SENTENCE = 500
MAX_TAG = 50
MAX_TAGS = 30
SEPARATORS = ";,|，；、"


class Field(StrEnum):
    """Attributes of an account that people may change; the values are names of the model's fields."""

    OWNER = "owner"
    CO_OWNER = "co_owner"
    TAGS = "tags"
    TIER = "tier"
    STAGE = "lifecycle_stage"
    NEXT_STEP = "next_step"


PEOPLE = {Field.OWNER: "owner_id", Field.CO_OWNER: "co_owner_id"}
LENGTHS = {Field.TIER: MAX_WORD, Field.STAGE: MAX_WORD, Field.NEXT_STEP: MAX_SENTENCE}


class Mode(StrEnum):
    """What becomes of the tags an account has already."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


class Refused(ValueError):
    """Why nothing was changed, in words for the person who asked: what is wrong and what would be right."""


class NotSaved(ValueError):
    """Why nothing was saved: a sentence per field, under "" what concerns all."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Tags:
    """A change of tags; `names` in the order given, each once."""

    names: tuple[str, ...]
    mode: Mode = Mode.SET

    def applied_to(self, present: Iterable[str]) -> list[str]:
        """The tags afterwards. What is there keeps its place, so that doing it again changes nothing."""
        before = list(present)
        if self.mode is Mode.SET:
            return list(self.names)
        if self.mode is Mode.REMOVE:
            return [tag for tag in before if tag not in self.names]
        return [*before, *(tag for tag in self.names if tag not in before)]


def field_of(name: str) -> Field:
    """The field of that name. Raises Refused."""
    try:
        return Field(name)
    except ValueError:
        raise Refused(_("This cannot be changed here; right would be one of: %(fields)s.") % {"fields": ", ".join(Field)}) from None


def line(value: str, most: int) -> str:
    """One line of text, white space made single. Raises Refused where it is too long or holds what no text may hold."""
    text = " ".join(value.split())
    check_characters(text)
    if len(text) > most:
        raise Refused(
            ngettext(
                "This text has %(n)d character; right would be at most %(most)d.",
                "This text has %(n)d characters; right would be at most %(most)d.",
                len(text),
            )
            % {"n": len(text), "most": most}
        )
    return text


def check_characters(text: str) -> None:
    """Raises Refused for control characters and halves of characters; line ends and tabs are text."""
    bad = next((one for one in text if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\r\t"), None)
    if bad is not None:
        raise Refused(_("This text holds the control character U+%(code)s; right would be text alone.") % {"code": f"{ord(bad):04X}"})


def tags_of(value: str, mode: str = Mode.SET) -> Tags:
    """Tags written in one line, parted by `;`, `,` or a bar. Raises Refused."""
    if mode not in set(Mode):
        raise Refused(_("Tags are set, added or removed; right would be one of: %(modes)s.") % {"modes": ", ".join(Mode)})
    for separator in SEPARATORS:
        value = value.replace(separator, ";")
    names = tuple(dict.fromkeys(tag for part in value.split(";") if (tag := line(part, MAX_TAG))))
    if not names and mode != Mode.SET:
        raise Refused(_("Name at least one tag; several are separated by a comma."))
    too_many(names)
    return Tags(names, Mode(mode))


def too_many(names: Iterable[str]) -> None:
    """Raises Refused where an account would carry more tags than anybody reads."""
    n = len(list(names))
    if n > MAX_TAGS:
        raise Refused(_("These are %(n)d tags; right would be at most %(most)d on one account.") % {"n": n, "most": MAX_TAGS})
