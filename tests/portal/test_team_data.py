"""The table of people adds up, and to the same figures as the headlines and REST; every number is the length of its list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from csm_portal.lib.periods import label
from csm_portal.portal.book.asked import Asked
from csm_portal.portal.headlines import headlines
from csm_portal.portal.team import data, past
from csm_portal.portal.team.figures import NAMES, Figures, total
from csm_portal.portal.team.page import Table, rows, table
from csm_portal.portal.team.tree import Kind, Line
from health.models import AccountState
from health.rates import activity_rates
from tests.portal.shown_book import AS_OF
from tests.portal.team_book import Cast, cast, fill
from tests.rest import bearer, get

pytestmark = pytest.mark.django_db
WHO = ("admin", "manager", "other_manager")


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@pytest.fixture
def people() -> Cast:
    found = cast()
    fill(found, 24)
    return found


def shown_to(user: User, query: str = "") -> Table:
    at = data.stand()
    assert at is not None
    return table(user, at, QueryDict(query), {})


def line_of(shown: Table, name: str) -> Line:
    return next(line for line in shown.top.lines() if line.name == name)


def number_in(text: str) -> str:
    return text.split(maxsplit=1)[0].replace(",", "").strip("()")


@pytest.mark.parametrize("who", WHO)
def test_a_subtotal_is_the_sum_of_the_lines_below_it_and_the_total_of_all_books(people: Cast, who: str) -> None:
    user: User = getattr(people, who)
    top = shown_to(user).top
    for line in top.lines():
        if line.children:
            below = total(child.figures for child in line.children)
            for name in NAMES:
                mine, theirs = getattr(line.figures, name), getattr(below, name)
                assert (sorted(mine) == sorted(theirs)) if isinstance(mine, list) else mine == theirs, name
    assert top.figures.accounts == AccountState.objects.visible_to(user).count() > 0
    books = total(line.figures for line in top.lines() if line.kind in (Kind.PERSON, Kind.NOBODY))
    assert (books.accounts, books.mrr, books.due) == (top.figures.accounts, top.figures.mrr, top.figures.due)


@pytest.mark.parametrize("who", WHO)
def test_the_total_is_what_the_headlines_say(people: Cast, who: str) -> None:
    user: User = getattr(people, who)
    figures = shown_to(user).top.figures
    found = {headline.key: headline for headline in headlines(user)}
    rate = found["monthly_active_rate"]
    assert [Decimal(figures.active), Decimal(figures.paying)] == [rate.numerator, rate.denominator]
    assert figures.unknown == found["monthly_active_rate"].extra["unknown"]
    count, amount = found["renewal_rate_count"], found["renewal_rate_amount"]
    assert [Decimal(figures.renewed), Decimal(figures.renewed + figures.lost)] == [count.numerator, count.denominator]
    assert (figures.due, figures.open) == (count.extra["due"], count.extra["open"])
    assert (figures.renewed_amount, figures.decided_amount) == (amount.numerator, amount.denominator)
    assert (figures.promoters_less_detractors, figures.answers) == (found["nps"].numerator, found["nps"].n)
    for key, value in figures.month_values.items():
        expected = found[key].value
        assert value == (None if expected is None else pytest.approx(float(expected)))


@pytest.mark.parametrize("who", WHO)
def test_months_and_weeks_are_those_of_the_activity_rates(people: Cast, who: str) -> None:
    user: User = getattr(people, who)
    top = shown_to(user).top
    of_person = {line.email: line for line in top.lines() if line.kind == Kind.PERSON}
    for grain, first in (("month", date(2026, 9, 1)), ("week", date(2026, 11, 9))):
        for row in activity_rates(user, grain, first, AS_OF, by="csm"):
            if row["group"] is not None:
                counts = of_person[row["group"]].figures.past
                assert (counts[grain, row["period"], "paying"], counts[grain, row["period"], "active"]) == (row["paying"], row["active"])
                assert counts[grain, row["period"], "unknown"] == row["unknown"]
        for row in activity_rates(user, grain, first, AS_OF):
            rate = top.figures.rate_of(grain, row["period"])
            assert (None if rate is None else round(rate, 6)) == row["rate"]
    by_desk, versions = past.rates(user, AS_OF)
    assert set(versions.values()) == {1}
    assert {period for _grain, period, _name in next(iter(by_desk.values())).past} <= {
        *(label("month", day) for day in (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))),
        *(label("week", day) for day in (date(2026, 11, 9), date(2026, 11, 16))),
    }


def test_rest_says_the_same_of_csms_and_of_teams(people: Cast) -> None:
    shown = shown_to(people.manager)
    client = bearer(people.manager)
    asked = {"grain": "month", "from": "2026-11", "to": "2026-12"}
    by_csm = {row["group"]: row for row in get(client, "activity/rates/", by="csm", **asked)["results"]}
    for line in shown.top.lines():
        if line.kind == Kind.PERSON and line.figures.accounts:
            row = by_csm[line.email]
            assert (row["active"], row["paying"], row["unknown"]) == (line.figures.active, line.figures.paying, line.figures.unknown)
    for line in shown.top.lines():
        if line.kind == Kind.TEAM:
            (row,) = get(client, "activity/rates/", team=line.path.rstrip("/"), **asked)["results"]
            assert (row["active"], row["paying"]) == (line.figures.active, line.figures.paying), line.path
    own = {row["group"]: row for row in get(client, "activity/rates/", by="team", **asked)["results"]}
    assert sum(row["paying"] for row in own.values()) == shown.top.figures.paying


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("query", ["", "period=own&from=2026-11-01&to=2026-12-31&rows=people"])
def test_every_number_that_leads_somewhere_is_the_length_of_that_list(people: Cast, who: str, query: str) -> None:
    user: User = getattr(people, who)
    shown = shown_to(user, query)
    checked = 0
    for row in rows(shown):
        for cell in row.cells:
            for part in (part for line in cell.lines for part in line if part.href and number_in(part.text).isdigit()):
                asked = Asked(QueryDict(urlsplit(part.href).query))
                assert not asked.dropped
                assert all(not condition.problem for group in asked.groups for condition in group), part.href
                n = asked.narrow(AccountState.objects.visible_to(user), AS_OF).count()
                assert n == int(number_in(part.text)), (row.line.name, part)
                checked += 1
        n = Asked(QueryDict(urlsplit(row.href).query)).narrow(AccountState.objects.visible_to(user), AS_OF).count()
        assert n == row.line.figures.accounts, row.line.name
    assert checked > 30


def test_the_queries_do_not_grow_with_the_people(people: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            rows(shown_to(people.admin))
        return len(found)

    before = queries()
    fill_more(people)
    assert queries() == before <= 9


def fill_more(people: Cast) -> None:
    from health.models import QuestionSet
    from tests.portal.shown_book import person, shown

    QuestionSet.objects.all().delete()
    for place in range(30):
        shown(person(team=people.teams["APAC/"]), f"more-{place}")


def test_an_account_given_away_today_counts_for_the_new_owner_at_once(people: Cast) -> None:
    anna, ben = people.csms[:2]
    before = shown_to(people.manager)
    anna.book.update(owner=ben)
    after = shown_to(people.manager)
    moved = line_of(before, "Anna").figures
    assert line_of(after, "Anna").figures.accounts == 0
    assert line_of(after, "Ben").figures.accounts == line_of(before, "Ben").figures.accounts + moved.accounts
    assert after.top.figures.mrr == before.top.figures.mrr
    # What was reached last month stays with whoever had the book then.
    assert line_of(after, "Anna").figures.rate_of("month", "2026-10") == moved.rate_of("month", "2026-10")


def test_a_leaver_with_accounts_has_a_line_and_one_without_anything_has_none(people: Cast) -> None:
    anna, ben = people.csms[:2]
    User.objects.filter(pk__in=[anna.pk, ben.pk]).update(is_active=False)
    ben.book.update(owner=anna)
    from health.models import AccountPeriod

    AccountPeriod.objects.filter(csm=ben).delete()
    from accounts.models import SurveyResponse

    SurveyResponse.objects.all().delete()
    names = {line.name: line for line in shown_to(people.manager).top.lines()}
    assert names["Anna"].away
    assert "Ben" not in names


def test_nobody_sees_a_line_of_people_elsewhere(people: Cast) -> None:
    names = {line.name for line in shown_to(people.manager).top.lines()}
    assert {"Anna", "Ben", "Cleo"} <= names
    assert "Dan" not in names
    assert {"Dan"} <= {line.name for line in shown_to(people.other_manager).top.lines()}


def test_figures_without_paying_accounts_are_undefined_not_zero() -> None:
    empty = Figures()
    for name in ("rate", "week_rate", "mean_score", "median_score", "renewal_rate", "rated_share", "median_age", "reviewed_share", "nps"):
        assert getattr(empty, name) is None, name
    assert empty.mrr == Decimal(0)
