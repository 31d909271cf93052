"""How a form answers once it is done: by a word to the page that is shown, or by the way back where no script runs."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event

from csm_portal.web import Request

# Pages listen to it and load anew what it may concern.
CHANGED = "portal:changed"
CLOSE = "portal:close"


def back_to(request: Request, fallback: str = "") -> str:
    """The page that the form came from, if that is one of ours."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return back if safe and back.startswith("/") else fallback or reverse("portal:accounts")


def done(request: Request, back: str) -> HttpResponse:
    """Closes the dialog and says that something has changed; without htmx, the way back."""
    if not request.htmx:
        return HttpResponseRedirect(back)
    response = HttpResponse(status=204)
    trigger_client_event(response, CLOSE, {})
    trigger_client_event(response, CHANGED, {})
    return response
