"""Changing accounts by hand: in a cell, in a dialog for many, or on a page of its own where no script runs."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import trigger_client_event

from accounts import edits
from accounts.edit_values import Field, Refused
from accounts.models import Account
from csm_portal.portal.addresses import account_address
from csm_portal.portal.editing.answers import CHANGED, back_to, done
from csm_portal.portal.editing.chosen import Chosen, chosen_by
from csm_portal.portal.editing.fields import (
    EditForm,
    form_address,
    held,
    known,
    label,
    may_leave_empty,
    nobody_word,
    offers_for,
    people_for,
    shown,
)
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health.judging import ratings


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def edit_form(request: Request) -> HttpResponse:
    """The form for one field of the accounts named; POST where too many are named for an address. It changes nothing."""
    data = request.POST if request.method == "POST" else request.GET
    chosen = chosen_by(request.user, data, today())
    try:
        field = known(data.get("field", ""))
    except Refused:
        raise Http404 from None
    return _form(request, _filled(request, data, chosen, field))


@require_POST
@signed_in
def change(request: Request) -> HttpResponse:
    """Change one field of the accounts named; what the person does not see is left alone, and said."""
    data, chosen = request.POST, chosen_by(request.user, request.POST, today())
    try:
        field = known(data.get("field", ""))
    except Refused as problem:
        return HttpResponse(str(problem), status=422, content_type="text/plain; charset=utf-8")
    value, mode = data.get("value", ""), data.get("mode", "set")
    try:
        batch = edits.change(request.user, chosen.accounts, field, value, timezone.now(), on=today(), mode=mode)
    except Refused as problem:
        form = _filled(request, data, chosen, field)
        return _form(request, replace(form, value=value.replace("\0", "")[:2_000], mode=mode, problem=str(problem)), status=422)
    if not batch.seen:
        raise Http404
    response = _done(request, chosen, field)
    undo_url = reverse("portal:edit_undo", args=[batch.id]) if batch.changed else ""
    return toast_for(request, response, _said(batch, len(chosen.ids)), tone="ok" if batch.changed else "warn", undo_url=undo_url)


@require_POST
@signed_in
def undo(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Put back what one action of the person changed, an edit or ratings, where nobody has changed it since. Again: says so."""
    now = timezone.now()
    edit = edits.undo(request.user, batch, now, on=today())
    rated = ratings.undo(request.user, batch, now, today()) if edit is None else None
    if edit is None and rated is None:
        raise Http404
    n, stayed = (edit.put_back, edit.stayed) if edit else (rated.taken_back, rated.stayed) if rated else (0, ())
    response = done(request, back_to(request))
    if edit is not None and edit.account is not None:
        _tell(response, edit.field, edit.account)
    return toast_for(request, response, _put_back(n, stayed), tone="warn" if stayed or not n else "ok")


def _done(request: Request, chosen: Chosen, field: Field) -> HttpResponse:
    account = _one(chosen)
    if not (request.htmx and request.POST.get("cell")):
        return done(request, back_to(request, account_address(account.external_id) if account else ""))
    if account is None:  # given away: it stays in the cell until the table is loaded anew
        account = Account.objects.select_related("owner", "co_owner").get(external_id=chosen.ids[0])
    context = {"field": field, "external_id": account.external_id, "name": account.name, "value": shown(account, field), "focus": True}
    return render(request, "portal/_edit_cell.html", context)


def _tell(response: HttpResponse, field: Field, account: int) -> None:
    """Say what a cell shows now, for pages that do not load it anew."""
    row = Account.objects.select_related("owner", "co_owner").get(pk=account)
    trigger_client_event(response, CHANGED, {"cell": form_address(field, row.external_id), "text": shown(row, field)})


def _one(chosen: Chosen) -> Account | None:
    if chosen.everything or len(chosen.ids) != 1:
        return None
    return chosen.accounts.select_related("owner", "co_owner").first()


def _filled(request: Request, data: QueryDict, chosen: Chosen, field: Field) -> EditForm:
    """The form with what the account has now. Raises Http404 where the person sees none of those named."""
    one = _one(chosen)
    n = 1 if one else chosen.accounts.count()
    if not n:
        raise Http404
    person = field in {Field.OWNER, Field.CO_OWNER}
    form = EditForm(
        field,
        n,
        chosen,
        one,
        value=held(one, field) if one else "",
        mode=data.get("mode") or ("set" if one else "add"),
        back=data.get("next", ""),
        people=people_for(request.user) if person else [],
        nobody=may_leave_empty(request.user, field),
        offers=offers_for(request.user, field),
    )
    if person and form.value and form.value not in dict(form.people) and one is not None:
        form.people.append((form.value, shown(one, field)))
    return form


def _form(request: Request, form: EditForm, status: int = 200) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    context = {"form": form, "nobody": nobody_word(), "title": _title(form), "body": "portal/_edit_bulk.html"}
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    if data.get("cell"):
        return render(request, "portal/_edit_form.html", context, status=status)
    return render(request, "portal/_edit_bulk.html" if status == 422 else "parts/_dialog.html", context, status=status)


def _title(form: EditForm) -> str:
    if form.one:
        return _("%(field)s of %(account)s") % {"field": form.label, "account": form.one.name}
    return ngettext("%(field)s of %(n)d account", "%(field)s of %(n)d accounts", form.n) % {"field": form.label, "n": form.n}


def _said(batch: edits.Batch, n_asked: int) -> str:
    """What became of an action, in words."""
    field, same = label(batch.field), batch.seen - batch.changed - batch.held
    if batch.changed:
        parts = [ngettext("%(field)s changed on %(n)d account.", "%(field)s changed on %(n)d accounts.", batch.changed)]
    else:
        parts = [_("%(field)s: nothing to change.")]
    said = [parts[0] % {"field": field, "n": batch.changed}]
    if same and batch.changed:
        said.append(ngettext("%(n)d had it already.", "%(n)d had it already.", same) % {"n": same})
    if batch.held:
        said.append(ngettext("%(n)d is not yours to give.", "%(n)d are not yours to give.", batch.held) % {"n": batch.held})
    if missing := max(0, n_asked - batch.seen):
        said.append(ngettext("%(n)d was not found.", "%(n)d were not found.", missing) % {"n": missing})
    return " ".join(said)


def _put_back(n: int, stayed: tuple[str, ...]) -> str:
    """What became of an undo, in words."""
    said = [ngettext("Put back on %(n)d account.", "Put back on %(n)d accounts.", n) % {"n": n}] if n else []
    if stayed:
        names = ", ".join(stayed[:5]) + (" …" if len(stayed) > 5 else "")
        text = ngettext("Changed since and left as it is: %(names)s.", "Changed since and left as they are: %(names)s.", len(stayed))
        said.append(text % {"names": names})
    return " ".join(said) or _("Nothing is left to put back.")
