"""Orders about nights, written down as jobs: the room above builds and publishes, the pages only ask for it."""

from __future__ import annotations

from datetime import datetime

from accounts.models import JobRun, User
from csm_portal.portal.first_run import work
from health.models import AccountFault, Run
from health.types import RunState

PUBLISH_HELD, GIVE_UP_HELD = "publish held", "give up held"


def held_run(user: User) -> Run | None:
    """The run that waits for a person; None when none does. Who may decide is the page's question (admins)."""
    return Run.objects.visible_to(user).filter(state=RunState.HELD).order_by("-pk").first()


def order_publish(run: Run, user: User, now: datetime) -> JobRun:
    """Have a held run published, in the name of this person."""
    return work.order(PUBLISH_HELD, str(run.pk), str(user.pk), now)


def order_give_up(run: Run, user: User, now: datetime) -> JobRun:
    """Have a held run dropped, in the name of this person. Its rows go, so there is no way back; the next night builds the days anew."""
    return work.order(GIVE_UP_HELD, str(run.pk), str(user.pk), now)


def order_retry(now: datetime) -> JobRun | None:
    """Have the last published day built again, with every account that could not be computed; None before the first night."""
    latest = Run.objects.latest_published()
    return None if latest is None else work.order(work.NIGHTLY, "", latest.as_of.isoformat(), now)


def deciding_job(run: Run) -> JobRun | None:
    """The order about a held run that still waits, runs or failed; None while nobody has decided."""
    return JobRun.objects.filter(job__in=[PUBLISH_HELD, GIVE_UP_HELD], key=str(run.pk)).order_by("-pk").first()


def open_faults(user: User) -> list[AccountFault]:
    """Accounts the user may see that the last runs could not compute, the longest in fault first."""
    rows = AccountFault.objects.visible_to(user).filter(resolved_at__isnull=True).select_related("account", "run")
    return list(rows.order_by("first_at", "account__name", "step"))


def reasons_of(user: User, account_ids: list[int]) -> dict[int, str]:
    """Why each of these accounts could not be computed, where it could not; the first step that failed says it."""
    rows = AccountFault.objects.visible_to(user).filter(resolved_at__isnull=True, account__in=account_ids).order_by("-first_at", "-pk")
    return dict(rows.values_list("account_id", "reason"))
