"""Which version of a dated definition holds, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from csm_portal.lib.versions import changes, held_since, version_on

FIRST = date(2026, 1, 1)


@dataclass(frozen=True)
class Version:
    version: int
    effective_from: date


published = st.lists(st.integers(0, 60), max_size=6).map(
    lambda days: [Version(number, FIRST + timedelta(days=day)) for number, day in enumerate(days, start=1)]
)


def test_a_later_version_from_an_earlier_day_takes_the_whole_stretch() -> None:
    versions = [Version(1, date(2026, 1, 1)), Version(2, date(2026, 6, 1)), Version(3, date(2026, 3, 1))]
    assert held_since(versions) == [(date(2026, 1, 1), 1), (date(2026, 3, 1), 3)]
    assert held_since(versions[:2]) == [(date(2026, 1, 1), 1), (date(2026, 6, 1), 2)]
    assert held_since([]) == []


@given(published)
def test_stretches_say_of_every_day_what_holds_on_it(versions: list[Version]) -> None:
    days = [FIRST + timedelta(days=offset) for offset in range(70)]
    held = held_since(versions)
    for day in days:
        found = version_on(versions, day)
        assert next((version for since, version in reversed(held) if since <= day), None) == (found.version if found else None)
    in_force = [(day, found.version) for day in days if (found := version_on(versions, day))]
    assert held[1:] == changes(in_force)
