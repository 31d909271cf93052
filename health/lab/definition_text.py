"""Sections of a definition as TOML, as `manage.py define` reads it. Pure.

What is written and read again is the same section: numbers that are kept as text stay text, so nothing is rounded on the way.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from csm_portal.lib.checked import DefinitionError, Problem

BARE = re.compile(r"[A-Za-z0-9_-]+")
# Lists of tables that get a heading each; the others stand in one line.
HEADED = ("scenarios", "profiles", "questions")


def as_text(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """A definition file of these sections."""
    return "\n".join(section_text(name, body) for name, body in sections.items())


def section_text(name: str, body: Mapping[str, Any]) -> str:
    """One section of a definition file, ending with a line break."""
    plain = [(key, value) for key, value in body.items() if key not in HEADED]
    lines = [f"[{name}]"] if plain or not body else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain]
    for key in HEADED:
        for one in body.get(key, ()):
            lines += ["", f"[[{name}.{key}]]", *(f"{_key(part)} = {_value(value)}" for part, value in one.items())]
    return "\n".join(lines).strip("\n") + "\n"


def read_section(name: str, text: str) -> dict[str, Any]:
    """The section of a text that holds it alone, with its heading. Raises DefinitionError."""
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError([Problem(name, "", f"is not TOML: {error}")]) from None
    others = [key for key in found if key != name]
    if others or not isinstance(found.get(name, {}), dict):
        raise DefinitionError([Problem(others[0] if others else name, "", f"here stands [{name}] alone")])
    return dict(found.get(name, {}))


def inline(body: Mapping[str, Any]) -> str:
    """Keys and values without a heading, a line each."""
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in body.items())


def read_inline(text: str, path: str) -> dict[str, Any]:
    """Keys and values without a heading. Raises DefinitionError naming `path`."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError([Problem(path, "", f"is not TOML: {error}")]) from None


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _quoted(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(str(key))} = {_value(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal):
        return str(value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'
