"""The likelihood of renewal on pages: on the account, in the book, beside the owner's forecast, in the timeline; and the weights."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, JobRun, User
from accounts.types import Role
from churn.likelihood.tell import tell
from churn.models import Forecast, Likelihood, LikelihoodModel, RenewalCase
from health.models import DefinitionDraft
from tests.churn.foreseen_book import foreseen
from tests.portal.shown_book import AS_OF, person, shown

pytestmark = pytest.mark.django_db
DUE = AS_OF + timedelta(days=40)


@pytest.fixture(autouse=True)
def _portal(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def me(client: Client) -> User:
    user = person(Role.CSM, language="en")
    client.force_login(user)
    return user


def told(account: Account, value: str | None = "0.78", low: str = "0.66", high: str = "0.87", *, day: date = AS_OF) -> Likelihood:
    """A row as a night leaves it."""
    model, _made = LikelihoodModel.objects.get_or_create(as_of=date(2025, 1, 1), defaults={"basis": "learned", "n": 300, "lost": 40})
    figures = {"value": None, "low": None, "high": None, "basis": "none"} if value is None else {"value": value, "low": low, "high": high}
    return Likelihood.objects.create(account=account, day=day, model=model, **{"basis": "learned", **figures})


def forecast(account: Account, author: User, probability: str) -> Forecast:
    """The owner's own call on the due of the account."""
    RenewalCase.objects.create(
        account=account, product="default", ends_on=DUE, starts_on=DUE - timedelta(days=365), decision_on=DUE, currency="EUR", due_mrr=1000,
        state="open",
    )  # fmt: skip
    return Forecast.objects.create(
        account=account, product="default", ends_on=DUE, currency="EUR", amount=1000, probability=Decimal(probability), category="commit",
        author=author, entered_at=timezone.now(),
    )  # fmt: skip


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_account_shows_the_likelihood_with_its_interval_beside_the_owners_own_call(client: Client, me: User) -> None:
    account = shown(me, "acme", renewal_on=DUE, decision_on=DUE)
    told(account)
    forecast(account, me, "0.95")
    page = read(client, "/accounts/acme/")
    assert '78% <span class="muted">(66–87)</span>' in page
    assert "own forecast 95%" in page
    assert "outside the interval" in page
    assert "63% (" not in page, "the score is never a percentage"


def test_an_account_that_nothing_is_told_of_says_so(client: Client, me: User) -> None:
    shown(me, "acme")
    page = read(client, "/accounts/acme/")
    assert "not told" in page
    assert "Too few renewals have closed, or the account pays nothing now." in page


