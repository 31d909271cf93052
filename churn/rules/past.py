"""Past renewals as columns, and sets of them as the bits of one integer: so that a thousand combinations are counted in no time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Final
from zlib import crc32

from churn.rules.conditions import Condition, Value

BY_DATE, BY_ACCOUNT = "date", "account"
# A half smaller than this share of all is none: so many terms end on one day that days cannot split them.
SMALLEST_HALF = 0.25
# Digits of a number written out, as flags.
_FLAGS: Final = bytes.maketrans(b"01", b"\x00\x01")


@dataclass(frozen=True, slots=True)
class Past:
    """Decided renewals, a place each in every column: the account, the day of the due, whether it was lost, and the figures of then."""

    accounts: Sequence[int]
    days: Sequence[date]
    lost: Sequence[bool]
    values: Mapping[str, Sequence[Value]]

    def __len__(self) -> int:
        return len(self.accounts)

    def at(self, places: Sequence[int]) -> Past:
        """Only these places, in this order."""
        columns = {key: [column[place] for place in places] for key, column in self.values.items()}
        return Past([self.accounts[p] for p in places], [self.days[p] for p in places], [self.lost[p] for p in places], columns)


@dataclass(frozen=True, slots=True)
class Count:
    """Renewals, and how many of them were lost."""

    n: int
    lost: int

    @property
    def rate(self) -> float | None:
        """Share lost; None of none."""
        return self.lost / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Half:
    """Renewals as bits: `lost_bits` has a bit for each one lost."""

    past: Past
    lost_bits: int
    whole: Count

    def bits(self, condition: Condition) -> int:
        """A bit for each renewal that meets the condition; the unknown meet none."""
        column = self.past.values.get(condition.feature, ())
        return _as_number("".join(map(digits_of(condition, column).__getitem__, column)))

    def matching(self, conditions: Iterable[Condition]) -> int:
        """A bit for each renewal that meets all of them."""
        bits = (1 << self.whole.n) - 1
        for condition in conditions:
            bits &= self.bits(condition)
        return bits

    def count(self, bits: int) -> Count:
        """How many, and how many lost."""
        return Count(bits.bit_count(), (bits & self.lost_bits).bit_count())

    def accounts(self, bits: int) -> Count:
        """The same by account: one that has several renewals among them counts once, as lost where any was."""
        found, lost = (len(set(compress(self.past.accounts, _flags_of(some)))) for some in (bits, bits & self.lost_bits))
        return Count(found, lost)


def half_of(past: Past) -> Half:
    """Renewals made ready to be counted."""
    return Half(past, as_bits(past.lost), Count(len(past), sum(past.lost)))


def digits_of(condition: Condition, column: Sequence[Value]) -> dict[Value, str]:
    """For each figure of a column `1` where it meets the condition, else `0`: most figures come many times, and are compared once."""
    return {figure: "1" if condition.met(figure) is True else "0" for figure in set(column)}


def as_bits(flags: Iterable[bool]) -> int:
    """Flags as bits of one integer, the first the lowest."""
    return _as_number("".join("1" if flag else "0" for flag in flags))


def places_of(bits: int) -> list[int]:
    """Places of the bits that are set, ascending."""
    return list(compress(range(bits.bit_length()), _flags_of(bits)))


def _as_number(digits: str) -> int:
    return int(digits[::-1], 2) if digits else 0


def _flags_of(bits: int) -> bytes:
    return f"{bits:b}"[::-1].encode().translate(_FLAGS)


def folded(past: Past) -> Past:
    """One row per account and day, oldest first: terms of several products that end together are one decision, lost if nothing stayed."""
    first: dict[tuple[date, int], int] = {}
    stayed: set[tuple[date, int]] = set()
    for place, (day, account, lost) in enumerate(zip(past.days, past.accounts, past.lost, strict=True)):
        first.setdefault((day, account), place)
        if not lost:
            stayed.add((day, account))
    keys = sorted(first)
    kept = past.at([first[key] for key in keys])
    return Past(kept.accounts, kept.days, [key not in stayed for key in keys], kept.values)


@dataclass(frozen=True, slots=True)
class Split:
    """The half that combinations are found in and the half they are checked in; `by` date, or account where days cannot split."""

    training: Past
    checking: Past
    by: str
    split_on: date | None


def split(past: Past) -> Split:
    """The older half by day, and the newer one; a day is never divided. Of an account lost in the older half nothing is checked.

    So no loss is found and checked as the same one. Where most terms end on one day, accounts are divided instead, each as a whole.
    Needs folded renewals, oldest first.
    """
    n = len(past)
    border = past.days[n // 2] if n else None
    older = next((place for place, day in enumerate(past.days) if day == border), 0)
    if border is not None and min(older, n - older) >= SMALLEST_HALF * n:
        gone = {past.accounts[place] for place in range(older) if past.lost[place]}
        newer = [place for place in range(older, n) if past.accounts[place] not in gone]
        return Split(past.at(range(older)), past.at(newer), BY_DATE, border)
    sides: tuple[list[int], list[int]] = ([], [])
    for place, account in enumerate(past.accounts):
        sides[crc32(str(account).encode()) & 1].append(place)
    return Split(past.at(sides[0]), past.at(sides[1]), BY_ACCOUNT, None)
