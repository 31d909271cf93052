"""The weekly e-mail about overdue ratings: to whom, what it says, once a week, and never where it is not wanted."""

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
from csm_portal.nightly.tasks import OUTBOX, WORK
from csm_portal.portal.judging import mail
from health.models import Rating
from tests.factories import TeamFactory, UserFactory
from tests.health.rating_book import NOW, TODAY, answered, ask, paying

pytestmark = pytest.mark.django_db
WEEK = "2026-W12"


@pytest.fixture(autouse=True)
def _clock(settings: Settings) -> None:
    settings.PORTAL_AS_OF = None
    settings.TIME_ZONE = "UTC"
    settings.PORTAL_URL = "https://portal.example.com"


@pytest.fixture
def anna() -> User:
    ask("core", "boss")
    return UserFactory.make(email="anna@example.com", name="Anna", team=TeamFactory.make(name="DACH", path="EMEA/DACH/"))


def manager(path: str = "EMEA/", **fields: Any) -> User:
    return UserFactory.make(role=Role.MANAGER, manages=TeamFactory.make(name=path.strip("/").split("/")[-1], path=path), **fields)


def ordered() -> list[User]:
    mail.order(WEEK, NOW, TODAY)
    return [User.objects.get(pk=row.body["user"]) for row in Outbox.objects.order_by("pk")]


def sent(user: User) -> Any:
    assert mail.send({"user": user.pk, "week": WEEK}, NOW, TODAY)
    return outgoing.outbox[-1]


def test_owners_of_overdue_accounts_hear_of_them_and_managers_above_only_of_the_very_late(anna: User) -> None:
    ben = UserFactory.make(email="ben@example.com", team=TeamFactory.make(name="France", path="EMEA/France/"))
    cleo = UserFactory.make(team=TeamFactory.make(name="APAC", path="APAC/"))
    boss, other = manager(), manager("APAC/North/")
    answered(paying(anna), anna, 121)
    answered(paying(ben), ben, 91)
    answered(paying(cleo), cleo, 3)
    assert ordered() == [anna, ben, boss]
    assert other not in ordered()


def test_a_manager_of_accounts_late_for_a_few_days_hears_nothing(anna: User) -> None:
    manager()
    answered(paying(anna), anna, 120)
    assert ordered() == [anna]


def test_the_letter_names_the_accounts_the_longest_overdue_first(anna: User) -> None:
    answered(paying(anna, name="Acme\nNorth"), anna, 95)
    answered(paying(anna, name="Beta", mrr=1500), anna, 121)
    mail.order(WEEK, NOW, TODAY)
    letter = sent(anna)
    assert letter.subject == "Ratings: 2 accounts are overdue"
    assert letter.to == ["anna@example.com"]
    assert "- Beta · every answer expired · 31 days late · $1,500\n- Acme North · every answer expired · 5 days late · $100" in letter.body
    assert "https://portal.example.com/ratings/" in letter.body
    assert "https://portal.example.com/settings/" in letter.body
    assert letter.extra_headers["Message-ID"].startswith("<ratings-")


def test_a_managers_letter_names_the_owners(anna: User) -> None:
    boss = manager(name="Bo")
    answered(paying(anna, name="Acme"), anna, 121)
    mail.order(WEEK, NOW, TODAY)
    assert "- Acme · Anna · every answer expired · 31 days late" in sent(boss).body


def test_it_speaks_the_readers_language(anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(language="zh-hans")
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)
    assert "待评估" in sent(anna).subject


def test_a_week_is_ordered_once_and_a_letter_leaves_once(anna: User) -> None:
    answered(paying(anna), anna, 95)
    assert mail.order(WEEK, NOW, TODAY) == 1
    assert mail.order(WEEK, NOW, TODAY) == 0
    assert mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert not mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert len(outgoing.outbox) == 1
    assert mail.order("2026-W13", NOW, TODAY) == 1


def test_what_was_rated_before_it_leaves_is_not_in_it(anna: User) -> None:
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)
    Rating.objects.update(rated_on=TODAY)
    assert not mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert outgoing.outbox == []


def test_who_switched_it_off_gets_none_even_of_a_week_ordered_before(anna: User, client: Client) -> None:
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)
    client.force_login(anna)
    assert "checked" in client.get("/settings/").content.decode()
    client.post("/settings/", {"language": "", "timezone": ""})
    assert not mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert mail.order("2026-W13", NOW, TODAY) == 0
    client.post("/settings/", {"language": "", "timezone": "", "rating_mail": "on"})
    assert mail.wants(User.objects.get(pk=anna.pk))


def test_people_who_left_are_not_written_to(anna: User) -> None:
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)
    User.objects.update(is_active=False)
    assert not mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert mail.order("2026-W13", NOW, TODAY) == 0


def test_a_mail_server_that_is_away_is_tried_again(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)

    def away(_message: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", away)
        with pytest.raises(ConnectionRefusedError):
            mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)
    assert mail.send({"user": anna.pk, "week": WEEK}, NOW, TODAY)


def test_the_last_failure_is_written_down(anna: User) -> None:
    answered(paying(anna), anna, 95)
    mail.order(WEEK, NOW, TODAY)
    mail.give_up({"user": anna.pk, "week": WEEK}, "refused")
    row = JobRun.objects.get(job=mail.ONE)
    assert (row.state, row.error) == (JobState.FAILED, "refused")


def test_the_week_begins_on_monday_at_seven_and_only_by_the_real_clock(settings: Settings) -> None:
    sunday = datetime(2026, 3, 15, 23, tzinfo=UTC)
    monday = datetime(2026, 3, 16, 6, 59, tzinfo=UTC)
    assert mail.owe(sunday).period == "2026-W11"  # type: ignore[union-attr]
    assert mail.owe(monday) is None
    job = mail.owe(monday + timedelta(minutes=1))
    assert job is not None
    assert job.period == WEEK
    assert mail.owe(monday + timedelta(days=3, hours=2)) is None
    settings.PORTAL_AS_OF = TODAY
    assert mail.owe(monday + timedelta(days=7, hours=2)) is None
    assert mail.JOB in WORK


def test_the_workers_do_it(anna: User) -> None:
    answered(paying(anna), anna, 400)
    job = mail.owe(datetime(2026, 3, 16, 8, tzinfo=UTC))
    assert job is not None
    assert WORK[mail.JOB](job) == "1 letters"
    row = Outbox.objects.get()
    assert outbox.run(row.pk, OUTBOX, lambda: row.due_at)
    assert len(outgoing.outbox) == 1
