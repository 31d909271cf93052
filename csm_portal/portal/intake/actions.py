"""Actions that came in and that the activity definition names nowhere: counted, and put into a draft of the definition by a click.

Four places are possible: a key action, one that proves a login alone (what every event does that is named nowhere, so no figure moves: the
action is merely known from then on), one that proves none, or part of a scenario.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from accounts.edit_values import NotSaved
from accounts.models import Action, User
from csm_portal.portal.first_run.actions import guess, within_patience
from csm_portal.portal.lab.page import starting_body
from csm_portal.web import remembered
from health.lab import drafts
from health.lab.definition_reads import Published, in_force, published_versions
from health.lab.drafts import Edit
from health.models import DefinitionDraft

KEY, LIGHT, PASSIVE, SCENARIO = "key", "light", "passive", "scenario:"
SECTION = "activity"
# Days looked back; the shorter ones where counting takes longer than a page may.
WINDOWS = (90, 28, 7, 1)
MOST = 200
# Counting reads three months of events; the list may be some minutes old.
REMEMBERED_SECONDS = 300
_COUNTS = """
SELECT a.name, sum(w.n)::bigint, count(DISTINCT w.account_id), min(w.first), max(w.last)
FROM (
    SELECT action_id, account_id, count(*) AS n, min(day) AS first, max(day) AS last FROM event
    WHERE day > %(until)s::date - %(days)s AND day <= %(until)s AND action_id = ANY(%(ids)s) GROUP BY action_id, account_id
    UNION ALL
    SELECT action_id, account_id, sum(quantity), min(day), max(day) FROM accounts_usagedaily
    WHERE day > %(until)s::date - %(days)s AND day <= %(until)s AND action_id = ANY(%(ids)s) GROUP BY action_id, account_id
) AS w JOIN accounts_action a ON a.id = w.action_id
GROUP BY a.name ORDER BY 2 DESC, a.name LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Unnamed:
    """One action of the window: how often, by how many accounts, its first and last day. `looks`: `key`, `login`, `passive`, `other`."""

    name: str
    times: int
    accounts: int
    first_on: date
    last_on: date
    looks: str


@dataclass(frozen=True)
class Found:
    """Actions to be decided about in the last `days` days; 0 days: counting took too long.

    `decided`: those that an open draft names. `version`: of the definition in force, None without one.
    """

    days: int
    actions: list[Unnamed]
    decided: list[tuple[str, DefinitionDraft]]
    scenarios: list[str]
    drafts: list[DefinitionDraft]
    version: int | None


def unnamed(user: User, today: date) -> Found:
    """What came in and is named neither by what is in force nor by an open draft. Four queries, two while it is remembered."""
    now = in_force(published_versions(user, [SECTION, "north_star"]), today)
    open_drafts = list(
        DefinitionDraft.objects.visible_to(user).filter(published_at__isnull=True, discarded_at__isnull=True).order_by("-created_at")
    )
    known = {name for row in now.values() for name in names_in(row.body)}
    drafted = {name: draft for draft in reversed(open_drafts) for name in names_in(draft.sections.get(SECTION, {}))}
    rest = {pk: name for pk, name in Action.objects.visible_to(user).values_list("pk", "name") if name not in known}
    days, rows = _counted(today, sorted(rest)) if rest else (WINDOWS[0], [])
    actions = [Unnamed(name, int(times), accounts, first, last, guess(name)) for name, times, accounts, first, last in rows]
    return Found(
        days,
        [one for one in actions if one.name not in drafted],
        [(one.name, drafted[one.name]) for one in actions if one.name in drafted],
        scenarios_of(now),
        open_drafts,
        now[SECTION].version if SECTION in now else None,
    )


def scenarios_of(now: Mapping[str, Published]) -> list[str]:
    """Names of the scenarios in force."""
    return [one["name"] for one in now[SECTION].body.get("scenarios", [])] if SECTION in now else []


def names_in(body: Mapping[str, Any]) -> set[str]:
    """Every action that a section of a definition names, in its profiles too."""
    found = {body["action"]} if isinstance(body.get("action"), str) else set()
    for one in (body, *body.get("profiles", [])):
        for key in ("key_actions", "login_actions", "passive_actions", "conditions"):
            found.update(one.get(key, ()))
        for scenario in one.get("scenarios", []):
            found.update(scenario.get("actions", ()))
    return found


@transaction.atomic
def put_into_draft(user: User, names: Sequence[str], place: str, draft: int | None, at: datetime) -> DefinitionDraft:
    """Write the actions into a draft, made where none is named. Raises NotSaved, DefinitionError, Conflicted, DoesNotExist."""
    known = set(Action.objects.visible_to(user).filter(name__in=names).values_list("name", flat=True))
    wanted = [name for name in dict.fromkeys(names) if name in known]
    if not wanted:
        raise NotSaved({"": _("Tick at least one action.")})
    row = DefinitionDraft.objects.visible_to(user).get(pk=draft) if draft else drafts.create(user, _("Actions seen over HTTP"), at)
    newest = drafts.newest_version(SECTION)
    body = placed(starting_body(SECTION, row, newest.body if newest else None), wanted, place)
    return drafts.save(user, row.pk, Edit(SECTION, body, row.revision), at).draft


def placed(body: Mapping[str, Any], names: Iterable[str], place: str) -> dict[str, Any]:
    """The section with these actions at their place. Raises NotSaved for a place that is none."""
    found = copy.deepcopy(dict(body))
    wanted = [name for name in names if name not in names_in(found)]
    if place == KEY:
        found["key_actions"] = {**found.get("key_actions", {}), **dict.fromkeys(wanted, "1")}
    elif place == LIGHT:
        found["login_actions"] = [*found.get("login_actions", []), *wanted]
    elif place == PASSIVE:
        found["passive_actions"] = [*found.get("passive_actions", []), *wanted]
    else:
        scenarios = [one for one in found.get("scenarios", []) if f"{SCENARIO}{one['name']}" == place]
        if not scenarios:
            raise NotSaved({"": _("Choose where the actions belong.")})
        scenarios[0]["actions"] = [*scenarios[0]["actions"], *wanted]
    return found


def _counted(today: date, ids: list[int]) -> tuple[int, list[tuple[Any, ...]]]:
    """Rows of the longest window that can be counted in time, and its days."""

    def count() -> tuple[int, list[tuple[Any, ...]]]:
        for days in WINDOWS:
            try:
                with within_patience() as cursor:
                    cursor.execute(_COUNTS, {"until": today, "days": days, "ids": ids, "most": MOST})
                    return days, cursor.fetchall()
            except DatabaseError:
                continue
        return 0, []

    return remembered(f"actions-unnamed:{today}:{hash(tuple(ids))}", count, seconds=REMEMBERED_SECONDS)
