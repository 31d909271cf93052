"""A load after an outcome or a review was changed by hand: the file's old value loses, a new one wins, the rest follows the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.loading.kept_entries import kept_after
from health.models import Outcome, Review
from tests.accounts.loading.folders import load, report_of, write

pytestmark = pytest.mark.django_db


def outcomes(folder: Path, **cells: str) -> Path:
    columns = {
        "statement": "Half the approvals",
        "target": "80",
        "action": "approve",
        "due_on": "2024-09-30",
        "status": "on_track",
        **cells,
    }
    return write(
        folder,
        accounts="external_id,name\nx,X",
        outcomes=f"external_id,account_external_id,stage,{','.join(columns)}\no1,x,live,{','.join(columns.values())}",
    )


def change(values: dict[str, Any]) -> Outcome:
    """What a person's change leaves in the row."""
    row = Outcome.objects.get(external_id="o1")
    kept = kept_after(row.kept, {name: getattr(row, name) for name in values}, values)
    Outcome.objects.filter(pk=row.pk).update(**values, kept=kept)
    row.refresh_from_db()
    return row


def test_the_value_from_before_loses_a_third_one_wins_and_is_forgotten(tmp_path: Path) -> None:
    load(outcomes(tmp_path / "a"))
    assert change({"target": "120", "status": "behind"}).kept == {"target": "80", "status": "on_track"}
    again = report_of(load(outcomes(tmp_path / "b", statement="All approvals", due_on="2024-10-31")), "outcomes")
    row = Outcome.objects.get()
    assert (row.target, row.status, row.statement, str(row.due_on)) == ("120", "behind", "All approvals", "2024-10-31")
    assert again.codes["kept_edit"] == 2
    third = report_of(load(outcomes(tmp_path / "c", target="200")), "outcomes")
    row = Outcome.objects.get()
    assert (row.target, row.status, row.kept) == ("200", "behind", {"status": "on_track"})
    assert third.codes["kept_edit"] == 1


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    load(outcomes(tmp_path / "a"))
    change({"due_on": None})
    assert Outcome.objects.get().kept == {"due_on": "2024-09-30"}
    again = report_of(load(outcomes(tmp_path / "b")), "outcomes")
    assert (again.updated, again.unchanged, Outcome.objects.get().due_on) == (0, 1, None)


def test_a_file_that_has_caught_up_leads_again(tmp_path: Path) -> None:
    load(outcomes(tmp_path / "a"))
    change({"status": "achieved"})
    load(outcomes(tmp_path / "b", status="achieved"))
    assert Outcome.objects.get().kept == {}
    load(outcomes(tmp_path / "c", status="missed"))
    assert Outcome.objects.get().status == "missed"


def test_what_is_put_back_as_the_file_has_it_is_no_change() -> None:
    first = kept_after({}, {"target": "80"}, {"target": "120"})
    second = kept_after(first, {"target": "120"}, {"target": "160"})
    assert (first, second) == ({"target": "80"}, {"target": "80"})
    assert kept_after(second, {"target": "160"}, {"target": "80"}) == {}


def test_reviews_keep_what_was_entered_about_them(tmp_path: Path) -> None:
    def reviews(folder: Path, planned: str) -> Path:
        header = "external_id,account_external_id,kind,planned_on,held_on,executive_attended"
        return write(folder, accounts="external_id,name\nx,X", reviews=f"{header}\nr1,x,qbr,{planned},,false")

    load(reviews(tmp_path / "a", "2024-05-01"))
    row = Review.objects.get()
    values: dict[str, Any] = {"held_on": row.planned_on, "executive_attended": True}
    Review.objects.update(**values, kept=kept_after({}, {"held_on": None, "executive_attended": False}, values))
    report = report_of(load(reviews(tmp_path / "b", "2024-05-02")), "reviews")
    row = Review.objects.get()
    assert (str(row.held_on), row.executive_attended, str(row.planned_on)) == ("2024-05-01", True, "2024-05-02")
    assert report.codes == {"kept_edit": 2}


def test_an_outcome_without_proof_is_loaded_and_flagged(tmp_path: Path) -> None:
    report = report_of(load(outcomes(tmp_path / "a", action="", target="")), "outcomes")
    assert (report.created, report.codes) == (1, {"no_proof": 1})
