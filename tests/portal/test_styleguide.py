"""The styleguide: every part of the pages, for staff alone, and what a part must never let through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.types import Role
from csm_portal.portal.styleguide import ODD_NAME
from tests.portal.shown_book import person

TEMPLATES = Path(__file__).parents[2] / "templates"
# The frame around every page: on this one too.
FRAME = {"_topbar.html", "_toasts.html", "_jump.html", "_keys.html", "_language.html", "_asof.html", "_styles.html"}
# Other parts are made of these.
INSIDE = {"_figure_help.html", "_definition.html"}


def test_every_part_stands_in_the_styleguide() -> None:
    pages = [TEMPLATES / "portal/styleguide.html", *(TEMPLATES / "portal/styleguide").glob("*.html")]
    shown = {name for path in pages for name in re.findall(r'include "parts/([^"]+)"', path.read_text("utf-8"))}
    assert {path.name for path in (TEMPLATES / "parts").glob("*.html")} - shown - FRAME - INSIDE == set()


@pytest.mark.django_db
def test_the_styleguide_is_there_for_staff_and_for_nobody_else(client: Client) -> None:
    assert client.get("/styleguide/").status_code == 302
    for role in (Role.CSM, Role.MANAGER, Role.ADMIN):
        client.force_login(person(role))
        assert client.get("/styleguide/").status_code == 404
    client.force_login(person(Role.ADMIN, is_staff=True))
    page = client.get("/styleguide/").content.decode()
    assert escape(ODD_NAME) in page
    assert ODD_NAME not in page
    assert "<b>'" not in page
