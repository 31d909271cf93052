"""Trackers have a door of their own: no session, no redirect, no compression; everybody else goes the usual way."""

from __future__ import annotations

import json

import pytest
from django.test import Client, override_settings

from accounts.keys import new_write_key
from accounts.models import PendingEvent

CALL = {"type": "track", "event": "Seen", "userId": "u", "messageId": "m-1", "context": {"groupId": "nobody-yet"}}


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_batch_is_taken_where_a_page_would_be_sent_to_https() -> None:
    key = new_write_key("shop").key
    body = json.dumps({"batch": [CALL], "writeKey": key})
    answer = Client(headers={"accept-encoding": "gzip", "accept-language": "zh-hans"}).post("/v1/batch", body, "application/json")
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 1
    assert not answer.cookies
    assert not answer.has_header("Content-Encoding")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Length"] == str(len(answer.content))
    assert PendingEvent.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/nothing-of-it", "/v1/batch", "/batch/"])
def test_only_post_is_answered(path: str) -> None:
    assert Client().get(path).status_code == 405


@pytest.mark.django_db
def test_what_is_no_address_of_trackers_goes_on_to_the_pages() -> None:
    answer = Client().get("/batches/")
    assert answer.has_header("Content-Security-Policy")
