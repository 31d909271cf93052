"""What each night tells of every paying account: the basis by the counts, once per change, and never of what closed later."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db.models import F

from accounts.models import Account
from accounts.types import Role
from churn.likelihood.current import current
from churn.likelihood.fit import refresh
from churn.likelihood.tell import tell
from churn.likelihood.weights import points
from churn.models import ChurnRecord, Likelihood, LikelihoodModel, RenewalCase
from churn.types import Basis
from health.models import AccountDay, HealthScore, PublishedSlice
from health.types import Grain
from tests.churn.foreseen_book import foreseen
from tests.factories import RECORDED, SourceFactory, UserFactory
from tests.portal.shown_book import AS_OF

pytestmark = pytest.mark.django_db


@pytest.fixture
def few() -> list[Account]:
    """Ninety renewals, fourteen of them lost."""
    return foreseen(90, lost=14)


def test_many_closed_renewals_tell_by_learned_weights() -> None:
    accounts = foreseen(320, seed=3, experts="poor")
    assert tell(AS_OF) == 320
    model = LikelihoodModel.objects.get()
    assert model.basis == Basis.LEARNED
    assert (model.n, model.body["why"]) == (320, "learned")
    assert 0.5 < model.body["learned"]["share"] < 1
    tried = [one for one in model.body["quarters"] if {"score", "learned"} <= set(one["sides"])]
    assert tried[-1]["sides"]["learned"]["log_loss"] <= tried[-1]["sides"]["score"]["log_loss"]
    assert model.body["gain"]["difference"] > 0, "experts who know nothing are beaten out of time"
    assert all(one["trained_n"] < 320 for one in tried)
    told = current([account.pk for account in accounts], AS_OF)
    assert len(told) == 320
    assert {one.basis for one in told.values()} == {Basis.LEARNED}
    assert Likelihood.objects.filter(low__lte=F("value"), high__gte=F("value")).count() == 320
    # A challenger was tried where there was enough, and tells of nobody.
    assert model.body["challenger"]["quarters"] >= 1


def test_a_few_lost_ones_tell_by_the_calibrated_score_and_the_learned_weights_are_a_preview(few: list[Account]) -> None:
    tell(AS_OF)
    model = LikelihoodModel.objects.get()
    assert (model.basis, model.body["why"], model.n, model.lost) == (Basis.SCORE, "learned_few", 90, 14)
    assert model.body["learned"] is not None
    best = HealthScore.objects.filter(day=AS_OF).order_by("-score").first()
    worst = HealthScore.objects.filter(day=AS_OF).order_by("score").first()
    assert best is not None
    assert worst is not None
    told = current([account.pk for account in few], AS_OF)
    high, low = told[best.account_id].value, told[worst.account_id].value
    assert high is not None
    assert low is not None
    assert high > low


def test_hardly_any_lost_one_tells_by_bands_with_their_own_intervals() -> None:
    accounts = foreseen(60, lost=3)
    tell(AS_OF)
    assert LikelihoodModel.objects.get().basis == Basis.BANDS
    told = current([account.pk for account in accounts], AS_OF)
    assert {one.basis for one in told.values()} <= {Basis.BANDS, Basis.BASE}
    for account in accounts:
        band = HealthScore.objects.get(account=account, day=AS_OF).band
        share = LikelihoodModel.objects.get().body["bands"].get(band)
        assert told[account.pk].value == pytest.approx(share["rate"] if share else 57 / 60, abs=1e-5)


@pytest.mark.parametrize("lost", [0, 60])
def test_all_renewed_and_all_lost_tell_by_bands_too(lost: int) -> None:
    accounts = foreseen(60, lost=lost)
    tell(AS_OF)
    assert {one.value for one in current([one.pk for one in accounts], AS_OF).values()} == {0.0 if lost else 1.0}


def test_without_closed_renewals_nothing_is_told() -> None:
    foreseen(12, lost=4)
    assert tell(AS_OF) == 0
    assert LikelihoodModel.objects.get().basis == Basis.NONE
    assert not Likelihood.objects.exists()


def test_told_again_nothing_changes_and_a_later_night_writes_only_what_moved(few: list[Account]) -> None:
    assert tell(AS_OF) == 90
    before = list(Likelihood.objects.order_by("pk").values_list("account_id", "day", "value", "low", "high", "basis"))
    assert tell(AS_OF) == 90
    assert list(Likelihood.objects.order_by("pk").values_list("account_id", "day", "value", "low", "high", "basis")) == before
    next_day = AS_OF + timedelta(days=1)
    _same_day_again(next_day, lower=few[0])
    assert tell(next_day) == 1
    told = current([few[0].pk, few[1].pk], next_day)
    assert (told[few[0].pk].as_of, told[few[1].pk].as_of) == (next_day, AS_OF)
    assert current([few[0].pk], AS_OF)[few[0].pk].as_of == AS_OF


def test_who_pays_no_more_is_told_nothing_from_then_on(few: list[Account]) -> None:
    tell(AS_OF)
    next_day = AS_OF + timedelta(days=1)
    _same_day_again(next_day)
    AccountDay.objects.filter(day=next_day, account=few[5]).update(paying=False)
    assert tell(next_day) == 1
    gone = current([few[5].pk], next_day)[few[5].pk]
    assert (gone.value, gone.basis, gone.as_of) == (None, Basis.NONE, next_day)


def test_an_account_of_unknown_health_gets_the_rate_of_all(few: list[Account]) -> None:
    HealthScore.objects.filter(account=few[0], day=AS_OF).update(score=None, band="unknown")
    tell(AS_OF)
    told = current([few[0].pk], AS_OF)[few[0].pk]
    assert told.basis is Basis.BASE
    assert told.value == pytest.approx(76 / 90, abs=1e-5)


def test_what_closed_after_a_day_teaches_nothing_on_it(few: list[Account]) -> None:
    day = date(2026, 3, 1)
    model = refresh(day)
    assert model.n == RenewalCase.objects.filter(ends_on__lt=day - timedelta(days=30)).count()
    assert 0 < model.n < 90


def test_losses_that_health_cannot_tell_are_left_out_and_counted(few: list[Account]) -> None:
    lost = list(RenewalCase.objects.filter(state="lost").order_by("ends_on")[:3])
    for case, kind in zip(lost, ("involuntary", "satisfied", "voluntary"), strict=True):
        ChurnRecord.objects.create(
            source=SourceFactory.make(),
            external_id=kind,
            account_id=case.account_id,
            churned_on=case.ends_on,
            type=kind,
            recorded_at=RECORDED.replace(year=2026, month=11),
        )
    model = refresh(AS_OF)
    assert (model.n, model.lost) == (88, 12)
    assert model.body["left_out"] == {"involuntary": 1, "satisfied": 1}


def test_a_new_month_or_new_renewals_are_fitted_and_nothing_else(few: list[Account]) -> None:
    first = refresh(AS_OF)
    assert refresh(AS_OF + timedelta(days=2)).as_of == first.as_of
    later = AS_OF + timedelta(days=20)
    assert refresh(later).as_of == later


def test_current_keeps_to_the_book_of_the_viewer(few: list[Account]) -> None:
    owner, other = UserFactory.make(), UserFactory.make()
    Account.objects.filter(pk=few[0].pk).update(owner=owner)
    tell(AS_OF)
    assert set(current(owner, AS_OF)) == {few[0].pk}
    assert current(other, AS_OF) == {}
    assert len(current(UserFactory.make(role=Role.ADMIN), AS_OF)) == 90


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a": 1.0, "b": 1.0, "c": 1.0}, {"a": 34, "b": 33, "c": 33}),
        ({"a": 0.6, "b": 0.4, "c": 0.0001}, {"a": 60, "b": 40}),
        ({"a": 0.0}, {}),
        ({}, {}),
    ],
)
def test_weights_become_whole_points_of_a_hundred(weights: dict[str, float], expected: dict[str, int]) -> None:
    assert points(weights) == expected


def _same_day_again(day: date, lower: Account | None = None) -> None:
    """The next published day, like the one before but for one account's score."""
    run = AccountDay.objects.filter(day=AS_OF)[0].run
    PublishedSlice.objects.bulk_create(PublishedSlice(grain=grain, starts_on=day, run=run) for grain in (Grain.DAY, Grain.HEALTH))
    for model in (AccountDay, HealthScore):
        rows = list(model.objects.filter(day=day - timedelta(days=1)))
        for row in rows:
            row.day = day
            row.pk = (row.account_id, day, row.run_id)
        model.objects.bulk_create(rows)
    if lower is not None:
        HealthScore.objects.filter(account=lower, day=day).update(score=5)
