"""What became of a load, file by file, as data and as the table that is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COUNTS = ("read", "created", "updated", "unchanged", "flagged", "rejected")


@dataclass
class FileReport:
    """Counts of one file into one target. read = created + updated + unchanged + rejected + left out; flagged rows were loaded."""

    file: str
    target: str
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    flagged: int = 0
    rejected: int = 0
    left_out: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: str = ""

    def as_notes(self) -> dict[str, Any]:
        """What the ledger keeps beside the counts."""
        return {"codes": self.codes, "notes": self.notes, "left_out": self.left_out, "refused": self.refused}


@dataclass
class LoadReport:
    """A whole load. `refused` are files that could not be taken at all."""

    run_id: int | None = None
    dry_run: bool = False
    resumed: bool = False
    files: list[FileReport] = field(default_factory=list)
    ignored_files: list[str] = field(default_factory=list)
    rejects: Path | None = None

    @property
    def exit_code(self) -> int:
        """0 when every file could be read (rejects included), else 1."""
        return 1 if any(file.refused for file in self.files) else 0

    def total(self, count: str) -> int:
        """Sum of one count over the files."""
        return sum(getattr(file, count) for file in self.files)

    def lines(self) -> list[str]:
        """The report as it is printed."""
        rows = [["file", "into", *COUNTS]] + [
            [file.file, file.target, *(str(getattr(file, count)) for count in COUNTS)] for file in self.files
        ]
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        for file in self.files:
            label = f"{file.file} → {file.target}"
            if file.refused:
                lines.append(f"{label}: REFUSED, {file.refused}")
            if file.codes:
                lines.append(f"{label}: " + ", ".join(f"{code} {count}" for code, count in sorted(file.codes.items())))
            lines += [f"{label}: {note}" for note in file.notes]
        if self.ignored_files:
            lines.append(f"files left alone (no such target): {', '.join(self.ignored_files)}")
        if self.resumed:
            lines.append("an earlier load of the same files had stopped: continued where it was")
        if self.rejects:
            lines.append(f"rejected and flagged rows: {self.rejects}")
        if self.dry_run:
            lines.append("dry run: nothing was kept")
        return lines
