"""Frozen packs: what was prepared reads as it did, whatever changes later; frozen by hand, and by the night at 90 days."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Ticket, User
from accounts.types import Role
from churn import packs
from churn.models import RenewalCase, RenewalPack
from churn.packs import to_freeze
from csm_portal.portal.qbr.night import freeze_opened
from health.models import AccountState, FeedbackCare, Outcome, Review
from tests.churn.sheet_book import talk
from tests.factories import SourceFactory, UserFactory
from tests.portal.shown_book import AS_OF, person

pytestmark = pytest.mark.django_db
TODAY = AS_OF + timedelta(days=1)
HTMX = {"HX-Request": "true"}
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = TODAY


@pytest.fixture
def anna(client: Client) -> User:
    user = person(email="anna@example.com", name="Anna")
    client.force_login(user)
    return user


@pytest.fixture
def case(anna: User) -> RenewalCase:
    return talk(anna)


def freeze(client: Client, **data: Any) -> Any:
    return client.post("/packs/freeze/", {"account": "acme", "as_of": AS_OF.isoformat(), **data})


def paper(answer: Any) -> str:
    """The pack alone, as it stands on the page; popovers take another id at each look."""
    found = re.search(r'<div class="qbr-page".*?</main>', answer.content.decode(), re.DOTALL)
    assert found
    return re.sub(r"-[0-9a-f]{6}\b", "", found[0])


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_frozen_pack_stays_as_it_was_whatever_changes_later(client: Client, anna: User, case: RenewalCase) -> None:
    live = shown(client.get("/qbr/acme/"))
    assert 'href="/packs/freeze/?account=acme"' in live
    frozen = client.get(freeze(client, stories="Orders in half the time", roadmap="Tills offline: spring").url)
    before = paper(frozen)
    for told in (
        "Orders in half the time", "Tills offline: spring", "Login fails in Bern", "Decision by", "Usage against seats", "Orders",
        "What to ask and to tell", "80 / 100",
    ):  # fmt: skip
        assert told in before, told
    assert "Plan a review" not in before  # nothing to do on what no longer changes
    assert "None" not in re.sub(r"<[^>]+>", "", before)
    Ticket.objects.all().delete()
    Outcome.objects.update(status="achieved")
    AccountState.objects.update(seats_activated=1, mrr=5)
    RenewalCase.objects.all().delete()
    assert paper(client.get(frozen.wsgi_request.path)) == before
    assert "Login fails in Bern" not in shown(client.get("/qbr/acme/"))


def test_the_live_page_lists_what_was_frozen_and_it_is_taken_back_within_a_day(
    client: Client, anna: User, case: RenewalCase, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    path = freeze(client).url
    kept = RenewalPack.objects.get()
    assert (kept.product, kept.ends_on, kept.as_of, kept.author) == (case.product, case.ends_on, AS_OF, anna)
    assert freeze(client).url == path  # the same again is the same pack
    with django_assert_max_num_queries(8):
        assert f'href="{path}"' in shown(client.get("/qbr/acme/"))
    assert f"{path}undo/" in shown(client.get(path))
    undone: Any = client.post(f"{path}undo/")
    assert undone.url == "/qbr/acme/"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}undo/").status_code == 404
    assert f'href="{path}"' not in shown(client.get("/qbr/acme/"))
    late = freeze(client).url
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        assert client.post(f"{late}undo/").status_code == 404


def test_the_form_begins_with_what_is_on_record(client: Client, anna: User, case: RenewalCase) -> None:
    Outcome.objects.filter(statement__isnull=False).update(status="achieved", achieved_on=date(2026, 9, 3))
    row = Review.objects.create(
        account=case.account, kind="qbr", held_on=TODAY - timedelta(days=80), feedback="Tills must work offline",
        source=SourceFactory.make(), external_id="r", recorded_at=AT,
    )  # fmt: skip
    FeedbackCare.objects.create(review=row, answer="In the spring release", answered_on=TODAY - timedelta(days=70), changed_at=AT)
    dialog = shown(client.get("/packs/freeze/", {"account": "acme"}, headers=HTMX))
    assert "reached on 3 Sep 2026" in dialog
    assert "Tills must work offline → In the spring release" in dialog
    answer = client.post("/packs/freeze/", {"account": "acme", "as_of": AS_OF.isoformat(), "stories": "x"}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/packs/{RenewalPack.objects.get().pk}/"


def test_figures_newer_than_those_looked_at_and_texts_too_long_are_refused(client: Client, anna: User, case: RenewalCase) -> None:
    old = freeze(client, as_of="2026-01-01", stories="kept <b>")
    assert (old.status_code, "kept &lt;b&gt;" in old.content.decode()) == (422, True)
    assert "newer than those you looked at" in old.content.decode()
    long = freeze(client, roadmap="x" * 5_001)
    assert (long.status_code, "right would be at most" in long.content.decode()) == (422, True)
    assert freeze(client, stories="a\0b").status_code == 422
    assert not RenewalPack.objects.exists()


def test_a_pack_reads_in_the_language_it_was_frozen_in(client: Client, anna: User, case: RenewalCase) -> None:
    anna.language = "zh-hans"
    anna.save()
    path = freeze(client).url
    anna.language = "en"
    anna.save()
    text = shown(client.get(path))
    assert 'lang="zh-hans"' in text
    assert "As it stands now" in text
    assert "成功案例" in text


def test_packs_of_others_are_not_there(client: Client, anna: User, case: RenewalCase) -> None:
    path = freeze(client).url
    client.force_login(UserFactory.make())
    for way in ("get", "post"):
        assert getattr(client, way)("/packs/freeze/", {"account": "acme", "as_of": AS_OF.isoformat()}).status_code == 404
    assert client.get(path).status_code == 404
    assert client.post(f"{path}undo/").status_code == 404
    assert client.get(f"/packs/{2**70}/").status_code == 404
    client.force_login(person(role=Role.ADMIN))
    assert client.get(path).status_code == 200
    assert client.post(f"{path}undo/").status_code == 404  # hers, not one's own


def test_the_night_freezes_what_comes_within_ninety_days_once(client: Client, anna: User, case: RenewalCase) -> None:
    RenewalCase.objects.update(decision_on=TODAY + timedelta(days=91))
    assert freeze_opened(AS_OF, TODAY) == 0
    RenewalCase.objects.update(decision_on=TODAY + timedelta(days=59))  # long under way when the book was loaded
    assert to_freeze(AS_OF) == []
    RenewalCase.objects.update(decision_on=TODAY + timedelta(days=90))
    assert (freeze_opened(AS_OF, TODAY), freeze_opened(AS_OF, TODAY)) == (1, 0)
    kept = RenewalPack.objects.get()
    assert (kept.author, kept.as_of, kept.ends_on) == (None, AS_OF, case.ends_on)
    assert "by itself, as the renewal came within 90 days" in shown(client.get(f"/packs/{kept.pk}/"))
    assert "by itself" in shown(client.get("/qbr/acme/"))
    assert json.loads(json.dumps(kept.body)) == kept.body


def test_a_night_freezes_so_many_at_most_the_latest_first(anna: User, case: RenewalCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "MOST_A_NIGHT", 1)
    RenewalCase.objects.update(decision_on=TODAY + timedelta(days=80))
    near = RenewalCase.objects.get()
    RenewalCase.objects.create(
        account=case.account, product="tills", ends_on=case.ends_on, starts_on=case.starts_on, decision_on=TODAY + timedelta(days=90),
        currency="USD", due_mrr=10, due_reporting=10, state="open",
    )  # fmt: skip
    assert (freeze_opened(AS_OF, TODAY), freeze_opened(AS_OF, TODAY)) == (1, 0)
    assert RenewalPack.objects.get().product == "tills"
    RenewalPack.objects.update(as_of=AS_OF - timedelta(days=1))
    assert [one.pk for one in to_freeze(AS_OF)] == [near.pk]


def test_the_night_freezes_for_an_account_whose_owner_has_left(client: Client, anna: User, case: RenewalCase) -> None:
    RenewalCase.objects.update(decision_on=TODAY + timedelta(days=90))
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert freeze_opened(AS_OF, TODAY) == 0  # nobody may see it
    person(role=Role.ADMIN)
    assert freeze_opened(AS_OF, TODAY) == 1
