"""Files that are made to harm whoever reads them, each under a name that the portal knows: `accounts`, with a type of file behind."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.faults.results import sized

MEGABYTE = 1 << 20
HEADER = b"external_id,name\n"
ROWS = b"".join(b"A%d,Invented %d\n" % (number, number) for number in range(1_000))
_FORMAT = "http://schemas.openxmlformats.org"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# What a program for spreadsheets writes around a sheet.
_FRAME = {
    "[Content_Types].xml": f'<Types xmlns="{_FORMAT}/package/2006/content-types">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_FORMAT}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_FORMAT}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_FORMAT}/spreadsheetml/2006/main" xmlns:r="{_FORMAT}/officeDocument/2006/relationships">'
    '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_FORMAT}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_FORMAT}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_FORMAT}/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}
_SPACE = f'xmlns="{_FORMAT}/spreadsheetml/2006/main"'.encode()
_NAMES = b'<row r="1"><c t="inlineStr"><is><t>external_id</t></is></c><c t="inlineStr"><is><t>name</t></is></c></row>'
_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
_DOCTYPE = b'<!DOCTYPE lolz [<!ENTITY l0 "lol">' + _LAUGHS + b"]>"


def workbook(path: Path, sheet: Iterable[bytes], texts: Iterable[bytes] = (b"<sst " + _SPACE + b"/>",)) -> None:
    """A workbook of this sheet and these shared texts, written piece by piece."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in _FRAME.items():
            archive.writestr(name, content)
        for name, pieces in (("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", texts)):
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)


def rows(*inside: bytes) -> Iterable[bytes]:
    """A sheet with these rows behind the one of names."""
    return (b"<worksheet " + _SPACE + b"><sheetData>", _NAMES, *inside, b"</sheetData></worksheet>")


def repeated(piece: bytes, megabytes: float) -> Iterable[bytes]:
    """A piece again and again, so many megabytes in all."""
    block = piece * max(1, MEGABYTE // len(piece))
    return (block for _ in range(max(1, round(megabytes * MEGABYTE / len(block)))))


def packed_bomb(path: Path, piece: bytes, megabytes: int) -> None:
    """A line of names, then a piece again and again: as packed members, all but the first two alike."""
    (block,) = repeated(piece, 1)
    path.write_bytes(gzip.compress(HEADER) + gzip.compress(block) * megabytes)


def spoiled_gzip(content: bytes) -> bytes:
    """Packed text with a byte changed in its middle."""
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2] ^= 0xFF
    return bytes(packed)


def _plain(content: bytes) -> Callable[[Path], None]:
    return _pieces(lambda: (content,))


def _pieces(pieces: Callable[[], Iterable[bytes]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as out:
            for piece in pieces():
                out.write(piece)

    return write


def _zip_of(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", content)

    return write


def _cut(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        make(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return write


TEXT = (HEADER + ROWS).decode()
# Of the sizes: enough to tell a reader that holds all of it from one that does not.
LONG, COLUMNS = sized(40, 100), 1_000_000
BOMB, TEXTS = sized(320, 1024), sized(20, 60)
# Rows that none is like are given up soon; at full size they are good ones, and taken in until there are too many.
REPEATED = sized(b"," * 1_000 + b"\n", b"A1,one row again and again\n" * 40)
# What it is, the end of its name, and how it is made. None of them may store anything.
FILES: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "UTF-16 with a mark": (".csv", _plain(TEXT.encode("utf-16"))),
    "UTF-16 without a mark": (".csv", _plain(TEXT.encode("utf-16-le"))),
    "UTF-16, the other order": (".csv", _plain(TEXT.encode("utf-16-be"))),
    "UTF-32": (".csv", _plain(TEXT.encode("utf-32"))),
    "Latin-1 throughout": (".csv", _plain(b"external_id,name\n" + "Ä,Zürich Bürohäuser Ölmühle\n".encode("latin-1") * 200)),
    "no text": (".csv", _plain(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 100)),
    "a NUL in the names": (".csv", _plain(b"external_id,na\0me\n" + ROWS)),
    "a NUL in every row": (".csv", _plain(HEADER + b"A1,In\0vented\n" * 1_000)),
    "a name twice": (".csv", _plain(b"external_id,name,name\nA1,One,Two\n")),
    "an open quote in the names": (".csv", _plain(b'external_id,"name\n' + ROWS)),
    "an open quote and one long line": (".csv", _pieces(lambda: (HEADER, b'A1,"', *repeated(b"x", LONG)))),
    "an open quote and many lines": (".csv", _pieces(lambda: (HEADER, b'A1,"', *repeated(b"no end of it\n", LONG)))),
    "a line of a million columns": (".csv", _plain(HEADER + b"A1" + b"," * COLUMNS + b"\n")),
    "a million names": (".csv", _plain(b",".join(b"c%d" % number for number in range(COLUMNS)) + b"\n" + ROWS)),
    "an empty file": (".csv", _plain(b"")),
    "only line ends": (".csv", _plain(b"\n" * 1_000)),
    "lines that end with CR": (".csv", _plain((HEADER + ROWS).replace(b"\n", b"\r"))),
    "cut gzip": (".csv.gz", _plain(gzip.compress(HEADER + ROWS)[:-200])),
    "a wrong byte in gzip": (".csv.gz", _plain(spoiled_gzip(HEADER + ROWS))),
    "no gzip": (".csv.gz", _plain(HEADER + ROWS)),
    "a bomb in gzip": (".csv.gz", lambda path: packed_bomb(path, REPEATED, BOMB)),
    "no workbook": (".xlsx", _plain(HEADER + ROWS)),
    "an old workbook": (".xlsx", _plain(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000))),
    "a zip of something else": (".xlsx", _zip_of(b"hello")),
    "a cut workbook": (".xlsx", _cut(lambda path: workbook(path, rows(*(b'<row r="%d"/>' % n for n in range(2, 5_000)))))),
    "a bomb of a workbook": (".xlsx", lambda path: workbook(path, rows(*repeated(b" ", BOMB)))),
    "a row of a million cells": (".xlsx", lambda path: workbook(path, rows(b"<row>" + b"<c><v>1</v></c>" * COLUMNS + b"</row>"))),
    "a row a billion rows below": (".xlsx", lambda path: workbook(path, rows(b'<row r="1000000000"><c><v>1</v></c></row>'))),
    "a column that is none": (".xlsx", lambda path: workbook(path, rows(b'<row r="2"><c r="ABCDEF2"><v>1</v></c></row>'))),
    "texts without end": (".xlsx", lambda path: workbook(path, rows(), (b"<sst " + _SPACE + b">", *repeated(b"<si/>", TEXTS), b"</sst>"))),
    "a billion laughs in the sheet": (
        ".xlsx",
        lambda path: workbook(path, (_DOCTYPE, *rows(b'<row r="2"><c t="inlineStr"><is><t>&l9;</t></is></c></row>'))),
    ),
    "a billion laughs in the texts": (
        ".xlsx",
        lambda path: workbook(path, rows(), (_DOCTYPE, b"<sst " + _SPACE + b"><si><t>&l9;</t></si></sst>")),
    ),
    "a broken sheet": (".xlsx", lambda path: workbook(path, (b"<worksheet " + _SPACE + b"><sheetData>", _NAMES, b"<row><c>"))),
    "no Parquet": (".parquet", _plain(b"PAR1" + ROWS + b"PAR1")),
}


def make(folder: Path, what: str) -> Path:
    """One of `FILES` in a folder of its own."""
    ending, write = FILES[what]
    folder.mkdir(parents=True)
    path = folder / f"accounts{ending}"
    write(path)
    return path
