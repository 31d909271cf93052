"""Drafts on the page: checked as one types, brought back, discarded, caught up with, published; and their previews."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.dirty import set_built_through
from accounts.models import JobRun, User
from accounts.types import JobState, Role
from csm_portal.portal.first_run import work
from csm_portal.portal.sample.definition import DEFINITION
from health.definitions import check_activity
from health.lab import drafts
from health.lab.drafts import Edit
from health.lab.publish_definitions import check_draft, publish_draft, read_draft
from health.models import ActivityDefinition, DefinitionDraft, DraftPreview, PreviewAccount
from tests import factories as make
from tests.portal.shown_book import person
from tests.portal.test_lab_pages import path

pytestmark = pytest.mark.django_db
AT = datetime(2026, 10, 1, 8, tzinfo=UTC)
AS_OF = date(2026, 10, 31)
SHARE = {"n": 40, "renewed": 34, "rate": 0.85, "low": 0.71, "high": 0.93}
SIDE = {"active": SHARE, "inactive": {**SHARE, "rate": None, "low": None, "high": None, "n": 0}, "unknown": 1}
BODY: dict[str, Any] = {
    "months": [
        {"month": "2026-09", "paying": 10, "active_before": 6, "active_after": 4, "low": 6, "medium": 4, "high": 1, "provisional": False}
    ],
    "levels": {"zero": [1, 2], "low": [3, 3], "medium": [4, 4], "high": [2, 1], "unknown": [0, 0]},
    "bands": {"red": [1, 1], "amber": [2, 3], "green": [7, 6], "unknown": [0, 0]},
    "changed": {"level": 1, "month": 1, "band": 1},
    "separation": {
        "activity": [{"side": "published", **SIDE, "auc": 0.6, "difference": 0.25, "diff_low": 0.02, "diff_high": 0.4}],
        "health": [{"side": "draft", "auc": None, "n": 12, "unknown": 0, "bands": {"red": SHARE}}],
        "n": 41,
        "lost": 7,
        "better": "none",
    },
    "versions": {},
    "as_of": "2026-10-31",
}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 1)
    cache.clear()


@pytest.fixture
def ada(client: Client) -> User:
    publish_draft(read_draft(DEFINITION), at=AT)
    user: User = person(Role.ADMIN, email="ada@example.com", name="Ada")
    client.force_login(user)
    return user


@pytest.fixture
def draft(ada: User) -> DefinitionDraft:
    made = drafts.create(ada, "Stricter bars", AT)
    change(ada, made, share="0.7")
    made.refresh_from_db()
    return made


def change(user: User, draft: DefinitionDraft, **values: Any) -> None:
    draft.refresh_from_db()
    body = draft.sections.get("activity") or ActivityDefinition.objects.order_by("-version")[0].body
    drafts.save(user, draft.pk, Edit("activity", {**body, **values}, draft.revision), AT)


def previewed(draft: DefinitionDraft) -> DraftPreview:
    row = DraftPreview.objects.create(draft=draft, revision=draft.revision, as_of=AS_OF, made_at=AT, body=BODY)
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("acme", {"level_before": 2, "level_after": 1}),
        ("beta & co", {"month_after": False}),
        ("gamma", {"band_after": "amber"}),
    ]
    for name, differs in kinds:
        account = make.AccountFactory.make(external_id=name, name=name)
        same = {
            "level_before": 2,
            "level_after": 2,
            "month_before": True,
            "month_after": True,
            "band_before": "green",
            "band_after": "green",
        }
        PreviewAccount.objects.create(preview=row, account=account, **{**same, **differs}, score_before=Decimal("80.5"), score_after=None)
    return row


def test_what_is_typed_is_checked_without_being_saved(client: Client, draft: DefinitionDraft) -> None:
    good = client.post(path(draft, "renewals/check/"), {"base": 1, "renewal_grace_days": "20", "bridge_gap_days": "0"}).content.decode()
    assert "It holds." in good
    assert "<del>30</del> <ins>20</ins>" in good
    bad = client.post(path(draft, "renewals/check/"), {"base": 1, "renewal_grace_days": "many"}).content.decode()
    assert "1 thing to put right" in bad
    assert "must be a whole number from 0 to 365" in bad
    draft.refresh_from_db()
    assert draft.revision == 2


def test_the_lint_warns_of_logins_and_of_missing_seats_as_one_types(client: Client, draft: DefinitionDraft) -> None:
    make.AccountFactory.make()
    says = client.post(
        path(draft, "activity/check/"),
        {"base": 1, "action-rows": "1", "action-0-name": "login", "action-0-key": "1", "action-0-weight": "1"},
    ).content.decode()
    assert "logins alone show presence, not value" in says
    assert "neither seats nor purchased seats are loaded" in says


def test_the_lint_of_a_draft_says_what_the_day_redoes(client: Client, draft: DefinitionDraft) -> None:
    set_built_through(AS_OF)
    make.publish(make.open_run(AS_OF), days=[date(2026, 10, 30), AS_OF])
    assert "2 published days will be redone" in client.get(path(draft, "check/"), {"effective_from": "2026-10-01"}).content.decode()
    assert "redone" not in client.get(path(draft, "check/"), {"effective_from": "2026-12-01"}).content.decode()


def test_actions_are_counted_for_the_table(client: Client, ada: User) -> None:
    account = make.AccountFactory.make()
    make.usage(account, date(2026, 10, 30), "create_order", quantity=3)
    told = client.get("/settings/definitions/actions/").json()
    assert told["actions"]["create_order"][:2] == ["3", "1"]
    assert told["span"].startswith("Counted from")


def test_a_draft_is_published_from_a_day_and_history_is_ordered_anew(client: Client, ada: User, draft: DefinitionDraft) -> None:
    answer = client.post(path(draft, "publish/"), {"revision": draft.revision, "effective_from": "2026-12-01"}, follow=True)
    assert "Published: Activity version 2, from 1 Dec 2026 on." in answer.content.decode()
    newest = ActivityDefinition.objects.get(version=2)
    assert (newest.effective_from, newest.published_by, newest.body["share"]) == (date(2026, 12, 1), ada, "0.7")
    assert JobRun.objects.get(job=work.RESTATE).state == JobState.DUE
    says = client.get(path(draft)).content.decode()
    assert "against version 1" in says
    assert '<td data-label="Draft">70%</td>' in says
    assert client.get(path(draft, "activity/")).status_code == 404


def test_publishing_into_the_past_asks_first(client: Client, draft: DefinitionDraft) -> None:
    set_built_through(AS_OF)
    make.publish(make.open_run(AS_OF), days=[date(2026, 10, 30), AS_OF])
    asked = {"revision": draft.revision, "effective_from": "2026-10-01"}
    refused = client.post(path(draft, "publish/"), asked)
    assert refused.status_code == 422
    assert "2 days that are published already will be redone" in refused.content.decode()
    assert 'value="past"' in refused.content.decode()
    assert client.post(path(draft, "publish/"), {**asked, "confirmed": "past"}).status_code == 302


@pytest.mark.parametrize("day", ["", "soon", "2026-13-01"])
def test_publishing_needs_a_day(client: Client, draft: DefinitionDraft, day: str) -> None:
    assert client.post(path(draft, "publish/"), {"revision": draft.revision, "effective_from": day}).status_code == 422
    assert ActivityDefinition.objects.count() == 1


def test_what_was_published_meanwhile_is_taken_in_on_the_page(client: Client, ada: User, draft: DefinitionDraft) -> None:
    body = {**check_activity({**ActivityDefinition.objects.get().body, "share": "0.8", "week_days": 4}), "effective_from": date(2026, 1, 1)}
    publish_draft(check_draft({"activity": body}), at=AT, by=ada)
    assert "was published meanwhile" in client.get(path(draft)).content.decode()
    refused = client.post(path(draft, "activity/newer/"))
    assert refused.status_code == 422
    assert "0.8" in refused.content.decode() or "80%" in refused.content.decode()
    client.post(path(draft, "activity/newer/"), {"prefer": "mine", "seen": draft.revision})
    draft.refresh_from_db()
    assert (draft.sections["activity"]["share"], draft.sections["activity"]["week_days"]) == ("0.7", 4)
    assert "was published meanwhile" not in client.get(path(draft)).content.decode()


def test_revisions_come_back_and_a_section_goes_with_undo(client: Client, ada: User, draft: DefinitionDraft) -> None:
    change(ada, draft, share="0.9")
    client.post(path(draft, "revisions/2/"))
    draft.refresh_from_db()
    assert (draft.revision, draft.sections["activity"]["share"]) == (4, "0.7")
    client.post(path(draft, "activity/drop/"))
    draft.refresh_from_db()
    assert draft.sections == {}
    client.post(path(draft, "revisions/4/"))
    draft.refresh_from_db()
    assert draft.sections["activity"]["share"] == "0.7"
    assert client.post(path(draft, "revisions/99/")).status_code == 422


def test_a_draft_is_renamed_and_discarded_with_undo(client: Client, draft: DefinitionDraft) -> None:
    client.post(path(draft, "name/"), {"name": "Another name"})
    assert client.post(path(draft, "name/"), {"name": " "}).status_code == 422
    gone = client.post(path(draft, "discard/"), follow=True).content.decode()
    assert "“Another name” is discarded." in gone
    assert path(draft, "undo/") in gone
    assert client.post(path(draft, "activity/drop/")).status_code == 422
    assert client.post(path(draft, "undo/"), headers={"HX-Request": "true"})["HX-Redirect"] == path(draft)
    draft.refresh_from_db()
    assert draft.discarded_at is None


def test_a_preview_is_ordered_once_and_watched(client: Client, draft: DefinitionDraft) -> None:
    for _again in range(2):
        assert client.post(path(draft, "preview/")).status_code == 302
    job = JobRun.objects.get(job=work.PREVIEW)
    assert (job.key, job.period) == (str(draft.pk), "2")
    assert "waiting for a worker" in client.get(path(draft, "preview/")).content.decode()
    assert "HX-Refresh" not in client.get(f"/settings/definitions/jobs/{job.pk}/")
    JobRun.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    assert client.get(f"/settings/definitions/jobs/{job.pk}/")["HX-Refresh"] == "true"


def test_a_preview_says_in_words_what_would_change(
    client: Client, ada: User, draft: DefinitionDraft, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    previewed(draft)
    with django_assert_max_num_queries(8):
        says = client.get(path(draft, "preview/")).content.decode()
    assert "60.0%" in says  # as published
    assert "−20.0" in says
    assert "+25.0 (+2.0 to +40.0)" in says
    assert "41 closed renewals" in says
    assert "Neither side is proven" in says
    assert "beta &amp; co" in says
    assert "active → not active" in says
    change(ada, draft, share="0.9")
    assert "saved since this preview was made" in client.get(path(draft, "preview/")).content.decode()


@pytest.mark.parametrize(("kind", "name"), [("level", "acme"), ("month", "beta & co"), ("band", "gamma")])
def test_accounts_that_change_are_narrowed_by_kind_and_kept_as_a_file(client: Client, draft: DefinitionDraft, kind: str, name: str) -> None:
    previewed(draft)
    lines = client.get(path(draft, "preview/"), {"kind": kind}).context["lines"]
    assert [line["account"].name for line in lines] == [name]
    answer = client.get(path(draft, "preview/export/"), {"kind": kind})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row["external_id"], row["as_of"], row["score_after"]) for row in rows] == [(name, "2026-10-31", "")]


def test_a_preview_that_was_never_made_has_no_file(client: Client, draft: DefinitionDraft) -> None:
    assert client.get(path(draft, "preview/export/")).status_code == 404
    assert "No preview yet" in client.get(path(draft, "preview/")).content.decode()
