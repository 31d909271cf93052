"""What vouches for a figure: the night, when it was done, the version of the day; and every page that shows figures shows them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory

from accounts.types import Role
from csm_portal.portal.help import marks
from csm_portal.portal.help.figures import FIGURES
from csm_portal.portal.help.marks import BY_FIGURE, BY_PAGE, DEFINITIONS, Mark, mark_of, read_mark
from health.models import HealthModel, Run
from health.types import RunState
from tests.portal.shown_book import AS_OF, NOW, person, published_run, shown, with_history

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
# Pages that show no computed figure: forms, help, sign-in, first steps, plain lists of what was loaded.
WITHOUT = {
    *("help", "help_page", "settings", "edit_page", "rating_page", "jump", "reminder_stop", "reminders", "reasons_filters", "dictionary"),
    *("start", "start_files", "start_actions", "start_upload", "start_people"),
}


@pytest.fixture(autouse=True)
def _asked(_marks_of_figures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "read_mark", read_mark)


def model(version: int, effective_from: date) -> None:
    HealthModel.objects.create(version=version, effective_from=effective_from, body={}, digest=str(version), published_at=NOW)


def test_the_mark_names_the_night_readers_see_and_the_versions_in_force_on_the_day() -> None:
    run = published_run()
    Run.objects.create(as_of=AS_OF, first_day=AS_OF, state=RunState.BUILDING, started_at=NOW)
    model(1, date(2018, 1, 1))
    model(2, AS_OF - timedelta(days=1))
    model(3, AS_OF + timedelta(days=1))
    assert mark_of(AS_OF) == Mark(run.pk, NOW, {"health": 2})
    assert mark_of(AS_OF - timedelta(days=2)).versions == {"health": 1}
    assert mark_of(AS_OF + timedelta(days=9)).run is None


def test_definitions_named_by_figures_and_pages_exist() -> None:
    assert set(BY_FIGURE) <= set(FIGURES)
    assert set(BY_FIGURE.values()) | set(BY_PAGE.values()) <= set(DEFINITIONS)
    mark = Mark(1, NOW, {"activity": 4, "health": 5, "renewals": 6})
    assert [mark.version_of(FIGURES[key]) for key in ("level", "health", "renewal_rate_count", "tickets")] == [4, 5, 6, None]


def test_a_bubble_says_which_night_which_version_and_how_much_is_known(django_assert_num_queries: Any) -> None:
    run = published_run()
    model(1, date(2018, 1, 1))
    bubble = Template('{% load portal %}{% figure_help "health" coverage="83%" %}{% figure_help "machine" %}')
    mark_of(AS_OF)
    with django_assert_num_queries(0):
        said = bubble.render(Context({"as_of": AS_OF, "request": RequestFactory().get("/")}))
    assert f"run {run.pk}, finished" in said
    assert said.count("definition version 1") == 2
    assert said.count("coverage 83%") == 1
    assert "definition version" not in Template('{% load portal %}{% figure_help "health" %}').render(Context({}))


def test_the_sign_beside_the_day_names_every_definition_in_force() -> None:
    published_run()
    model(1, date(2018, 1, 1))
    model(2, date(2020, 1, 1))
    said = Template('{% load portal %}{% include "parts/_asof.html" %}').render(Context({"as_of": AS_OF}))
    assert "in force: health model 2" in said


def test_every_page_with_figures_says_as_of_which_day() -> None:
    for path in sorted((ROOT / "templates/portal").glob("*.html")):
        text = path.read_text("utf-8")
        if path.name.startswith("_") or 'extends "base.html"' not in text or path.stem in WITHOUT:
            continue
        parts = [text, *((ROOT / "templates" / name).read_text("utf-8") for name in re.findall(r'include "([^"]+)"', text))]
        deeper = [(ROOT / "templates" / name).read_text("utf-8") for part in parts for name in re.findall(r'include "([^"]+)"', part)]
        assert any("_asof.html" in part for part in [*parts, *deeper]), path.name


def test_the_account_page_tells_day_night_version_and_coverage_of_its_health(client: Client, settings: Any) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    owner = person(Role.ADMIN)
    with_history(shown(owner, "a"))
    client.force_login(owner)
    page = client.get("/accounts/a/").content.decode()
    health = re.search(r'id="figure-health-[0-9a-f]+" popover>(.*?)fig-more', page, re.DOTALL)
    assert health is not None
    for mark in ("19 Nov 2026", f"run {published_run().pk}, finished", "definition version 1", "coverage 80%"):
        assert mark in health[1]
