"""When a request is there whole, as the worker sees it; that others are served meanwhile is tried by the fault suite."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from csm_portal.patient_worker import MOST_BODY, arrived, missing
from tests.processes import wait_for

HEAD = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection over TCP: who sends, who listens."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sender:
        taken, _address = server.accept()
        with taken:
            yield sender, taken


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (b"", 1),
        (b"GET / HTTP/1.1\r\n", len(b"GET / HTTP/1.1\r\n") + 1),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0),
        (HEAD, len(HEAD) + 10),
        (HEAD + b"123456789", len(HEAD) + 10),
        (HEAD + b"1234567890", 0),
        (HEAD.replace(b"Content-Length", b"content-LENGTH") + b"1", len(HEAD) + 10),
        # Of a large upload as much as a batch may have.
        (HEAD.replace(b" 10", b" 99999999"), len(HEAD) + 6 + MOST_BODY),
        # What is no number is told by whoever reads it.
        (HEAD.replace(b" 10", b" ten"), 0),
        (HEAD.replace(b" 10", b" -1"), 0),
    ],
)
def test_a_request_is_waited_for_until_its_head_and_its_body_are_there(
    ends: tuple[socket.socket, socket.socket], sent: bytes, wanted: int
) -> None:
    sender, taken = ends
    sender.sendall(sent)
    wait_for(lambda: arrived(taken) == len(sent), what="the bytes' arrival")
    assert missing(taken) == wanted
    assert arrived(taken) == len(sent)
