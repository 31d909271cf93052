"""What was known, shown and done before a loss, and the verdict on each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Account
from churn.helping.replay import Replayed, before_loss, replay
from churn.models import AtRisk, DropAlarm, Forecast, Intervention, ItemStep, Likelihood, LikelihoodModel, MondayReport
from health.models import HealthScore
from tests.churn.helping_book import item
from tests.churn.lost_book import BASIS, admin, left, record
from tests.factories import AccountFactory, UserFactory
from tests.portal.shown_book import NOW, published_run

pytestmark = pytest.mark.django_db
LOST = date(2026, 9, 1)
SPAN: dict[str, Any] = {"first": date(2026, 1, 1), "after": date(2026, 11, 1)}


def day(before: int) -> date:
    return LOST - timedelta(days=before)


def at(before: int) -> datetime:
    return datetime.combine(day(before), datetime.min.time(), tzinfo=UTC) + timedelta(hours=9)


def kept_since_long() -> None:
    """Another account's item of long ago: from then on it is known what was shown."""
    item(AccountFactory.make(), day(400))


def verdict() -> str:
    [loss] = [row for row in replay(admin(), BASIS, **SPAN).rows if row.lost_on == LOST]
    return loss.verdict


def of(account: Account) -> Replayed:
    return next(row for row in replay(admin(), BASIS, **SPAN).rows if row.external_id == account.external_id)


def likelihood(account: Account, before: int, value: str) -> None:
    model = LikelihoodModel.objects.get_or_create(as_of=day(365), defaults={"basis": "score", "n": 100, "lost": 20})[0]
    share = Decimal(value)
    Likelihood.objects.create(
        account=account, day=day(before), value=share, low=share - Decimal("0.1"), high=share + Decimal("0.1"), basis="score", model=model
    )


def score(account: Account, before: int, band: str, value: int) -> None:
    HealthScore.objects.create(
        run=published_run(), account=account, day=day(before), band=band, score=value, coverage=1, facets={}, version=1
    )


def test_known_is_what_stood_ninety_days_before() -> None:
    account = left(LOST)
    score(account, 90, "green", 80)
    score(account, 30, "red", 20)
    likelihood(account, 200, "0.8")
    likelihood(account, 60, "0.3")
    record(account, LOST, type="voluntary")
    loss = of(account)
    assert (loss.band, loss.score, loss.likelihood, loss.type, loss.amount) == ("green", 80.0, 0.8, "voluntary", Decimal(100))


def test_before_anything_was_kept_nothing_is_concluded() -> None:
    left(LOST)
    assert verdict() == "unkept"
    item(AccountFactory.make(), day(20))
    assert verdict() == "unkept"


def test_never_told_is_a_miss_once_items_are_kept() -> None:
    kept_since_long()
    account = left(LOST)
    item(account, day(190))  # too long ago to be about this loss
    item(account, day(100), rule="seats_full")  # growth is no warning
    item(account, day(100), rule="no_contact", held_back=True)
    assert verdict() == "never"
    assert (of(account).items, of(account).held) == (0, 1)


def test_told_in_time_and_not_acted_on() -> None:
    kept_since_long()
    item(left(LOST), day(31))
    assert verdict() == "not_acted"


def test_told_within_the_last_thirty_days_is_late() -> None:
    kept_since_long()
    item(left(LOST), day(29), first_acted_at=at(28))
    assert verdict() == "late"


@pytest.mark.parametrize("how", ["step", "intervention", "monday"])
def test_told_in_time_and_acted_on(how: str) -> None:
    kept_since_long()
    account = left(LOST)
    if how == "step":
        item(account, day(100), first_acted_at=at(90))
    elif how == "intervention":
        item(account, day(100))
        Intervention.objects.create(account=account, kind="offer", began_on=day(99), author=admin(), entered_at=NOW)
    else:
        report = MondayReport.objects.create(monday=day(95), as_of=day(96), made_at=NOW)
        AtRisk.objects.create(report=report, account=account, expected=0.4, matched=30, lost=12)
        Intervention.objects.create(account=account, kind="offer", began_on=day(94), author=admin(), entered_at=NOW)
    assert verdict() == "acted"


def test_what_was_tried_before_anything_was_shown_is_no_answer_to_it() -> None:
    kept_since_long()
    account = left(LOST)
    Intervention.objects.create(account=account, kind="offer", began_on=day(120), author=admin(), entered_at=NOW)
    item(account, day(60))
    assert verdict() == "not_acted"


def test_the_list_counts_all_and_narrows_to_one_verdict() -> None:
    kept_since_long()
    item(left(LOST), day(60))
    left(date(2026, 8, 1))
    left(date(2026, 7, 1))
    found = replay(admin(), BASIS, **SPAN, verdict="never", limit=1)
    assert (len(found.rows), found.n, found.verdicts) == (1, 2, {"not_acted": 1, "never": 2})
    assert found.rows[0].lost_on == date(2026, 8, 1)
    assert found.since == day(400)
    assert replay(UserFactory.make(), BASIS, **SPAN).rows == []


def test_the_months_before_show_what_was_known_then_and_no_later() -> None:
    account = left(LOST)
    score(account, 60, "amber", 55)
    likelihood(account, 70, "0.6")
    about: dict[str, Any] = {"account": account, "product": "default", "ends_on": LOST, "currency": "USD", "amount": 100, "author": admin()}
    Forecast.objects.create(**about, probability=Decimal("0.9"), category="commit", entered_at=at(65))
    Forecast.objects.create(**about, probability=Decimal("0.2"), category="at_risk", entered_at=at(10))
    months, _events = before_loss(account, LOST)
    assert [one.day for one in months] == [day(back) for back in (180, 150, 120, 90, 60, 30)]
    sixty = months[-2]
    assert (sixty.band, sixty.score, sixty.likelihood, sixty.category, sixty.probability) == ("amber", 55, 0.6, "commit", 0.9)
    assert (months[-1].band, months[-1].likelihood, months[-1].category) == (None, 0.6, "commit")
    assert (months[0].likelihood, months[0].category) == (None, None)


def test_everything_told_and_done_stands_in_order() -> None:
    account, author = left(LOST), admin()
    shown = item(account, day(100), first_acted_at=at(90), state="done", closed_at=at(90))
    ItemStep.objects.create(item=shown, kind="done", author=author, taken_at=at(90))
    item(account, day(95), rule="no_contact", held_back=True)
    DropAlarm.objects.create(account=account, day=day(101), facts={"unit": "day", "days": []}, z=-2)
    Intervention.objects.create(account=account, kind="offer", began_on=day(80), note="a month free", author=author, entered_at=NOW)
    item(account, day(0), rule="band_worse")
    _months, events = before_loss(account, LOST)
    assert [(one.kind, one.what, one.day) for one in events] == [
        ("drop", "", day(101)),
        ("item", "usage_drop", day(100)),
        ("held", "no_contact", day(95)),
        ("step", "offer", day(80)),
    ]
    assert events[1].who == author.get_full_name()
    assert events[1].facts["acted"] == day(90).isoformat()
    assert events[3].facts["note"] == "a month free"
