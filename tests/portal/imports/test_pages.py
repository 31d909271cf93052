"""Upload, matching, dry run, load, history and the way back, as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, ImportRun, JobRun, SavedMapping, Source, User
from accounts.types import JobState, Role
from csm_portal.nightly import tasks
from csm_portal.portal.first_run import uploads, work
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
KUNDEN = "客户编号;客户名称;国家\nN1;北方公司;CN\nN2;<b>南方</b>;China\n".encode("gb18030")
ACCOUNTS = b"external_id,name,onboarded_on\na,One,2026-01-01\nb,Two,31/12/26\n"


@pytest.fixture(autouse=True)
def _installation(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.PORTAL_AS_OF = date(2026, 11, 20)
    settings.PORTAL_HOME = tmp_path
    monkeypatch.setattr(work, "wake", lambda _job_id: None)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def boss() -> User:
    return person(Role.ADMIN)


@pytest.fixture
def admin(client: Client, boss: User) -> Client:
    client.force_login(boss)
    return client


def upload(client: Client, **files: bytes) -> str:
    """Upload; the address of the upload's page."""
    named = [SimpleUploadedFile(name.replace("__", "."), content) for name, content in files.items()]
    answer = client.post("/data/import/", {"files": named})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def form_of(page: str) -> dict[str, str]:
    """What the matching form would send."""
    data = dict(re.findall(r'<input type="hidden" name="(was-\d+)" value="([^"]*)"', page))
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        data[name] = chosen.group(1) if chosen else ""
    return data


def work_off(job: str) -> JobRun:
    """Do the latest job of that kind as a worker does."""
    row = JobRun.objects.filter(job=job, state=JobState.DUE).latest("pk")
    assert tasks.run_nightly_job(row.pk)
    row.refresh_from_db()
    assert row.state == JobState.SUCCEEDED
    return row


def loaded(client: Client) -> ImportRun:
    """The accounts of ACCOUNTS, loaded through the pages."""
    address = upload(client, accounts__csv=ACCOUNTS)
    work_off(work.IMPORT)
    client.post(address, {"do": "load"})
    work_off(work.IMPORT)
    return ImportRun.objects.get()


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_for_all_but_admins_the_pages_do_not_exist(client: Client, role: Role) -> None:
    client.force_login(person(role))
    run = ImportRun.objects.create(source=uploads_source(), folder="f", digest="d", started_at=datetime.now(UTC), state=JobState.SUCCEEDED)
    for path in ("", f"runs/{run.pk}/", f"runs/{run.pk}/rejects/", "0" * 32 + "/"):
        assert client.get(f"/data/import/{path}").status_code == 404
    for path in ("", f"runs/{run.pk}/undo/", "mappings/restore/"):
        assert client.post(f"/data/import/{path}", {"files": [SimpleUploadedFile("accounts.csv", ACCOUNTS)]}).status_code == 404
    assert not JobRun.objects.exists()


def uploads_source() -> Source:
    """The source of uploaded files."""
    return Source.objects.get_or_create(name="files")[0]


def test_files_with_known_names_are_checked_at_once_and_loaded_when_asked(admin: Client, boss: User) -> None:
    address = upload(admin, accounts__csv=ACCOUNTS)
    assert "waiting for a worker" in admin.get(address).content.decode()
    work_off(work.IMPORT)
    page = admin.get(address).content.decode()
    assert "Load them" in page
    rejects = admin.get(f"{address}rejects/")
    assert b"two_digit_year" in b"".join(rejects.streaming_content)  # type: ignore[attr-defined]
    assert not Account.objects.exists()
    assert admin.post(address, {"do": "load"}).status_code == 302
    work_off(work.IMPORT)
    run = ImportRun.objects.get()
    assert (run.by, run.recorded, run.state) == (boss, True, JobState.SUCCEEDED)
    assert f"/data/import/runs/{run.pk}/" in admin.get(address).content.decode()


def test_other_files_are_matched_previewed_and_loaded(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN)
    assert not JobRun.objects.exists()
    page = admin.get(address).content.decode()
    assert "read as GB18030" in page
    assert "<b>南方" not in page
    data = form_of(page)
    assert (data["into-0"], data["column-0-0"], data["column-0-1"], data["column-0-2"]) == ("accounts", "external_id", "name", "country")
    preview = admin.post(f"{address}preview/0/", data).content.decode()
    assert "is no ISO 3166 code" in preview
    assert "cell-flagged" in preview
    assert "external_id = &quot;客户编号&quot;" in admin.post(f"{address}toml/", data).content.decode()
    assert admin.post(address, {**data, "do": "check"}).status_code == 302
    work_off(work.IMPORT)
    assert admin.post(address, {"do": "load"}).status_code == 302
    work_off(work.IMPORT)
    assert set(Account.objects.values_list("external_id", "country")) == {("N1", "CN"), ("N2", "")}


