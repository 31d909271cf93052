"""Drafts of definitions: two editors, revisions, what is published meanwhile, and the one way to publish."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.dirty import set_built_through
from accounts.edit_values import NotSaved
from accounts.models import DirtyDay, User
from accounts.types import Role
from csm_portal.lib.checked import DefinitionError
from health.definitions import check_activity
from health.lab import drafts
from health.lab.drafts import Conflicted, Edit
from health.lab.publish_definitions import check_draft, publish_draft, read_draft
from health.models import ActivityDefinition, DefinitionDraft, DraftRevision, HealthModel, Rating
from tests import factories as make
from tests.health.graded import define_questions

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
FROM = date(2026, 12, 1)
BODY: dict[str, Any] = check_activity({"key_actions": {"approve": 1, "ship": 2}, "login_actions": ["login"], "share": "0.6"})


@pytest.fixture
def ada() -> User:
    return make.UserFactory.make(email="ada@example.com", role=Role.ADMIN)


@pytest.fixture
def ben() -> User:
    return make.UserFactory.make(email="ben@example.com", role=Role.ADMIN)


@pytest.fixture
def draft(ada: User) -> DefinitionDraft:
    publish_draft(check_draft({"activity": {**BODY, "effective_from": date(2020, 1, 1)}}), at=AT - timedelta(days=9))
    return drafts.create(ada, "More key actions", AT)


def edit(base: int, prefer: drafts.Prefer = "", seen: int = 0, **values: Any) -> Edit:
    return Edit("activity", {**BODY, **values}, base, prefer, seen)


def body(draft: DefinitionDraft) -> dict[str, Any]:
    draft.refresh_from_db()
    return dict(draft.sections["activity"])


def test_a_save_is_a_revision_with_its_author_and_the_keys_it_changed(ada: User, draft: DefinitionDraft) -> None:
    saved = drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    assert saved.keys == ("activity.share",)
    assert [(row.number, row.keys, row.author) for row in draft.revisions.order_by("number")] == [
        (1, [], ada),
        (2, ["activity@1", "activity.share"], ada),
    ]
    assert drafts.save(ada, draft.pk, edit(2, share="0.70"), AT).keys == ()
    assert draft.revisions.count() == 2


def test_two_editors_of_different_keys_are_merged_and_told(ada: User, ben: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    saved = drafts.save(ben, draft.pk, edit(1, week_days=4), AT)
    assert [one.path for one in saved.taken] == ["share"]
    assert saved.by == "ada@example.com"
    assert (body(draft)["share"], body(draft)["week_days"]) == ("0.7", 4)


def test_the_same_key_set_to_two_values_is_refused_with_both_and_nothing_is_lost(ada: User, ben: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    with pytest.raises(Conflicted) as caught:
        drafts.save(ben, draft.pk, edit(1, share="0.8", week_days=4), AT)
    assert [(one.path, one.theirs, one.mine) for one in caught.value.conflicts] == [("share", "0.7", "0.8")]
    assert (caught.value.by, caught.value.revision) == ("ada@example.com", 2)
    assert body(draft)["share"] == "0.7"
    drafts.save(ben, draft.pk, edit(1, "mine", caught.value.revision, share="0.8", week_days=4), AT)
    assert (body(draft)["share"], body(draft)["week_days"]) == ("0.8", 4)
    assert DraftRevision.objects.get(draft=draft, number=2).sections["activity"]["share"] == "0.7"


def test_who_wins_counts_only_for_the_values_that_were_shown(ada: User, ben: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    drafts.save(ada, draft.pk, edit(2, share="0.9"), AT)
    with pytest.raises(Conflicted):
        drafts.save(ben, draft.pk, edit(1, "mine", 2, share="0.8"), AT)
    drafts.save(ben, draft.pk, edit(1, "theirs", 3, share="0.8", week_days=4), AT)
    assert (body(draft)["share"], body(draft)["week_days"]) == ("0.9", 4)


def test_changes_that_do_not_fit_together_are_refused_with_the_reason(ada: User, ben: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, low_multiple="3"), AT)
    with pytest.raises(Conflicted) as caught:
        drafts.save(ben, draft.pk, edit(1, high_multiple="2"), AT)
    assert caught.value.conflicts == ()
    assert [problem.path for problem in caught.value.problems] == ["activity.high_multiple"]


def test_a_section_that_does_not_hold_is_not_saved(ada: User, draft: DefinitionDraft) -> None:
    with pytest.raises(DefinitionError) as caught:
        drafts.save(ada, draft.pk, Edit("health", {"weights": {"activity": 0}, "bands": {"amber": 80, "green": 60}}, 1), AT)
    assert [problem.path for problem in caught.value.problems] == ["health.weights", "health.bands"]
    assert draft.revisions.count() == 1


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"weights": {"activity": 0, "ratings": "0.0"}}, "health.weights"),
        ({"bands": {"amber": 75, "green": 75}}, "health.bands"),
        ({"profiles": [{"when": {"tier": "pro"}, "bands": {"amber": 80, "green": 70}}]}, "health.profiles[1].bands"),
        ({"caps": [{"when": "mood > 3", "band": "amber"}]}, "health.caps[1].when"),
        ({"caps": [{"when": "open_tickets ~ 3", "band": "amber"}]}, "health.caps[1].when"),
    ],
)
def test_health_models_that_cannot_be_are_refused_at_their_key(section: dict[str, Any], path: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        check_draft({"health": section})
    assert [problem.path for problem in caught.value.problems] == [path]


def test_a_revision_is_brought_back_as_a_new_one(ada: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    drafts.save(ada, draft.pk, edit(2, share="0.8"), AT)
    drafts.drop(ada, draft.pk, "activity", AT)
    drafts.restore(ada, draft.pk, 2, AT)
    assert body(draft)["share"] == "0.7"
    assert draft.revision == 5
    assert drafts.outdated(draft) == {}


def test_what_is_published_meanwhile_is_taken_in_before_the_draft_can_be_published(ada: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    publish_draft(check_draft({"activity": {**BODY, "week_days": 5, "effective_from": date(2021, 1, 1)}}), at=AT)
    draft.refresh_from_db()
    assert list(drafts.outdated(draft)) == ["activity"]
    with pytest.raises(NotSaved, match="Published meanwhile"):
        drafts.publish(ada, draft.pk, draft.revision, FROM, at=AT)
    saved = drafts.catch_up(ada, draft.pk, "activity", AT)
    assert [one.path for one in saved.taken] == ["week_days"]
    assert (body(draft)["share"], body(draft)["week_days"], drafts.outdated(draft)) == ("0.7", 5, {})
    drafts.publish(ada, draft.pk, draft.revision, FROM, at=AT)
    newest = ActivityDefinition.objects.get(version=3)
    assert (newest.body["share"], newest.body["week_days"], newest.published_by) == ("0.7", 5, ada)


def test_publishing_makes_versions_only_of_what_differs_and_closes_the_draft(ada: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1), AT)
    draft.refresh_from_db()
    with pytest.raises(NotSaved, match="Nothing in this draft differs"):
        drafts.publish(ada, draft.pk, draft.revision, FROM, at=AT)
    drafts.save(ada, draft.pk, Edit("health", {"weights": {"activity": 1}}, draft.revision), AT)
    draft.refresh_from_db()
    changes = drafts.publish(ada, draft.pk, draft.revision, FROM, at=AT)
    assert [change.section.name for change in changes] == ["health"]
    assert HealthModel.objects.get().effective_from == FROM
    assert ActivityDefinition.objects.count() == 1
    with pytest.raises(NotSaved, match="is published"):
        drafts.save(ada, draft.pk, edit(1, share="0.9"), AT)


def test_a_draft_saved_by_somebody_else_since_it_was_looked_at_is_not_published(ada: User, ben: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    drafts.save(ben, draft.pk, edit(2, share="0.8"), AT)
    with pytest.raises(NotSaved, match="saved this draft meanwhile"):
        drafts.publish(ada, draft.pk, 2, FROM, at=AT)
    assert ActivityDefinition.objects.count() == 1


def test_logins_alone_are_published_after_confirmation_only(ada: User, draft: DefinitionDraft) -> None:
    drafts.save(ada, draft.pk, edit(1, key_actions={"login": "1"}), AT)
    with pytest.raises(NotSaved) as caught:
        drafts.publish(ada, draft.pk, 2, FROM, at=AT)
    assert list(caught.value.problems) == ["logins"]
    assert drafts.publish(ada, draft.pk, 2, FROM, at=AT, confirmed=["logins"])


def test_a_day_of_the_past_says_how_many_published_days_are_redone(ada: User, draft: DefinitionDraft) -> None:
    account = make.AccountFactory.make()
    make.ContractFactory.make(account=account, starts_on=date(2026, 1, 1))
    set_built_through(date(2026, 10, 31))
    make.publish(make.open_run(date(2026, 10, 31)), days=[date(2026, 10, 1), date(2026, 10, 31)])
    drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    with pytest.raises(NotSaved) as caught:
        drafts.publish(ada, draft.pk, 2, date(2026, 9, 1), at=AT)
    assert caught.value.problems["past"].startswith("31 days that are published already will be redone")
    assert DirtyDay.objects.count() == 0
    drafts.publish(ada, draft.pk, 2, date(2026, 9, 1), at=AT, confirmed=["past"])
    assert DirtyDay.objects.count() == 61


def test_a_question_that_is_dropped_keeps_its_answers_until_they_expire(ada: User) -> None:
    define_questions(core="ratings", fit="ratings")
    account = make.AccountFactory.make()
    for day in (date(2026, 7, 1), date(2026, 10, 20)):
        Rating.objects.create(account=account, question="fit", score=4, rated_on=day, rated_by=ada, recorded_at=AT)
    set_built_through(date(2026, 10, 31))
    found = read_draft('[[ratings.questions]]\nkey = "core"\ntext = { en = "c" }\nanchors = { en = ["1", "2", "3", "4", "5"] }')
    assert found.warnings == (
        "ratings.questions: fit is not asked any more; its answers (1, accounts: 1) are kept and count until they expire, the last on 2027-01-18",  # noqa: E501
    )
    publish_draft(found, at=AT)
    assert Rating.objects.count() == 2


def test_a_discarded_draft_is_brought_back_within_a_day(ada: User, draft: DefinitionDraft) -> None:
    drafts.discard(ada, draft.pk, AT)
    with pytest.raises(NotSaved, match="discarded"):
        drafts.save(ada, draft.pk, edit(1, share="0.7"), AT)
    assert drafts.bring_back(ada, draft.pk, AT + timedelta(days=2)) is None
    assert drafts.bring_back(ada, draft.pk, AT + timedelta(hours=2)) == draft
    assert drafts.save(ada, draft.pk, edit(1, share="0.7"), AT).keys


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_nobody_but_admins_may_touch_a_draft(role: Role, draft: DefinitionDraft) -> None:
    other = make.UserFactory.make(role=role)
    for step in (
        lambda: drafts.create(other, "mine", AT),
        lambda: drafts.save(other, draft.pk, edit(1, share="0.7"), AT),
        lambda: drafts.publish(other, draft.pk, 1, FROM, at=AT),
        lambda: drafts.discard(other, draft.pk, AT),
        lambda: drafts.restore(other, draft.pk, 1, AT),
    ):
        with pytest.raises(DefinitionDraft.DoesNotExist):
            step()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b"])
def test_a_draft_needs_a_name(ada: User, name: str) -> None:
    with pytest.raises(NotSaved):
        drafts.create(ada, name, AT)


@pytest.mark.parametrize("name", ["a\x00b", "half \ud800"])
def test_what_a_database_cannot_hold_is_refused_not_an_error(ada: User, draft: DefinitionDraft, name: str) -> None:
    with pytest.raises(DefinitionError, match="cannot be stored"):
        drafts.save(ada, draft.pk, edit(1, key_actions={name: "1"}), AT)


@pytest.mark.parametrize("number", ["1e999999999", "9" * 200, "1/1e99999"])
def test_a_number_of_a_million_digits_is_refused_at_once(number: str) -> None:
    with pytest.raises(DefinitionError):
        check_draft({"activity": {**BODY, "low_multiple": number}})
