"""The list of screens and the command that draws them; what a browser does with them is in tests/e2e."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as settings_now
from django.core.management import CommandError, call_command
from django.template import Template
from django.test import Client, override_settings
from django.test.signals import template_rendered
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import AccountEdit, Contact, JobRun, Ticket
from accounts.types import Role
from churn.models import CaseCheck, RenewalPack, RiskRule, Task, UsageSheet
from csm_portal.portal.first_run import work
from csm_portal.portal.screens.making import Cast
from csm_portal.portal.screens.pages import SCREENS
from csm_portal.portal.screens.visits import visits
from csm_portal.portal.screens.web import account_worth_showing, person_of, session_of
from health.models import DefinitionDraft
from tests import database
from tests.factories import SourceFactory
from tests.portal.sample_graded import TODAY, graded_sample
from tests.portal.shown_book import person, shown

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_every_screen_has_a_name_of_its_own() -> None:
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)


@pytest.fixture(scope="module")
def book(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A graded sample book for the module."""
    with django_db_blocker.unblock(), database.kept(), override_settings(PORTAL_AS_OF=TODAY):
        yield graded_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    """No worker is told of a job, and uploads lie in a folder of the test's own."""
    monkeypatch.setattr(work, "wake", lambda _job_id: None)
    settings.PORTAL_AS_OF, settings.PORTAL_HOME = TODAY, tmp_path


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_every_page_of_the_portal_is_on_the_list_and_opens_for_the_person_who_is_drawn(book: Cast, asleep: None) -> None:
    seen: set[str] = set()

    def note(template: Template, **_more: object) -> None:
        seen.add(str(template.name))

    with visits(book, timezone.now()) as found:
        template_rendered.connect(note)
        try:
            for screen, path in found.addresses.items():
                client = Client()
                if screen.role is not None:
                    client.cookies["sessionid"] = session_of(book.people[screen.role])
                assert client.get(path).status_code == (404 if screen.name == "not-found" else 200), f"{screen.name}: {path}"
        finally:
            template_rendered.disconnect(note)
    assert found.left_out == ()
    assert pages() - seen == set(), "pages that no screen shows: neither drawn, nor measured, nor swept"


def pages() -> set[str]:
    """Templates of whole pages."""
    root = Path(settings_now.BASE_DIR) / "templates"
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("portal/**/*.html")
        if path.read_text(encoding="utf-8").startswith('{% extends "base.html" %}')
    }


@pytest.mark.wide
@pytest.mark.django_db(transaction=True)
def test_what_was_made_for_the_pages_is_taken_away_again(book: Cast, asleep: None, tmp_path: Path) -> None:
    before = counts()
    with visits(book, timezone.now()):
        assert counts() != before
    assert counts() == before
    assert list((tmp_path / "uploads").glob("*")) == []


def counts() -> dict[str, int]:
    """Rows of each table that a page may be about; plays ship with the portal and stay."""
    models = (DefinitionDraft, JobRun, Task, UsageSheet, RenewalPack, CaseCheck, RiskRule, AccountEdit)
    return {model.__name__: model._default_manager.count() for model in models}


@pytest.mark.django_db
def test_the_person_with_the_most_accounts_and_the_account_with_the_most_behind_it_are_drawn() -> None:
    few, many = person(), person()
    shown(few, "only")
    for external_id in ("a", "b/c 海"):
        account = shown(many, external_id)
        Contact.objects.create(account=account, source=SourceFactory.make(), external_id=external_id, name="Li", recorded_at=NOW)
    Ticket.objects.create(account=account, source=SourceFactory.make(), external_id="t", opened_at=NOW, recorded_at=NOW)
    assert person_of(Role.CSM) == many
    assert account_worth_showing(many) == "b/c%20%E6%B5%B7"
    assert account_worth_showing(few) == ""
    assert person_of(Role.ADMIN) is None


@pytest.mark.django_db
def test_without_a_book_or_a_browser_the_command_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match=r"manage\.py demo"):
        call_command("screens", out=tmp_path)
    for role in Role:
        user = person(role)
        Contact.objects.create(account=shown(user, role), source=SourceFactory.make(), external_id=role, name="Li", recorded_at=NOW)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(CommandError, match="apt install chromium"):
        call_command("screens", out=tmp_path)
    assert list(tmp_path.iterdir()) == []
