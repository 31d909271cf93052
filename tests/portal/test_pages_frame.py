"""The frame around the pages: security headers, error pages, language, settings, data, and what each role may open."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as NoRedis

from accounts.models import ImportFile, ImportRun
from accounts.types import Role
from csm_portal import web
from tests.factories import SourceFactory
from tests.portal.shown_book import NOW, person, published_run, shown

pytestmark = pytest.mark.django_db


def test_no_page_allows_inline_script_or_a_frame(client: Client) -> None:
    client.force_login(person())
    for address in ("/", "/accounts/", "/settings/", "/auth/login/"):
        policy = client.get(address).headers["Content-Security-Policy"]
        script = next(part for part in policy.split(";") if "script-src" in part)
        assert script.strip() == "script-src 'self'"
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(("language", "words"), [("en", "This page does not exist"), ("zh-hans", "页面不存在")])
def test_a_missing_page_stands_in_the_frame_and_in_the_language(client: Client, language: str, words: str) -> None:
    client.force_login(person(language=language))
    answer = client.get("/accounts/nowhere/", headers={"accept-language": language})
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert "/settings/" in answer.content.decode()


@pytest.mark.parametrize(
    ("next_page", "goes_to"),
    [
        ("/accounts/?band=red", "/accounts/?band=red"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_language_switch_goes_back_only_inside_the_portal(client: Client, next_page: str, goes_to: str) -> None:
    user = person()
    client.force_login(user)
    answer = client.post("/language/", {"language": "zh-hans", "next": next_page})
    assert (answer.status_code, answer.headers["Location"]) == (302, goes_to)
    user.refresh_from_db()
    assert user.language == "zh-hans"
    assert client.cookies["django_language"].value == "zh-hans"


def test_a_visitor_may_switch_the_language_and_nonsense_changes_nothing(client: Client) -> None:
    assert client.post("/language/", {"language": "zh-hans"}).status_code == 302
    assert "登录" in client.get("/auth/login/").content.decode()
    client.post("/language/", {"language": "klingon"})
    assert client.cookies["django_language"].value == "zh-hans"
    assert client.get("/language/").status_code == 405


def test_the_persons_language_wins_over_the_browsers(client: Client) -> None:
    client.force_login(person(language="zh-hans"))
    page = client.get("/", headers={"accept-language": "en"})
    assert page.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans"' in page.content.decode()


def test_settings_are_kept_and_a_wrong_zone_is_refused(client: Client) -> None:
    user = person()
    client.force_login(user)
    assert client.post("/settings/", {"language": "", "timezone": "Asia/Shanghai"}).status_code == 302
    user.refresh_from_db()
    assert user.timezone == "Asia/Shanghai"
    refused = client.post("/settings/", {"language": "xx", "timezone": "Mars/Base"})
    assert refused.status_code == 422
    user.refresh_from_db()
    assert user.timezone == "Asia/Shanghai"


def test_times_are_shown_in_the_persons_zone(client: Client) -> None:
    published_run()
    client.force_login(person(Role.ADMIN, timezone="Asia/Shanghai"))
    assert NOW.strftime("%H:%M") == "02:00"
    assert "20 Nov 2026, 10:00" in client.get("/data/").content.decode()


def test_data_shows_nights_to_managers_and_imports_to_admins_alone(client: Client) -> None:
    published_run()
    run = ImportRun.objects.create(
        source=SourceFactory.make(), folder="secret folder", digest="1", state="succeeded", started_at=timezone.now()
    )
    ImportFile.objects.create(run=run, name="accounts.csv", target="accounts", read=12, rejected=3)
    shown(person(), "no owner's friend")
    seen = {}
    for role in (Role.ADMIN, Role.MANAGER):
        client.force_login(person(role))
        seen[role] = client.get("/data/").content.decode()
    assert "secret folder" in seen[Role.ADMIN]
    assert "secret folder" not in seen[Role.MANAGER]
    assert "published" in seen[Role.MANAGER]
    client.force_login(person(Role.CSM))
    assert client.get("/data/").status_code == 404


def test_a_link_stands_in_the_navigation_only_where_it_leads_somewhere(client: Client) -> None:
    for role, data in ((Role.CSM, False), (Role.MANAGER, True), (Role.ADMIN, True)):
        client.force_login(person(role))
        page = client.get("/").content.decode()
        assert ('href="/data/"' in page) == data
        for href in ("/accounts/", "/settings/"):
            assert f'href="{href}"' in page
            assert client.get(href).status_code == 200


def test_a_deactivated_person_sees_nothing(client: Client) -> None:
    user = person()
    client.force_login(user)
    user.is_active = False
    user.save()
    assert client.get("/").status_code == 302


def test_the_portals_day_is_the_fixed_one_or_the_clocks(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    assert web.today() == date(2026, 11, 20)
    settings.PORTAL_AS_OF = None
    settings.TIME_ZONE = "Asia/Shanghai"
    assert web.today() == timezone.localdate(timezone=web.zone("Asia/Shanghai"))


def test_an_unknown_zone_falls_back_to_the_installations(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    assert [web.zone(name).key for name in ("", "Mars/Base", "../etc", "Asia/Tokyo")] == ["Europe/Berlin"] * 3 + ["Asia/Tokyo"]


def test_pages_go_on_without_the_cache(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object, **_kwargs: object) -> None:
        raise NoRedis

    user = person()
    shown(user, "x")
    client.force_login(user)
    monkeypatch.setattr(cache, "get", away)
    monkeypatch.setattr(cache, "set", away)
    assert client.get("/").status_code == 200
    assert client.get("/accounts/").status_code == 200


def test_what_is_remembered_is_computed_once() -> None:
    calls: list[int] = []

    def compute() -> list[int]:
        calls.append(1)
        return list(calls)

    name = f"once:{timezone.now().timestamp()}"
    assert web.remembered(name, compute) == web.remembered(name, compute) == [1]
    assert calls == [1]
