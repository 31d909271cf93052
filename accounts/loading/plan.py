"""Which file of the folder feeds which target, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from accounts.loading.mapping import MappedTarget, Mapping
from accounts.loading.registry import Target
from accounts.loading.sheets import SUFFIXES, stem


class BadUse(Exception):
    """The command cannot be carried out as it was given."""


@dataclass(frozen=True)
class Step:
    """One file into one target. `label` tells apart two steps of the same file and target."""

    target: Target
    file: str
    label: str
    mapped: MappedTarget | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What the ledger knows the step by."""
        return self.label, self.target.name


@dataclass(frozen=True)
class Plan:
    """Steps in the order in which references need them, the files they read, and what is left alone."""

    steps: tuple[Step, ...]
    files: dict[str, Path]
    ignored: tuple[str, ...]

    def of_file(self, file: str) -> list[Step]:
        """All steps that read the file."""
        return [step for step in self.steps if step.file == file]


def make_plan(folder: Path, mapping: Mapping | None, targets: dict[str, Target]) -> Plan:
    """The plan for a folder. Raises BadUse when it holds nothing to load."""
    if not folder.is_dir():
        raise BadUse(f"{folder} is no folder")
    found = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name.lower().endswith(SUFFIXES) and not path.name.startswith((".", "~$"))
    }
    mapped_files = mapping.files if mapping else set()
    steps = [Step(targets[mapped.into], mapped.file, mapped.file, mapped) for mapped in (mapping.targets if mapping else ())]
    steps += [Step(targets[stem(file)], file, file) for file in found if file not in mapped_files and stem(file) in targets]
    if not steps:
        raise BadUse(f"{folder} holds no file to load; known are {', '.join(targets)} ({', '.join(SUFFIXES)}), others need a mapping")
    # Stable: by what references need, then as the mapping has them, then by name.
    ordered = sorted(steps, key=lambda step: (step.target.rank, step.target.name, step.mapped.number if step.mapped else 0, step.file))
    used = {step.file for step in steps} | mapped_files
    return Plan(
        tuple(_labelled(ordered)),
        {name: found[name] for name in sorted(used & set(found))},
        tuple(name for name in found if name not in used),
    )


def _labelled(steps: list[Step]) -> list[Step]:
    seen: dict[tuple[str, str], int] = {}
    labelled = []
    for step in steps:
        place = seen[step.file, step.target.name] = seen.get((step.file, step.target.name), 0) + 1
        labelled.append(Step(step.target, step.file, step.file if place == 1 else f"{step.file} #{place}", step.mapped))
    return labelled
