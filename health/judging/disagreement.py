"""Where the system and the CSMs see an account differently: the parts of the health score that lie far apart, both known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, QuerySet
from django.db.models.functions import Abs

from health.models import AccountState

if TYPE_CHECKING:
    from accounts.models import User

# Points of 0 … 100 between the parts from which on it is a disagreement: more than any one answer of five moves alone.
LEAST = 20
MACHINE, HUMAN = "machine", "human"


def disagreements(user: User, way: str = "", least: int = LEAST) -> QuerySet[AccountState]:
    """Current rows of paying accounts whose parts differ by `least` points or more, the furthest apart first, then by MRR.

    `way`: `machine` where the machine's part is the higher, `human` where the CSM's is; empty: both. An account with one part unknown
    is in neither. Adds `gap` (machine - human, signed) and `apart` (its size).
    """
    rows: QuerySet[AccountState] = AccountState.objects.visible_to(user).filter(paying=True, machine__isnull=False, human__isnull=False)
    rows = rows.annotate(gap=F("machine") - F("human")).annotate(apart=Abs(F("gap"))).filter(apart__gte=least)
    if way == MACHINE:
        rows = rows.filter(gap__gt=0)
    elif way == HUMAN:
        rows = rows.filter(gap__lt=0)
    return rows.select_related("account", "account__owner").order_by("-apart", F("mrr_reporting").desc(nulls_last=True), "account_id")
