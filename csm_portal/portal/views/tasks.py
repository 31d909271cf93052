"""Tasks: the list, one task with its comments, and every step with its undo."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.absences import covering
from accounts.edit_values import NotSaved, Refused
from accounts.models import Account
from churn.acting import tasks
from churn.models import ActionItem, Task
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.toasts import toast_for
from csm_portal.portal.todo.page import Said, form, said_about, shown
from csm_portal.web import Request, signed_in, today

LARGEST_KEY = 2**63
# A day of any other length is no ISO day, and Python would read some of them.
DAY_LENGTH = 10
KEY_LENGTH = 19


@require_GET
@signed_in
def tasks_page(request: Request) -> HttpResponse:
    """Tasks of the visible book by tab. At most 8 queries."""
    covered = covering(request.user)
    return render(request, "portal/tasks/list.html", {"shown": shown(request.user, request.GET, today(), covered)})


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def new_task(request: Request) -> HttpResponse:
    """The form of a new task at `account`, from the item `item` of the day's list where one is named (GET), or the task made (POST)."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data.get("account", ""))
    item = _key(data.get("item", ""))
    if request.method == "GET":
        return _form(request, account, None, {})
    try:
        made = tasks.create(request.user, account, _wish(request), timezone.now(), today(), item=item)
    except NotSaved as refused:
        return _form(request, account, None, refused.problems)
    except ActionItem.DoesNotExist:
        raise Http404 from None
    return _said(request, _("Task saved: %(title)s"), made, undo=reverse("portal:task-withdraw", args=[made.pk]))


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def task_page(request: Request, pk: int) -> HttpResponse:
    """One task with its comments (GET), or its title, owner and day changed (POST)."""
    rows = Task.objects.visible_to(request.user).filter(withdrawn_at__isnull=True)
    joined = rows.select_related("account__owner__team", "account__team", "owner", "done_by", "play_run__play")
    task = joined.filter(pk=pk).first() if pk < LARGEST_KEY else None
    if task is None:
        raise Http404
    if request.method == "GET":
        return _form(request, task.account, task, {}, said_about(task, request.user, timezone.now()))
    try:
        batch = tasks.change(request.user, pk, _wish(request), timezone.now(), today())
    except NotSaved as refused:
        return _form(request, task.account, task, refused.problems, said_about(task, request.user, timezone.now()))
    if batch is None:
        raise Http404
    return _said(request, _("Task changed: %(title)s"), task, undo=reverse("portal:task-undo", args=[batch]))


@require_POST
@signed_in
def undo_change(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Put back what one's own change of the last day replaced."""
    task = tasks.undo_change(request.user, batch, timezone.now())
    if task is None:
        raise Http404
    return _said(request, _("As it was before: %(title)s"), task)


@require_POST
@signed_in
def done_task(request: Request, pk: int) -> HttpResponse:
    """It is done."""
    return _step(request, pk, lambda: tasks.done(request.user, pk, timezone.now()), _("Done: %(title)s"), "portal:task-reopen")


@require_POST
@signed_in
def reopen_task(request: Request, pk: int) -> HttpResponse:
    """It is to be done after all."""
    return _step(request, pk, lambda: tasks.reopen(request.user, pk), _("Open again: %(title)s"), "portal:task-done")


@require_POST
@signed_in
def withdraw_task(request: Request, pk: int) -> HttpResponse:
    """Nobody is to do it any more."""
    return _step(request, pk, lambda: tasks.withdraw(request.user, pk, timezone.now()), _("Taken back: %(title)s"), "portal:task-restore")


@require_POST
@signed_in
def restore_task(request: Request, pk: int) -> HttpResponse:
    """Undo a withdrawal of the last day."""
    return _step(request, pk, lambda: tasks.restore(request.user, pk, timezone.now()), _("It is there again: %(title)s"))


@require_POST
@signed_in
def comment_on(request: Request, pk: int) -> HttpResponse:
    """Write about a task."""
    try:
        made: Any = tasks.comment(request.user, pk, request.POST.get("text", ""), timezone.now()) if pk < LARGEST_KEY else None
    except Refused as refused:
        return toast_for(request, done(request, back_to(request, reverse("portal:task", args=[pk]))), str(refused), tone="error")
    if made is None:
        raise Http404
    answer = done(request, back_to(request, reverse("portal:task", args=[pk])))
    return toast_for(request, answer, _("Comment saved."), undo_url=reverse("portal:task-comment-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_comment(request: Request, pk: int) -> HttpResponse:
    """Take one's own comment of the last day back."""
    task = tasks.take_comment_back(request.user, pk, timezone.now()) if pk < LARGEST_KEY else None
    if task is None:
        raise Http404
    return _said(request, _("Comment taken back: %(title)s"), task)


def _step(request: Request, pk: int, step: Callable[[], Task | None], text: str, undo: str = "") -> HttpResponse:
    task = step() if pk < LARGEST_KEY else None
    if task is None:
        raise Http404
    return _said(request, text, task, undo=reverse(undo, args=[pk]) if undo else "")


def _said(request: Request, text: str, task: Task, undo: str = "") -> HttpResponse:
    answer = done(request, back_to(request, reverse("portal:tasks")))
    return toast_for(request, answer, text % {"title": task.title}, undo_url=undo)


def _account(request: Request, external_id: str) -> Account:
    rows = Account.objects.visible_to(request.user).select_related("owner__team", "team")
    account: Account | None = rows.filter(external_id=external_id).first() if "\0" not in external_id else None
    if account is None:
        raise Http404
    return account


def _wish(request: Request) -> tasks.Wish:
    data = request.POST
    return tasks.Wish(data.get("title", ""), data.get("owner", ""), _day(data.get("due_on", "")))


def _day(text: str) -> date | None:
    """The day; None where none is named. Raises NotSaved for what is no day."""
    if not text.strip():
        return None
    try:
        if len(text) == DAY_LENGTH:
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise NotSaved({"due_on": _("The date cannot be read; right would be YYYY-MM-DD.")})


def _key(text: str) -> int | None:
    """The key of an item; None where none is named. A wrong one is no item (404)."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < KEY_LENGTH):
        raise Http404
    return int(text)


def _form(request: Request, account: Account, task: Task | None, problems: dict[str, str], said: list[Said] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    context = {
        "form": form(account, data, task, today(), problems, said or []),
        "title": task.title if task is not None else _("Task at %(account)s") % {"account": account.name},
        "body": "portal/tasks/_form.html",
        "css": "css/acting.css",
    }
    status = 422 if problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, "portal/tasks/_form.html" if problems else "parts/_dialog.html", context, status=status)
