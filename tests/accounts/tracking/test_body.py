"""Bodies read within bounds: exact limits after inflation, and nothing believed that a request says about itself."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.tracking.body import BodyError, read_body
from accounts.tracking.policy import MAX_BODY_BYTES


def refused(body: bytes, encoding: str = "") -> tuple[int, str]:
    with pytest.raises(BodyError) as found:
        read_body(io.BytesIO(body), encoding)
    return found.value.status, found.value.code


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", " GZIP ", "x-gzip"])
def test_a_body_of_just_the_limit_is_read_and_one_byte_more_is_not(encoding: str) -> None:
    pack = gzip.compress if "gz" in encoding.lower() else bytes
    assert read_body(io.BytesIO(pack(b"x" * MAX_BODY_BYTES)), encoding) == b"x" * MAX_BODY_BYTES
    assert refused(pack(b"x" * (MAX_BODY_BYTES + 1)), encoding) == (413, "too_large")


def test_several_members_are_one_body() -> None:
    assert read_body(io.BytesIO(gzip.compress(b"ab") + gzip.compress(b"cd")), "gzip") == b"abcd"


def test_what_is_damaged_or_ends_early_is_said_so() -> None:
    packed = gzip.compress(b"hello" * 100)
    assert refused(b"plain", "gzip") == (400, "bad_gzip")
    assert refused(packed[:-5], "gzip") == (400, "bad_gzip")
    assert refused(packed[:10] + b"\xff\xff\xff" + packed[13:], "gzip") == (400, "bad_gzip")
    assert refused(b"", "gzip") == (400, "bad_gzip")
    assert refused(b"{}", "br") == (415, "unknown_encoding")


class Counted(io.BytesIO):
    """A stream that counts what was asked of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_a_bomb_is_given_up_after_little_was_read() -> None:
    bomb = Counted(gzip.compress(b"\0" * 50_000_000, 9))
    with pytest.raises(BodyError):
        read_body(bomb, "gzip")
    assert bomb.taken <= 64 * 1024
    endless = Counted(b"x" * 10_000_000)
    with pytest.raises(BodyError):
        read_body(endless, "")
    assert endless.taken == MAX_BODY_BYTES + 1


@given(st.binary(max_size=5_000), st.integers(0, 9), st.integers(1, 3))
def test_what_was_packed_comes_out_as_it_was(body: bytes, level: int, members: int) -> None:
    packed = b"".join(gzip.compress(body, level) for _member in range(members))
    assert read_body(io.BytesIO(packed), "gzip") == body * members


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BodyError):
        read_body(io.BytesIO(body), "gzip")
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(body) + packer.flush()
    assert read_body(io.BytesIO(packed), "gzip") == body