def test_another_table_brings_its_own_fields_and_what_it_lacks_is_told(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN)
    data = {**form_of(admin.get(address).content.decode()), "into-0": "contracts"}
    part = admin.post(f"{address}files/0/", data).content.decode()
    assert 'value="starts_on"' in part
    assert "missing:" in part
    again = {**form_of(part), "into-0": "contracts", "was-0": "contracts"}
    assert "Say where these come from" in admin.post(f"{address}preview/0/", again).content.decode()
    assert admin.post(f"{address}preview/7/", again).status_code == 404


def test_a_file_may_be_left_out_and_one_at_least_must_stay(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN, accounts__csv=ACCOUNTS)
    data = form_of(admin.get(address).content.decode())
    answer = admin.post(address, {**data, "into-0": "", "into-1": "", "do": "check"})
    assert answer.status_code == 422
    assert not JobRun.objects.exists()
    assert admin.post(address, {**data, "into-0": "", "do": "check"}).status_code == 302
    outcome = work.outcome_in(work_off(work.IMPORT))
    assert outcome is not None
    assert [file["file"] for file in outcome.files] == ["kunden.csv"]
    assert 'value="" selected' not in admin.get(f"{address}?match").content.decode()


def test_a_mapping_is_kept_by_name_and_offered_for_files_of_its_columns(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN)
    data = form_of(admin.get(address).content.decode())
    admin.post(address, {**data, "do": "save", "name": " North  export "})
    row = SavedMapping.objects.get()
    assert (row.name, row.columns) == ("North export", ["国家", "客户名称", "客户编号"])
    other = upload(admin, neu__csv=KUNDEN)
    assert "North export" in admin.get(other).content.decode()
    assert admin.post(other, {"do": "use", "saved": row.pk}).status_code == 302
    assert 'file = "neu.csv"' in admin.get(f"{other}mapping/").content.decode()
    assert "Mappings that fit" not in admin.get(upload(admin, x__csv=b"a,b\n1,2\n")).content.decode()
    assert admin.post(other, {"do": "use", "saved": 0}).status_code == 404


def test_a_removed_mapping_comes_back_by_its_toast(admin: Client) -> None:
    row = SavedMapping.objects.create(name="Old", text='[[target]]\ninto="x"', columns=["a"], updated_at=datetime.now(UTC))
    page = admin.post(f"/data/import/mappings/{row.pk}/remove/", follow=True).content.decode()
    assert not SavedMapping.objects.exists()
    [undo] = set(re.findall(r'hx-post="([^"]*mappings/restore/[^"]*)"', page))
    admin.post(undo.replace("&amp;", "&"))
    assert list(SavedMapping.objects.values_list("name", "columns")) == [("Old", ["a"])]
    assert admin.post(undo.replace("&amp;", "&")).status_code == 302
    assert SavedMapping.objects.count() == 1


def test_a_mapping_can_be_written_as_text_and_its_faults_are_told(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN)
    data = {**form_of(admin.get(address).content.decode()), "column-0-2": "industry", "do": "text"}
    page = admin.post(address, data).content.decode()
    assert "industry = &quot;国家&quot;" in page[page.index("<textarea") :]
    bad = admin.post(address, {"text": '[[target]]\ninto = "nothing"\n', "do": "check"})
    assert (bad.status_code, "no target" in bad.content.decode()) == (422, True)
    text = '[[target]]\ninto = "accounts"\nfile = "kunden.csv"\n'
    text += 'where = { "国家" = "CN" }\ncolumns = { external_id = "客户编号", name = "客户名称" }\n'
    previews = admin.post(f"{address}preview/", {"text": text}).content.decode()
    assert "北方公司" in previews
    assert "1 left out" in previews
    assert admin.post(address, {"text": text, "do": "check"}).status_code == 302
    # What a form cannot say stays text.
    assert "<textarea" in admin.get(f"{address}?match").content.decode()


