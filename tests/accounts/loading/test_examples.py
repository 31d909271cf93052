"""The shipped mappings on real data: what is read equals what the READMEs count, what is refused is a defect they name."""

from __future__ import annotations

import csv
import gzip
import shutil
from pathlib import Path

import pytest
from django.conf import settings

from accounts.loading.load import load_folder
from accounts.loading.mapping import parse_mapping
from accounts.loading.registry import targets
from accounts.loading.report import LoadReport
from accounts.models import Account, Contract, Event, Seat, Ticket, UsageDaily
from churn.models import ChurnRecord
from tests.accounts.loading.folders import ON, book, report_of

EXAMPLES = Path(settings.BASE_DIR) / "examples"
DATA = Path(settings.BASE_DIR).parent / "shared" / "data"

pytestmark = [pytest.mark.django_db]
real_input = pytest.mark.skipif(not DATA.is_dir(), reason="shared/data is not beside this checkout")


def load_example(data: Path, example: str, tmp_path: Path) -> LoadReport:
    return load_folder(
        data, mapping=EXAMPLES / example / "mapping.toml", rejects=tmp_path / "rejects", source=example.removesuffix("_excel"), on=ON
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/mapping.toml")), ids=lambda path: path.parent.name)
def test_every_shipped_mapping_names_known_targets_and_columns(path: Path) -> None:
    known = {name: {column.name for column in target.columns} for name, target in targets().items()}
    assert parse_mapping(path.read_text(encoding="utf-8"), known).targets


@pytest.mark.wide
@real_input
def test_git_activity_is_read_whole_and_nothing_is_refused(tmp_path: Path) -> None:
    report = load_example(DATA / "git_activity", "git_activity", tmp_path)
    assert (report.total("rejected"), report.total("flagged")) == (0, 0)
    assert [(file.target, file.read) for file in report.files] == [
        ("accounts", 26),
        ("contracts", 26),
        ("seats", 52_071),
        ("events", 52_071),
    ]
    assert Event.objects.count() == 52_071
    kinds = {name: Event.objects.filter(action__name=name).count() for name in ("commit", "merge", "tag")}
    assert kinds == {"commit": 42_593, "merge": 7_069, "tag": 2_409}
    # `distinct` keeps the first row of a seat: one that is a bot in some rows only is what its first row says.
    with gzip.open(DATA / "git_activity" / "events.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = [(row["account"], row["seat"], row["is_bot"]) for row in csv.DictReader(stream)]
    first = {(account, seat): is_bot for account, seat, is_bot in reversed(rows)}
    assert sum(is_bot == "1" for _, _, is_bot in rows) == 8_589
    assert Event.objects.filter(seat__kind="bot").count() == sum(first[account, seat] == "1" for account, seat, _ in rows)
    again = load_example(DATA / "git_activity", "git_activity", tmp_path)
    assert (again.total("created"), again.total("updated"), again.total("rejected")) == (0, 0, 0)


@real_input
def test_fightchurn_is_read_whole_and_nothing_is_refused(tmp_path: Path) -> None:
    report = load_example(DATA / "fightchurn_sample", "fightchurn_sample", tmp_path)
    assert (report.total("rejected"), report.total("flagged")) == (0, 0)
    assert (Account.objects.count(), Contract.objects.count(), Event.objects.count()) == (91, 1_218, 93_715)
    assert Account.objects.filter(country="").count() == 8
    assert Event.objects.values("action").distinct().count() == 25
    assert Contract.objects.filter(ends_on__gt="2023-01-01").count() == 228


@pytest.mark.wide
@real_input
def test_ravenstack_loses_only_what_its_readme_calls_broken_and_its_excel_variant_gives_the_same_book(tmp_path: Path) -> None:
    plain = load_example(DATA / "ravenstack", "ravenstack", tmp_path)
    assert {file.target: file.read for file in plain.files} == {
        "accounts": 500,
        "contracts": 5_000,
        "usage_daily": 25_000,
        "churns": 600,
        "tickets": 2_000,
    }
    found = {file.target: file.codes for file in plain.files if file.codes}
    # 13 terms end on the day they start; 36 first responses come after the resolution. Trials (778, MRR 0) are left out by the mapping.
    assert found == {"contracts": {"ends_not_after_start": 13}, "tickets": {"response_after_close": 36}}
    assert report_of(plain, "contracts").left_out == 778
    assert (Contract.objects.count(), ChurnRecord.objects.count(), Ticket.objects.count()) == (5_000 - 13 - 778, 600, 2_000)
    assert UsageDaily.objects.count() == 24_981
    before = book()
    excel = tmp_path / "excel"
    shutil.copytree(DATA / "ravenstack" / "excel_variant", excel)
    for shared in ("subscriptions.csv", "feature_usage.csv.gz"):
        shutil.copy(DATA / "ravenstack" / shared, excel)
    again = load_example(excel, "ravenstack_excel", tmp_path)
    assert (again.total("created"), again.total("updated"), again.exit_code) == (0, 0, 0)
    assert book() == before


@real_input
@pytest.mark.parametrize(
    ("example", "accounts", "codes"),
    [
        ("hubspot", 24, {"lookup_failed"}),
        ("salesforce", 1, set()),
        ("stripe", 11, {"unknown_account"}),
        ("zendesk", 10, {"unknown_account", "missing_value"}),
    ],
)
def test_connector_exports_load_and_their_dangling_keys_are_named(tmp_path: Path, example: str, accounts: int, codes: set[str]) -> None:
    report = load_example(DATA / "connector_exports", example, tmp_path)
    assert report.exit_code == 0
    assert report_of(report, "accounts").created == accounts == Account.objects.count()
    assert {code for file in report.files for code in file.codes} == codes
    assert not Seat.objects.exists()
