"""Files that came through the browser."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from csm_portal.portal.first_run import uploads
from csm_portal.portal.first_run.uploads import Unfit

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _home(settings: Settings, tmp_path: Path) -> None:
    settings.PORTAL_HOME = tmp_path


def file(name: str, content: bytes = b"external_id,name\na,A\n") -> SimpleUploadedFile:
    made = SimpleUploadedFile("x", content)
    vars(made)["_name"] = name  # the class would cut a path away before we see it
    return made


def test_files_lie_in_a_folder_of_their_own_until_they_are_forgotten() -> None:
    upload = uploads.keep([file("accounts.csv"), file("events.csv.gz")], NOW)
    assert sorted(path.name for path in upload.folder.iterdir()) == ["accounts.csv", "events.csv.gz"]
    assert uploads.find(upload.key) == upload
    uploads.forget(upload.key)
    with pytest.raises(Unfit):
        uploads.find(upload.key)


def test_a_mapping_lets_other_names_in() -> None:
    upload = uploads.keep([file("subscriptions.csv"), file("map.toml", b"")], NOW)
    assert upload.mapping == upload.folder / "map.toml"


def test_a_name_that_says_nothing_is_taken_and_has_to_be_explained() -> None:
    assert not uploads.known_by_name(uploads.keep([file("unknown.csv"), file("accounts.csv")], NOW))
    assert uploads.known_by_name(uploads.keep([file("accounts.csv"), file("events.tsv.gz")], NOW))


def test_who_brought_an_upload_is_remembered() -> None:
    assert uploads.keep([file("accounts.csv")], NOW, by=7).by == 7
    assert uploads.find(uploads.keep([file("accounts.csv")], NOW).key).by is None


def test_files_that_are_left_out_lie_apart_and_come_back() -> None:
    upload = uploads.keep([file("accounts.csv"), file("seats.csv")], NOW)
    uploads.leave_out(upload, ["seats.csv"])
    assert (upload.is_left_out("seats.csv"), upload.files) == (True, ["accounts.csv", "seats.csv"])
    assert upload.path("seats.csv").read_bytes()
    uploads.leave_out(upload, [])
    assert not upload.is_left_out("seats.csv")


def test_a_mapping_made_on_the_page_takes_the_place_of_the_one_that_came_along() -> None:
    upload = uploads.keep([file("a.csv"), file("mine.toml", b"old")], NOW)
    changed = uploads.set_mapping(upload, "new")
    assert changed.mapping is not None
    assert changed.mapping.read_text() == "new"
    assert uploads.set_mapping(changed, "").mapping is None


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["notes.txt"],
        ["accounts.csv", "Accounts.csv"],
        ["a.toml", "b.toml"],
        ["../accounts.csv"],
        [".accounts.csv"],
        ["a/accounts.csv"],
        ["accounts.csv\x00.csv"],
        ["accounts.exe"],
    ],
)
def test_what_cannot_be_loaded_is_refused_before_anything_is_stored(names: list[str]) -> None:
    with pytest.raises(Unfit):
        uploads.keep([file(name) for name in names], NOW)
    assert not uploads.root().exists() or not any(uploads.root().iterdir())


@given(st.text(max_size=40))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    try:
        uploads.check([file(name + ".csv"), file("map.toml")])
    except Unfit:
        return
    folder = Path("/home/somewhere")
    assert (folder / (name + ".csv")).resolve().parent == folder


@pytest.mark.parametrize("key", ["", "..", "../..", "a" * 31, "G" * 32])
def test_a_foreign_key_finds_and_removes_nothing(key: str, tmp_path: Path) -> None:
    kept = uploads.keep([file("accounts.csv")], NOW)
    with pytest.raises(Unfit):
        uploads.find(key)
    uploads.forget(key)
    assert uploads.find(kept.key) == kept
    assert tmp_path.is_dir()


def test_what_nobody_loaded_is_gone_after_a_day() -> None:
    old = uploads.keep([file("accounts.csv")], NOW)
    past = NOW.timestamp() - uploads.KEPT_SECONDS - 60
    os.utime(old.folder.parent, (past, past))
    uploads.keep([file("accounts.csv")], NOW)
    with pytest.raises(Unfit):
        uploads.find(old.key)
