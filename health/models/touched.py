"""Which accounts changed since a night looked at them: triggers write it down, so that nothing that writes can forget to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Account
from accounts.querysets import AccountBoundQuerySet


class TouchedAccount(models.Model):
    """A statement changed rows that the figures of the account are computed from (health/migrations/0010: which tables).

    Rows are only added and claimed, so that no two writers ever wait for each other. A claimed row stays until a later one of the same
    account is claimed: it says which run looked at the account last. Changed events are told by DirtyDay instead.
    """

    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    claimed_by = models.BigIntegerField(null=True, help_text="Id of the Run that saw the change; null: none yet.")

    objects = AccountBoundQuerySet["TouchedAccount"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["claimed_by"], name="touched_by_claim"),  # claim of a run, and what came since another
            models.Index(fields=["account"], condition=Q(claimed_by__isnull=False), name="touched_claimed_account"),  # tidying
        ]
