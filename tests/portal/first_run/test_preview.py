"""The preview says what the night will say."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Action
from csm_portal.nightly.build import build
from csm_portal.portal.first_run.preview import preview
from health.definitions import parse_activity
from health.models import AccountDay
from health.types import Level
from tests.factories import AccountFactory, ContractFactory, SeatFactory, define_activity, event, usage

UNTIL = date(2026, 3, 19)
SECTION = {"key_actions": {"order": 2, "approve": 1}, "passive_actions": ["mail"], "login_actions": ["login"]}


@pytest.mark.django_db
def test_without_accounts_there_is_no_share() -> None:
    found = preview(UNTIL, {1: Decimal(1)}, [], parse_activity(SECTION).rules[0])
    assert found is not None
    assert (found.accounts, found.share("low"), found.rate("low")) == (0, None, None)


@pytest.mark.django_db(transaction=True)
def test_the_preview_counts_the_same_levels_as_the_night_that_follows() -> None:
    dice = random.Random(7)
    for place in range(6):
        account = AccountFactory.make()
        ContractFactory.make(account=account, starts_on=UNTIL - timedelta(days=20 if place == 5 else 400), seats=4)
        # One account has no seats and is measured by what it bought; one has a bot.
        seats = [SeatFactory.make(account=account, kind="bot" if place == 1 and n == 0 else "human") for n in range(0 if place == 4 else 3)]
        for back in range(40):
            for _ in range(dice.randrange(4)):
                seat = dice.choice(seats) if seats and dice.random() < 0.9 else None
                name = dice.choice(["order", "approve", "login", "mail"])
                event(account, UNTIL - timedelta(days=back), name, seat=seat, times=dice.randrange(1, 4))
        usage(account, UNTIL - timedelta(days=place), "order", quantity=dice.randrange(1, 9))
    numbers = {action.name: action.pk for action in Action.objects.all()}
    weights = {numbers["order"]: Decimal(2), numbers["approve"]: Decimal(1)}
    found = preview(UNTIL, weights, [numbers["mail"]], parse_activity(SECTION).rules[0])
    assert found is not None
    assert found.accounts == 6

    define_activity(UNTIL - timedelta(days=100), **SECTION)
    build(UNTIL, first=UNTIL - timedelta(days=40), say=lambda _line: None)
    graded = AccountDay.objects.published().filter(day__gt=UNTIL - timedelta(days=28), day__lte=UNTIL, paying=True)
    counts = {level.word: graded.filter(level=level).count() for level in Level if level is not Level.UNKNOWN}
    assert {word: found.days[word] for word in counts} == counts
    for word, least in (("low", 1), ("medium", 2), ("high", 3)):
        reached = [graded.filter(account=account, level__gte=least).count() for account in set(graded.values_list("account", flat=True))]
        assert found.active[word] == sum(n >= 12 for n in reached)
