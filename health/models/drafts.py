"""Definitions in the making: drafts with every revision, and what a draft would change on the real book."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet, AdminQuerySet, PublicQuerySet
from health.types import Band, Level


class DefinitionDraft(models.Model):
    """Sections of a definition file that are being changed; nothing counts by them until they are published."""

    name = models.TextField()
    sections = models.JSONField(default=dict, help_text="{section: table}, as a definition file holds them.")
    revision = models.PositiveIntegerField(default=1, help_text="Of the sections as they stand; an editor names the one they began from.")
    author = models.ForeignKey(User, models.PROTECT, related_name="definition_drafts")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    discarded_at = models.DateTimeField(null=True, blank=True)

    objects = AdminQuerySet["DefinitionDraft"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="definition_draft_has_name"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="definition_draft_revision_from_one"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(discarded_at__isnull=True), name="definition_draft_published_or_discarded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} r{self.revision}"


class DraftRevision(models.Model):
    """The sections of a draft as one person left them. Kept for ever."""

    draft = models.ForeignKey(DefinitionDraft, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    sections = models.JSONField(default=dict)
    keys: Any = ArrayField(models.TextField(), default=list, help_text="Dotted paths that differ from the revision before.")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    objects = AdminQuerySet["DraftRevision"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="draft_revision_once")]


class DraftPreview(models.Model):
    """What one revision of a draft would make of the book as of a day: sums, and a row per account beside."""

    draft = models.ForeignKey(DefinitionDraft, models.CASCADE, related_name="previews")
    revision = models.PositiveIntegerField()
    as_of = models.DateField()
    made_at = models.DateTimeField()
    body = models.JSONField(
        help_text="Rates before and after by month, LOW, MEDIUM and HIGH side by side, which side separates past renewals."
    )

    objects = AdminQuerySet["DraftPreview"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "revision", "as_of"], name="draft_preview_once")]


class PreviewAccount(models.Model):
    """One account that a draft would show differently: as published, and by the draft."""

    preview = models.ForeignKey(DraftPreview, models.CASCADE, related_name="accounts")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    level_before = models.SmallIntegerField()
    level_after = models.SmallIntegerField()
    month_before = models.BooleanField(null=True, help_text="Whether the last full month was active; null: unknown.")
    month_after = models.BooleanField(null=True)
    band_before = models.TextField()
    band_after = models.TextField()
    score_before = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    score_after = models.DecimalField(max_digits=7, decimal_places=4, null=True)

    objects = AccountBoundQuerySet["PreviewAccount"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["preview", "account"], name="preview_account_once"),
            models.CheckConstraint(
                condition=Q(level_before__in=[level.value for level in Level], level_after__in=[level.value for level in Level]),
                name="preview_account_levels_known",
            ),
            models.CheckConstraint(
                condition=Q(band_before__in=[b.value for b in Band], band_after__in=[b.value for b in Band]),
                name="preview_account_bands_known",
            ),
        ]


class RestatedMonth(models.Model):
    """One account in one month, recomputed with today's definition; the figures as they were stand in AccountPeriod."""

    pk = models.CompositePrimaryKey("account_id", "starts_on")
    account = models.ForeignKey(Account, models.CASCADE, related_name="restated_months")
    starts_on = models.DateField()
    active_days = models.IntegerField()
    known_days = models.IntegerField()
    bar = models.IntegerField(null=True)
    active = models.BooleanField(null=True, help_text="Null: unknown or undefined.")
    paying = models.BooleanField()
    levels: Any = ArrayField(models.IntegerField(), help_text="Days at zero, low, medium, high, unknown.")
    version = models.IntegerField(help_text="Activity definition: the one of `as_of`.")
    as_of = models.DateField()

    objects = AccountBoundQuerySet["RestatedMonth"].as_manager()


class RestatedScore(models.Model):
    """Health of one account on the last day of a month, recomputed with today's model."""

    pk = models.CompositePrimaryKey("account_id", "day")
    account = models.ForeignKey(Account, models.CASCADE, related_name="restated_scores")
    day = models.DateField()
    score = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    band = models.TextField()
    coverage = models.DecimalField(max_digits=7, decimal_places=6)
    machine = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    human = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    version = models.IntegerField(help_text="Health model: the one of `as_of`.")
    as_of = models.DateField()

    objects = AccountBoundQuerySet["RestatedScore"].as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(band__in=[b.value for b in Band]), name="restated_score_band_known")]


class RestateChunk(models.Model):
    """One month of a restatement under way: its rows wait in `*_next` tables until all are there, so a killed one goes on from here."""

    order = models.TextField(help_text="What is restated: the day it is as of and the definitions it counts by.")
    month = models.DateField()
    months = models.BigIntegerField(default=0, help_text="Rows written for the month.")
    scores = models.BigIntegerField(default=0)

    objects = PublicQuerySet["RestateChunk"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "month"], name="restate_chunk_once")]
