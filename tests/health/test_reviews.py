"""Reviews as people plan, move, hold and cancel them, beside what files bring."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.edit_values import NotSaved
from accounts.models import Account, AccountEdit, User
from health.judging import reviews
from health.judging.feedback import Care, take_care
from health.judging.review_log import undo
from health.judging.reviews import Entered, Told
from health.models import FeedbackCare, Review
from tests.accounts.loading.folders import load
from tests.factories import AccountFactory, SourceFactory, UserFactory
from tests.rest import published_run, state

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)
TODAY = date(2026, 11, 1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = TODAY + 20 * DAY


@pytest.fixture
def anna() -> User:
    return UserFactory.make(name="Anna")


@pytest.fixture
def account(anna: User) -> Account:
    return AccountFactory.make(external_id="acme", owner=anna)


def from_file(account: Account, **columns: Any) -> Review:
    known = {"kind": "qbr", "planned_on": SOON, "source": SourceFactory.make(), "external_id": "r1", "recorded_at": AT - DAY}
    return Review.objects.create(account=account, **{**known, **columns})


def planned(user: User, account: Account, on: date = SOON, **more: Any) -> Entered:
    return reviews.plan(user, account, Told("qbr", on), AT, TODAY, **more)


def held(user: User, account: Account, **told: Any) -> Entered:
    more = {name: told.pop(name) for name in ("pk", "themes", "key") if name in told}
    found = reviews.record(user, account, Told(**{"held_on": TODAY, **told}), AT, TODAY, **more)
    assert found is not None
    return found


def problems(call: Any, *args: Any, **more: Any) -> set[str]:
    with pytest.raises(NotSaved) as refused:
        call(*args, **more)
    assert all(refused.value.problems.values())
    return set(refused.value.problems)


def the(entered: Entered) -> Review:
    assert entered.review is not None
    entered.review.refresh_from_db()
    return entered.review


def test_a_planned_review_is_held_in_the_same_row_and_plans_the_next(anna: User, account: Account) -> None:
    plan = the(planned(anna, account))
    entry = held(
        anna, account, pk=plan.pk, executive_attended=True, landed=" good ", fell_flat="", feedback="slow", next_on=SOON + 90 * DAY,
        themes=["slow", "Praise", "own word"],
    )  # fmt: skip
    row = the(entry)
    assert (row.pk, row.planned_on, row.held_on, row.executive_attended, row.landed) == (plan.pk, SOON, TODAY, True, "good")
    assert FeedbackCare.objects.get().themes == ["slow", "praise", "own word"]
    assert list(Review.objects.filter(held_on=None).values_list("planned_on", flat=True)) == [SOON + 90 * DAY]
    assert entry.batch is not None
    taken = undo(anna, entry.batch, AT + HOUR, TODAY)
    assert taken is not None
    assert taken.whole
    assert [(one.pk, one.held_on, one.landed) for one in Review.objects.all()] == [(plan.pk, None, "")]
    assert not FeedbackCare.objects.exists()
    assert undo(anna, entry.batch, AT + HOUR, TODAY) is None


def test_a_review_that_is_held_is_the_last_contact_at_once(anna: User, account: Account) -> None:
    row = state(account, published_run())
    entry = held(anna, account, held_on=TODAY - 3 * DAY)
    row.refresh_from_db()
    assert row.last_contact_on == TODAY - 3 * DAY
    assert entry.batch is not None
    undo(anna, entry.batch, AT, TODAY)
    row.refresh_from_db()
    assert row.last_contact_on is None


def test_the_next_review_is_not_planned_twice(anna: User, account: Account) -> None:
    planned(anna, account, SOON)
    held(anna, account, next_on=SOON + 60 * DAY)
    assert Review.objects.filter(held_on=None).count() == 1


def test_planning_twice_is_one_review(anna: User, account: Account) -> None:
    key = uuid.uuid4()
    first = the(planned(anna, account, key=key))
    assert the(planned(anna, account, key=key)).pk == the(planned(anna, account)).pk == first.pk
    assert planned(anna, account).batch is None
    with pytest.raises(NotSaved):
        planned(anna, AccountFactory.make(owner=anna), SOON + DAY, key=key)


def test_a_moved_review_can_be_put_back_until_somebody_moves_it_again(anna: User, account: Account) -> None:
    plan = the(planned(anna, account))
    moved = reviews.move(anna, plan.pk, Told("ebr", SOON + DAY), AT, TODAY)
    assert moved is not None
    assert (the(moved).kind, the(moved).planned_on) == ("ebr", SOON + DAY)
    again = reviews.move(anna, plan.pk, Told("ebr", SOON + 2 * DAY), AT + HOUR, TODAY)
    assert again is not None
    assert moved.batch is not None
    assert again.batch is not None
    stays = undo(anna, moved.batch, AT + HOUR, TODAY)
    assert stays is not None
    assert not stays.whole
    for batch in (again.batch, moved.batch):
        taken = undo(anna, batch, AT + HOUR, TODAY)
        assert taken is not None
        assert taken.whole
    assert (the(moved).kind, the(moved).planned_on) == ("qbr", SOON)


def test_a_cancelled_review_comes_back_as_it_was(anna: User, account: Account) -> None:
    plan = the(planned(anna, account))
    gone = reviews.cancel(anna, plan.pk, AT)
    assert gone is not None
    assert not Review.objects.exists()
    assert gone.batch is not None
    assert undo(UserFactory.make(), gone.batch, AT, TODAY) is None
    assert undo(anna, gone.batch, AT + DAY, TODAY) is None
    undo(anna, gone.batch, AT, TODAY)
    back = Review.objects.get()
    assert (back.pk, back.planned_on, back.external_id, back.entered_by) == (plan.pk, SOON, plan.external_id, anna)


def test_what_is_held_is_neither_moved_nor_cancelled(anna: User, account: Account) -> None:
    row = the(held(anna, account))
    assert reviews.move(anna, row.pk, Told("qbr", SOON), AT, TODAY) is None
    assert reviews.cancel(anna, row.pk, AT) is None


def test_nobody_touches_the_reviews_of_others(anna: User, account: Account) -> None:
    plan, other = the(planned(anna, account)), UserFactory.make()
    mine = AccountFactory.make(owner=other)
    assert reviews.move(other, plan.pk, Told("qbr", SOON), AT, TODAY) is None
    assert reviews.cancel(other, plan.pk, AT) is None
    assert reviews.record(other, mine, Told(held_on=TODAY), AT, TODAY, pk=plan.pk) is None
    plan.refresh_from_db()
    assert plan.held_on is None


def test_every_wrong_field_is_named(anna: User, account: Account) -> None:
    assert problems(reviews.plan, anna, account, Told("party", TODAY - DAY), AT, TODAY) == {"kind", "planned_on"}
    assert problems(reviews.plan, anna, account, Told("qbr", None), AT, TODAY) == {"planned_on"}
    assert problems(reviews.plan, anna, account, Told("qbr", TODAY + timedelta(days=800)), AT, TODAY) == {"planned_on"}

    def record(**told: Any) -> set[str]:
        return problems(reviews.record, anna, account, Told(**told), AT, TODAY)

    assert record(held_on=TODAY + DAY, landed="\0", kind="") == {"held_on", "landed", "kind"}
    assert record() == {"held_on"}
    assert record(held_on=TODAY, next_on=TODAY) == {"next_on"}
    assert record(held_on=date(1990, 1, 1), feedback="x" * 6_000) == {"held_on", "feedback"}
    assert problems(reviews.record, anna, account, Told(held_on=TODAY), AT, TODAY, themes=[str(n) for n in range(9)]) == {"themes"}
    assert not Review.objects.exists()
    assert not AccountEdit.objects.exists()


def test_an_undo_does_not_take_a_colleagues_answer_away(anna: User, account: Account) -> None:
    entry = held(anna, account, feedback="too slow")
    manager = UserFactory.make(role="admin")
    take_care(manager, the(entry).pk, Care(answer="fixed"), AT + HOUR, TODAY)
    assert entry.batch is not None
    taken = undo(anna, entry.batch, AT + HOUR, TODAY)
    assert taken is not None
    assert not taken.whole
    assert FeedbackCare.objects.get().answer == "fixed"


FILE = "external_id,account_external_id,kind,planned_on,held_on,landed\nr1,acme,qbr,{planned},,{landed}\n"


def brought(tmp_path: Path, planned_on: date, landed: str = "") -> Review:
    (tmp_path / "reviews.csv").write_text(FILE.format(planned=planned_on, landed=landed))
    load(tmp_path)
    return Review.objects.get(external_id="r1")


def test_a_file_that_repeats_itself_keeps_what_was_entered_and_one_that_says_more_wins(
    anna: User, account: Account, tmp_path: Path
) -> None:
    row = brought(tmp_path, SOON)
    held(anna, account, pk=row.pk, landed="the story", executive_attended=True)
    row = brought(tmp_path, SOON)
    assert (row.held_on, row.landed, row.executive_attended) == (TODAY, "the story", True)
    row = brought(tmp_path, SOON, "their words")
    assert (row.held_on, row.landed) == (TODAY, "their words")


def test_a_plan_of_a_file_that_was_cancelled_stays_away_until_the_file_says_something_else(
    anna: User, account: Account, tmp_path: Path
) -> None:
    cancelled = reviews.cancel(anna, brought(tmp_path, SOON).pk, AT)
    assert cancelled is not None
    assert cancelled.batch is not None
    load(tmp_path)
    assert not Review.objects.exists()
    assert undo(anna, cancelled.batch, AT + HOUR, TODAY) is not None
    assert brought(tmp_path, SOON).planned_on == SOON
    assert reviews.cancel(anna, Review.objects.get().pk, AT + HOUR) is not None
    assert brought(tmp_path, SOON + DAY).planned_on == SOON + DAY


def test_a_moved_plan_of_a_file_that_was_cancelled_stays_away_too_and_comes_back_once_it_was_held(
    anna: User, account: Account, tmp_path: Path
) -> None:
    row = brought(tmp_path, SOON)
    reviews.move(anna, row.pk, Told("qbr", SOON + DAY), AT, TODAY)
    reviews.cancel(anna, row.pk, AT + HOUR)
    load(tmp_path)
    assert not Review.objects.exists()
    (tmp_path / "reviews.csv").write_text(FILE.format(planned=SOON, landed="").replace(",,", f",{TODAY.isoformat()},"))
    load(tmp_path)
    assert Review.objects.get().held_on == TODAY


def test_the_plan_of_a_file_is_moved_here(anna: User, account: Account) -> None:
    row = from_file(account)
    moved = reviews.move(anna, row.pk, Told("qbr", SOON + DAY), AT, TODAY)
    assert moved is not None
    assert the(moved).kept == {"planned_on": SOON.isoformat()}
    assert moved.batch is not None
    undo(anna, moved.batch, AT, TODAY)
    row.refresh_from_db()
    assert (row.planned_on, row.kept, row.entered_by) == (SOON, {}, None)


def test_put_is_idempotent_by_its_id(anna: User, account: Account) -> None:
    first, new = reviews.put(anna, account, Told("qbr", TODAY - DAY), AT, TODAY, external_id="crm-1")
    assert new
    again, new = reviews.put(anna, account, Told("qbr", TODAY - DAY), AT + HOUR, TODAY, external_id="crm-1")
    assert (again.pk, again.recorded_at, new) == (first.pk, AT, False)
    changed, new = reviews.put(anna, account, Told("qbr", TODAY - DAY, TODAY, True), AT + HOUR, TODAY, external_id="crm-1")
    assert (changed.pk, changed.held_on, changed.recorded_at, new) == (first.pk, TODAY, AT + HOUR, False)
    other = AccountFactory.make()
    assert problems(reviews.put, anna, other, Told("qbr", TODAY), AT, TODAY, external_id="crm-1") == {"external_id"}
    assert problems(reviews.put, anna, account, Told(), AT, TODAY) == {"planned_on"}
    assert problems(reviews.put, anna, account, Told(planned_on=SOON, executive_attended=True), AT, TODAY) == {"executive_attended"}
