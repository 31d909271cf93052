"""Definitions are data with versions: never changed, only followed by the next one from a day on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.querysets import PublicQuerySet


class VersionedDefinition(models.Model):
    """One published version. The version of a day is the highest one with `effective_from` on or before it."""

    version = models.PositiveIntegerField(unique=True, help_text="1, 2, 3 … in order of publishing.")
    effective_from = models.DateField()
    body = models.JSONField(help_text="The section of the definition file, checked and completed with the defaults.")
    digest = models.TextField(help_text="SHA-256 of the canonical body: unchanged content makes no new version.")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        constraints = [models.CheckConstraint(condition=Q(version__gte=1), name="%(class)s_version_from_one")]

    def __str__(self) -> str:
        return f"v{self.version} from {self.effective_from}"


class CalendarDefinition(VersionedDefinition):
    """`[calendar]`: default country and zone, first day of the week."""

    objects = PublicQuerySet["CalendarDefinition"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass


class RenewalDefinition(VersionedDefinition):
    """`[renewals]`: days of grace, gap to bridge."""

    objects = PublicQuerySet["RenewalDefinition"].as_manager()

    class Meta(VersionedDefinition.Meta):
        pass
