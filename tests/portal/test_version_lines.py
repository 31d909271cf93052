"""Every chart over time of something that a definition counts draws a line where another version of it begins."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.types import Role
from churn.as_of import read_basis
from csm_portal.lib.figures import placed, with_lines_down
from csm_portal.portal.lab.preview_chart import rates_chart
from csm_portal.portal.sheets.page import chart
from csm_portal.portal.version_lines import with_versions
from health.models import AccountDay, AccountPeriod, ActivityDefinition, HealthScore
from health.types import Grain
from tests.churn.books import account
from tests.churn.calibration_book import many
from tests.churn.k_book import began, dues
from tests.churn.sheet_book import talk
from tests.churn.test_seat_attrition import acted
from tests.churn.test_seat_attrition import person as seat
from tests.factories import define_activity
from tests.portal.june_book import JUNE, figure, june_book
from tests.portal.shown_book import person, published_run
from tests.portal.team_book import cast, fill

MONTHS = [(date(2026, month, 1), date(2026, month + 1, 1), f"m{month}") for month in (4, 5, 6)]
Json = dict[str, Any]


@pytest.fixture
def own_cache(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def plain() -> Json:
    return {"data": [], "layout": {"shapes": [{"name": "revenue"}]}}


def lines(figure: Json) -> list[tuple[str, str]]:
    """Place and text of the lines that stand for versions: their texts are at the foot, those of notes at the top."""
    down = [shape["x0"] for shape in figure["layout"].get("shapes", []) if shape["name"] == "version" and shape["x0"] == shape["x1"]]
    told = [(one["x"], one["text"]) for one in figure["layout"].get("annotations", []) if one["y"] == 0 and one["yanchor"] == "bottom"]
    assert {place for place, _text in told} <= set(down)
    return told


def test_a_line_stands_at_the_period_in_which_a_version_begins() -> None:
    changes = [(date(2026, 3, 15), 2), (date(2026, 5, 9), 3), (date(2026, 5, 20), 4), (date(2026, 9, 1), 5)]
    drawn = with_versions(plain(), changes, MONTHS)
    assert lines(drawn) == [("m5", "version 3,version 4")]
    assert [shape["name"] for shape in drawn["layout"]["shapes"]] == ["revenue", "version"]


def test_the_first_period_shown_is_no_change_and_the_middle_of_it_is() -> None:
    assert with_versions(plain(), [(date(2026, 4, 1), 2)], MONTHS) == plain()
    assert lines(with_versions(plain(), [(date(2026, 4, 2), 2)], MONTHS)) == [("m4", "version 2")]
    assert with_versions(plain(), [(date(2026, 4, 2), 2)], []) == plain()


def test_texts_of_one_period_stand_together_and_those_of_none_nowhere() -> None:
    days = [(date(2026, 4, 30), "1"), (date(2026, 4, 1), "2"), (date(2026, 7, 1), "3")]
    assert placed(days, MONTHS) == [("m4", "1,2")]
    at_top = with_lines_down(plain(), placed(days, MONTHS))
    assert [(one["y"], one["yanchor"]) for one in at_top["layout"]["annotations"]] == [(1, "top")]


def test_the_published_line_of_a_preview_has_them() -> None:
    counts = {"paying": 2, "active_before": 1, "active_after": 1, "low": 2, "medium": 1, "high": 0}
    months: list[Json] = [{"month": f"2026-{n:02}", **counts} for n in (5, 6, 7)]
    assert lines(rates_chart(months)) == []  # a preview of before versions were kept
    assert lines(rates_chart([{**one, "version": 1 + (one["month"] > "2026-05")} for one in months])) == [("Jun 2026", "version 2")]


def test_a_text_near_the_end_stands_on_the_other_side_of_its_line() -> None:
    of_months: Json = {"data": [{"x": ["Oct", "Nov", "Dec", "Jan"]}], "layout": {}}
    of_days: Json = {"data": [{"x": [f"2026-11-{day:02}" for day in range(1, 31)]}], "layout": {}}
    for plain_one, early, late in ((of_months, "Nov", "Jan"), (of_days, "2026-11-08", "2026-11-28")):
        drawn = with_lines_down(plain_one, [(early, "a"), (late, "b")], at_foot=True)
        assert [one["xanchor"] for one in drawn["layout"]["annotations"]] == ["left", "right"]


@pytest.mark.django_db
def test_versions_that_the_night_did_not_know_draw_nothing() -> None:
    published_run()
    for since in (date(2026, 1, 1), date(2026, 6, 1), date(2026, 12, 1)):
        define_activity(since)
    basis = read_basis()
    assert basis is not None
    assert basis.activity_changes == ((date(2026, 6, 1), 2),)  # the third holds from a day to come
    ActivityDefinition.objects.filter(version=2).update(published_at=timezone.now())
    basis = read_basis()
    assert basis is not None
    assert basis.activity_changes == ()


@pytest.mark.django_db
@pytest.mark.usefixtures("own_cache")
def test_active_and_renewed_draws_it_three_months_after_the_activity(client: Client) -> None:
    client.force_login(person(Role.ADMIN, language="en"))
    began()
    for month in (6, 7, 8):
        dues(None, (9, 8), (1, 0), ends_on=date(2026, month, 5))
    define_activity()
    define_activity(date(2026, 4, 10))
    assert lines(figure(client.get("/trust/k/").content.decode(), "figure-k")) == [("Jul 2026", "version 2")]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_cache")
def test_health_against_renewals_draws_it_where_health_of_the_new_model_is_read(client: Client) -> None:
    published_run()
    client.force_login(person(Role.ADMIN, language="en"))
    many(["renewed", "renewed", "lost"] * 30, [60.0] * 90, first=date(2026, 5, 1))
    HealthScore.objects.filter(day__gte=date(2026, 3, 15)).update(version=2)  # read by dues from 13 June on
    assert lines(figure(client.get("/trust/").content.decode(), "figure-months")) == [("Jun 2026", "version 2")]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_cache")
def test_seats_have_a_line_and_customers_and_money_have_none(client: Client) -> None:
    client.force_login(june_book())
    who = account("users")
    for month in (3, 4, 5, 6):
        acted(seat(who, f"s{month}"), *(date(2026, at, 10) for at in range(3, month + 1)))
    define_activity()
    define_activity(date(2026, 5, 18))
    shown = client.get(f"/churn/{JUNE}").content.decode()
    assert lines(figure(shown, "figure-seat")) == [("May 2026", "version 2")]
    assert lines(figure(shown, "figure-follow")) == lines(figure(shown, "figure-seat"))
    assert lines(figure(shown, "figure-logo")) == lines(figure(shown, "figure-revenue")) == []
    assert [place for place, _text in lines(figure(client.get(f"/churn/weeks/{JUNE}").content.decode(), "figure-weeks"))] == ["W21"]


@pytest.mark.django_db
@pytest.mark.usefixtures("own_cache")
def test_the_teams_small_lines_have_it_with_its_month_in_words(client: Client) -> None:
    people = cast()
    fill(people, 12)
    client.force_login(people.manager)
    assert "version-line" not in client.get("/team/").content.decode()
    AccountPeriod.objects.filter(grain=Grain.MONTH, starts_on__gte=date(2026, 10, 1)).update(version=2)
    shown = client.get("/team/").content.decode()
    assert "version 2 from Oct 2026" in shown
    assert shown.count('class="version-line"') == shown.count('class="spark"') > 0


@pytest.mark.django_db
@pytest.mark.usefixtures("own_cache")
def test_the_customers_sheet_says_from_when_on_it_is_counted_anew(client: Client) -> None:
    anna: User = person(email="anna@example.com", name="Anna", language="en")
    client.force_login(anna)
    address = f"/renewals/{talk(anna).pk}/sheet/"
    assert "counted anew" not in client.get(address).content.decode()
    AccountDay.objects.filter(day__gte=date(2026, 8, 1)).update(version=2)
    shown = client.get(address)
    assert "counted anew from Aug 2026" in shown.content.decode()
    assert shown.content.decode().count('class="version-line"') == 1
    # A sheet that was shared before knows nothing of it.
    older = {key: value for key, value in shown.context["sheet"]["trend"].items() if not key.startswith("anew")}
    drawn = chart(older)
    assert drawn is not None
    assert drawn.anew == ""
