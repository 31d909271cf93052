"""Toasts: at once on an htmx answer, after the redirect on a plain one, and never as markup."""

from __future__ import annotations

import json

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from csm_portal.portal.toasts import Toast, Tone, toast_for, toasts_of

TEXT = "“Müller & Söhne” <b>已保存</b>"


def asked(*, htmx: bool, boosted: bool = False) -> HttpRequest:
    headers = {"HX-Request": "true"} if htmx else {}
    request = RequestFactory().post("/", headers=headers | ({"HX-Boosted": "true"} if boosted else {}))
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]

    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


def test_an_htmx_answer_carries_the_toast_in_ascii() -> None:
    request = asked(htmx=True)
    answer = toast_for(request, HttpResponse(), TEXT, undo_url="/edits/1/undo/")
    header = answer.headers["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {"portal:toast": {"text": TEXT, "tone": "ok", "undo_url": "/edits/1/undo/"}}
    assert list(get_messages(request)) == []


def test_other_events_of_the_answer_are_kept() -> None:
    answer = HttpResponse(headers={"HX-Trigger": json.dumps({"portal:close": {}})})
    toast_for(asked(htmx=True), answer, "done")
    assert json.loads(answer.headers["HX-Trigger"]).keys() == {"portal:close", "portal:toast"}


@pytest.mark.parametrize("tone", ["ok", "warn", "error"])
def test_a_plain_form_finds_its_toast_on_the_next_page(tone: Tone) -> None:
    request = asked(htmx=False)
    answer = toast_for(request, HttpResponse(), TEXT, tone=tone, undo_url="/edits/1/undo/?a=b&c", undo_label="Put back")
    assert "HX-Trigger" not in answer
    assert toasts_of(get_messages(request)) == [Toast(TEXT, tone, "/edits/1/undo/?a=b&c", "Put back")]


@pytest.mark.parametrize("header", ["HX-Redirect", "HX-Refresh", "HX-Location"])
def test_a_toast_outlives_a_page_that_htmx_leaves(header: str) -> None:
    request = asked(htmx=True)
    answer = toast_for(request, HttpResponse(headers={header: "/"}), "done")
    assert "HX-Trigger" not in answer
    assert toasts_of(get_messages(request)) == [Toast("done")]


def test_a_boosted_step_is_a_page_of_its_own() -> None:
    assert "HX-Trigger" not in toast_for(asked(htmx=True, boosted=True), HttpResponse(), "done")


def test_a_toast_is_escaped_and_its_undo_is_a_form() -> None:
    part = render_to_string("parts/_toast.html", {"text": TEXT, "tone": "warn", "undo_url": '/x/"><script>', "undo_label": ""})
    assert "&lt;b&gt;" in part
    assert "<script>" not in part
    assert 'hx-swap="none"' in part


@pytest.mark.django_db
def test_every_page_has_the_corner_for_toasts_and_the_dialog(client: Client) -> None:
    page = client.get("/auth/login/").content.decode()
    for wanted in ('id="toasts"', 'id="toast-shape"', 'id="dialog"', 'name="csrf-token"', "js/toast.js", "js/dialog.js", "htmx.min.js"):
        assert wanted in page
