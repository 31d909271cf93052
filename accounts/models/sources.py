"""Where rows come from, and what became of each file."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.policy import DEFAULT_SOURCE
from accounts.querysets import AdminQuerySet
from accounts.types import JobState


class Source(models.Model):
    """One origin of rows: a file drop, a connector, an HTTP write key. Message ids are unique inside it."""

    name = models.TextField(unique=True, default=DEFAULT_SOURCE)
    key_prefix = models.TextField(blank=True, help_text="First characters of the write key, for look-up.")
    key_sha256 = models.TextField(blank=True, help_text="Hex SHA-256 of the write key; the key itself is shown once and never stored.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True, help_text="Most calls a minute; null: the installation's.")

    objects = AdminQuerySet["Source"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key_sha256"], condition=~Q(key_sha256=""), name="source_key_once"),
            models.CheckConstraint(condition=~Q(name=""), name="source_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportRun(models.Model):
    """One `load` of a folder: resumable by file and chunk, the same again changes nothing."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="imports")
    folder = models.TextField(help_text="Folder as given, without the machine's path.")
    mapping = models.TextField(blank=True, help_text="Mapping file's text, as it was used.")
    digest = models.TextField(help_text="SHA-256 over mapping and file contents: a killed load of the same input resumes.")
    dry_run = models.BooleanField(default=False)
    state = models.TextField(default=JobState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", help_text="Null: the command."
    )
    recorded = models.BooleanField(
        default=False, db_default=False, help_text="What it changed is kept as `ImportedRow`, so it can be undone."
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    undo_report = models.JSONField(null=True, blank=True, help_text="Per table: rows taken back, and rows left because they changed since.")

    objects = AdminQuerySet["ImportRun"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(state__in=[s.value for s in JobState]), name="import_state_known")]

    def __str__(self) -> str:
        return f"{self.folder} {self.started_at:%Y-%m-%d %H:%M}"


class ImportFile(models.Model):
    """One file (or mapped target) of an import with its counts: the ledger that a resumed load reads."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files")
    name = models.TextField(help_text="File name inside the folder.")
    target = models.TextField(help_text="Table of interfaces section 2 it feeds.")
    state = models.TextField(default=JobState.DUE)
    read = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    flagged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    notes = models.JSONField(default=dict, blank=True, help_text="Ignored columns, codes with counts, zone assumptions.")

    objects = AdminQuerySet["ImportFile"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name", "target"], name="import_file_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in JobState]), name="import_file_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.target}"


class RejectedRow(models.Model):
    """One row that was refused, or kept with a flag: where it stood, what is wrong, what would be right."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rejects")
    file = models.TextField()
    line = models.BigIntegerField(help_text="Physical line in the file, the header being line 1; row number in a workbook.")
    column = models.TextField(blank=True)
    code = models.TextField()
    value = models.TextField(blank=True, help_text="The offending value, at most 200 characters.")
    reason = models.TextField(help_text="What is wrong and what would be right.")
    flagged = models.BooleanField(default=False, help_text="True: the row was loaded all the same.")
    row = models.JSONField(default=dict, help_text="The row as read.")

    objects = AdminQuerySet["RejectedRow"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["run", "file", "line"], name="rejected_row_by_file")]  # the rejects list of a run

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.code}"


class ImportedRow(models.Model):
    """One row that an import made, changed or removed, as it was before and as the import left it: what an undo goes back by.

    Written by triggers while the session says `portal.import_run`; events are not in it, they name their import themselves.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="changes")
    table = models.TextField()
    before = models.JSONField(null=True, help_text="Null: the import made it.")
    after = models.JSONField(null=True, help_text="Null: the import removed it.")

    objects = AdminQuerySet["ImportedRow"].as_manager()


class SavedMapping(models.Model):
    """A mapping by name, for files of one shape that come again."""

    name = models.TextField(unique=True)
    text = models.TextField(help_text="TOML of a mapping.")
    columns = models.JSONField(default=list, help_text="Names of the columns of the file it was made with: files of this shape offer it.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField()

    objects = AdminQuerySet["SavedMapping"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="saved_mapping_has_name")]

    def __str__(self) -> str:
        return self.name


class Loaded(models.Model):
    """What every loaded row carries: its origin, its own id there, and when it became known."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="+")
    external_id = models.TextField()
    recorded_at = models.DateTimeField(help_text="When it became known; files without the column take the occurrence.")
    loaded_by = models.ForeignKey(ImportRun, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
