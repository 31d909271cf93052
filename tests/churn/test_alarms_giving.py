"""What a night writes down about drops: alarms, notices about ourselves, and the border; twice is once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.edit_values import NotSaved
from accounts.types import Role
from churn.alarms import notices
from churn.alarms.account import against_usual
from churn.alarms.giving import give, tune
from churn.alarms.reads import counted_alike
from churn.models import AlarmTuning, DropAlarm, SystemNotice
from health.models import AccountDay, PublishedSlice
from tests.churn.alarms_book import AS_OF, NOW, low, published, steady
from tests.factories import UserFactory, define_activity

pytestmark = pytest.mark.django_db
WED, THU, FRI = (AS_OF - timedelta(days=back) for back in (2, 1, 0))


def test_three_low_days_of_five_make_an_alarm_with_what_was_usual() -> None:
    run = published()
    dropped = steady(run, changed=low(WED, THU, FRI))
    steady(run)
    give(AS_OF, NOW)
    alarm = DropAlarm.objects.get()
    assert (alarm.account, alarm.day) == (dropped, FRI)
    assert alarm.facts["unit"] == "day"
    assert [one["day"] for one in alarm.facts["days"]][-3:] == [WED.isoformat(), THU.isoformat(), FRI.isoformat()]
    assert alarm.facts["days"][-1] == {"day": FRI.isoformat(), "value": 5, "usual": 36, "spread": 6, "z": pytest.approx(-5.1667, abs=1e-4)}
    assert alarm.z == AlarmTuning.objects.get().z == -1.97


def test_a_night_done_twice_writes_nothing_more() -> None:
    run = published()
    steady(run, changed=low(WED, THU, FRI))
    assert give(AS_OF, NOW) == 2  # the tuning and the alarm
    before = list(DropAlarm.objects.values())
    assert give(AS_OF, NOW) == 0
    assert list(DropAlarm.objects.values()) == before


def test_the_same_drop_seen_again_by_a_later_night_is_no_second_alarm() -> None:
    run = published()
    days = [AS_OF - timedelta(days=back) for back in range(12)]
    account = steady(run, changed=low(*days))
    give(AS_OF - timedelta(days=7), NOW)
    give(AS_OF, NOW)
    assert DropAlarm.objects.filter(account=account).count() == 1


def test_a_day_of_quiet_is_no_low_day() -> None:
    run = published()
    account = steady(run, changed=low(WED, THU, FRI, value=20))
    AccountDay.objects.filter(account=account, day=THU).update(working=False)
    give(AS_OF, NOW)
    assert not DropAlarm.objects.exists()


def test_what_is_not_published_is_not_judged() -> None:
    run = published()
    steady(run, changed=low(WED, THU, FRI))
    PublishedSlice.objects.filter(starts_on=WED).delete()
    give(AS_OF, NOW)
    assert not DropAlarm.objects.exists()


def test_many_accounts_dropping_on_the_same_days_are_one_notice_and_no_alarms() -> None:
    run = published(weeks=10)
    for place in range(20):
        steady(run, weeks=10, changed=low(WED, THU, FRI) if place < 5 else None)
    give(AS_OF, NOW)
    assert not DropAlarm.objects.exists()
    assert list(SystemNotice.objects.order_by("day").values_list("day", flat=True)) == [WED, THU, FRI]
    assert SystemNotice.objects.first().facts == {"dropped": 5, "accounts": 20, "share": 0.25}  # type: ignore[union-attr]
    [spell] = notices.spells(AS_OF)
    assert (spell.first, spell.last, spell.days, spell.is_open) == (WED, FRI, 3, True)


@pytest.mark.parametrize(("value", "told"), [(27, 0), (22, 1)])  # usual 36, spread 6: z = -1.5 and -2.33
def test_a_day_on_which_chance_alone_lies_under_a_keen_border_is_no_notice(value: int, told: int) -> None:
    run = published(weeks=10)
    AlarmTuning.objects.create(as_of=date(2026, 10, 1), z=-1.2, per_fifty_a_week=0.9, body={"total": -9.0})
    for place in range(20):
        steady(run, weeks=10, changed=low(WED, value=value) if place < 5 else None)
    give(AS_OF, NOW)
    assert SystemNotice.objects.count() == told


def test_a_notice_is_closed_with_a_reason_and_opened_again() -> None:
    run = published(weeks=10)
    for place in range(20):
        steady(run, weeks=10, changed=low(WED, THU) if place < 5 else None)
    give(AS_OF, NOW)
    admin = UserFactory.make(role=Role.ADMIN)
    [spell] = notices.open_spells(AS_OF)
    with pytest.raises(NotSaved):
        notices.close(admin, spell.pk, "  ", NOW)
    closed = notices.close(admin, spell.pk, "tracking was down", NOW)
    assert len(closed) == 2
    assert notices.open_spells(AS_OF) == []
    assert notices.spells(AS_OF)[0].reason == "tracking was down"
    give(AS_OF, NOW)
    assert notices.open_spells(AS_OF) == []
    assert notices.reopen(closed[0]) == 2
    assert notices.open_spells(AS_OF) == [spell]


def test_a_border_is_tuned_once_a_month() -> None:
    published(weeks=1)
    assert tune(date(2026, 10, 10)) == 1
    assert tune(date(2026, 10, 28)) == 0
    assert tune(date(2026, 11, 1)) == 1
    assert AlarmTuning.objects.filter(per_fifty_a_week=None).count() == 2


def test_a_day_is_judged_by_the_border_in_force_on_it() -> None:
    run = published()
    steady(run, changed=low(WED, THU, FRI, value=22))  # z = -2.33
    AlarmTuning.objects.create(as_of=date(2026, 10, 1), z=-3.0, per_fifty_a_week=0.5, body={"total": -9.0})
    give(AS_OF, NOW)
    assert not DropAlarm.objects.exists()


def test_days_counted_by_other_key_actions_are_no_measure() -> None:
    published()
    define_activity(date(2026, 9, 1), share="0.7")
    assert counted_alike(AS_OF) == [1, 2]
    define_activity(date(2026, 10, 1), key_actions={"work": 1, "approve": 2})
    assert counted_alike(AS_OF) == [3]
    assert counted_alike(date(2026, 9, 15)) == [1, 2]


def test_an_account_is_shown_against_its_usual_as_the_night_judged_it() -> None:
    run = published()
    account = steady(run, changed=low(WED, THU, FRI))
    give(AS_OF, NOW)
    found = against_usual(account, AS_OF)
    assert not found.by_total
    assert [point.day for point in found.points if point.is_low] == [WED, THU, FRI]
    assert found.alarms == [FRI]
    assert found.points[-1].usual == 36
    assert found.points[-1].border == pytest.approx(36 - 1.97 * 6)
    assert all(point.day.weekday() < 5 for point in found.points)


def test_a_small_account_is_shown_by_two_weeks() -> None:
    run = published()
    account = steady(run, 4)
    found = against_usual(account, AS_OF)
    assert found.by_total
    assert {point.value for point in found.points} == {40}
    assert found.points[-1].usual == 40
    assert all(point.day.weekday() < 5 for point in found.points)


def test_a_small_account_that_falls_silent_gets_an_alarm_of_its_two_weeks() -> None:
    run = published()
    account = steady(run, 4, changed=low(*(AS_OF - timedelta(days=back) for back in range(12)), value=0))
    give(AS_OF, NOW)
    alarm = DropAlarm.objects.get(account=account)
    [told] = alarm.facts["days"]
    assert (alarm.facts["unit"], told["usual"], told["value"]) == ("two_weeks", 40, 16)
    assert date.fromisoformat(told["day"]) == alarm.day - timedelta(days=13)
    assert alarm.z == -3.5
    assert alarm.day in against_usual(account, AS_OF).alarms


def test_a_tuning_without_a_border_of_totals_is_made_anew() -> None:
    published(weeks=1)
    AlarmTuning.objects.create(as_of=date(2026, 10, 10), z=-2.0, per_fifty_a_week=0.9, body={"within": True})
    assert tune(date(2026, 10, 10)) == 1
    assert tune(date(2026, 10, 10)) == 0
    assert AlarmTuning.objects.get().body["total"] == -3.5
