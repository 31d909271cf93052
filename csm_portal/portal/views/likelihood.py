"""Weights: what experts and past renewals say of each facet, and the learned ones as a draft of the health model."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.edit_values import NotSaved
from accounts.types import Role
from churn.as_of import read_basis
from churn.likelihood.weights import NONE_LEARNED, NothingLearned, enough, fit_in_force, propose, why_not
from csm_portal.portal import words
from csm_portal.portal.lab import previews
from csm_portal.portal.likelihood.weights_page import said_why_not, weights_page
from csm_portal.portal.toasts import toast_for
from csm_portal.web import Request, for_roles, signed_in


@require_GET
@signed_in
def trust_weights(request: Request) -> HttpResponse:
    """The weights of the fit in force. At most 6 queries; the figures are of the whole installation, and name no account."""
    basis = read_basis()
    context: dict[str, Any] = {"fixed_today": settings.PORTAL_AS_OF, "as_of": basis.as_of if basis else None}
    model = fit_in_force(request.user, basis.as_of) if basis else None
    if basis is not None and model is not None:
        grace = basis.renewals.renewal_grace_days
        context |= {
            "page": weights_page(model, enough(model, basis.as_of, grace)),
            "model": model,
            "version": model.body["version"],
            "admin": request.user.role == Role.ADMIN,
        }
    return render(request, "portal/likelihood/weights.html", {**context, "title": _("Trust"), "tab": "weights"})


@require_POST
@for_roles(Role.ADMIN)
def propose_weights(request: Request) -> HttpResponse:
    """The learned weights as a new draft, with its preview ordered: nothing counts by it until it is published."""
    basis = read_basis()
    model = fit_in_force(request.user, basis.as_of) if basis else None
    if model is None:
        raise Http404
    now = timezone.now()
    try:
        draft = propose(request.user, model, _("Weights learned until %(day)s") % {"day": words.day(model.as_of)}, now)
    except (NothingLearned, NotSaved):
        return toast_for(request, redirect("portal:trust-weights"), said_why_not(why_not(model) or NONE_LEARNED))
    previews.order(draft, now)
    told = _("A draft with the learned weights. Nothing counts by it until it is published.")
    return toast_for(request, redirect("portal:draft-preview", pk=draft.pk), told)
