"""Definition files: every fault at once, unchanged content no version, and the days that become stale."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import DirtyDay, Event, JobRun
from csm_portal.lib.checked import DefinitionError
from health.lab.publish_definitions import Draft, publish_draft, read_draft
from health.models import ActivityDefinition
from health.versions import activity_versions, calendar_on, health_versions, north_star_versions, question_versions
from tests import factories as make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, tzinfo=UTC)
WHOLE = """
[activity]
effective_from = 2018-01-01
key_actions = { create_order = 1, approve = 0.5 }
login_actions = ["login"]
passive_actions = ["report_opened"]
conditions = { watch = { min_quantity = 60 } }
share = "3/5"
month_days = 12
[[activity.scenarios]]
name = "Approvals"
actions = ["approve"]
expected_seat_share = "0.3"
[[activity.profiles]]
when = { stage = "onboarding" }
month_workday_share = "3/5"
[north_star]
action = "create_order"
measure = "value"
threshold = 80000
[health]
min_coverage = "0.5"
caps = [{ when = "invoice_overdue_days >= 60", band = "amber" }]
[[health.profiles]]
when = { tier = "enterprise" }
weights = { activity = 30, ratings = 35, executive = 15, outcome = 20 }
[[ratings.questions]]
key = "core"
text = { en = "Does it run?" }
anchors = { en = ["1", "2", "3", "4", "5"] }
[calendar]
default_country = "CN"
default_timezone = "Asia/Shanghai"
[renewals]
renewal_grace_days = 20
"""


def published(text: str) -> Draft:
    draft = read_draft(text)
    publish_draft(draft, at=AT)
    return draft


def test_a_whole_file_is_published_section_by_section() -> None:
    assert len(published(WHOLE).new) == 6
    version = activity_versions()[0]
    assert (version.version, version.effective_from) == (1, date(2018, 1, 1))
    assert (version.rules[0].month_days, version.rules[0].month_workday_share) == (12, None)
    assert version.rules[1].month_days is None
    assert health_versions()[0].effective_from == date(2018, 1, 1)
    assert north_star_versions()[0].rules.threshold == 80_000
    assert question_versions()[0].questions[0].valid_days == 90
    assert calendar_on(date(2026, 1, 1)).default_country == "CN"


def test_unchanged_content_makes_no_new_version_however_it_is_written() -> None:
    published(WHOLE)
    again = published(WHOLE.replace('share = "3/5"\nmonth_days', "share = 0.60\nmonth_days"))
    assert again.new == ()
    assert ActivityDefinition.objects.count() == 1


def test_a_later_version_leaves_the_earlier_one_in_place() -> None:
    published(WHOLE)
    later = WHOLE.replace("2018-01-01", "2020-01-01").replace("approve = 0.5", "approve = 2")
    published(later)
    assert [row.version for row in activity_versions()] == [1, 2]
    assert published(WHOLE).new == ()
    assert published(later).new == ()


def test_every_fault_of_every_section_is_told_at_once_with_what_would_be_right() -> None:
    text = """
[activity]
key_actions = { a = -1 }
login_share = 60
month_days = 40
month_workdays = "3/5"
scenarios = [{ name = "S" }]
[health]
weights = { activty = 3 }
bands = { amber = 80, green = 75 }
caps = [{ when = "mood > 3", band = "green" }]
[calendar]
default_country = "Narnia"
week_starts = "someday"
[renewal]
renewal_grace_days = 30
"""
    with pytest.raises(DefinitionError) as caught:
        read_draft(text)
    places = [problem.path for problem in caught.value.problems]
    assert places == [
        "activity.key_actions.a",
        "activity.login_share",
        "activity.month_days",
        "activity.month_workdays",
        "activity.scenarios[1].actions",
        "health.weights.activty",
        "health.caps[1].when",
        "health.caps[1].band",
        "health.bands",
        "calendar.default_country",
        "calendar.week_starts",
        "renewal",
    ]
    assert "did you mean activity?" in str(caught.value)


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("", "file"),
        ("[activity\n", "file"),
        ("[activity]\n", "activity.key_actions"),
        ('[activity]\nkey_actions = { a = 1 }\nmonth_days = 3\nmonth_workday_share = "3/5"', "activity.month_workday_share"),
        ("[activity]\nkey_actions = { a = 1 }\nlow_multiple = 5", "activity.high_multiple"),
        ('[activity]\nkey_actions = { a = 1 }\nlogin_actions = ["x"]\npassive_actions = ["x"]', "activity.passive_actions"),
        ('[activity]\neffective_from = "soon"\nkey_actions = { a = 1 }', "activity.effective_from"),
        ("[north_star]\nthreshold = 3", "north_star.action"),
        ('[[ratings.questions]]\nkey = "k"\ntext = { en = "t" }\nanchors = { en = ["1"] }', "ratings.questions[1].anchors.en"),
    ],
)
def test_faults_name_their_place(section: str, place: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_draft(section)
    assert caught.value.problems[0].path == place


def test_a_new_activity_version_marks_its_days_with_events_and_the_built_ones() -> None:
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, starts_on=date(2026, 1, 1))
    for day in (date(2026, 1, 2), date(2026, 1, 20)):
        make.event(account, day)
    DirtyDay.objects.all().delete()
    JobRun.objects.create(job="published_through", message="2026-01-22", due_at=AT)
    published(WHOLE.replace("2018-01-01", "2026-01-19"))
    marked = list(DirtyDay.objects.order_by("day").values_list("day", "events"))
    assert marked == [(date(2026, 1, 19), False), (date(2026, 1, 20), True), (date(2026, 1, 21), False), (date(2026, 1, 22), False)]


def test_another_default_zone_puts_events_on_their_new_local_day() -> None:
    account = make.AccountFactory.make()
    make.event(account, date(2026, 1, 2), at=time(18))
    published("[calendar]\ndefault_timezone = 'Asia/Shanghai'")
    assert Event.objects.get().day == date(2026, 1, 3)


def run(path: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("define", str(path), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_check_shows_what_would_change_and_publishes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "definition.toml"
    path.write_text(WHOLE, encoding="utf-8")
    assert "seats" not in run(path, "--check")[1]  # before the first load nothing is missing
    make.AccountFactory.make()
    out, err = run(path, "--check")
    assert "[activity] would become version 1 from 2018-01-01" in out
    assert "neither seats nor purchased seats" in err
    assert not ActivityDefinition.objects.exists()
    assert "[activity] version 1" in run(path)[0]
    assert "[activity] unchanged: version 1" in run(path, "--check")[0]


def test_a_definition_of_logins_alone_needs_explicit_confirmation(tmp_path: Path) -> None:
    path = tmp_path / "definition.toml"
    path.write_text('[activity]\nkey_actions = { enter = 1 }\nlogin_actions = ["enter"]\n', encoding="utf-8")
    with pytest.raises(CommandError, match="confirm-logins-only"):
        run(path)
    assert not ActivityDefinition.objects.exists()
    run(path, "--confirm-logins-only")
    assert ActivityDefinition.objects.count() == 1


def test_the_command_names_file_place_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "definition.toml"
    path.write_text("[activity]\nkey_actions = { a = 1 }\nshare = 60\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"definition\.toml: activity\.share: must be a number above 0 and at most 1 \(found 60\)"):
        run(path)
    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "missing.toml")
