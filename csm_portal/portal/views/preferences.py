"""What a person sets for themselves: language, time zone, e-mails."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from csm_portal.portal.judging import mail
from csm_portal.portal.monday import mail as monday_mail
from csm_portal.web import Request, signed_in

OWN_NAMES = {"en": "English", "zh-hans": "简体中文"}
FOREIGN_ZONES = ("Etc/", "posix/", "right/", "SystemV/")


class PreferencesForm(forms.Form):
    """Language and time zone (empty takes the browser's and the installation's), and which e-mails come."""

    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"), widget=forms.Select(attrs={"class": "form-select"}))
    timezone = forms.ChoiceField(required=False, label=gettext_lazy("Time zone"), widget=forms.Select(attrs={"class": "form-select"}))
    rating_mail = forms.BooleanField(required=False, label=gettext_lazy("E-mail me once a week about overdue ratings"))
    monday_mail = forms.BooleanField(required=False, label=gettext_lazy("E-mail me on Mondays whom the list of accounts at risk names"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(FOREIGN_ZONES))
        choices = {
            "language": [("", _("as the browser asks")), *((code, OWN_NAMES.get(code, code)) for code, _name in settings.LANGUAGES)],
            "timezone": [("", _("the installation's (%(zone)s)") % {"zone": settings.TIME_ZONE}), *((name, name) for name in zones)],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = offered


@require_http_methods(["GET", "POST"])
@signed_in
def settings_page(request: Request) -> HttpResponse:
    """The person's own settings."""
    user = request.user
    now = {
        "language": user.language,
        "timezone": user.timezone,
        "rating_mail": mail.wants(user),
        "monday_mail": monday_mail.wants(user),
    }
    form = PreferencesForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        user.language, user.timezone = form.cleaned_data["language"], form.cleaned_data["timezone"]
        mail.set_wants(user, wanted=form.cleaned_data["rating_mail"])
        monday_mail.set_wants(user, wanted=form.cleaned_data["monday_mail"])
        user.save(update_fields=["language", "timezone", "preferences"])
        with translation.override(user.language or translation.get_language()):
            messages.success(request, _("Saved."))
        return _remember(redirect("portal:settings"), user.language)
    return render(request, "portal/settings.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switches the language, for a signed-in person for good, and goes back to where they were."""
    asked = request.POST.get("language", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = reverse("portal:today")
    if asked not in dict(settings.LANGUAGES):
        return HttpResponseRedirect(back)
    if request.user.is_authenticated:
        request.user.language = asked
        request.user.save(update_fields=["language"])
    return _remember(HttpResponseRedirect(back), asked)


def _remember(response: HttpResponse, code: str) -> HttpResponse:
    if code:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=365 * 86_400,
            samesite="Lax",
            secure=bool(settings.SESSION_COOKIE_SECURE),
        )
    return response
