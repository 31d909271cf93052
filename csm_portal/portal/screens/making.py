"""The things that some pages are about: found in the book, or made for as long as the pages are looked at and then taken away again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import get_language

from accounts.models import Account, Contact, JobRun, User
from accounts.types import JobState, Role
from churn.acting import plays, tasks
from churn.as_of import read_basis
from churn.models import CaseCheck, Play, RenewalCase, RenewalPack, RiskRule, Task, UsageSheet
from churn.packs import freeze
from churn.reminder_texts import stop_link
from churn.rules import own
from churn.sheets import figures, find_case, share
from churn.types import RuleState
from csm_portal.portal.first_run import uploads, work
from csm_portal.portal.lab import previews
from csm_portal.portal.qbr import frozen
from csm_portal.portal.qbr.pack import find_account, pack
from csm_portal.portal.sheets import body
from csm_portal.web import today
from health.lab import drafts
from health.models import DefinitionDraft

NAME = "Shown in a picture"
# A file whose name says nothing is matched by hand; one that is named after what it holds is checked at once.
CUSTOMERS = "Customer ID,Company,Country,Sector,Region Manager\nX-1,Hearth & Co,DE,Retail,Ines\nX-2,海底捞,CN,餐饮,林\n".encode()
ACCOUNTS = b"external_id,name,country,onboarded_on\nX-1,Hearth & Co,DE,2025-03-01\nX-2,Tidewater,GB,next week\n"
JOB_SECONDS = 600.0


@dataclass(frozen=True)
class Cast:
    """Who opens the pages, and the account (its encoded id) that they are about."""

    people: Mapping[Role, User]
    account: str


Made = dict[str, str]
Maker = Callable[[Cast, datetime], AbstractContextManager[Made]]


@contextmanager
def made(cast: Cast, now: datetime) -> Iterator[Made]:
    """What the addresses of `pages.py` name, each as it stands in an address. What the book has nothing for is missing."""
    with ExitStack() as stack:
        found: Made = {"account": cast.account}
        for maker in MAKERS:
            found |= stack.enter_context(maker(cast, now))
        yield found


@contextmanager
def _draft(cast: Cast, now: datetime) -> Iterator[Made]:
    """A draft that grades more strictly, previewed."""
    admin = cast.people[Role.ADMIN]
    newest = drafts.newest_version("activity")
    if newest is None:
        yield {}
        return
    draft = drafts.create(admin, NAME, now)
    try:
        stricter = {**newest.body, "active_from": "low" if newest.body.get("active_from") == "high" else "high"}
        saved = drafts.save(admin, draft.pk, drafts.Edit("activity", stricter, drafts.FIRST), now)
        _done(previews.order(saved.draft, now))
        yield {"draft": str(draft.pk)}
    finally:
        JobRun.objects.filter(job=work.PREVIEW, key=str(draft.pk)).delete()
        DefinitionDraft.objects.filter(pk=draft.pk).delete()


@contextmanager
def _uploads(cast: Cast, now: datetime) -> Iterator[Made]:
    """An upload that waits to be matched, and one that was checked."""
    kept = [
        uploads.keep([SimpleUploadedFile(name, content)], now, by=cast.people[Role.ADMIN].pk)
        for name, content in (("customers.csv", CUSTOMERS), ("accounts.csv", ACCOUNTS))
    ]
    matching, checked = (one.key for one in kept)
    try:
        _done(work.order(work.IMPORT, checked, work.CHECK, now))
        yield {"matching": matching, "checked": checked}
    finally:
        JobRun.objects.filter(job=work.IMPORT, key=checked).delete()
        for one in kept:
            uploads.forget(one.key)


@contextmanager
def _task(cast: Cast, now: datetime) -> Iterator[Made]:
    """A task with a word on it."""
    csm = cast.people[Role.CSM]
    account = Account.objects.visible_to(csm).get(external_id=unquote(cast.account))
    wish = tasks.Wish("Send the figures for the renewal talk", due_on=today() + timedelta(days=5))
    task = tasks.create(csm, account, wish, now, today())
    try:
        tasks.comment(csm, task.pk, "Their new director asked for the months before her time as well.", now)
        yield {"task": str(task.pk)}
    finally:
        Task.objects.filter(pk=task.pk).delete()


@contextmanager
def _sheet(cast: Cast, now: datetime) -> Iterator[Made]:
    """The renewal of the account, else another one, and its usage sheet as it was shared."""
    csm = cast.people[Role.CSM]
    rows: Any = RenewalCase.objects.visible_to(csm).filter(state="open", account__state__score__isnull=False)
    own_first = [rows.filter(account__external_id=unquote(cast.account)), rows]
    pk = next((found for some in own_first if (found := some.order_by("ends_on", "pk").values_list("pk", flat=True).first())), None)
    case = find_case(csm, pk) if pk is not None else None
    told = figures(case) if case is not None else None
    if case is None or told is None:
        yield {"case": str(pk)} if pk is not None else {}
        return
    there = set(CaseCheck.objects.filter(account=case.account_id).values_list("pk", flat=True))
    sheet = share(csm, case, "en", body.make(told, get_language() or "en"), as_of=told.as_of, at=now)
    try:
        yield {"case": str(pk), "sheet": str(sheet.pk)}
    finally:
        UsageSheet.objects.filter(pk=sheet.pk, shared_at=now).delete()
        CaseCheck.objects.filter(account=case.account_id, checked_at=now).exclude(pk__in=there).delete()


@contextmanager
def _pack(cast: Cast, now: datetime) -> Iterator[Made]:
    """The pack of the account as it was frozen."""
    csm = cast.people[Role.CSM]
    account = find_account(csm, unquote(cast.account))
    state = getattr(account, "state", None)
    if account is None or state is None:
        yield {}
        return
    told = pack(account, csm, today())
    kept = freeze(csm, account, "en", frozen.freeze(told, NAME, NAME), as_of=state.as_of, at=now)
    try:
        yield {"pack": str(kept.pk)}
    finally:
        RenewalPack.objects.filter(pk=kept.pk, frozen_at=now).delete()


@contextmanager
def _play(_cast: Cast, now: datetime) -> Iterator[Made]:
    """A play that ships."""
    plays.seed(now)
    yield {"play": str(Play.objects.order_by("pk").values_list("pk", flat=True)[0])}


@contextmanager
def _rule(cast: Cast, _now: datetime) -> Iterator[Made]:
    """A combination that held, else one of the CSM's own."""
    csm, basis = cast.people[Role.CSM], read_basis()
    there = RiskRule.objects.visible_to(csm).filter(withdrawn_at__isnull=True).exclude(state=RuleState.RETIRED)
    known = there.order_by("-state", "pk").values_list("pk", flat=True).first()
    if known is not None or basis is None:
        yield {"rule": str(known)} if known is not None else {}
        return
    conditions = own.conditions_in([{"feature": "tickets_30", "operator": ">=", "value": 3}])
    rule = own.write(csm, conditions, NAME, basis.as_of)
    try:
        yield {"rule": str(rule.pk)}
    finally:
        RiskRule.objects.filter(pk=rule.pk).delete()


@contextmanager
def _stop(cast: Cast, _now: datetime) -> Iterator[Made]:
    """The link by which a contact asks for no more reminders."""
    contact = Contact.objects.visible_to(cast.people[Role.ADMIN]).exclude(email="").order_by("pk").first()
    yield {"stop": stop_link(contact.pk).rstrip("/").rsplit("/", 1)[-1]} if contact is not None else {}


MAKERS: tuple[Maker, ...] = (_draft, _uploads, _task, _sheet, _pack, _play, _rule, _stop)


def _done(job: JobRun) -> None:
    """Do the job here, or wait for the worker that has it. Raises RuntimeError where it takes too long or fails."""
    work.do_here(job.pk)
    deadline = time.monotonic() + JOB_SECONDS
    while True:
        job.refresh_from_db()
        if job.state == JobState.SUCCEEDED:
            return
        if job.state == JobState.FAILED or time.monotonic() > deadline:
            raise RuntimeError(f"{job.job} {job.key} is not done: {job.error or job.state}")
        time.sleep(0.2)
