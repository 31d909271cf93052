"""Check 32, the files: whatever a file is made of, it is refused by name with what would be right, in little memory, and stores nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.faults import hostile
from tests.faults.hands import Hands
from tests.faults.results import Result, control, reported, sized
from tests.faults.supervisor import POSTGRES, Supervisor

NUMBER = "32"
SPOIL = "tests.faults.sabotage_night:"
ON = "2026-10-31"
MOST_MB = 300
STORED = "SELECT (SELECT count(*) FROM accounts_account) + (SELECT count(*) FROM accounts_seat) + (SELECT count(*) FROM event)"
# A line in another shape than the header's is left out by itself, with the reason in the file of rejects.
BY_LINE = {"a NUL in every row", "a line of a million columns"}
# At full size it holds rows like any others: the first look shows the first of them, and the load refuses it when it has grown too large.
FINE_AT_FIRST = sized(frozenset[str](), frozenset({"a bomb in gzip"}))
CODE = re.compile(r"[a-z_]+: ")


@pytest.fixture
def portal(cluster: Path) -> Iterator[Supervisor]:
    with Supervisor(cluster) as found:
        found.start(POSTGRES)
        yield found


def is_told(sentence: str, folder: Path) -> bool:
    """Whether a refusal has its code and says what would be right, and nothing of where files lie."""
    return CODE.match(sentence) is not None and "right would be" in sentence and str(folder) not in sentence


def faults_of(portal: Supervisor, hands: Hands, folder: Path, what: str) -> tuple[list[str], int]:
    """What is wrong with how one file was met, and the most memory in MB that it took."""
    path = hostile.make(folder, what)
    ended = hands.do("hostile", folder=str(folder), on=ON)
    path.unlink()
    told = json.loads(ended.said[-1])
    wrong = [f"{what}: says {sentence!r}" for sentence in told["refused"] if not is_told(sentence, folder)]
    if what in BY_LINE and (told["rejected"] != told["read"] or not told["read"]):
        wrong.append(f"{what}: {told['rejected']} of {told['read']} rows rejected")
    if len(told["refused"]) != (0 if what in BY_LINE else 1 if what in FINE_AT_FIRST else 2):
        wrong.append(f"{what}: load and first look refuse it {len(told['refused'])} times")
    if path.name not in told["report"]:
        wrong.append(f"{what}: its name is not in the report")
    if portal.query(STORED) != [(0,)]:
        wrong.append(f"{what}: something is stored")
    if told["mb"] >= MOST_MB:
        wrong.append(f"{what}: took {told['mb']} MB")
    return wrong, told["mb"]


def check(portal: Supervisor, hands: Hands, folder: Path, files: Iterable[str], result: Result | None = None) -> None:
    """Give each file to the loader and to the page's first look, in a process of its own."""
    wrong, most = [], 0
    for number, what in enumerate(files):
        found, megabytes = faults_of(portal, hands, folder / str(number), what)
        wrong += found
        most = max(most, megabytes)
    if result is not None:
        result.faults, result.differing = len(hostile.FILES), portal.query(STORED)[0][0]
        result.note(f"{len(hostile.FILES)} files refused by name, {most} MB at most")
    assert not wrong, "; ".join(wrong)


def test_files_made_to_harm_are_refused_by_name_and_store_nothing(portal: Supervisor, tmp_path: Path) -> None:
    with reported(NUMBER, "Hostile files") as result, Hands(portal) as hands:
        check(portal, hands, tmp_path / "files", hostile.FILES, result)


def test_check_32_sees_a_workbook_that_nobody_looks_over(portal: Supervisor, tmp_path: Path) -> None:
    with Hands(portal, sabotage=[SPOIL + "trusted_workbooks"]) as hands, control(NUMBER, "workbooks opened without a look", "took"):
        check(portal, hands, tmp_path / "files", ["a row of a million cells"])
