"""Filters in the address: what each asks for, and what is said of one that makes no sense."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.types import Role
from csm_portal.portal.book.conditions import COMPARISONS, group_q, in_address, in_words, parse_condition, parse_group, read_date
from csm_portal.portal.book.fields import FIELDS
from csm_portal.portal.book.table import matching
from tests.portal.shown_book import AS_OF, person, shown

TODAY = AS_OF + timedelta(days=1)
TEXT = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=30)


@given(values=st.lists(TEXT, min_size=1, max_size=5))
def test_any_characters_survive_the_address(values: list[str]) -> None:
    group = parse_group(f"{in_address('industry', 'is', values)}|{in_address('name', 'has', values[:1])}")
    assert [condition.values for condition in group] == [tuple(values), tuple(values[:1])]
    assert [condition.problem for condition in group] == ["", ""]


@given(text=st.text(max_size=60))
def test_no_text_breaks_the_reading(text: str) -> None:
    for condition in parse_group(text):
        assert condition.problem or condition.q(TODAY) is not None
        assert isinstance(in_words(condition, {}), str)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("health:below:abc", "no number from 0 to 100"),
        ("health:below:101", "no number from 0 to 100"),
        ("health:below:nan", "no number"),
        ("mrr:min:-1", "no number of 0 or more"),
        ("renewal:within:soon", "no number of days"),
        ("renewal:before:tomorrow", "2026-12-31"),
        ("level:is:purple", "none of: high, medium, low, zero, unknown"),
        ("health:nearly:50", "Known: below, min, max, above, unknown, known"),
        ("mood:is:good", "is no field"),
        ("health:below:", "a value is missing"),
        ("name:has:%00", "no text may hold"),
    ],
)
def test_what_cannot_be_read_says_what_would_be_right(text: str, told: str) -> None:
    condition = parse_condition(text)
    assert told in condition.problem
    assert group_q((condition,), TODAY) is None


def test_every_field_has_comparisons_and_every_comparison_a_phrase() -> None:
    for field in FIELDS.values():
        for comparison in COMPARISONS[field.kind].values():
            assert "%(field)s" in str(comparison.phrase)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", date(2026, 12, 31)),
        ("+30d", date(2026, 12, 20)),
        (" 30d", date(2026, 12, 20)),
        ("-20d", date(2026, 10, 31)),
        ("2026-13-01", None),
        ("30", None),
        ("-99999d", date(1753, 2, 5)),
    ],
)
def test_days_are_written_or_counted_from_today(text: str, day: date | None) -> None:
    assert read_date(text, TODAY) == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["health:below:50"], ["ill"]),
        (["health:min:50"], ["well"]),
        (["health:unknown:"], ["blank"]),
        (["health:below:50", "mrr:min:500"], []),
        (["health:below:50|mrr:min:500"], ["ill", "well"]),
        (["change:max:-5"], ["ill"]),
        (["renewal:within:90"], ["well"]),
        (["renewal:overdue:"], ["ill"]),
        (["renewal:unknown:"], ["blank"]),
        (["renewal:after:%2B10d"], ["well"]),
        (["rated:older:90"], ["blank", "ill"]),
        (["rated:newer:90"], ["well"]),
        (["rated:never:"], ["blank"]),
        (["contact:older:30"], ["blank", "ill"]),
        (["tags:has:vip"], ["well"]),
        (["tags:has:vip,new"], ["ill", "well"]),
        (["tags:hasnot:vip"], ["blank", "ill"]),
        (["tags:empty:"], ["blank"]),
        (["owner:is:-"], ["blank"]),
        (["owner:not:-"], ["ill", "well"]),
        (["industry:is:Retail,-"], ["blank", "well"]),
        (["industry:not:Retail"], ["blank", "ill"]),
        (["level:is:high,zero"], ["ill", "well"]),
        (["level:not:unknown"], ["ill", "well"]),
        (["outcome:is:-"], ["blank"]),
        (["month:is:yes"], ["well"]),
        (["month:is:-"], ["blank"]),
        (["name:has:EL"], ["well"]),
        (["name:hasnot:ll"], ["blank"]),
        (["next_step:filled:"], ["ill"]),
        (["activation:below:50"], ["ill"]),
        (["coverage:above:50"], ["well"]),
        (["nonsense", "health:below:50"], ["ill"]),
        (["health:below:abc|health:below:50"], ["ill"]),
    ],
)
def test_each_comparison_leaves_the_accounts_it_names(groups: list[str], expected: list[str]) -> None:
    user = person()
    day = timedelta(days=1)
    shown(
        user,
        "ill",
        score=Decimal(20),
        score_change_30d=Decimal(-5),
        mrr_reporting=Decimal(100),
        renewal_on=TODAY - day,
        rated_on=TODAY - 91 * day,
        last_contact_on=TODAY - 31 * day,
        account_tags=["new"],
        account_industry="Mining",
        account_next_step="call",
        level=0,
        outcome_status="behind",
        seats_activated=10,
        coverage=Decimal("0.5"),
    )
    shown(
        user,
        "well",
        score=Decimal(50),
        score_change_30d=Decimal("-4.9"),
        mrr_reporting=Decimal(500),
        renewal_on=TODAY + 90 * day,
        rated_on=TODAY - 90 * day,
        last_contact_on=TODAY - 30 * day,
        account_tags=["vip"],
        account_industry="Retail",
        level=3,
        month_active=True,
        outcome_status="achieved",
        coverage=Decimal("0.51"),
    )
    shown(
        None,
        "blank",
        score=None,
        score_change_30d=None,
        mrr_reporting=None,
        renewal_on=None,
        rated_on=None,
        last_contact_on=None,
        level=-1,
        month_active=None,
        outcome_status="",
        seats_purchased=0,
        coverage=Decimal(0),
    )
    query = QueryDict(mutable=True)
    query.setlist("f", groups)
    found = matching(person(Role.ADMIN), query, TODAY).values_list("account__external_id", flat=True)
    assert sorted(found) == expected


@pytest.mark.django_db
def test_north_star_progress_is_measured_against_the_threshold_in_force() -> None:
    from datetime import UTC, datetime

    from health.models import NorthStarDefinition

    for version, threshold, since in ((1, "100", date(2020, 1, 1)), (2, "1000", date(2030, 1, 1))):
        NorthStarDefinition.objects.create(
            version=version,
            effective_from=since,
            body={"action": "order", "measure": "value", "threshold": threshold, "within_days": 0},
            digest=str(version),
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    user = person()
    shown(user, "half", north_star=Decimal(50))
    shown(user, "over", north_star=Decimal(150))
    shown(user, "unknown", north_star=None)
    found = matching(user, QueryDict("f=star:min:50&f=star:below:100"), TODAY).values_list("account__external_id", flat=True)
    assert list(found) == ["half"]
