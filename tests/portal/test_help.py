"""Help in place: every figure leads to a place that exists, inside the portal, in the reader's words."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client
from django.utils import translation
from django.utils.functional import Promise

from csm_portal.portal.help import pages
from csm_portal.portal.help.figures import FIGURES, GROUPS, figures_of
from csm_portal.portal.views.help import NAMES
from health.caps import FACETS
from tests.portal.shown_book import person

ROOT = Path(__file__).parents[2]
BUBBLE = Template("{% load portal %}{% figure_help key label=label note=note version=version %}")


def bubble(key: str = "health", **context: object) -> str:
    return BUBBLE.render(Context({"key": key, "label": "", "note": "", "version": None, **context}))


@pytest.mark.parametrize("key", FIGURES)
def test_every_figure_has_words_and_a_place_on_its_page(key: str) -> None:
    figure = FIGURES[key]
    assert isinstance(figure.name, Promise)
    assert isinstance(figure.definition, Promise)
    page = pages.page(figure.page)
    assert page is not None
    assert not figure.anchor or figure.anchor in page.anchors


def test_no_figure_stands_in_two_groups() -> None:
    assert sum(len(figures) for _group, figures in GROUPS) == len(FIGURES)


def test_every_facet_and_every_headline_is_explained() -> None:
    assert {f"facet_{key}" for key in FACETS} <= FIGURES.keys()
    assert {"renewal_rate_count", "renewal_rate_amount", "monthly_active_rate", "nps"} <= FIGURES.keys()


def test_figures_named_in_templates_are_known() -> None:
    named = {
        key for path in (ROOT / "templates").rglob("*.html") for key in re.findall(r'{% figure_help "([^"]+)"', path.read_text("utf-8"))
    }
    assert named <= FIGURES.keys()


def test_every_page_has_a_name_in_the_readers_language() -> None:
    assert NAMES.keys() == set(pages.names())


@pytest.mark.parametrize("name", pages.names())
def test_every_page_is_written_in_chinese_with_the_same_headings_rows_and_anchors(name: str) -> None:
    english, chinese = pages.page(name), pages.page(name, pages.CHINESE)
    assert english is not None
    assert chinese is not None
    assert chinese.language == pages.CHINESE
    assert re.search(r"[\u4e00-\u9fff]", chinese.title)
    assert [(heading.anchor, heading.level) for heading in chinese.contents] == [
        (heading.anchor, heading.level) for heading in english.contents
    ]
    assert chinese.anchors == english.anchors
    for tag in ("h2", "h3", "table", "tr", "td", "li", "pre", "strong"):
        assert chinese.body.count(f"<{tag}") == english.body.count(f"<{tag}"), tag


@pytest.mark.parametrize("name", pages.names())
def test_a_page_in_chinese_has_the_anchors_at_the_same_kinds_of_places(name: str) -> None:
    english, chinese = pages.page(name), pages.page(name, pages.CHINESE)
    assert english is not None
    assert chinese is not None
    found = r'<(h\d|tr|strong|em) id="([^"]+)"'
    assert sorted(re.findall(found, chinese.body)) == sorted(re.findall(found, english.body))


@pytest.mark.parametrize("language", [pages.ENGLISH, pages.CHINESE])
@pytest.mark.parametrize("name", pages.names())
def test_links_between_the_pages_lead_somewhere_and_none_leads_out(name: str, language: str) -> None:
    page = pages.page(name, language)
    assert page is not None
    for href in re.findall(r'href="([^"]*)"', page.body):
        target, _hash, anchor = href.partition("#")
        found = page if not target else pages.page(target.removeprefix("/help/").strip("/"))
        assert found is not None, href
        assert not anchor or anchor in found.anchors, href
    assert len(re.findall(r'id="([^"]+)"', page.body)) == len(page.anchors)


def test_markup_in_a_page_stays_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = "[x](javascript:alert(1)) [y](https://example.com)"
    (tmp_path / "odd.md").write_text("# Odd <b>\n\n<script>alert(1)</script>\n\n" + links, "utf-8")
    monkeypatch.setattr(pages, "_folder", lambda: tmp_path)
    page = pages.page("odd")
    assert page is not None
    assert "<script>" not in page.body
    assert "href" not in page.body
    assert pages.page("../odd") is None


def test_anchors_are_those_of_code_hosts() -> None:
    assert [pages.slug(text) for text in ("Week and month", "Caps, profiles, overrides", " A `b` ")] == [
        "week-and-month",
        "caps-profiles-overrides",
        "a-b",
    ]


def test_a_bubble_says_what_it_is_of_which_version_and_when() -> None:
    part = bubble("health", version=3, as_of=date(2026, 10, 31), label="Health <b>", note="Month shown.")
    for wanted in ("Weighted mean of the facets", "definition version 3", "31 Oct 2026", "Month shown.", 'href="/help/health/#score"'):
        assert wanted in part
    assert "Health &lt;b&gt;" in part
    described = re.search(r'aria-describedby="([^"]+)"', part)
    assert described is not None
    assert f'id="{described[1]}" popover' in part


def test_the_same_figure_may_stand_on_a_page_twice() -> None:
    assert re.findall(r' id="([^"]+)"', bubble()) != re.findall(r' id="([^"]+)"', bubble())


@pytest.mark.django_db
def test_help_is_for_people_who_are_signed_in(client: Client) -> None:
    for address in ("/help/", "/help/health/"):
        assert client.get(address).status_code == 302
    client.force_login(person())
    assert client.get("/help/").status_code == 200
    assert client.get("/help/nothing/").status_code == 404
    page = client.get("/help/health/").content.decode()
    assert 'id="coverage"' in page
    assert "In short" not in page


@pytest.mark.django_db
def test_readers_of_chinese_get_the_page_in_chinese(client: Client) -> None:
    client.force_login(person(language="zh-hans"))
    with translation.override("zh-hans"):
        page = client.get("/help/health/").content.decode()
    assert '<article class="panel prose" lang="zh-hans">' in page
    assert 'id="coverage"' in page
    assert "上限条件" in page
    assert "目前只有英文版" not in page


@pytest.mark.django_db
def test_where_a_page_is_not_written_in_chinese_a_note_and_its_figures_stand_above_the_english(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "health.md").write_text("# Health\n\nOne score.", "utf-8")
    monkeypatch.setattr(pages, "_folder", lambda: tmp_path)
    client.force_login(person(language="zh-hans"))
    with translation.override("zh-hans"):
        page = client.get("/help/health/").content.decode()
        assert '<article class="panel prose" lang="en">' in page
        assert "此方法说明目前只有英文版" in page
        for figure in figures_of("health"):
            assert str(figure.definition) in page
            assert re.search(r"[\u4e00-\u9fff]", str(figure.definition))
