"""The three steps from an empty installation to a running one, and which of them are done."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import JobRun
from accounts.types import JobState
from csm_portal.portal import words
from csm_portal.portal.first_run.work import HISTORY, NIGHTLY

Facts = dict[str, int | bool]

# Loaded people have no password that works until they are invited.
FACTS = """
SELECT (SELECT count(*) FROM accounts_account), (SELECT coalesce(max(version), 0) FROM health_activitydefinition),
       EXISTS (SELECT FROM health_run WHERE state = 'published'),
       (SELECT count(*) FROM accounts_user WHERE is_active AND password <> '' AND password NOT LIKE %(unusable)s)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `note` is what is there already, or what to do."""

    key: str
    number: int
    title: str
    note: str
    href: str
    done: bool
    current: bool = False


def steps(current: str = "", facts: Facts | None = None) -> list[Step]:
    """The steps in order; without `current` the first one not done is the one to take. `facts` may be remembered ones."""
    facts = facts or facts_now()
    made = [
        ("files", _("Load your data"), _files_note(facts), facts["accounts"] > 0),
        ("actions", _("Say what counts"), _actions_note(facts), bool(facts["published"])),
        ("people", _("Invite people"), _people_note(facts), facts["people"] > 1),
    ]
    first_open = next((key for key, _title, _note, done in made if not done), "")
    return [
        Step(key, place, title, note, reverse(f"portal:start-{key}"), done, key == (current or first_open))
        for place, (key, title, note, done) in enumerate(made, start=1)
    ]


def all_done(found: list[Step]) -> bool:
    """Nothing is left to do."""
    return all(step.done for step in found)


def history_job() -> JobRun | None:
    """The latest build of the history that was started from here."""
    return JobRun.objects.filter(job=NIGHTLY, key=HISTORY).order_by("-due_at", "-pk").first()


def is_open(job: JobRun) -> bool:
    """Waits or runs."""
    return job.state in (JobState.DUE, JobState.RUNNING)


def facts_now() -> Facts:
    """What is there: accounts, the newest definition (0: none), whether a history is published, people who may sign in."""
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"unusable": f"{UNUSABLE_PASSWORD_PREFIX}%"})
        accounts, version, published, people = cursor.fetchone()
    return {"accounts": accounts, "version": version, "published": published, "people": people}


def _files_note(facts: Facts) -> str:
    if not facts["accounts"]:
        return _("Upload the files you have; a dry run shows first what would come in.")
    return _("%(n)s accounts loaded") % {"n": words.number(int(facts["accounts"]))}


def _actions_note(facts: Facts) -> str:
    if not facts["version"]:
        return _("Choose the key actions from what your customers did, then build the history.")
    if not facts["published"]:
        return _("Version %(n)d is published; the history is not built yet.") % {"n": facts["version"]}
    return _("Version %(n)d is in force, the history is built.") % {"n": facts["version"]}


def _people_note(facts: Facts) -> str:
    if facts["people"] <= 1:
        return _("Give your CSMs and managers a link to set their password.")
    return _("%(n)s people can sign in") % {"n": words.number(int(facts["people"]))}
