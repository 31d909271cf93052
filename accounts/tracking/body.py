"""Reading a request's body within bounds, whatever it claims about itself. Pure: takes anything with `read(size)`."""

from __future__ import annotations

import zlib
from typing import Protocol

from accounts.tracking.policy import MAX_BODY_BYTES, PIECE_BYTES

GZIP, DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS


class Readable(Protocol):
    """What a request's stream can do."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class BodyError(Exception):
    """The body cannot be taken: `status` is what to answer, `code` and the text say why."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


def read_body(stream: Readable, encoding: str, limit: int = MAX_BODY_BYTES) -> bytes:
    """The whole body, inflated. Never holds more than `limit` bytes and a piece: counted before inflation and after it.

    Raises BodyError: 413 for too large, 400 for broken compression, 415 for one that is not taken.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return _plain(stream, limit)
        case "gzip" | "x-gzip":
            return _inflated(stream, limit, GZIP)
        case "deflate":
            return _inflated(stream, limit, DEFLATE)
        case other:
            raise BodyError(415, "unknown_encoding", f"Content-Encoding {other[:40]!r} is not taken; send gzip, deflate or none.")


def _plain(stream: Readable, limit: int) -> bytes:
    found = bytearray()
    while piece := stream.read(min(PIECE_BYTES, limit + 1 - len(found))):
        found += piece
        if len(found) > limit:
            raise _too_large(limit)
    return bytes(found)


def _inflated(stream: Readable, limit: int, form: int) -> bytes:
    found, read, unpacker = bytearray(), 0, zlib.decompressobj(form)
    name = "gzip" if form == GZIP else "deflate"
    try:
        while piece := stream.read(PIECE_BYTES):
            read += len(piece)
            # Compressed data is never much longer than what it holds; more of it is an attack on the reader.
            if read > limit + PIECE_BYTES:
                raise _too_large(limit)
            while piece:
                if unpacker.eof:
                    # Several members in a row are one file, as gzip has it.
                    unpacker = zlib.decompressobj(form)
                found += unpacker.decompress(piece, limit + 1 - len(found))
                if len(found) > limit:
                    raise _too_large(limit)
                piece = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise BodyError(400, f"bad_{name}", f"The body says that it is {name}, and is not, or is damaged.") from None
    if not unpacker.eof:
        raise BodyError(400, f"bad_{name}", f"The {name} body ends too early.")
    return bytes(found)


def _too_large(limit: int) -> BodyError:
    return BodyError(413, "too_large", f"The body is larger than {limit:,} bytes; send smaller batches.")
