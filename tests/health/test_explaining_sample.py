"""Over a whole sample book: every difference sums, every facet's rows are its evidence, every day's events are its key actions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from csm_portal.portal.account.why import parts_of
from health.explaining.bands import Judged, band_changes, band_of, band_reasons
from health.explaining.change import UNIT, contributions, explain_change
from health.explaining.definitions import Definitions, definitions
from health.explaining.events import day_events
from health.explaining.explanation import explain, turning_of
from health.explaining.facet_rows import Asked, facet_rows
from health.explaining.reading import Viewed
from health.explaining.turning import grade
from health.models import AccountDay, HealthScore
from health.reasons import reason_words
from health.types import Band
from tests.health.evidence_rows import agrees
from tests.health.explained_book import AS_OF, FIRST, NEW_MODEL, explained_book

pytestmark = pytest.mark.django_db
DAYS = [
    AS_OF,
    AS_OF - timedelta(days=7),
    NEW_MODEL,
    NEW_MODEL - timedelta(days=1),
    NEW_MODEL - timedelta(days=12),
    FIRST,
]
PAIRS = list(combinations(sorted(DAYS), 2))
ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def admin(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield explained_book(tmp_path_factory.mktemp("book"))
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def scores(admin: User) -> dict[tuple[int, date], HealthScore]:
    rows = HealthScore.objects.visible_to(admin).published().filter(day__in=DAYS).select_related("account", "account__state")
    return {(row.account_id, row.day): row for row in rows}


@pytest.fixture(scope="module")
def known(admin: User) -> Definitions:
    return definitions(2)


def judged(row: HealthScore) -> Judged:
    return Judged(row.score, row.band, row.coverage, row.facets, row.caps, row.version, row.profile)


def test_the_book_holds_what_makes_a_difference_hard(scores: dict[tuple[int, date], HealthScore]) -> None:
    assert len({account for account, _day in scores}) > 15
    assert {row.version for row in scores.values()} == {1, 2}
    assert {row.profile for row in scores.values()} == {0, 1}
    assert {row.band for row in scores.values()} == {"red", "amber", "green", "unknown"}
    assert sum(row.score is None for row in scores.values()) > 5
    assert {cap["when"] for row in scores.values() for cap in row.caps} >= {"override", "open_tickets >= 1"}


def test_every_difference_sums_for_every_account_and_pair_of_days(scores: dict[tuple[int, date], HealthScore]) -> None:
    compared = 0
    for account in {account for account, _day in scores}:
        for earlier, later in PAIRS:
            then, now = scores.get((account, earlier)), scores.get((account, later))
            if then is None or now is None or then.score is None or now.score is None:
                continue
            change = now.score - then.score
            shares = explain_change(then.facets, now.facets, change)
            assert sum((share.delta for share in shares), Decimal(0)) == change
            before, after = contributions(then.facets), contributions(now.facets)
            for share in shares:
                exact = after.get(share.facet, Fraction(0)) - before.get(share.facet, Fraction(0))
                assert abs(Fraction(share.delta) - exact) <= 2 * Fraction(UNIT)
            printed = [Decimal(part.points.replace("−", "-")) for part in parts_of(then.facets, now.facets, change) if part.points]
            assert sum(printed, Decimal(0)) == change.quantize(Decimal("0.1"))
            compared += 1
    assert compared > 100


def test_every_band_has_reasons_that_give_it(scores: dict[tuple[int, date], HealthScore], known: Definitions) -> None:
    for row in scores.values():
        rules = known.health_rules(row.version, row.profile)
        reasons = band_reasons(judged(row), rules)
        assert all(reason_words(reason) for reason in reasons)
        alone = band_of(row.score, rules)
        caps = [reason["band"] for reason in reasons if reason["code"] == "cap"]
        corrected = [reason["band"] for reason in reasons if reason["code"] == "override"]
        order = list(Band)
        capped = min([Band(band) for band in caps] + ([alone] if alone else []), key=order.index) if alone != Band.UNKNOWN else alone
        assert row.band == (corrected[-1] if corrected else capped)


def test_every_change_of_band_is_named(scores: dict[tuple[int, date], HealthScore], known: Definitions) -> None:
    codes: Counter[str] = Counter()
    for account in {account for account, _day in scores}:
        for earlier, later in PAIRS:
            then, now = scores.get((account, earlier)), scores.get((account, later))
            if then is None or now is None:
                continue
            rules = [known.health_rules(row.version, row.profile) for row in (then, now)]
            found = band_changes(judged(then), judged(now), *rules)
            assert bool(found) == (then.band != now.band)
            assert all(reason_words(reason) for reason in found)
            codes.update(reason["code"] for reason in found)
    assert {"override_began", "cap_began", "score_crossed"} <= codes.keys()


def test_the_rows_of_every_facet_are_its_evidence(admin: User, scores: dict[tuple[int, date], HealthScore], known: Definitions) -> None:
    checked: Counter[str] = Counter()
    for (_account, day), row in scores.items():
        if day not in (AS_OF, NEW_MODEL - timedelta(days=12)):
            continue
        rules = known.health_rules(row.version, row.profile)
        for facet, stored in row.facets.items():
            rows = facet_rows(Viewed(row.account, admin, ZONE), Asked(facet, day, stored["evidence"], known, rules))
            assert agrees(facet, rows, stored["evidence"], stored["value"]), (row.account.external_id, day, facet)
            checked[facet] += 1
    assert min(checked[facet] for facet in ("activity", "outcome", "adoption", "support", "invoices", "surveys", "growth", "ratings")) > 20


def test_the_events_of_a_day_add_up_to_its_key_actions(admin: User, known: Definitions) -> None:
    days = AccountDay.objects.visible_to(admin).published().filter(events__gt=0).select_related("account").order_by("account_id", "day")
    for row in random.Random(5).sample(list(days), 80):
        rules = known.activity_rules(row.version, row.profile)
        rows = day_events(Viewed(row.account, admin, ZONE), row.day, rules)
        assert sum(line["weighed"] for line in rows.lines) == row.key_actions
        assert rows.total == len(rows.lines)


def test_what_would_turn_it_green_does(admin: User, scores: dict[tuple[int, date], HealthScore], known: Definitions) -> None:
    states: Counter[str] = Counter()
    for (_account, day), row in scores.items():
        if day != AS_OF:
            continue
        viewed = Viewed(row.account, admin, ZONE)
        explained = explain(viewed, None, AS_OF, AS_OF - timedelta(days=7))
        turning, rules = turning_of(viewed, explained), known.health_rules(row.version, row.profile)
        assert turning is not None
        assert rules is not None
        states[turning.state] += 1
        for option in turning.options:
            score, band = grade(row.facets, rules, option.steps)
            assert band == Band.GREEN
            assert score == option.score
        assert [option.effort for option in turning.options] == sorted(option.effort for option in turning.options)
        assert bool(turning.options) == (turning.state == "possible")
    assert states.keys() >= {"green", "possible", "override"}
