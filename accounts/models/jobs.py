"""Work to be done: a row exists before any message, so Redis may vanish at any moment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.querysets import AdminQuerySet
from accounts.types import JobState


class JobRun(models.Model):
    """One run of a job for one key and period; unique, so a second attempt is refused by the database."""

    job = models.TextField(help_text="`nightly`, `import`, …")
    key = models.TextField(default="", blank=True)
    period = models.TextField(default="", blank=True, help_text="The day or month it is for.")
    state = models.TextField(default=JobState.DUE)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Past this a running job counts as dead and is taken up again.")
    attempts = models.PositiveIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.TextField(blank=True)
    error = models.TextField(blank=True)

    objects = AdminQuerySet["JobRun"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "key", "period"], name="job_run_once"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in JobState]), name="job_run_state_known"),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="job_run_due")]  # the minute tick's question


class Heartbeat(models.Model):
    """The last sign of one part of the portal: beat writes when it ticks, a worker when a task sent by beat has come to it."""

    name = models.TextField(primary_key=True, help_text="`beat`, `worker`.")
    sent_at = models.DateTimeField(help_text="When the sign was sent on its way.")
    seen_at = models.DateTimeField(help_text="When it arrived.")

    objects = AdminQuerySet["Heartbeat"].as_manager()


class Outbox(models.Model):
    """Something to be done later, written in the transaction of its cause; the tick wakes a worker for it."""

    kind = models.TextField()
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = AdminQuerySet["Outbox"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at__isnull=True), name="outbox_open")]  # what is still to do
