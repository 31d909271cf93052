"""Why accounts left: figures, the losses nobody has explained, and the forms for reasons and exit interviews."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account
from churn import interviews, losses, records
from churn.as_of import Basis, read_basis
from churn.models import ChurnRecord
from churn.suggest import Suggestion
from churn.suggest_reads import suggestions
from churn.types import ChurnType
from csm_portal.portal.churn import asked as churn_asked
from csm_portal.portal.churn import filters
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.reasons import files
from csm_portal.portal.reasons.asked import asked, title_of
from csm_portal.portal.reasons.entry import ReasonForm, TalkForm, reason_in, talk_in, too_far
from csm_portal.portal.reasons.lines import line
from csm_portal.portal.reasons.page import chips, loss_list, shown
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today, wants_fragment


@require_GET
@signed_in
def reasons_page(request: Request) -> HttpResponse:
    """The losses of a span by type, cause and theme, and those that wait for a reason. At most 8 queries."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None}
    if basis is not None:
        question = asked(request.GET, basis.as_of)
        context |= {
            "asked": question,
            "shown": shown(request.user, basis, question, today()),
            "chips": chips(request.user, question),
            "span_title": title_of(question.span),
            "version": basis.version,
        }
    return render(request, "portal/reasons.html", context)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def losses_part(request: Request) -> HttpResponse:
    """The list of losses: for htmx the part, else on a page of its own. At most 8 queries."""
    basis = _basis()
    question = asked(request.GET, basis.as_of)
    found = loss_list(request.user, basis, question, today())
    context = {"found": found, "page": found.page, "asked": question, "as_of": basis.as_of, "fixed_today": settings.PORTAL_AS_OF}
    context |= {"chips": chips(request.user, question), "span_title": title_of(question.span)}
    return render(request, "portal/_reasons_losses.html" if wants_fragment(request) else "portal/reasons_losses.html", context)


@require_GET
@signed_in
def filters_part(request: Request) -> HttpResponse:
    """The values that the set may be narrowed to."""
    basis = _basis()
    question = asked(request.GET, basis.as_of)
    context = {"fields": filters.fields(request.user, churn_asked.asked(request.GET, basis.as_of)), "asked": question}
    return render(request, "portal/_reasons_filters.html" if wants_fragment(request) else "portal/reasons_filters.html", context)


@require_GET
@signed_in
def export(request: Request) -> HttpResponseBase:
    """The losses as CSV, or with `format=xlsx` as a workbook."""
    basis = _basis()
    rows = files.rows(request.user, basis, asked(request.GET, basis.as_of))
    return sheet_answer(rows, request.GET.get("format", "csv"), f"losses-{basis.as_of}", title=_("Losses"), freeze="C2")


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def reason(request: Request) -> HttpResponse:
    """The form for the reason of one loss (`account`, `on`), and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    basis = _basis()
    account = _account(request, data)
    loss = _loss(request, basis, account, data.get("on", ""))
    if request.method == "GET":
        return _reason_form(request, basis, account, loss)
    told, problems = reason_in(data)
    key = _key(data.get("key", ""))
    if "churned_on" not in problems and (problem := too_far(told.churned_on, loss)):
        problems["churned_on"] = problem
    if not problems and _changed_meanwhile(loss, data.get("record", ""), key):
        problems[""] = _("Somebody has entered a reason meanwhile; open the form anew to see it.")
    if not problems:
        try:
            made = records.enter(request.user, account, told, timezone.now(), today(), key=key, replaces=loss.record_id)
        except NotSaved as refused:
            problems = refused.problems
    if problems:
        return _reason_form(request, basis, account, loss, problems)
    response = done(request, back_to(request, reverse("portal:churn-reasons")))
    return toast_for(request, response, _("Reason saved."), undo_url=reverse("portal:churn-reason-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_reason(request: Request, pk: int) -> HttpResponse:
    """Take one's own reason of the last day back."""
    return _taken_back(request, records.withdraw(request.user, pk, timezone.now()) if pk < 2**63 else None)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def talk(request: Request) -> HttpResponse:
    """The form for an exit interview with an account, and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data)
    if request.method == "GET":
        return _talk_form(request, account)
    try:
        made = interviews.enter(request.user, account, talk_in(data), timezone.now(), today())
    except NotSaved as refused:
        return _talk_form(request, account, refused.problems)
    response = done(request, back_to(request, reverse("portal:churn-reasons")))
    return toast_for(request, response, _("Exit interview saved."), undo_url=reverse("portal:churn-talk-undo", args=[made.pk]))


@require_POST
@signed_in
def undo_talk(request: Request, pk: int) -> HttpResponse:
    """Take one's own exit interview of the last day back."""
    return _taken_back(request, interviews.withdraw(request.user, pk, timezone.now()) if pk < 2**63 else None)


def _taken_back(request: Request, account: Account | None) -> HttpResponse:
    if account is None:
        raise Http404
    return toast_for(request, done(request, back_to(request, reverse("portal:churn-reasons"))), _("Taken back."))


def _basis() -> Basis:
    basis = read_basis()
    if basis is None:
        raise Http404
    return basis


def _account(request: Request, data: QueryDict) -> Account:
    asked_for = data.get("account", "")
    account: Account | None = (
        Account.objects.visible_to(request.user).filter(external_id=asked_for).first() if "\0" not in asked_for else None
    )
    if account is None:
        raise Http404
    return account


def _loss(request: Request, basis: Basis, account: Account, on: str) -> losses.Loss:
    """The account's loss of that day, without a day its latest one."""
    rows = losses.listed(request.user, basis, account=account.pk, chosen="every").rows
    found = next((loss for loss in rows if not on or loss.lost_on.isoformat() == on), None)
    if found is None:
        raise Http404
    return found


def _changed_meanwhile(loss: losses.Loss, shown_record: str, key: uuid.UUID | None) -> bool:
    """Whether the reason on file is another than the form showed; the form's own, sent twice, is not another."""
    if str(loss.record_id or "") == shown_record:
        return False
    own = ChurnRecord.objects.filter(external_id=str(key), account=loss.account_id)
    return key is None or loss.record_id not in own.values_list("pk", flat=True)


def _reason_form(
    request: Request, basis: Basis, account: Account, loss: losses.Loss, problems: Mapping[str, str] | None = None
) -> HttpResponse:
    data = request.POST if request.method == "POST" else QueryDict()
    found = suggestions(request.user, [loss], basis.as_of).get((loss.account_id, loss.lost_on), Suggestion(ChurnType.UNKNOWN, ()))
    told = line(loss, today(), basis.renewals.renewal_grace_days, found)
    form = ReasonForm(account, loss, told, found, data, data.get("key") or str(uuid.uuid4()), today(), problems or {})
    return _form(request, "portal/_reason_form.html", form, _("Why %(account)s left") % {"account": account.name}, failed=bool(problems))


def _talk_form(request: Request, account: Account, problems: Mapping[str, str] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else QueryDict()
    form = TalkForm(account, data, today(), problems or {})
    title = _("Exit interview with %(account)s") % {"account": account.name}
    return _form(request, "portal/_talk_form.html", form, title, failed=bool(problems))


def _form(request: Request, body: str, form: ReasonForm | TalkForm, title: str, *, failed: bool) -> HttpResponse:
    context = {"form": form, "title": title, "body": body, "wide": True, "css": "css/reasons.css"}
    status = 422 if failed else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, body if failed else "parts/_dialog.html", context, status=status)


def _key(text: str) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None
