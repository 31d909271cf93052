"""The two jobs about definitions: a draft's preview and history by today's definition, on a book that a night has built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import Account, JobRun, User
from accounts.types import JobState
from churn.models import RenewalCase
from churn.separation_reads import past_renewals
from csm_portal.nightly import jobs, tasks
from csm_portal.nightly.build import build
from csm_portal.portal.first_run import work
from health.lab import restate_history
from health.lab.previewing import preview
from health.lab.restate_history import SupersededError, is_stale, restate
from health.lab.separation import PastRenewal
from health.models import (
    AccountDay,
    AccountPeriod,
    AccountState,
    DefinitionDraft,
    DraftPreview,
    DraftRevision,
    HealthScore,
    PublishedSlice,
    RestateChunk,
    RestatedMonth,
    RestatedScore,
)
from tests import factories as make
from tests.health import graded as rows

pytestmark = pytest.mark.django_db
FIRST, AS_OF = date(2026, 1, 1), date(2026, 4, 10)
NOW = datetime(2026, 4, 11, tzinfo=UTC)


def quiet(_line: str) -> None:
    """Nobody listens."""


STRICTER = {"activity": {"key_actions": {"work": 1}, "low_multiple": "2", "active_from": "medium"}}


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Account]]:
    """The published book, kept for the tests of this module; what each does to it is taken back, and the book at their end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield published_book()
        transaction.set_rollback(True)


def published_book() -> dict[str, Account]:
    """Three accounts of one seat: daily four times, daily once, and never; a night has published them."""
    make.define_activity(FIRST)
    rows.define_health(FIRST, weights={"activity": 1})
    found = {name: make.AccountFactory.make(name=name) for name in ("much", "little", "never")}
    for name, times in (("much", 4), ("little", 1)):
        seat = make.SeatFactory.make(account=found[name], activated_on=FIRST)
        for back in range((AS_OF - FIRST).days + 1):
            make.event(found[name], FIRST + timedelta(days=back), seat=seat, times=times)
    make.SeatFactory.make(account=found["never"], activated_on=FIRST)
    for account in found.values():
        make.ContractFactory.make(account=account, starts_on=FIRST, seats=1)
    build(AS_OF, say=quiet)
    return found


def draft_of(sections: dict[str, Any]) -> DefinitionDraft:
    admin: User = make.UserFactory.make(role="admin")
    draft = DefinitionDraft.objects.create(name="stricter", sections=sections, author=admin, created_at=NOW)
    DraftRevision.objects.create(draft=draft, number=1, sections=sections, author=admin, saved_at=NOW)
    return draft


def run(job: JobRun) -> JobRun:
    claimed = jobs.claim(job.pk, NOW)
    assert claimed is not None
    jobs.run_claimed(claimed, tasks.WORK[job.job], lambda: NOW)
    job.refresh_from_db()
    return job


def test_before_the_first_night_there_is_nothing_to_look_at() -> None:
    job = run(work.order_preview(draft_of(STRICTER).pk, 1, NOW))
    assert (job.state, job.message) == (JobState.SUCCEEDED, "nothing is published yet")


def test_a_preview_tells_who_would_change_and_what_the_rates_would_be(book: dict[str, Account]) -> None:
    draft = draft_of(STRICTER)
    job = run(work.order_preview(draft.pk, 1, NOW))
    assert (job.state, job.message) == (JobState.SUCCEEDED, "1 accounts change")
    found = DraftPreview.objects.get(draft=draft, revision=1, as_of=AS_OF)
    march = next(one for one in found.body["months"] if one["month"] == "2026-03")
    # n = 1: up to 1.2 is LOW, above 2.4 with the seat there HIGH.
    assert march == {
        "month": "2026-03", "paying": 3, "active_before": 2, "active_after": 1, "low": 2, "medium": 1, "high": 1, "provisional": False,
        "version": 1,
    }  # fmt: skip
    assert found.body["months"][-1]["provisional"] is True
    assert found.body["levels"] == {"unknown": [0, 0], "zero": [1, 1], "low": [1, 1], "medium": [0, 0], "high": [1, 1]}
    assert found.body["changed"] == {"level": 0, "month": 1, "band": 0, "any": 1}
    assert found.body["versions"] == {"activity": {"published": 1, "draft": 2}}
    (row,) = found.accounts.all()
    assert (row.account_id, row.month_before, row.month_after, row.level_before, row.level_after) == (book["little"].pk, True, False, 1, 1)


