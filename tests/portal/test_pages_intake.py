"""Keys and refused calls as pages: made, revoked, limited; samples escaped, rules tried, made and removed, replays and discards undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.keys import new_write_key
from accounts.models import Event, IntakeRule, JobRun, PendingEvent, RefusedCall, Seat, Source, User
from accounts.tracking.intake import take
from accounts.tracking.refused import open_groups
from accounts.tracking.rules import MOVE, forget_rules
from accounts.tracking.saying import Arrival
from accounts.tracking.store import forget_prepared
from accounts.types import JobState, Role
from csm_portal.nightly.tasks import WORK
from csm_portal.portal.intake import jobs
from tests.factories import AccountFactory
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
NASTY = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    for forget in (cache.clear, forget_prepared, forget_rules):
        forget()
    yield
    forget_prepared()
    forget_rules()


@pytest.fixture
def admin() -> User:
    return person(role=Role.ADMIN)


@pytest.fixture
def client(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def source(name: str = "web") -> Source:
    return new_write_key(name).source


def slip(number: int, **more: Any) -> bytes:
    said = {"type": "track", "event": "order", "messageId": f"m{number}", "user_id": "u1", "context": {"groupId": "acme"}}
    return json.dumps({**said, **more}).encode()


def refuse(*raws: bytes, name: str = "web") -> int:
    """The sample of the largest group."""
    take(Source.objects.filter(name=name).first() or source(name), raws, Arrival(NOW))
    return open_groups(User(role=Role.ADMIN, is_active=True))[0].sample


def known_seat() -> None:
    account = AccountFactory.make(external_id="acme")
    Seat.objects.create(account=account, external_id="u1", first_event_on=NOW.date().replace(month=1), recorded_at=NOW)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def undo_of(answer: Any) -> str:
    found: str = json.loads(answer["HX-Trigger"])["portal:toast"]["undo_url"]
    return found


HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_to_who_is_no_admin_there_is_no_such_page(role: Role) -> None:
    sample = refuse(slip(1))
    client = Client()
    client.force_login(person(role=role))
    for path in ("", "refused/", f"refused/{sample}/mend/", "waiting/", "actions/"):
        assert client.get(f"/data/intake/{path}").status_code == 404
    for path in ("refused/replay/", "refused/discard/", f"refused/{sample}/preview/", f"refused/{sample}/mend/", "waiting/discard/"):
        assert client.post(f"/data/intake/{path}", {"group": sample}).status_code == 404
    assert RefusedCall.objects.filter(settled_at__isnull=True).count() == 1


def test_a_key_is_shown_once_and_stored_as_a_hash(client: Client) -> None:
    answer = client.post("/data/intake/", {"name": " web  shop "})
    made = Source.objects.get()
    key = answer.context["made"].key
    assert (answer.status_code, made.name, key in text(answer)) == (200, "web shop", True)
    assert "no-store" in answer["Cache-Control"]
    page = client.get("/data/intake/")
    assert key not in text(page)
    assert made.key_prefix in text(page)
    assert "no longer works" in text(client.post("/data/intake/", {"name": "web shop"}))


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x07b"])
def test_a_source_without_a_name_gets_no_key(client: Client, name: str) -> None:
    assert client.post("/data/intake/", {"name": name}).status_code == 422
    assert not Source.objects.exists()


def test_a_revoked_key_is_refused_until_the_revocation_is_undone(client: Client) -> None:
    made = new_write_key("web")

    def status() -> Any:
        body = json.dumps({"writeKey": made.key, "batch": [json.loads(slip(1, userId="u1"))]})
        return Client().post("/v1/batch", body, content_type="application/json").status_code

    assert status() == 200
    (sender,) = client.get("/data/intake/").context["senders"]
    assert (sender.last_hour, sender.last_day, sender.waiting, sender.refused) == (1, 1, 1, 0)
    answer = client.post(f"/data/intake/keys/{made.source.pk}/revoke/", headers=HTMX)
    assert (answer.status_code, status()) == (204, 401)
    assert "revoked" in text(client.get("/data/intake/"))
    assert client.post(undo_of(answer), headers=HTMX).status_code == 204
    assert status() == 200
    assert client.post("/data/intake/keys/0/revoke/").status_code == 404


def test_a_limit_is_set_undone_and_refused_where_it_is_none(client: Client) -> None:
    web = source()
    address = f"/data/intake/keys/{web.pk}/limit/"
    answer = client.post(address, {"limit": "5,000"}, headers=HTMX)
    assert Source.objects.get().calls_per_minute == 5000
    client.post(undo_of(answer), headers=HTMX)
    assert Source.objects.get().calls_per_minute is None
    for wrong in ("0", "-1", "many", "9" * 12):
        client.post(address, {"limit": wrong})
    assert Source.objects.get().calls_per_minute is None


def test_the_pages_stay_within_their_queries(client: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    refuse(slip(1), slip(2), b"{", slip(3, event="x", user_id=None))
    IntakeRule.objects.create(source=Source.objects.get(), kind=MOVE, field="userId", value="uid", made_at=NOW)
    JobRun.objects.create(job=jobs.JOB, key="1", period="x", due_at=NOW)
    for path in ("", "refused/", "waiting/"):
        client.get(f"/data/intake/{path}")
        with django_assert_max_num_queries(8):
            assert client.get(f"/data/intake/{path}").status_code == 200


def test_what_was_sent_is_shown_escaped_with_what_would_be_right(client: Client) -> None:
    refuse(slip(1, event=NASTY, note=NASTY), slip(2, event=NASTY))
    take(Source.objects.get(), [slip(3, userId="u1", timestamp="2038-01-01T00:00:00Z")], Arrival(NOW))
    page = text(client.get("/data/intake/refused/"))
    assert NASTY not in page
    assert "&lt;script&gt;" in page
    for words in ("Nobody named", "A call names its person", "From the future", "The call names nobody"):
        assert words in page


def test_the_form_proposes_what_the_call_shows_and_says_what_it_would_bring(client: Client) -> None:
    sample = refuse(slip(1), slip(2), slip(3, user_id=""))
    form = client.get(f"/data/intake/refused/{sample}/mend/")
    rule = form.context["rule"]
    assert (rule.kind, rule.field, rule.value) == (MOVE, "userId", "")
    sample = refuse(slip(4, event="again"), slip(5, event="again"), slip(6, event="again"), slip(7, event="again"))
    form = client.get(f"/data/intake/refused/{sample}/mend/", headers=HTMX)
    assert (form.context["rule"].value, form.context["trial"].taken) == ("user_id", 4)
    assert "4 of the 4" in text(form)
    assert "<html" not in text(form)


def test_a_rule_typed_is_tried_or_its_fault_said_and_nothing_is_stored(client: Client) -> None:
    sample = refuse(slip(1), slip(2))
    address = f"/data/intake/refused/{sample}/preview/"
    found = client.post(address, {"kind": "move_field", "field": "userId", "value": "user_id"})
    assert "2 of the 2" in text(found)
    assert len(found.context["pairs"]) == 2
    assert "path such as" in text(client.post(address, {"kind": "move_field", "field": "a..b", "value": "user_id"}))
    assert "0 of the 2" in text(client.post(address, {"kind": "rename_event", "name": "order", "value": "order_made"}))
    assert "2 would be ignored" in text(client.post(address, {"kind": "ignore_event", "name": "order"}))
    assert not IntakeRule.objects.exists()
    assert not PendingEvent.objects.exists()


def test_a_rule_is_made_with_its_replay_and_removed_with_undo(client: Client, admin: User) -> None:
    known_seat()
    sample = refuse(slip(1), slip(2))
    told = {"kind": "move_field", "field": "userId", "value": "user_id", "replay": "1"}
    answer = client.post(f"/data/intake/refused/{sample}/mend/", told, headers=HTMX)
    rule = IntakeRule.objects.get()
    assert (rule.made_by, Event.objects.count()) == (admin, 2)
    assert "2 calls taken" in answer["HX-Trigger"]
    assert take(Source.objects.get(), [slip(3)], Arrival(NOW)).accepted == 1
    page = text(client.get("/data/intake/refused/"))
    assert "In every call, userId is taken from user_id." in page
    assert "Nothing is refused" in page
    removed = client.post(undo_of(answer), headers=HTMX)
    assert len(take(Source.objects.get(), [slip(4)], Arrival(NOW)).rejected) == 1
    client.post(undo_of(removed), headers=HTMX)
    assert take(Source.objects.get(), [slip(5)], Arrival(NOW)).accepted == 1


def test_a_rule_that_is_none_or_stands_already_is_refused_beside_its_field(client: Client) -> None:
    sample = refuse(slip(1))
    address = f"/data/intake/refused/{sample}/mend/"
    for told in (
        {"kind": "x"}, {"kind": "move_field", "field": "userId", "value": "userId"}, {"kind": "ignore_event"},
        {"kind": "rename_event", "name": "a", "value": "a"}, {"kind": "set_field", "field": "messageId", "value": "1"},
        {"kind": "set_field", "field": "userId", "value": ""}, {"kind": "set_field", "field": "userId", "value": "a\x00"},
    ):  # fmt: skip
        assert client.post(address, told).status_code == 422, told
    good = {"kind": "move_field", "field": "userId", "value": "user_id"}
    assert client.post(address, good).status_code == 302
    assert "already" in text(client.post(address, good))
    assert IntakeRule.objects.count() == 1


def test_ticked_groups_are_replayed_or_discarded_and_a_discard_is_undone(client: Client) -> None:
    known_seat()
    sample = refuse(slip(1), slip(2))
    IntakeRule.objects.create(source=Source.objects.get(), kind=MOVE, field="userId", value="user_id", made_at=NOW)
    forget_rules()
    assert client.post("/data/intake/refused/discard/", {"group": ["x", "-1"]}).status_code == 302
    answer = client.post("/data/intake/refused/discard/", {"group": sample}, headers=HTMX)
    assert not RefusedCall.objects.filter(settled_at__isnull=True).exists()
    assert client.post(undo_of(answer), headers=HTMX).status_code == 204
    assert client.post("/data/intake/refused/discarded/1/undo/").status_code == 404
    assert client.post(f"/data/intake/refused/discarded/{10**30}/undo/").status_code == 404
    client.post("/data/intake/refused/replay/", {"group": sample})
    assert (Event.objects.count(), RefusedCall.objects.filter(settled_at__isnull=True).count()) == (2, 0)


def test_all_groups_are_ticked_at_once_and_remarks_apart(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    known_seat()
    refuse(slip(1), slip(2), slip(3, event="x"), slip(4, event="y"), slip(5, event="y"))
    take(Source.objects.get(), [slip(6, userId="u1", timestamp="2038-01-01T00:00:00Z")], Arrival(NOW))
    IntakeRule.objects.create(source=Source.objects.get(), kind=MOVE, field="userId", value="user_id", made_at=NOW)
    forget_rules()
    client.post("/data/intake/refused/discard/", {"group": "all-remarks"})
    assert list(RefusedCall.objects.filter(settled_as="discarded").values_list("code", flat=True)) == ["in_the_future"]
    # Those that fit into one answer at once, the rest as jobs.
    monkeypatch.setattr(jobs, "AT_ONCE", 3)
    client.post("/data/intake/refused/replay/", {"group": "all"})
    assert (Event.objects.count(), JobRun.objects.filter(job=jobs.JOB).count()) == (1 + 3, 1)


def test_a_large_group_is_replayed_by_a_job_that_says_how_far_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    known_seat()
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    sample = refuse(slip(1), slip(2), slip(3, user_id=""))
    IntakeRule.objects.create(source=Source.objects.get(), kind=MOVE, field="userId", value="user_id", made_at=NOW)
    forget_rules()
    client.post("/data/intake/refused/replay/", {"group": sample})
    job = JobRun.objects.get(job=jobs.JOB)
    assert "Sent through again, web · order" in text(client.get("/data/intake/refused/"))
    assert "HX-Refresh" not in client.get(f"/data/intake/jobs/{job.pk}/", headers=HTMX)
    message = WORK[jobs.JOB](job)
    JobRun.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED, message=message)
    assert (message, Event.objects.count()) == ("2 0 1", 2)
    assert WORK[jobs.JOB](job) == "0 0 1"
    over = client.get(f"/data/intake/jobs/{job.pk}/", headers=HTMX)
    assert over["HX-Refresh"] == "true"
    JobRun.objects.create(job="nightly", period="2026-11-01", due_at=NOW)
    assert client.get(f"/data/intake/jobs/{JobRun.objects.get(job='nightly').pk}/").status_code == 404
