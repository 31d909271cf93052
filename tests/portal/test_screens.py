"""The list of screens and the command that draws them; what a browser does with them is in tests/e2e."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Contact, Ticket
from accounts.types import Role
from csm_portal.portal.screens.pages import SCREENS, screens
from csm_portal.portal.screens.web import account_worth_showing, person_of, session_of
from tests.factories import SourceFactory
from tests.portal.shown_book import person, shown

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_every_screen_has_a_name_of_its_own_and_a_page() -> None:
    assert len({screen.name for screen in SCREENS}) == len(SCREENS)
    assert [screen.name for screen in SCREENS if screen not in screens()] == []


@pytest.mark.django_db
def test_each_page_opens_for_the_person_who_is_drawn(client: Client) -> None:
    csm = person()
    shown(csm, "acme")
    people = {Role.CSM: csm, Role.MANAGER: person(Role.MANAGER), Role.ADMIN: person(Role.ADMIN, is_staff=True, is_superuser=True)}
    for screen in screens():
        client.logout()
        if screen.role is not None:
            client.cookies["sessionid"] = session_of(people[screen.role])
        answer = client.get(screen.path.format(account="acme"))
        assert answer.status_code == (404 if screen.name == "not-found" else 200), screen.name


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
