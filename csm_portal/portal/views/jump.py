"""Jump: the search and command dialog, and the same as a page for a browser without scripts."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from csm_portal.portal.jump.places import places
from csm_portal.portal.jump.search import search
from csm_portal.web import Request, signed_in, wants_fragment


class JumpForm(forms.Form):
    """What was typed, and the page the dialog stands on."""

    q = forms.CharField(required=False, max_length=200)
    path = forms.CharField(required=False, max_length=2000)
    recent = forms.CharField(required=False, max_length=10_000)


@require_GET
@signed_in
@vary_on_headers("HX-Request", "HX-Request-Type")
def jump(request: Request) -> HttpResponse:
    """Accounts, saved views, pages and commands for `?q=`; the list alone for the dialog. Text that makes no sense finds nothing."""
    form = JumpForm(request.GET)
    groups = []
    if form.is_valid():
        asked = form.cleaned_data
        groups = search(request.user, asked["q"], recent=asked["recent"].split(), path=asked["path"])
    context = {"groups": groups, "q": request.GET.get("q", "").strip(), "n_found": sum(len(group.results) for group in groups)}
    if wants_fragment(request):
        answer = render(request, "portal/_jump_list.html", context)
        answer["Cache-Control"] = "private, no-store"
        return answer
    return render(request, "portal/jump.html", {**context, "plain": True, "places": places(request.user)})
