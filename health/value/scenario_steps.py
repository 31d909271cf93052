"""Steps taken on a scenario that is expected and not used: why was found out (`explore`), or its use was pushed (`push`).

A step is a fact of its day, never changed; its author takes it back within a day, and it then counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved, Refused, check_characters
from accounts.edits import UNDO_FOR
from accounts.models import Account
from accounts.touch import MAX_NOTE
from csm_portal.lib.versions import version_on
from health.models import ScenarioStep
from health.value.scenario_reads import Step
from health.versions import activity_versions

if TYPE_CHECKING:
    from accounts.models import User

KINDS = tuple(step.value for step in Step)
# A form sent twice by an impatient finger is one step.
SAME_STEP = timedelta(minutes=1)


def scenario_names(day: date) -> list[str]:
    """Scenarios of the activity definition in force, those of its profiles too, each once and in its order; none before the first."""
    version = version_on(activity_versions(), day)
    return list(dict.fromkeys(one.name for rules in (version.rules if version else ()) for one in rules.scenarios))


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done: `kind` is `explore` or `push`; the note says what came of it, and may be empty."""

    scenario: str
    kind: str
    note: str = ""


@transaction.atomic
def take(user: User, account: Account, told: Taken, at: datetime, today: date) -> ScenarioStep:
    """Keep a step on an account that the user sees. Raises NotSaved.

    The same step of the same person again within a minute is the same step.
    """
    scenario, kind, note = told.scenario, told.kind, told.note.strip()
    problems = note_problem(note)
    if scenario not in (known := scenario_names(today)):
        problems["scenario"] = unknown_scenario(known)
    if kind not in KINDS:
        problems["kind"] = _("A step is explore or push.")
    if problems:
        raise NotSaved(problems)
    Account.objects.visible_to(user).select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    same = ScenarioStep.objects.filter(account=account, scenario=scenario, kind=kind, note=note, author=user)
    found = same.filter(withdrawn_at__isnull=True, recorded_at__gt=at - SAME_STEP).first()
    return found or ScenarioStep.objects.create(
        account=account, scenario=scenario, kind=kind, note=note, author=user, taken_on=today, recorded_at=at
    )


@transaction.atomic
def withdraw(user: User, pk: int, at: datetime) -> ScenarioStep | None:
    """Take back one's own step of the last day; None: there is no such step."""
    mine = ScenarioStep.objects.select_for_update(of=("self",)).select_related("account")
    row = mine.filter(pk=pk, author=user, withdrawn_at__isnull=True, recorded_at__gt=at - UNDO_FOR).first()
    if row is None or not user.is_active:
        return None
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    return row


def last_steps(user: User, accounts: Iterable[int]) -> dict[tuple[int, str], ScenarioStep]:
    """The last step on each scenario of these accounts, with its author; one query."""
    rows = ScenarioStep.objects.visible_to(user).filter(account__in=list(accounts), withdrawn_at__isnull=True).select_related("author")
    latest = rows.order_by("account_id", "scenario", "-taken_on", "-pk").distinct("account_id", "scenario")
    return {(row.account_id, row.scenario): row for row in latest}


def unknown_scenario(known: list[str]) -> str:
    """What is wrong with a scenario that is none of these."""
    if not known:
        return _("No scenario is defined yet.")
    return _("No scenario of this name is defined; right would be one of: %(known)s.") % {"known": ", ".join(known)}


def note_problem(note: str, field: str = "note") -> dict[str, str]:
    """What keeps a text from being stored, under the field's name; empty: nothing."""
    try:
        check_characters(note)
    except Refused as problem:
        return {field: str(problem)}
    if len(note) > MAX_NOTE:
        told = _("This text has %(n)d characters; right would be at most %(most)d.")
        return {field: told % {"n": len(note), "most": MAX_NOTE}}
    return {}
