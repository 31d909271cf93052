"""QBRs: the page with coverage and lists, an account's preparation, and the forms that plan, record and answer."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.edit_values import NotSaved
from accounts.models import Account, AccountEdit, User
from csm_portal.portal.addresses import account_address
from csm_portal.portal.downloads import sheet_answer
from csm_portal.portal.editing.answers import back_to, done
from csm_portal.portal.qbr import files
from csm_portal.portal.qbr.addresses import qbr_address
from csm_portal.portal.qbr.asked import asked
from csm_portal.portal.qbr.entry import ReviewForm, care_form, care_in, changed_meanwhile, key_in, themes_in, told_in, unread_days
from csm_portal.portal.qbr.frozen import kept_row
from csm_portal.portal.qbr.pack import find_account, pack
from csm_portal.portal.qbr.page import shown
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, signed_in, today
from health.judging import feedback, review_log, reviews
from health.judging.reviews import Entered
from health.models import Review, Run

CSS = "css/qbr.css"
LARGEST = 2**63


@require_GET
@signed_in
def qbr_page(request: Request) -> HttpResponseBase:
    """Coverage, and what is planned, to be planned, held and said. At most 8 queries."""
    if "external_id" in request.GET:
        return qbr_account(request, request.GET["external_id"])
    run, question, day = Run.objects.latest_published(), asked(request.GET), today()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": run.as_of if run else None, "asked": question}
    if run is not None:
        context["shown"] = shown(request.user, question, run.as_of, day)
        context["page"] = context["shown"].page
    return render(request, "portal/qbr/list.html", context)


@require_GET
@signed_in
def export_reviews(request: Request) -> HttpResponseBase:
    """The list asked for as a file, all its rows: `format` csv (streamed) or xlsx."""
    question, day = asked(request.GET), today()
    rows = files.rows(request.user, question, day)
    return sheet_answer(rows, request.GET.get("format", "csv"), f"qbr-{question.tab}-{day.isoformat()}", title="QBR", freeze="C2")


@require_GET
@signed_in
def qbr_account(request: Request, external_id: str) -> HttpResponse:
    """What to know before the account's QBR, and what was said at the last ones. At most 8 queries."""
    account: Any = find_account(request.user, external_id) if "\0" not in external_id else None
    if account is None:
        raise Http404
    state = getattr(account, "state", None)
    context = {
        "pack": pack(account, request.user, today()),
        "account": account,
        "account_href": account_address(external_id),
        "state": state,
        "packs": [kept_row(row) for row in account.pack_rows],
        "freeze_href": f"{reverse('portal:pack-freeze')}?{urlencode({'account': external_id})}",
        "as_of": state.as_of if state else None,
        "fixed_today": settings.PORTAL_AS_OF,
    }
    return render(request, "portal/qbr/account.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def plan_review(request: Request) -> HttpResponse:
    """The form that plans a review of `account`, and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data)
    if request.method == "GET":
        return _plan_form(request, account, None)
    try:
        made = reviews.plan(request.user, account, told_in(data), timezone.now(), today(), key=key_in(data.get("key", "")))
    except NotSaved as refused:
        return _plan_form(request, account, None, refused.problems)
    return _saved(request, account, made, _("Review planned."))


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def move_review(request: Request, pk: int) -> HttpResponse:
    """The form that moves a planned review, and what becomes of it; `cancel` in what is posted cancels it."""
    review = _review(request, pk)
    if review.held_on is not None:
        raise Http404
    if request.method == "GET":
        return _plan_form(request, review.account, review)
    try:
        if "cancel" in request.POST:
            entered, told = reviews.cancel(request.user, pk, timezone.now()), _("Review cancelled.")
        else:
            entered, told = reviews.move(request.user, pk, told_in(request.POST), timezone.now(), today()), _("Review moved.")
    except NotSaved as refused:
        return _plan_form(request, review.account, review, refused.problems)
    if entered is None:
        raise Http404
    return _saved(request, review.account, entered, told)


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def record_review(request: Request) -> HttpResponse:
    """The form that records a review as held (`review`: the planned or recorded one), and what becomes of it."""
    data = request.POST if request.method == "POST" else request.GET
    account = _account(request, data)
    asked_for = data.get("review", "")
    review = _review(request, int(asked_for)) if asked_for.isascii() and asked_for.isdigit() else None
    if review is not None and review.account_id != account.pk:
        raise Http404
    if request.method == "GET":
        return _record_form(request, account, review)
    entered, problems = None, unread_days(data)
    if review is not None:
        problems |= changed_meanwhile(data, review.recorded_at, review.entered_by, request.user)
    if not problems:
        try:
            entered = reviews.record(
                request.user,
                account,
                told_in(data),
                timezone.now(),
                today(),
                themes=themes_in(data),
                pk=review.pk if review else None,
                key=key_in(data.get("key", "")),
            )
        except NotSaved as refused:
            problems = refused.problems
    if problems:
        return _record_form(request, account, review, problems)
    if entered is None:
        raise Http404
    return _saved(request, account, entered, _("Review recorded."))


@require_http_methods(["GET", "POST"])
@signed_in
@vary_on_headers("HX-Request")
def care_for_feedback(request: Request, pk: int) -> HttpResponse:
    """The form for owner, themes and answer of a review's feedback, and what becomes of it."""
    review = _review(request, pk)
    if request.method == "GET":
        return _care_form(request, review)
    care = getattr(review, "care", None)
    if problems := changed_meanwhile(request.POST, care and care.changed_at, care and _last_carer(review), request.user):
        return _care_form(request, review, problems)
    try:
        kept = feedback.take_care(request.user, pk, care_in(request.POST), timezone.now(), today())
    except NotSaved as refused:
        return _care_form(request, review, refused.problems)
    if kept is None:
        raise Http404
    return _saved(request, review.account, Entered(review, kept.batch), _("Feedback saved."))


@require_POST
@signed_in
def undo_review(request: Request, batch: uuid.UUID) -> HttpResponse:
    """Take back one's own action of the last day about a review."""
    taken = review_log.undo(request.user, batch, timezone.now(), today())
    if taken is None:
        raise Http404
    response = done(request, back_to(request, qbr_address(taken.account.external_id)))
    if not taken.whole:
        told = _("Changed since and left as it is: %(names)s.") % {"names": taken.account.name}
        return toast_for(request, response, told, tone="warn")
    return toast_for(request, response, _("Taken back."))


def _last_carer(review: Review) -> User | None:
    """Who took care of the feedback last, by the log of changes."""
    edits = AccountEdit.objects.filter(account=review.account_id, field=f"{review_log.CARE}{review.pk}", undone_at__isnull=True)
    latest = edits.select_related("author").order_by("-pk").first()
    return latest.author if latest else None


def _saved(request: Request, account: Account, entered: Entered, told: str) -> HttpResponse:
    response = done(request, back_to(request, qbr_address(account.external_id)))
    if entered.batch is None:
        return toast_for(request, response, _("Nothing has changed."), tone="warn")
    return toast_for(request, response, told, undo_url=reverse("portal:review-undo", args=[entered.batch]))


def _account(request: Request, data: QueryDict) -> Account:
    named = data.get("account", "")
    rows = Account.objects.visible_to(request.user).select_related("owner__team", "team")
    account: Account | None = rows.filter(external_id=named).first() if "\0" not in named else None
    if account is None:
        raise Http404
    return account


def _review(request: Request, pk: int) -> Review:
    rows = Review.objects.visible_to(request.user).select_related(
        "account__owner__team", "account__team", "care__owner", "source", "entered_by"
    )
    review: Review | None = rows.filter(pk=pk).first() if pk < LARGEST else None
    if review is None:
        raise Http404
    return review


def _plan_form(request: Request, account: Account, review: Review | None, problems: Mapping[str, str] | None = None) -> HttpResponse:
    title = (_("Move the review of %(account)s") if review else _("Plan a review of %(account)s")) % {"account": account.name}
    return _form(request, "portal/qbr/_plan_form.html", _review_form(request, account, review, problems), title)


def _record_form(request: Request, account: Account, review: Review | None, problems: Mapping[str, str] | None = None) -> HttpResponse:
    title = _("Record a review of %(account)s") % {"account": account.name}
    return _form(request, "portal/qbr/_record_form.html", _review_form(request, account, review, problems), title)


def _review_form(request: Request, account: Account, review: Review | None, problems: Mapping[str, str] | None) -> ReviewForm:
    data = request.POST if request.method == "POST" else request.GET
    care = getattr(review, "care", None)
    key = data.get("key") or str(uuid.uuid4())
    return ReviewForm(account, review, data, key, today(), problems or {}, tuple(care.themes) if care else ())


def _care_form(request: Request, review: Review, problems: Mapping[str, str] | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else QueryDict()
    form = care_form(review, data, problems)
    return _form(request, "portal/qbr/_care_form.html", form, _("Feedback of %(account)s") % {"account": review.account.name})


def _form(request: Request, body: str, form: Any, title: str) -> HttpResponse:
    context = {"form": form, "title": title, "body": body, "wide": True, "css": CSS}
    status = 422 if form.problems else 200
    if not request.htmx:
        return render(request, "portal/edit_page.html", context, status=status)
    return render(request, body if form.problems else "parts/_dialog.html", context, status=status)
