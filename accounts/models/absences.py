"""Who is away, and who looks after their accounts meanwhile."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.models.people import User
from accounts.querysets import AbsenceQuerySet


class Absence(models.Model):
    """A colleague covers for another from a day until another; while it is in force the cover sees the other's accounts.

    `in_force` is kept by the minute tick and by whoever enters or ends an absence, so that the rule of visibility reads no clock.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    cover = models.ForeignKey(User, models.CASCADE, related_name="covers")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="First day on which they are back.")
    note = models.TextField(blank=True)
    in_force = models.BooleanField(default=False, db_default=False)
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="absence_ends_after_start"),
            models.CheckConstraint(condition=~Q(cover=F("user")), name="absence_covered_by_another"),
            models.CheckConstraint(condition=Q(withdrawn_at__isnull=True) | Q(in_force=False), name="absence_withdrawn_is_not_in_force"),
        ]
        # Who covers for whom now: asked with every page of the cover.
        indexes = [models.Index(fields=["cover"], condition=Q(in_force=True), name="absence_in_force")]
