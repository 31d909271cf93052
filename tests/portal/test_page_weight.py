"""What a page weighs on the wire: compressed, with all its style and script, without charts."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

from accounts.types import Role
from tests.portal.shown_book import person, shown

STATIC = Path(__file__).parents[2] / "static"
N_ACCOUNTS = 50
MOST = 250_000

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/accounts/", "/help/", "/help/activity/", "/settings/", "/data/"])
def test_a_full_page_stays_light(client: Client, path: str) -> None:
    user = person(Role.ADMIN)
    for number in range(N_ACCOUNTS):
        shown(user, f"account-{number}", account_name=f"An account with a name of its own {number}")
    client.force_login(user)
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    page = gzip.decompress(answer.content).decode()
    files = set(re.findall(r'(?:src|href)="/static/([^"#]+)', page))
    assert {"vendor/tabler/tabler.min.css", "vendor/htmx/htmx.min.js", "vendor/icons/sprite.svg"} <= files
    weights = {name: len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in files if "plotly" not in name}
    assert len(answer.content) + sum(weights.values()) <= MOST, weights


def test_pages_come_compressed_and_no_two_of_them_alike(client: Client) -> None:
    client.force_login(person())
    answers = [client.get("/help/", headers={"accept-encoding": "gzip"}) for _again in range(2)]
    assert [answer.headers["Content-Encoding"] for answer in answers] == ["gzip", "gzip"]
    assert "Accept-Encoding" in answers[0].headers["Vary"]
    # Against BREACH: each answer is padded at random and carries another mask of the token.
    assert answers[0].content != answers[1].content


def test_static_files_of_a_checkout_come_compressed_too(client: Client) -> None:
    answer = client.get("/static/css/frame.css", headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert gzip.decompress(content) == (STATIC / "css/frame.css").read_bytes()