def test_a_preview_of_another_model_changes_bands_alone(book: dict[str, Account]) -> None:
    found = preview({"health": {"weights": {"activity": 1}, "bands": {"amber": 30, "green": 33}}}, AS_OF, [], quiet)
    assert [(one.account_id, one.band_before, one.band_after) for one in found.changed] == [(book["little"].pk, "red", "green")]
    assert found.body["bands"] == {"red": [2, 1], "amber": [0, 0], "green": [1, 2], "unknown": [0, 0]}
    assert found.body["changed"] == {"level": 0, "month": 0, "band": 1, "any": 1}


def test_a_draft_that_says_the_same_changes_nothing_and_nothing_published_moves(book: dict[str, Account]) -> None:
    before = [list(model.objects.order_by("pk").values()) for model in (HealthScore, AccountPeriod, AccountState)]
    found = preview({"activity": {"key_actions": {"work": 1}, "week_days": 4}}, AS_OF, [], quiet)
    assert not found.changed
    assert all(one["active_before"] == one["active_after"] for one in found.body["months"])
    assert [list(model.objects.order_by("pk").values()) for model in (HealthScore, AccountPeriod, AccountState)] == before


def test_past_renewals_are_told_apart_by_the_month_and_the_day_before_them(book: dict[str, Account]) -> None:
    # Due in June: looked at in March, and 90 days before.
    past = [PastRenewal(book["much"].pk, date(2026, 6, 10), renewed=True), PastRenewal(book["little"].pk, date(2026, 6, 12), renewed=False)]
    told = preview(STRICTER, AS_OF, past, quiet).body["separation"]
    assert (told["n"], told["lost"], told["from"], told["to"]) == (2, 1, "2026-06-10", "2026-06-12")
    sides = {one["side"]: one for one in told["activity"]}
    assert list(sides) == ["published", "draft", "low", "medium", "high"]
    assert (sides["published"]["active"]["n"], sides["published"]["auc"]) == (2, 0.5)
    assert (sides["draft"]["active"]["renewed"], sides["draft"]["inactive"]["n"], sides["draft"]["auc"]) == (1, 1, 1.0)
    assert [(one["side"], one["auc"], one["n"]) for one in told["health"]] == [("published", 1.0, 2), ("draft", 1.0, 2)]
    assert (told["better"], told["compared"]["activity"]["why"]) == ("none", "too_few")


def test_a_day_before_the_first_published_score_is_unknown_to_both_sides(book: dict[str, Account]) -> None:
    PublishedSlice.objects.filter(grain="health", starts_on__lt=date(2026, 3, 14)).delete()
    past = [PastRenewal(book["much"].pk, date(2026, 6, 10), renewed=True), PastRenewal(book["little"].pk, date(2026, 6, 12), renewed=False)]
    told = preview(STRICTER, AS_OF, past, quiet).body["separation"]
    assert [(one["side"], one["n"], one["unknown"]) for one in told["health"]] == [("published", 1, 1), ("draft", 1, 1)]
    assert [one["bands"]["unknown"]["n"] for one in told["health"]] == [1, 1]


def test_past_renewals_of_months_before_the_first_event_are_left_out(book: dict[str, Account]) -> None:
    past = [PastRenewal(book["much"].pk, date(2026, 6, 10), renewed=True), PastRenewal(book["little"].pk, date(2026, 7, 5), renewed=False)]
    AccountDay.objects.filter(day__lte=date(2026, 3, 1)).update(events=0)  # graded though nobody looked
    told = preview(STRICTER, AS_OF, past, quiet).body["separation"]
    assert (told["n"], told["from"]) == (1, "2026-07-05")
    assert [(one["side"], one["n"], one["unknown"]) for one in told["health"]] == [("published", 1, 0), ("draft", 1, 0)]


def test_dues_of_short_terms_and_open_ones_are_no_past_renewals(book: dict[str, Account]) -> None:
    for ends_on, days, state in ((date(2026, 2, 1), 200, "lost"), (date(2026, 2, 2), 30, "lost"), (date(2026, 2, 3), 200, "open")):
        fields = {"currency": "USD", "due_mrr": Decimal(1), "decision_on": ends_on, "account": book["much"], "product": "default"}
        RenewalCase.objects.create(ends_on=ends_on, starts_on=ends_on - timedelta(days=days), state=state, **fields)
    assert past_renewals(AS_OF) == [PastRenewal(book["much"].pk, date(2026, 2, 1), renewed=False)]


