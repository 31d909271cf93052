"""Teams, people and a graded book for the tests of the manager's page: everything that its table adds up, at random but repeatable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import Account, SurveyResponse, Team, User
from accounts.types import Role
from churn.models import RenewalCase
from health.models import AccountPeriod, QuestionSet, Rating, Review
from health.types import Grain
from tests.factories import SourceFactory, TeamFactory
from tests.portal.shown_book import AS_OF, person, published_run, shown

MONTHS = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))
WEEKS = (date(2026, 11, 9), date(2026, 11, 16))
QUESTIONS = ("fit", "sponsor")
AT = datetime(2026, 11, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    """Who works there: a manager above two teams of which one has a team below it, and a manager beside them."""

    admin: User
    manager: User
    other_manager: User
    csms: list[User]
    teams: dict[str, Team]


def cast() -> Cast:
    """EMEA with DACH and DACH/Bern below it, and APAC."""
    emea = TeamFactory.make(name="EMEA", path="EMEA/")
    dach = TeamFactory.make(name="DACH", path="EMEA/DACH/", parent=emea)
    bern = TeamFactory.make(name="Bern", path="EMEA/DACH/Bern/", parent=dach)
    apac = TeamFactory.make(name="APAC", path="APAC/")
    csms = [
        person(email="anna@example.com", name="Anna", team=dach),
        person(email="ben@example.com", name="Ben", team=dach),
        person(email="cleo@example.com", name="Cleo", team=bern),
        person(email="dan@example.com", name="Dan", team=apac),
    ]
    return Cast(
        person(Role.ADMIN, email="admin@example.com"),
        person(Role.MANAGER, email="manager@example.com", team=emea, manages=emea),
        person(Role.MANAGER, email="other@example.com", team=apac, manages=apac),
        csms,
        {team.path: team for team in (emea, dach, bern, apac)},
    )


def fill(people: Cast, n_accounts: int = 40, seed: int = 7) -> list[Account]:
    """Accounts of every CSM, some of nobody in a team and one of nobody at all, each with states, periods, dues, answers and ratings."""
    chance = Random(seed)
    QuestionSet.objects.create(
        version=1,
        effective_from=date(2020, 1, 1),
        body={"questions": [{"key": key, "valid_days": 90} for key in QUESTIONS]},
        digest="1",
        published_at=AT,
    )
    made = []
    for place in range(n_accounts):
        owner = chance.choice([*people.csms, None])
        team = people.teams[chance.choice(["EMEA/DACH/", "EMEA/DACH/Bern/", "APAC/"])] if owner is None and place else None
        if place == 0:
            owner = None
        made.append(_account(chance, f"a{place:03d}", owner, team))
    return made


def _account(chance: Random, external_id: str, owner: User | None, team: Team | None) -> Account:
    paying = chance.random() < 0.8
    active = chance.choice([True, True, False, None])
    account = shown(
        owner,
        external_id,
        account_team=team,
        paying=paying,
        level=chance.randrange(-1, 4),
        strip="".join(chance.choice("ZLMHU") for _day in range(28)),
        month_active=active,
        week_active=chance.choice([True, False, None]),
        band=chance.choice(["red", "amber", "green", "unknown"]),
        score=None if chance.random() < 0.1 else Decimal(chance.randrange(1000)) / 10,
        mrr_reporting=None if chance.random() < 0.1 else Decimal(chance.randrange(100, 5000)),
        open_tickets=chance.choice([0, 0, 1, 3]),
        rated_on=None if chance.random() < 0.2 else AS_OF - timedelta(days=chance.randrange(200)),
    )
    csm = {"csm_id": owner.pk if owner else None, "team_id": owner.team_id if owner else team.pk if team else None}
    for month in MONTHS:
        _period(account, Grain.MONTH, month, paying, active if month == MONTHS[-1] else chance.choice([True, False, None]), csm)
    for week in WEEKS:
        _period(account, Grain.WEEK, week, paying, chance.choice([True, False, None]), csm)
    for product in range(chance.choice([0, 1, 2])):
        _due(chance, account, f"product {product}")
    for question in QUESTIONS:
        if chance.random() < 0.7:
            day = AS_OF - timedelta(days=chance.randrange(150))
            Rating.objects.create(
                account=account, question=question, score=3, rated_on=day, rated_by=owner or User.objects.all()[0], recorded_at=AT
            )
    if chance.random() < 0.5:
        Review.objects.create(
            account=account,
            source=SourceFactory.make(),
            external_id=f"r{external_id}",
            kind=chance.choice(["qbr", "qbr", "other"]),
            held_on=AS_OF - timedelta(days=chance.randrange(150)),
            executive_attended=chance.random() < 0.7,
            recorded_at=AT,
        )
    if chance.random() < 0.5:
        SurveyResponse.objects.create(
            account=account,
            source=SourceFactory.make(),
            external_id=f"s{external_id}",
            kind="nps",
            score=chance.randrange(11),
            scale=10,
            responded_at=AT,
            recorded_at=AT,
        )
    return account


def _period(account: Account, grain: Grain, starts_on: date, paying: bool, active: bool | None, csm: dict[str, Any]) -> None:  # noqa: PLR0917 - a row's own order
    running = starts_on in (MONTHS[-1], WEEKS[-1])
    AccountPeriod.objects.create(
        run=published_run(),
        grain=grain,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=7 if grain == Grain.WEEK else 30),
        account=account,
        active_days=1,
        known_days=1,
        working_days=20,
        bar=12,
        active=active,
        paying=paying,
        joined=False,
        provisional=running,
        can_reach=running,
        levels=[0] * 5,
        version=1,
        **csm,
    )


def _due(chance: Random, account: Account, product: str) -> None:
    state = chance.choice(["renewed", "lost", "open"])
    ends_on = date(2026, 11, chance.randrange(1, 29)) if chance.random() < 0.7 else date(2026, 12, 15)
    amount = None if chance.random() < 0.1 else Decimal(chance.randrange(100, 900))
    RenewalCase.objects.create(
        account=account,
        product=product,
        ends_on=ends_on,
        starts_on=date(2025, 11, 1),
        decision_on=ends_on,
        currency="USD",
        due_mrr=amount or 1,
        due_reporting=amount,
        renewed_mrr=Decimal(500) if state == "renewed" else None,
        renewed_reporting=Decimal(500) if state == "renewed" else None,
        state=state,
    )
