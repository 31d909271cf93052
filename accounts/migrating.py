"""A migration whose operations are done on one drawing of the models.

Django draws the models of the whole project anew after each operation, which is nine tenths of the time that a fresh database takes:
every table refers to accounts or people, so all of them are drawn again for each column, constraint and index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# These ask for nothing but the models as they are in the end; a field or constraint of a table that is new is made with the table.
_PARTS = (migrations.AddField, migrations.AddConstraint, migrations.AddIndex)
_TOGETHER = (migrations.CreateModel, *_PARTS)


class AtOnce(migrations.Migration):
    """A migration that does neighbouring additions together; everything else, and going back, is as Django does it."""

    def apply(self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False) -> ProjectState:
        """As of any migration."""
        for group in _groups(self.operations):
            part = migrations.Migration(self.name, self.app_label)
            vars(part).update(operations=[_Together(group)] if isinstance(group[0], _TOGETHER) else group, atomic=self.atomic)
            project_state = part.apply(project_state, schema_editor, collect_sql)
        return project_state


class _Together(Operation):
    """Additions as one operation."""

    def __init__(self, parts: list[Operation]) -> None:
        self.parts = parts

    def describe(self) -> str:
        """What stands above its SQL."""
        return "; ".join(part.describe() for part in self.parts)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Without a drawing at hand, none is kept up to date; the next one who needs it has it drawn."""
        state.__dict__.pop("apps", None)
        for part in self.parts:
            part.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, editor: BaseDatabaseSchemaEditor, _old: ProjectState, state: ProjectState) -> None:
        """Tables with all that belongs to them, then what is added to older ones."""
        made = {part.name_lower for part in self.parts if isinstance(part, migrations.CreateModel)}
        for part in self.parts:
            if isinstance(part, migrations.CreateModel) or part.model_name_lower not in made:  # type: ignore[attr-defined]
                part.database_forwards(app_label, editor, state, state)


def _groups(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Runs of additions, and each other operation by itself."""
    group: list[Operation] = []
    for operation in operations:
        if isinstance(operation, _TOGETHER):
            group.append(operation)
            continue
        if group:
            yield group
        yield [operation]
        group = []
    if group:
        yield group