def test_an_import_is_shown_with_its_rejects_and_taken_back(admin: Client, boss: User) -> None:
    run = loaded(admin)
    address = f"/data/import/runs/{run.pk}/"
    page = admin.get(address).content.decode()
    assert "Take this import back" in page
    assert b"two_digit_year" in b"".join(admin.get(f"{address}rejects/").streaming_content)  # type: ignore[attr-defined]
    assert admin.post(f"{address}undo/").status_code == 302
    assert "waiting for a worker" in admin.get(address).content.decode()
    work_off(work.UNDO)
    run.refresh_from_db()
    assert (run.undone_by, run.undone_at is not None, Account.objects.count()) == (boss, True, 0)
    page = admin.get(address).content.decode()
    assert "Taken back" in page
    assert "Take this import back" not in page
    assert "undone" in admin.get("/data/import/").content.decode()
    admin.post(f"{address}undo/")
    assert not JobRun.objects.filter(job=work.UNDO, state=JobState.DUE).exists()


def test_a_change_made_since_is_told_after_the_undo(admin: Client) -> None:
    run = loaded(admin)
    Account.objects.update(name="By hand")
    admin.post(f"/data/import/runs/{run.pk}/undo/")
    work_off(work.UNDO)
    page = admin.get(f"/data/import/runs/{run.pk}/").content.decode()
    assert "1 changed since" in page
    assert Account.objects.get().name == "By hand"


def test_a_load_by_the_command_has_no_way_back(admin: Client) -> None:
    run = loaded(admin)
    ImportRun.objects.update(recorded=False)
    assert "cannot be taken back" in admin.get(f"/data/import/runs/{run.pk}/").content.decode()
    admin.post(f"/data/import/runs/{run.pk}/undo/")
    assert not JobRun.objects.filter(job=work.UNDO).exists()


def test_what_cannot_be_read_is_refused_in_words(admin: Client) -> None:
    answer = admin.post("/data/import/", {"files": [SimpleUploadedFile("notes.txt", b"x")]})
    assert (answer.status_code, "is none of" in answer.content.decode()) == (422, True)
    address = upload(admin, odd__csv=b"")
    assert "the file is empty" in admin.get(address).content.decode()
    assert admin.get("/data/import/" + "0" * 32 + "/").status_code == 404


def test_posts_need_the_token_of_the_page(boss: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(boss)
    assert strict.post("/data/import/", {"files": [SimpleUploadedFile("accounts.csv", ACCOUNTS)]}).status_code == 403


def test_pages_cost_few_queries_whatever_was_loaded(admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    run = loaded(admin)
    for place in range(30):
        ImportRun.objects.create(
            source=run.source, folder="f", digest=str(place), started_at=datetime.now(UTC), state=JobState.SUCCEEDED, by=run.by
        )
    address = upload(admin, kunden__csv=KUNDEN)
    for path in ("/data/import/", "/data/import/?page=2", address, f"/data/import/runs/{run.pk}/"):
        with django_assert_max_num_queries(11):
            assert admin.get(path).status_code == 200


def test_what_the_load_says_of_an_account_nobody_knows_yet_is_told_in_chinese(client: Client) -> None:
    client.force_login(person(Role.ADMIN, language="zh-hans"))
    address = upload(client, contracts__csv=b"external_id,account_external_id,starts_on,mrr\nc,N7,2026-01-01,5\n")
    data = form_of(client.get(f"{address}?match").content.decode())
    told = client.post(f"{address}preview/0/", data).content.decode()
    assert "N7" in told
    assert "尚无 external_id" in told


def test_files_that_are_gone_are_said_to_be(admin: Client) -> None:
    address = upload(admin, accounts__csv=ACCOUNTS)
    work_off(work.IMPORT)
    uploads.forget(address.split("/")[3])
    page = admin.get(address, follow=True)
    assert page.redirect_chain[-1][0] == "/data/import/"
    assert "no longer here" in page.content.decode()


def test_matching_stays_after_the_check(admin: Client) -> None:
    address = upload(admin, kunden__csv=KUNDEN)
    data = {**form_of(admin.get(address).content.decode()), "column-0-2": "", "fixed-0-country": "DE", "order-0": "dmy", "do": "check"}
    admin.post(address, data)
    again = admin.get(f"{address}?match").content.decode()
    assert form_of(again)["column-0-2"] == ""
    assert 'value="DE"' in again
    assert form_of(again)["order-0"] == "dmy"
