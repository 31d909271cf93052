"""The Monday letter: to whom, what it says, in whose language and when, once, and never where it is not wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.test import Client
from pytest_django import Settings

from accounts.models import JobRun, Outbox, User
from accounts.types import JobState, Role
from csm_portal.nightly import outbox
from csm_portal.nightly.tasks import OUTBOX
from csm_portal.portal.monday import mail
from csm_portal.portal.monday.night import make_and_order
from tests.churn.monday_book import AS_OF, MONDAY, customer, listed, match, rule
from tests.factories import TeamFactory
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
# Monday, 05:00 in UTC.
NOW = datetime(2026, 11, 16, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(settings: Settings) -> None:
    settings.PORTAL_AS_OF = None
    settings.TIME_ZONE = "UTC"
    settings.PORTAL_URL = "https://portal.example.com"


@pytest.fixture
def anna() -> User:
    return person(email="anna@example.com", name="Anna", team=TeamFactory.make(name="DACH", path="EMEA/DACH/"))


def boss(path: str = "EMEA/", **fields: Any) -> User:
    return person(Role.MANAGER, manages=TeamFactory.make(name=path.strip("/").split("/")[-1], path=path), **fields)


def ordered() -> list[User]:
    mail.order(MONDAY, NOW, MONDAY)
    return [User.objects.get(pk=row.body["user"]) for row in Outbox.objects.order_by("pk")]


def sent(user: User) -> Any:
    mail.order(MONDAY, NOW, MONDAY)
    assert mail.send({"user": user.pk, "monday": MONDAY.isoformat()}, NOW)
    return outgoing.outbox[-1]


def test_owners_and_the_managers_above_hear_of_the_list_and_nobody_else(anna: User) -> None:
    ben = person(email="ben@example.com", team=TeamFactory.make(name="France", path="EMEA/France/"))
    above, beside = boss(), boss("APAC/")
    person(Role.ADMIN)
    listed(customer(anna, "acme"))
    customer(ben, "fine")
    assert ordered() == [anna, above]
    assert beside not in ordered()


def test_the_manager_of_a_team_hears_of_its_account_without_owner(anna: User) -> None:
    above = boss()
    listed(customer(None, "lone", account_team=anna.team))
    assert ordered() == [above]


def test_who_has_left_or_wants_no_letter_gets_none(anna: User) -> None:
    gone = person(email="gone@example.com", is_active=False)
    listed(customer(anna, "acme"))
    listed(customer(gone, "beta"))
    mail.set_wants(anna, wanted=False)
    anna.save()
    assert ordered() == []


def test_a_letter_is_ordered_once_however_often_the_night_is_repeated(anna: User) -> None:
    listed(customer(anna, "acme"))
    assert [mail.order(MONDAY, NOW, MONDAY) for _ in range(2)] == [1, 0]
    assert JobRun.objects.filter(job=mail.ONE, period="2026-11-16").count() == 1


def test_nothing_is_ordered_late_in_the_week_or_on_a_day_set_by_hand(anna: User, settings: Settings) -> None:
    listed(customer(anna, "acme"))
    assert mail.order(MONDAY, NOW, MONDAY + timedelta(days=3)) == 0
    settings.PORTAL_AS_OF = MONDAY
    assert mail.order(MONDAY, NOW, MONDAY) == 0


@pytest.mark.parametrize(
    ("zone", "now", "leaves"),
    [
        ("", "2026-11-16T05:00", "2026-11-16T07:00"),
        ("Asia/Shanghai", "2026-11-15T20:00", "2026-11-15T23:00"),  # seven on Monday there is Sunday evening here
        ("America/Los_Angeles", "2026-11-16T05:00", "2026-11-16T15:00"),
        ("UTC", "2026-11-16T11:00", "2026-11-16T11:00"),  # the list came late, by day
        ("UTC", "2026-11-17T02:30", "2026-11-17T07:00"),  # and by night
        ("UTC", "2026-11-16T21:00", "2026-11-17T07:00"),
        ("No/Where", "2026-11-16T05:00", "2026-11-16T07:00"),
    ],
)
def test_a_letter_leaves_at_seven_where_the_reader_is(zone: str, now: str, leaves: str) -> None:
    user = person(timezone=zone)
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert mail.leaves_at(user, MONDAY, at) == datetime.fromisoformat(leaves).replace(tzinfo=UTC)


def test_the_letter_says_the_count_and_names_accounts_with_their_signs(anna: User) -> None:
    listed(customer(anna, "Acme\nNorth"), amount=900)
    listed(customer(anna, "Beta"), amount=5000)
    letter = sent(anna)
    assert letter.to == ["anna@example.com"]
    assert letter.subject == "Monday list: 2 accounts, about 0.8 (0–2) will leave unless you act"
    assert "Of these 2 accounts about 0.8 (0–2) will leave unless you act. $2,496 of $5,900 MRR is at risk." in letter.body
    lines = [one for one in letter.body.splitlines() if one.startswith("- ")]
    assert lines[0].startswith("- Beta · $5,000 · decide by 19 Dec · tickets in 30 days at least 11: 14; ")
    assert lines[1].startswith("- Acme North · $900 · ")
    assert "https://portal.example.com/risk/monday/?monday=2026-11-16" in letter.body
    assert "https://portal.example.com/settings/" in letter.body
    assert letter.extra_headers["Message-ID"].startswith("<monday-")


def test_a_manager_reads_the_books_first_and_whose_each_account_is(anna: User) -> None:
    above = boss(name="Zoe")
    for place in range(22):
        listed(customer(anna, f"a{place:02}"))
    letter = sent(above)
    assert "- Anna · 22 accounts · 9 (5–14) · $24,200" in letter.body
    assert "- a00 · Anna · $1,100" in letter.body
    assert "and 2 more" in letter.body


def test_the_letter_is_in_the_readers_language(anna: User) -> None:
    anna.language = "zh-hans"
    anna.save()
    for place in range(70):
        listed(customer(anna, f"a{place}"))
    letter = sent(anna)
    assert letter.subject == "周一名单：70 个客户，如不采取行动约有 30 个（20–40 个）会流失"
    assert "这 70 个客户中，如不采取行动，约有 30 个（20–40 个）会流失。" in letter.body


def test_a_letter_leaves_once_and_is_tried_again_only_where_it_did_not_leave(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(customer(anna, "acme"))
    mail.order(MONDAY, NOW, MONDAY)
    body = {"user": anna.pk, "monday": MONDAY.isoformat()}

    def down(*_args: Any, **_kwargs: Any) -> int:
        raise OSError("the mail server is away")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", down)
        with pytest.raises(OSError, match="away"):
            mail.send(body, NOW)
    assert mail.send(body, NOW)
    assert not mail.send(body, NOW)
    assert len(outgoing.outbox) == 1


def test_what_is_no_longer_wanted_or_theirs_is_not_sent(anna: User) -> None:
    entry = listed(customer(anna, "acme"))
    mail.order(MONDAY, NOW, MONDAY)
    body = {"user": anna.pk, "monday": MONDAY.isoformat()}
    account = entry.account
    account.owner = None
    account.save()
    assert not mail.send(body, NOW)
    assert not mail.send({**body, "user": 0}, NOW)
    assert outgoing.outbox == []


def test_a_letter_given_up_is_written_down(anna: User) -> None:
    listed(customer(anna, "acme"))
    mail.order(MONDAY, NOW, MONDAY)
    mail.give_up({"user": anna.pk, "monday": MONDAY.isoformat()}, "no such box")
    row = JobRun.objects.get(job=mail.ONE)
    assert (row.state, row.error) == (JobState.FAILED, "no such box")


def test_the_night_makes_the_list_and_its_letters_and_the_worker_sends_them(anna: User) -> None:
    match(rule(), customer(anna, "acme"))
    at = datetime(2026, 11, 18, 9, tzinfo=UTC)
    assert make_and_order(AS_OF, MONDAY + timedelta(days=2), at) == 2
    assert make_and_order(AS_OF, MONDAY + timedelta(days=2), at) == 0
    row = Outbox.objects.get()
    assert outbox.run(row.pk, OUTBOX, lambda: at)
    assert len(outgoing.outbox) == 1


def test_the_settings_switch_the_letter_off(anna: User, client: Client) -> None:
    client.force_login(anna)
    assert "monday_mail" in client.get("/settings/").content.decode()
    client.post("/settings/", {"language": "", "timezone": "", "rating_mail": "on"})
    anna.refresh_from_db()
    assert not mail.wants(anna)
