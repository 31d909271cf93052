"""What an account agrees to use of a scenario, entered by hand: checked, kept from a day on, and taken back by its author.

The months on whose last day it is in force are done again by the next night. Each entry leaves the row before and after in the log of
changes (`AccountEdit`, field `agreement:<scenario>`), which is what an undo goes by.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.dirty import built_through, mark_spans
from accounts.edit_values import NotSaved
from accounts.edits import UNDO_FOR
from accounts.models import Account, AccountEdit
from csm_portal.lib.periods import add_months
from health.models import ScenarioAgreement
from health.value.scenario_steps import note_problem, scenario_names, unknown_scenario

if TYPE_CHECKING:
    from accounts.models import User

FIELD = "agreement:"
MOST_DAYS = 31
# Earlier, it would change months long talked about; files may.
BACK, AHEAD = timedelta(days=366), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Days a month (0 … 31) and share of the seats (0 … 1); None: as the definition says; 0: nothing is expected."""

    scenario: str
    starts_on: date | None
    days_per_month: int | None
    seat_share: Decimal | None
    reason: str


@transaction.atomic
def agree(user: User, account: Account, told: Agreed, at: datetime, today: date) -> uuid.UUID:
    """Keep an agreement of an account that the user sees; one from the same day is replaced. The batch to undo it by. Raises NotSaved."""
    told = Agreed(told.scenario, told.starts_on, told.days_per_month, told.seat_share, told.reason.strip())
    if problems := problems_of(told, today):
        raise NotSaved(problems)
    Account.objects.visible_to(user).select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    key: dict[str, Any] = {"account": account, "scenario": told.scenario, "starts_on": told.starts_on}
    before = ScenarioAgreement.objects.filter(**key).first()
    values = {"days_per_month": told.days_per_month, "seat_share": told.seat_share, "reason": told.reason, "recorded_at": at}
    row, _made = ScenarioAgreement.objects.update_or_create(**key, defaults={**values, "loaded_by": None})
    batch = uuid.uuid4()
    AccountEdit.objects.create(
        batch=batch, account=account, field=FIELD + told.scenario, old=_stored(before), new=_stored(row), author=user, edited_at=at
    )
    _mark(account, told.scenario, row.starts_on)
    return batch


@transaction.atomic
def undo(user: User, batch: uuid.UUID, at: datetime) -> Account | None:
    """Take back one's own agreement of the last day where nobody has changed it since; None: there is no such agreement."""
    edit = (
        AccountEdit.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(batch=batch, author=user, field__startswith=FIELD, undone_at__isnull=True, edited_at__gt=at - UNDO_FOR)
        .first()
    )
    if edit is None or not user.is_active:
        return None
    scenario, starts_on = edit.field.removeprefix(FIELD), date.fromisoformat(edit.new["starts_on"])
    row = ScenarioAgreement.objects.filter(account=edit.account, scenario=scenario, starts_on=starts_on, recorded_at=edit.edited_at).first()
    if row is None:
        return None
    _mark(edit.account, scenario, starts_on)
    if edit.old is None:
        row.delete()
    else:
        _put_back(row, edit.old)
    edit.undone_at = at
    edit.save(update_fields=["undone_at"])
    return edit.account


def problems_of(told: Agreed, today: date) -> dict[str, str]:
    """What keeps an agreement from being saved, by field, with what would be right."""
    found = note_problem(told.reason, "reason")
    known = scenario_names(today)
    if told.scenario not in known:
        found["scenario"] = unknown_scenario(known)
    if told.starts_on is None:
        found["starts_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    elif not today - BACK <= told.starts_on <= today + AHEAD:
        span = {"first": (today - BACK).isoformat(), "last": (today + AHEAD).isoformat()}
        found["starts_on"] = _("This day is too far away; right would be %(first)s to %(last)s.") % span
    if told.days_per_month is not None and not 0 <= told.days_per_month <= MOST_DAYS:
        found["days_per_month"] = _("Days a month are a whole number from 0 to 31.")
    if told.seat_share is not None and not 0 <= told.seat_share <= 1:
        found["seat_share"] = _("The share of seats lies between 0% and 100%.")
    if told.days_per_month is None and told.seat_share is None:
        found[""] = _("Say how many days a month, or which share of the seats; 0 says that nothing is expected.")
    if not told.reason and "reason" not in found:
        found["reason"] = _("Say why this was agreed, in a few words.")
    return found


def _stored(row: ScenarioAgreement | None) -> dict[str, Any] | None:
    if row is None:
        return None
    share = None if row.seat_share is None else str(row.seat_share)
    return {
        "starts_on": row.starts_on.isoformat(),
        "days_per_month": row.days_per_month,
        "seat_share": share,
        "reason": row.reason,
        "recorded_at": row.recorded_at.isoformat(),
    }


def _put_back(row: ScenarioAgreement, old: Mapping[str, Any]) -> None:
    row.days_per_month, row.reason = old["days_per_month"], old["reason"]
    row.seat_share = None if old["seat_share"] is None else Decimal(old["seat_share"])
    row.recorded_at = datetime.fromisoformat(old["recorded_at"])
    row.save(update_fields=["days_per_month", "seat_share", "reason", "recorded_at"])


def _mark(account: Account, scenario: str, starts_on: date) -> None:
    """The last built day of each month that the agreement decides: from its day to the next one on the scenario."""
    built = built_through()
    following = ScenarioAgreement.objects.filter(account=account, scenario=scenario, starts_on__gt=starts_on).order_by("starts_on").first()
    if built is None:
        return
    days, month = [], starts_on.replace(day=1)
    while month <= built:
        cut = min(add_months(month, 1) - timedelta(days=1), built)
        if cut >= starts_on and (following is None or cut < following.starts_on):
            days.append(f"'{cut.isoformat()}'::date")
        month = add_months(month, 1)
    if days:
        one = f"SELECT {int(account.pk)}::bigint AS account_id, d AS first_on, d AS last_on"
        mark_spans(f"{one} FROM unnest(ARRAY[{', '.join(days)}]) d")
