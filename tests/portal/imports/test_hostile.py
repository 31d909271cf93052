"""Files made to harm, through the upload page: a sentence instead of an error, and nothing stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from accounts.models import Account, JobRun
from accounts.types import JobState, Role
from csm_portal.nightly import tasks
from csm_portal.portal.first_run import work
from tests.faults import hostile
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
# The others are of many megabytes; the loader behind this page is tried with all of them by the fault suite.
FILES = (
    "UTF-16 with a mark",
    "UTF-16 without a mark",
    "Latin-1 throughout",
    "no text",
    "a NUL in the names",
    "an open quote in the names",
    "a million names",
    "an empty file",
    "cut gzip",
    "a wrong byte in gzip",
    "no workbook",
    "a zip of something else",
    "a cut workbook",
    "a row of a million cells",
    "a column that is none",
    "a billion laughs in the texts",
    "no Parquet",
)


@pytest.fixture
def admin(client: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.PORTAL_HOME = tmp_path
    monkeypatch.setattr(work, "wake", lambda _job_id: None)
    cache.clear()
    client.force_login(person(Role.ADMIN))
    yield client
    cache.clear()


@pytest.mark.parametrize("what", FILES)
def test_the_page_says_why_a_file_is_refused_and_what_would_be_right(admin: Client, tmp_path: Path, what: str) -> None:
    path = hostile.make(tmp_path / "made", what)
    answer = admin.post("/data/import/", {"files": [SimpleUploadedFile(path.name, path.read_bytes())]})
    assert answer.status_code == 302
    address = answer.headers["Location"]
    matching = admin.get(f"{address}?match")
    assert matching.status_code == 200
    assert "right would be" in matching.content.decode()
    if not JobRun.objects.filter(job=work.IMPORT, state=JobState.DUE).exists():
        admin.post(address, {"do": "check"})
    row = JobRun.objects.filter(job=work.IMPORT).latest("pk")
    assert tasks.run_nightly_job(row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == (JobState.SUCCEEDED, "")
    page = admin.get(address).content.decode()
    assert path.name in page
    assert "right would be" in page
    assert str(tmp_path) not in page.replace(str(tmp_path / "uploads"), "")
    assert not Account.objects.exists()