def test_the_book_sorts_filters_and_writes_the_likelihood(client: Client, me: User) -> None:
    for name, value in (("low", "0.30"), ("high", "0.90")):
        told(shown(me, name), value, "0.20", "0.95")
    shown(me, "unknown")
    page = read(client, "/accounts/?cols=likelihood&sort=likelihood")
    assert page.index(">low<") < page.index(">high<") < page.index(">unknown<")
    assert '30% <span class="muted small">20–95</span>' in page
    csv = b"".join(client.get("/book/export/?cols=likelihood&format=csv&sort=likelihood").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Renewal likelihood" in csv.splitlines()[0]
    assert "0.3,0.2,0.95,learned" in csv.splitlines()[1]


def test_the_renewals_table_shows_it_below_the_forecast(client: Client, me: User) -> None:
    account = shown(me, "acme", renewal_on=DUE, decision_on=DUE)
    told(account)
    forecast(account, me, "0.7")
    page = read(client, "/renewals/")
    assert "likelihood 78% (66–87)" in page
    assert "70% · €1,000" in page
    file = client.get("/renewals/export/?format=csv")
    assert b"".join(file.streaming_content).decode().splitlines()[1].endswith("open,0.78,0.66,0.87")  # type: ignore[attr-defined]


def test_the_timeline_tells_when_it_moved_by_five_points_from_month_to_month(client: Client, me: User) -> None:
    account = shown(me, "acme")
    for month, value in ((7, "0.80"), (8, "0.79"), (9, "0.62"), (10, "0.60")):
        told(account, value, "0.50", "0.90", day=date(2026, month, 20))
    page = read(client, "/accounts/acme/?part=stream&kind=likelihood&span=all")
    assert "62% (50–90)" in page
    assert "was 79%" in page
    assert "80% (50–90)" in page
    assert "79% (50–90)" not in page
    assert "60% (50–90)" not in page


def test_another_persons_account_does_not_show_its_likelihood(client: Client, me: User) -> None:
    told(shown(person(), "theirs"))
    assert client.get("/accounts/theirs/").status_code == 404
    assert "78%" not in read(client, "/accounts/?cols=likelihood")


def test_without_a_fit_the_weights_page_says_what_to_do(client: Client, me: User) -> None:
    assert "Weights are learned from renewals that closed." in read(client, "/trust/weights/")


def test_the_weights_page_shows_experts_and_learned_side_by_side(
    client: Client, me: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    foreseen(120, lost=20, experts="typical")
    tell(AS_OF)
    with django_assert_max_num_queries(8):
        page = read(client, "/trust/weights/")
    assert "120 renewals have closed, 20 of them lost; learned weights count from 200 and 35 on." in page
    assert "Weights: 38% your experts, 62% learned from 120 renewals" in page
    assert "Each account&#x27;s likelihood rests on the calibrated health score" in page
    assert "Not proposed as a draft: they could not be tried on a past quarter yet" in page


def test_the_weights_page_says_where_nothing_is_seen_beyond_the_base_rate(client: Client, me: User) -> None:
    foreseen(120, lost=20, experts="typical")
    tell(AS_OF)
    model = LikelihoodModel.objects.get()
    told = "Neither orders them better than a coin: nothing beyond the base rate is seen."
    for value, is_said in ((0.9, False), (0.52, True)):
        side = {"log_loss": 0.4, "auc": value, "lost": 10.0}
        model.body["quarters"] = [
            {"quarter": "2026-Q3", "n": 200, "lost": 30, "trained_n": 100, "trained_lost": 15, "sides": {"score": side, "learned": side}}
        ]
        model.body["gain"] |= {"difference": 0.02, "low": -0.03, "high": 0.07}
        model.save()
        page = read(client, "/trust/weights/")
        assert (told in page) is is_said
        assert ("Not proposed as a draft: on past quarters they order renewals no better than a coin" in page) is is_said


def test_an_admin_proposes_the_learned_weights_as_a_draft_with_its_preview(client: Client) -> None:
    foreseen(300, experts="poor")
    tell(AS_OF)
    client.force_login(person(Role.CSM, language="en"))
    assert "An admin can propose these points" in read(client, "/trust/weights/")
    client.force_login(person(Role.ADMIN, language="en"))
    assert "Propose as draft" in read(client, "/trust/weights/")
    answer = client.post("/trust/weights/propose/")
    draft = DefinitionDraft.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/settings/definitions/drafts/{draft.pk}/preview/")
    weights = draft.sections["health"]["weights"]
    assert sum(int(value) for value in weights.values()) == 100
    assert draft.sections["health"]["bands"] == {"amber": "50", "green": "75"}
    assert JobRun.objects.filter(key=str(draft.pk)).exists()


def test_weights_learned_from_outcomes_that_health_has_nothing_to_do_with_are_not_proposed(client: Client) -> None:
    client.force_login(person(Role.ADMIN, language="en"))
    foreseen(300, lost=60)
    tell(AS_OF)
    assert LikelihoodModel.objects.get().body["gain"]["difference"] > 0
    page = read(client, "/trust/weights/")
    assert "so nothing would be gained" in page
    assert "Propose as draft" not in page


@pytest.mark.parametrize(
    ("auc", "gain", "said"),
    [
        (0.52, 0.03, "they order renewals no better than a coin"),
        (0.9, -0.01, "they order renewals no better than the experts&#x27; score"),
        (0.9, 0.0, "they order renewals no better than the experts&#x27; score"),
        (None, None, "they could not be tried on a past quarter yet"),
    ],
)
def test_weights_that_gained_nothing_are_not_proposed_and_the_page_says_why(
    client: Client, auc: float | None, gain: float | None, said: str
) -> None:
    client.force_login(person(Role.ADMIN, language="en"))
    foreseen(120, lost=20)
    tell(AS_OF)
    model = LikelihoodModel.objects.get()
    side = {"log_loss": 0.4, "auc": auc, "lost": 10.0}
    quarter = {"quarter": "2026-Q3", "n": 200, "lost": 30, "trained_n": 100, "trained_lost": 15, "sides": {"score": side, "learned": side}}
    model.body |= {
        "quarters": [quarter] if auc else [],
        "gain": {"difference": gain, "low": -0.05, "high": 0.1, "n": 200, "better": "none"},
    }
    model.save()
    page = read(client, "/trust/weights/")
    assert said in page
    assert "Propose as draft" not in page
    client.post("/trust/weights/propose/")
    assert not DefinitionDraft.objects.exists()


def test_who_is_no_admin_proposes_nothing(client: Client, me: User) -> None:
    foreseen(60, lost=15)
    tell(AS_OF)
    assert client.post("/trust/weights/propose/").status_code == 404
    assert not DefinitionDraft.objects.exists()


def test_with_nothing_learned_there_is_nothing_to_propose(client: Client) -> None:
    client.force_login(person(Role.ADMIN, language="en"))
    foreseen(60, lost=2)
    tell(AS_OF)
    page: Any = client.post("/trust/weights/propose/")
    assert page.headers["Location"].startswith("/trust/weights/")
    assert not DefinitionDraft.objects.exists()
    assert "Propose as draft" not in read(client, "/trust/weights/")
