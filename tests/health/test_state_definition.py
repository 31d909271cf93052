"""`[states]` of a definition file: its defaults, its bars, and that publishing makes a version."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from csm_portal.lib.checked import DefinitionError
from health.definitions import check_states, parse_states
from health.lab.publish_definitions import publish_draft, read_draft
from health.versions import states_on

AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_empty_section_has_the_defaults_and_no_version() -> None:
    found = parse_states({})
    assert found.version is None
    assert (found.rules.window_days, found.rules.busy_days, found.rules.narrow_features) == (28, 8, 2)
    assert found.rules.off_share == Fraction(1, 2)


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"window_days": 3}, "states.window_days"),
        ({"window_days": 14, "busy_days": 20}, "states.busy_days"),
        ({"busy_days": 4, "busy_key_days": 4}, "states.busy_key_days"),
        ({"off_share": "1.5"}, "states.off_share"),
        ({"narrow_features": 0}, "states.narrow_features"),
        ({"narow_features": 2}, "states.narow_features"),
        ({"contact_days": "enterprise 14"}, "states.contact_days"),
        ({"contact_days": ["enterprise 14"]}, "states.contact_days"),
        ({"contact_days": ["enterprise 14", "Enterprise 20", "other 60"]}, "states.contact_days"),
        ({"contact_days": ["enterprise soon", "other 60"]}, "states.contact_days.enterprise"),
        ({"contact_days": ["14", "other 60"]}, "states.contact_days"),
        ({"contact_days": ["other 0"]}, "states.contact_days.other"),
    ],
)
def test_a_bar_that_cannot_be_is_refused_with_its_place(section: dict[str, object], path: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        check_states(section)
    assert path in [problem.path for problem in refused.value.problems]


def test_days_without_contact_are_told_per_tier_in_small_letters() -> None:
    assert parse_states({}).rules.contact_days == (("enterprise", 14), ("mid", 30), ("other", 60))
    found = parse_states({"contact_days": ["Key Account 7", "other 90"]})
    assert found.rules.contact_days == (("key account", 7), ("other", 90))


def test_a_window_that_is_no_number_is_one_problem() -> None:
    with pytest.raises(DefinitionError) as refused:
        check_states({"window_days": "long"})
    assert [problem.path for problem in refused.value.problems] == ["states.window_days"]


@pytest.mark.django_db
def test_a_file_publishes_states_from_a_day_and_the_same_again_is_unchanged() -> None:
    text = "[states]\neffective_from = 2026-02-01\nbusy_days = 10\n"
    assert states_on(date(2026, 2, 28)).version is None
    publish_draft(read_draft(text), at=AT)
    now = states_on(date(2026, 2, 28))
    assert (now.version, now.rules.busy_days, now.rules.quiet_days) == (1, 10, 3)
    assert states_on(date(2026, 1, 31)).version is None
    assert read_draft(text).new == ()
