"""The file of agreements: what it takes and refuses, and which months it makes stale."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.dirty import set_built_through
from accounts.models import DirtyDay
from csm_portal.nightly.build import build
from health.models import ScenarioAgreement, ScenarioPeriod
from tests import factories as make
from tests.accounts.loading.folders import codes, counts, load, rejected, write

START, AS_OF = date(2026, 1, 5), date(2026, 3, 20)
HEAD = "account_external_id,scenario,starts_on,days_per_month,seat_share,reason\n"


def file(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    return write(tmp_path / "files", scenario_agreements=head + "\n".join(lines))


def rows() -> list[tuple[object, ...]]:
    found = ScenarioAgreement.objects.order_by("pk")
    return list(found.values_list("account__external_id", "scenario", "starts_on", "days_per_month", "seat_share", "reason"))


@pytest.mark.django_db
def test_agreements_are_loaded_and_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="a")
    folder = file(tmp_path, "a,Orders,2026-01-01,4,,small team", "a,Orders,2026-02-01,,0.25,", "a,Stock,2026-01-01,0,1,")
    assert counts(load(folder), "scenario_agreements") == (3, 3, 0, 0, 0, 0)
    assert rows() == [
        ("a", "Orders", date(2026, 1, 1), 4, None, "small team"),
        ("a", "Orders", date(2026, 2, 1), None, Decimal("0.25"), ""),
        ("a", "Stock", date(2026, 1, 1), 0, Decimal(1), ""),
    ]
    assert counts(load(folder), "scenario_agreements") == (3, 0, 0, 3, 0, 0)
    changed = file(tmp_path, "a,Orders,2026-01-01,6,,smaller team")
    assert counts(load(changed), "scenario_agreements") == (1, 0, 1, 0, 0, 0)
    assert rows()[0][3:] == (6, None, "smaller team")


@pytest.mark.django_db
def test_a_column_that_the_file_lacks_keeps_its_value(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="a")
    load(file(tmp_path, "a,Orders,2026-01-01,4,0.5,why"))
    load(file(tmp_path, "a,Orders,2026-01-01,5", head="account_external_id,scenario,starts_on,days_per_month\n"))
    assert rows() == [("a", "Orders", date(2026, 1, 1), 5, Decimal("0.5"), "why")]


@pytest.mark.django_db
def test_bad_rows_are_rejected_with_a_code_and_the_rest_loads(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="a")
    folder = file(
        tmp_path,
        "a,Orders,2026-01-01,,,nothing agreed",
        "b,Orders,2026-01-01,3,,",
        "a,,2026-01-01,3,,",
        "a,Orders,,3,,",
        "a,Orders,2026-01-01,32,,",
        "a,Orders,2026-01-01,2.5,,",
        "a,Orders,2026-01-01,,1.01,",
        "a,Orders,2026-01-01,,-0.1,",
        "a,Orders,2026-01-01,3,,good",
        "a,Orders,2026-01-01,4,,another",
    )
    assert counts(load(folder), "scenario_agreements") == (10, 1, 0, 0, 0, 9)
    assert [(row[1], row[2], row[3]) for row in rejected()] == [
        (2, "days_per_month", "missing_value"),
        (3, "account_external_id", "unknown_account"),
        (4, "scenario", "missing_value"),
        (5, "starts_on", "missing_value"),
        (6, "days_per_month", "out_of_range"),
        (7, "days_per_month", "bad_whole_number"),
        (8, "seat_share", "out_of_range"),
        (9, "seat_share", "out_of_range"),
        (11, "starts_on", "conflicting_duplicate"),
    ]
    assert rows() == [("a", "Orders", date(2026, 1, 1), 3, None, "good")]


@pytest.mark.django_db
def test_a_scenario_that_no_definition_names_is_flagged_once_there_is_one(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="a")
    folder = file(tmp_path, "a,Orders,2026-01-01,4,,", "a,Stock,2026-01-01,4,,", "a,Nothing,2026-01-01,4,,")
    assert counts(load(folder), "scenario_agreements")[4] == 0
    profile = {"when": {"stage": ["live"]}, "scenarios": [{"name": "Stock", "actions": ["x"]}]}
    make.define_activity(scenarios=[{"name": "Orders", "actions": ["work"]}], profiles=[profile])
    changed = file(tmp_path, "a,Orders,2026-01-01,5,,", "a,Stock,2026-01-01,5,,", "a,Nothing,2026-01-01,5,,")
    assert counts(load(changed), "scenario_agreements") == (3, 0, 3, 0, 1, 0)
    assert codes() == ["unknown_scenario"]
    make.define_activity(date(2026, 1, 1))
    assert counts(load(file(tmp_path, "a,Orders,2026-01-01,6,,")), "scenario_agreements")[4] == 0


@pytest.mark.django_db
def test_without_a_scenario_in_any_definition_every_name_is_flagged(tmp_path: Path) -> None:
    make.AccountFactory.make(external_id="a")
    make.define_activity()
    assert counts(load(file(tmp_path, "a,Orders,2026-01-01,4,,")), "scenario_agreements")[4] == 1


def marked() -> list[tuple[str, date, bool]]:
    return list(DirtyDay.objects.order_by("account", "day").values_list("account__external_id", "day", "events"))


@pytest.mark.django_db
def test_only_months_that_the_agreement_decides_are_marked_each_by_its_last_built_day(tmp_path: Path) -> None:
    account = make.AccountFactory.make(external_id="a")
    make.ContractFactory.make(account=account, starts_on=START)
    set_built_through(AS_OF)
    load(file(tmp_path, "a,Orders,2026-01-10,4,,", "a,Orders,2026-03-10,5,,", "a,Orders,2026-04-01,6,,"))
    assert marked() == [("a", date(2026, 1, 31), False), ("a", date(2026, 2, 28), False), ("a", AS_OF, False)]
    DirtyDay.objects.all().delete()
    load(file(tmp_path, "a,Orders,2026-01-10,8,,", "a,Orders,2026-03-10,5,,", "a,Orders,2026-04-01,7,,"))
    assert marked() == [("a", date(2026, 1, 31), False), ("a", date(2026, 2, 28), False)]
    DirtyDay.objects.all().delete()
    load(file(tmp_path, "a,Orders,2026-01-10,8,,", "a,Orders,2026-03-10,5,,", "a,Orders,2026-04-01,7,,"))
    load(file(tmp_path, "a,Orders,2020-01-01,8,,"))
    assert marked() == []


def met() -> list[tuple[date, int, int | None, bool | None]]:
    found = ScenarioPeriod.objects.published().order_by("starts_on")
    return list(found.values_list("starts_on", "days", "expected_days", "met"))


@pytest.mark.django_db(transaction=True)
def test_a_late_agreement_changes_the_published_months_with_the_next_night_and_no_level(tmp_path: Path) -> None:
    make.define_activity(scenarios=[{"name": "Orders", "actions": ["work"], "expected_days_per_month": 5}])
    account = make.AccountFactory.make(external_id="a")
    make.ContractFactory.make(account=account, starts_on=START)
    seat = make.SeatFactory.make(account=account)
    for month in (1, 2, 3):
        for day in (6, 7, 8):
            make.event(account, date(2026, month, day), seat=seat)
    build(AS_OF, say=lambda _line: None)
    january, february, march = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
    assert met() == [(january, 3, 5, False), (february, 3, 5, False), (march, 3, 5, False)]
    load(file(tmp_path, "a,Orders,2026-02-15,3,,"))
    result = build(AS_OF, say=lambda _line: None)
    assert met() == [(january, 3, 5, False), (february, 3, 3, True), (march, 3, 3, True)]
    assert result.plan.activity == (date(2026, 2, 28), AS_OF)
    assert result.run.counts["levels_changed"] == 0
    assert DirtyDay.objects.count() == 0
    build(AS_OF + timedelta(days=1), say=lambda _line: None)
    assert met()[2] == (march, 3, 3, True)