def test_history_is_recomputed_with_the_definition_of_the_day(book: dict[str, Account]) -> None:
    assert not is_stale(AS_OF)
    # From April on MEDIUM is active: March as it was has two active accounts, by today's definition one.
    make.define_activity(date(2026, 4, 1), active_from="medium")
    assert is_stale(AS_OF)
    job = run(work.order_restate(NOW))
    assert (job.state, job.message) == (JobState.SUCCEEDED, "12 months, 12 scores")
    assert not is_stale(AS_OF)
    march = {row.account_id: row for row in RestatedMonth.objects.filter(starts_on=date(2026, 3, 1))}
    assert {row.active for row in march.values()} == {True, False}
    assert (march[book["little"].pk].active, march[book["little"].pk].levels, march[book["little"].pk].version) == (
        False,
        [0, 31, 0, 0, 0],
        2,
    )
    assert AccountPeriod.objects.get(account=book["little"], grain="month", starts_on=date(2026, 3, 1)).active is True
    score = RestatedScore.objects.get(account=book["much"], day=date(2026, 3, 31))
    published = HealthScore.objects.get(account=book["much"], day=date(2026, 3, 31))
    assert (score.score, score.band, score.coverage, score.as_of) == (published.score, published.band, published.coverage, AS_OF)


def test_twice_the_same_recomputation_gives_the_same_rows(book: dict[str, Account]) -> None:
    restate(AS_OF, quiet)
    first = [list(model.objects.order_by("pk").values()) for model in (RestatedMonth, RestatedScore)]
    restate(AS_OF, quiet)
    assert [list(model.objects.order_by("pk").values()) for model in (RestatedMonth, RestatedScore)] == first
    assert first[0]
    assert first[1]


def test_a_recomputation_that_is_killed_goes_on_where_it_stopped_and_shows_nothing_before_its_end(
    book: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restate_history, "CHUNK_MONTHS", 1)
    restate(AS_OF, quiet)
    whole = [list(model.objects.order_by("pk").values()) for model in (RestatedMonth, RestatedScore)]
    RestatedMonth.objects.all().delete()
    RestatedScore.objects.all().delete()
    told: list[str] = []

    def killed(line: str) -> None:
        told.append(line)
        if line == "2026-03":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restate(AS_OF, killed)
    assert not RestatedMonth.objects.exists()
    restate(AS_OF, told.append)
    assert told == ["2026-01", "2026-02", "2026-03", "2026-03", "2026-04"]
    assert [list(model.objects.order_by("pk").values()) for model in (RestatedMonth, RestatedScore)] == whole
    assert not RestateChunk.objects.exists()


def test_a_recomputation_by_another_definition_begins_anew(book: dict[str, Account], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restate_history, "CHUNK_MONTHS", 1)

    def overtaken(line: str) -> None:
        if line == "2026-02":
            RestateChunk.objects.update(order="a later one")

    with pytest.raises(SupersededError, match="Another recomputation"):
        restate(AS_OF, overtaken)
    told: list[str] = []
    restate(AS_OF, told.append)
    assert told == ["2026-01", "2026-02", "2026-03", "2026-04"]


def test_a_draft_that_cannot_be_published_is_told_so_and_not_tried_again(book: dict[str, Account]) -> None:
    job = run(work.order_preview(draft_of({"health": {"weights": {"mood": 1}}}).pk, 1, NOW))
    assert job.state == JobState.SUCCEEDED
    assert job.message.startswith("refused: health.weights.mood")
    assert not DraftPreview.objects.exists()


def test_define_orders_the_recomputation_once_something_is_published(book: dict[str, Account], tmp_path: Path) -> None:
    file = tmp_path / "definition.toml"
    file.write_text('[activity]\neffective_from = 2026-04-01\nkey_actions = { work = 1 }\nactive_from = "medium"\n', encoding="utf-8")
    call_command("define", str(file), stdout=StringIO(), stderr=StringIO())
    (job,) = JobRun.objects.filter(job=work.RESTATE)
    assert job.state == JobState.DUE
    # The same content publishes nothing, so nothing is to be done again.
    call_command("define", str(file), stdout=StringIO(), stderr=StringIO())
    assert JobRun.objects.filter(job=work.RESTATE).count() == 1


def test_the_nightly_command_keeps_the_recomputed_history_up_to_date(book: dict[str, Account]) -> None:
    make.define_activity(date(2026, 4, 1), active_from="medium")
    told = StringIO()
    call_command("nightly", as_of=AS_OF, stdout=told)
    assert "Recomputed: 12 account-months, 12 health scores of month ends" in told.getvalue()
    assert not is_stale(AS_OF)
    again = StringIO()
    call_command("nightly", as_of=AS_OF, stdout=again)
    assert "Recomputed" not in again.getvalue()
