"""What a customer wants and how far it is: versions of desired outcomes, their proofs, steps taken on scenarios."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account, User
from accounts.querysets import AccountBoundQuerySet
from health.models.judgement import Outcome


class OutcomeBoundQuerySet(AccountBoundQuerySet[models.Model]):
    """Rows that hang on an outcome are seen by whoever sees its account."""

    account_path = "outcome__account__"


class OutcomeVersion(models.Model):
    """A desired outcome as it stood from a day on. Written by the database whenever an outcome is made or changed, and kept for ever."""

    outcome = models.ForeignKey(Outcome, models.CASCADE, related_name="versions")
    statement = models.TextField()
    stage = models.TextField(blank=True)
    action = models.TextField(blank=True)
    metric = models.TextField(blank=True)
    target = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)
    status = models.TextField()
    achieved_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    since = models.DateField(null=True, blank=True, help_text="Day it was entered for; null: the account's local day of `recorded_at`.")
    recorded_at = models.DateTimeField()

    objects = OutcomeBoundQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["outcome", "recorded_at"], name="outcome_version_by_outcome")]


class OutcomeProof(models.Model):
    """How far the proof of an outcome is, computed each night where it can be."""

    outcome = models.OneToOneField(Outcome, models.CASCADE, primary_key=True, related_name="proof")
    as_of = models.DateField()
    reached = models.DecimalField(max_digits=24, decimal_places=6, null=True, help_text="Of the action or metric; null: unknown.")
    needed = models.DecimalField(max_digits=24, decimal_places=6, null=True, help_text="The target as a number; null: it is none.")
    proven_on = models.DateField(null=True, help_text="First day the target was reached; null: not yet.")
    problem = models.TextField(
        blank=True, help_text="Why it cannot be computed: `no_proof`, `no_number`, `unknown_action`, `unknown_metric`."
    )

    objects = OutcomeBoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(problem__in=["", "no_proof", "no_number", "unknown_action", "unknown_metric"]),
                name="outcome_proof_problem_known",
            )
        ]


class ScenarioStep(models.Model):
    """What a colleague did about a scenario that is expected and not used: found out why (`explore`), or pushed it (`push`)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="scenario_steps")
    scenario = models.TextField()
    kind = models.TextField()
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="scenario_steps")
    taken_on = models.DateField(help_text="The portal's day.")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="Taken back by an undo; it counts no more.")

    objects = AccountBoundQuerySet["ScenarioStep"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["explore", "push"]), name="scenario_step_kind_known"),
            models.CheckConstraint(condition=~Q(scenario=""), name="scenario_step_names_scenario"),
        ]
        indexes = [models.Index(fields=["account", "scenario", "-taken_on"], name="scenario_step_by_account")]
