"""Checking of a definition file's sections: every fault is collected with its place, its value and what would be right."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `path` is the key with its section (`activity.share`), `reason` says what would be right."""

    path: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f" (found {self.value})" if self.value else "")


class DefinitionError(ValueError):
    """A section that cannot be used, with all of its problems at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Checker:
    """Collects problems while a section is read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fault(self, path: str, value: Any, reason: str) -> None:
        """Note one problem; the value is shown shortened."""
        shown = "" if value is None else repr(value)
        self.problems.append(Problem(path, shown if len(shown) <= 80 else shown[:77] + "...", reason))

    def table(self, value: Any, path: str, fields: Mapping[str, Field]) -> dict[str, Any]:
        """The known keys of a table, each checked; an unknown key is a problem, a missing one is left out."""
        if not isinstance(value, Mapping):
            self.fault(path, value, "must be a table")
            return {}
        found = {}
        for key, item in value.items():
            field = fields.get(str(key))
            where = f"{path}.{key}"
            if field is None:
                near = difflib.get_close_matches(str(key), fields, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(fields)}"
                self.fault(where, item, f"unknown key; {hint}")
                continue
            checked = field(self, item, where)
            if checked is not None:
                found[str(key)] = checked
        return found

    def done(self) -> None:
        """Raise all problems found, if any."""
        if self.problems:
            raise DefinitionError(self.problems)


MOST_DIGITS = 100
HUGE_POWER = re.compile(r"[eE][+-]?\d{3,}")
# Reads one value: canonical JSON, or None after noting a problem.
Field = Callable[[Checker, Any, str], Any]


def exact(value: Any) -> Fraction | None:
    """The number as an exact fraction, from an integer, a Decimal, or text such as `0.6` or `3/5`; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal | Fraction):
        return Fraction(value) if not isinstance(value, Decimal) or (value.is_finite() and abs(value.adjusted()) <= MOST_DIGITS) else None
    if isinstance(value, float):
        return Fraction(repr(value)) if math.isfinite(value) else None
    text_of = str(value).strip()
    # A fraction of a huge power would be written out in full.
    if len(text_of) > MOST_DIGITS or HUGE_POWER.search(text_of):
        return None
    try:
        return Fraction(text_of)
    except (ValueError, ZeroDivisionError):
        return None


def number_text(value: Fraction) -> str:
    """Canonical text: a plain decimal where it ends (`0.6`), else a fraction (`1/3`)."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs((value * 10**places).numerator)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def number(*, least: int | None = None, most: int | None = None, above: int | None = None, decimal_places: int | None = None) -> Field:
    """An exact number inside the bounds, kept as text; `decimal_places` refuses finer ones (and endless fractions)."""
    bounds = (("at least", least), ("above", above), ("at most", most))
    wanted = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
    decimals = f" with at most {decimal_places} decimals" if decimal_places is not None else ""

    def fits(found: Fraction) -> bool:
        inside = (least is None or found >= least) and (above is None or found > above) and (most is None or found <= most)
        return inside and (decimal_places is None or (found * 10**decimal_places).denominator == 1)

    def read(checker: Checker, value: Any, path: str) -> str | None:
        found = exact(value)
        if found is None or not fits(found):
            checker.fault(path, value, f"must be a number {wanted}".rstrip() + decimals)
            return None
        return number_text(found)

    return read


def share() -> Field:
    """A share 0..1, such as `0.6` or `3/5`."""

    def read(checker: Checker, value: Any, path: str) -> str | None:
        found = exact(value)
        if found is None or not 0 <= found <= 1:
            checker.fault(path, value, 'must be a share from 0 to 1, such as "0.6" or "3/5"')
            return None
        return number_text(found)

    return read


def whole(least: int, most: int) -> Field:
    """A whole number inside the bounds."""

    def read(checker: Checker, value: Any, path: str) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            checker.fault(path, value, f"must be a whole number from {least} to {most}")
            return None
        return value

    return read


def one_of(*words: str) -> Field:
    """One of the words."""

    def read(checker: Checker, value: Any, path: str) -> str | None:
        if value not in words:
            checker.fault(path, value, f"must be one of {', '.join(words)}")
            return None
        return str(value)

    return read


def text(*, empty: bool = False) -> Field:
    """A string, not empty unless allowed."""

    def read(checker: Checker, value: Any, path: str) -> str | None:
        if not isinstance(value, str) or not (value.strip() or empty):
            checker.fault(path, value, "must be a text" if empty else "must be a text that is not empty")
            return None
        return value.strip()

    return read


def names(*, words: tuple[str, ...] | None = None, lone: bool = False) -> Field:
    """A list of texts, each once; `words` limits them, `lone` lets a single text stand for a list of one."""

    def read(checker: Checker, value: Any, path: str) -> list[str] | None:
        given = [value] if lone and isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(item, str) and item.strip() for item in given):
            checker.fault(path, value, "must be a list of texts")
            return None
        unknown = [item for item in given if words is not None and item not in words]
        if unknown:
            checker.fault(path, unknown[0], f"must be one of {', '.join(words or ())}")
            return None
        return list(dict.fromkeys(item.strip() for item in given))

    return read


def mapping(field: Field) -> Field:
    """A table of free keys whose values the field checks."""

    def read(checker: Checker, value: Any, path: str) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            checker.fault(path, value, "must be a table")
            return None
        found = {str(key): field(checker, item, f"{path}.{key}") for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not None}

    return read


def table(fields: Mapping[str, Field], *, required: tuple[str, ...] = ()) -> Field:
    """A table of known keys."""

    def read(checker: Checker, value: Any, path: str) -> dict[str, Any] | None:
        before = len(checker.problems)
        found = checker.table(value, path, fields)
        missing = [key for key in required if key not in found]
        if missing and len(checker.problems) == before:
            for key in missing:
                checker.fault(f"{path}.{key}", None, "is missing")
        return found if len(checker.problems) == before else None

    return read


def tables(fields: Mapping[str, Field], *, required: tuple[str, ...] = ()) -> Field:
    """A list of tables of known keys."""
    one = table(fields, required=required)

    def read(checker: Checker, value: Any, path: str) -> list[dict[str, Any]] | None:
        if not isinstance(value, list | tuple):
            checker.fault(path, value, "must be a list of tables")
            return None
        found = [one(checker, item, f"{path}[{place}]") for place, item in enumerate(value, start=1)]
        return [item for item in found if item is not None]

    return read


def day_of(checker: Checker, value: Any, path: str) -> date | None:
    """A date, as TOML writes it or as text YYYY-MM-DD."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        checker.fault(path, value, "must be a date YYYY-MM-DD")
        return None


def decimal_of(value: str) -> Decimal:
    """The Decimal of a canonical number that ends; an endless fraction is cut after 20 digits."""
    try:
        return Decimal(value)
    except InvalidOperation:
        fraction = Fraction(value)
        return round(Decimal(fraction.numerator) / Decimal(fraction.denominator), 20)
