"""The sample book goes through `load` without a single rejected or flagged row, and through it again without a change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from accounts.loading.load import load_folder
from accounts.loading.report import LoadReport
from accounts.models import Account
from csm_portal.portal.sample.book import Wish, write_book
from csm_portal.portal.sample.columns import FILES

WISH = Wish(accounts=40, months=8)


def load(folder: Path) -> LoadReport:
    return load_folder(
        folder, mapping=None, rejects=folder / "rejects", dry_run=False, source="sample", on=date(2026, 11, 1), say=lambda _: None
    )


@pytest.mark.django_db(transaction=True)
def test_load_takes_every_row_of_the_sample_book_and_changes_nothing_the_second_time(tmp_path: Path) -> None:
    counts = write_book(tmp_path, WISH)
    first = load(tmp_path)
    assert {file.target: file.created for file in first.files} == {name: counts[name] for name in FILES}
    assert (first.exit_code, first.total("rejected"), first.total("flagged")) == (0, 0, 0), first.lines()
    again = load(tmp_path)
    assert again.total("unchanged") == sum(counts.values())
    assert Account.objects.count() == WISH.accounts
