"""The page on which an admin says what is in the files of an upload: its form, its choices, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping as Fields
from dataclasses import dataclass

from accounts.loading.mapping import Mapping, MappingError
from accounts.loading.peek import Head, peek
from accounts.loading.preview import Preview, preview
from accounts.loading.registry import Column, Target, targets
from accounts.loading.sheets import stem
from csm_portal.portal.first_run.uploads import Upload, leave_out, set_mapping
from csm_portal.portal.imports import saved, shaping
from csm_portal.portal.imports.shaping import Choice

PEEKED = 200


@dataclass(frozen=True)
class Field:
    """One column of a file: first values, and the field it feeds."""

    place: int
    title: str
    samples: list[str]
    field: str


@dataclass(frozen=True)
class Fixed:
    """A field that no column feeds: its fixed value, and whether the table needs one."""

    column: Column
    value: str


@dataclass(frozen=True)
class Matched:
    """One file on the form."""

    number: int
    file: str
    head: Head
    choice: Choice
    target: Target | None
    fields: list[Field]
    fixed: list[Fixed]
    lacking: list[str]

    @property
    def by_name(self) -> bool:
        """Recognised by its name: nothing has to be said."""
        return self.target is not None and self.choice.by_name(self.head.header, self.target)


def heads_of(upload: Upload) -> dict[str, Head]:
    """The first records of every file."""
    return {name: peek(upload.path(name), PEEKED) for name in upload.files}


def mapping_of(upload: Upload) -> tuple[str, Mapping | None, list[str]]:
    """The upload's mapping: its text, itself where it can be used, and its problems."""
    if upload.mapping is None:
        return "", None, []
    text = upload.mapping.read_text(encoding="utf-8-sig", errors="replace")
    try:
        return text, saved.read(text), []
    except MappingError as problem:
        return text, None, problem.problems


def choices_of(upload: Upload, heads: Fields[str, Head], mapping: Mapping | None) -> list[Choice] | None:
    """What has been chosen for each file so far, guessed where nothing has; None where the mapping says more than the form can."""
    found = []
    for file, head in heads.items():
        told = shaping.told_in(mapping, file) if mapping and file in mapping.files else None
        if mapping and file in mapping.files and told is None:
            return None
        if upload.is_left_out(file):
            found.append(Choice(file))
        elif told is not None:
            found.append(told)
        elif stem(file) in targets():
            found.append(Choice(file, stem(file), {title: title for title in head.header if targets()[stem(file)].column(title)}))
        else:
            found.append(Choice(file) if mapping else shaping.guessed(file, head, targets()))
    return found


def posted(heads: Fields[str, Head], data: Fields[str, str]) -> list[Choice]:
    """The choices of the form as it was sent."""
    return [shaping.posted(file, number, head, targets(), data) for number, (file, head) in enumerate(heads.items())]


def matched(number: int, head: Head, choice: Choice) -> Matched:
    """A file as the form shows it."""
    target = targets().get(choice.into)
    fields = [
        Field(place, title or f"{place + 1}", head.samples(place), choice.columns.get(title, "")) for place, title in enumerate(head.header)
    ]
    filled = set(choice.columns.values())
    fixed = (
        [Fixed(column, choice.constants.get(column.name, "")) for column in target.columns if column.name not in filled] if target else []
    )
    lacking = choice.lacking(target) if target else []
    return Matched(number, choice.file, head, choice, target, fields, fixed, lacking)


def toml_of(heads: Fields[str, Head], choices: list[Choice]) -> str:
    """The mapping of the choices; empty where every file is recognised by its name."""
    known = targets()
    return shaping.as_toml([one for one in choices if one.into and not one.by_name(heads[one.file].header, known[one.into])])


def whole_toml(choices: list[Choice]) -> str:
    """The mapping of the choices, files that their names explain among them: to go on from by hand."""
    return shaping.as_toml(choices)


def keep(upload: Upload, heads: Fields[str, Head], choices: list[Choice]) -> Upload:
    """Write the choices into the upload: the mapping, and which files are not loaded."""
    leave_out(upload, [one.file for one in choices if not one.into])
    return set_mapping(upload, toml_of(heads, choices))


def preview_of(upload: Upload, choice: Choice) -> Preview | None:
    """The first rows of a file as they would be loaded; None where it is left out."""
    target = targets().get(choice.into)
    if target is None:
        return None
    mapping = saved.read(shaping.as_toml([choice]))
    return preview(upload.path(choice.file).parent, choice.file, target, mapping.targets[0])


def previews_of(upload: Upload, mapping: Mapping) -> list[tuple[str, Preview]]:
    """Per table of a mapping written as text: the file, and its first rows."""
    return [
        (one.file, preview(upload.path(one.file).parent, one.file, targets()[one.into], one))
        for one in mapping.targets
        if one.file in upload.files
    ]
