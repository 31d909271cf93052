"""What is wrong with a value and what would be right, in a sentence; and the finer codes that a value itself gives."""

from __future__ import annotations

import re

from accounts.loading.registry import Column, Kind, Target

MISSING = "is required and empty"
SHAPES = {
    "too_few_columns": "the row has fewer cells than the header; right would be one cell per column (empty ones keep their separator)",
    "too_many_columns": "the row has more cells than the header; right would be one cell per column (quote a text that holds the"
    " separator)",
    "unclosed_quote": "a quote opens and does not close; right would be a closing quote (a quote inside a quoted text is doubled)",
    "bad_quote": "text follows a closing quote; right would be the separator (a quote inside a quoted text is doubled)",
    "bad_encoding": "the line is not in the encoding of the file; right would be UTF-8 throughout",
    "nul_byte": "the line holds a NUL byte; right would be text alone",
    "value_too_long": "a cell of the line is too long; right would be at most 128 KB",
}
_WRITTEN = {
    "ymd": "YYYY-MM-DD",
    "dmy": "DD-MM-YYYY, the order of this file",
    "mdy": "MM-DD-YYYY, the order of this file",
}


def refine(code: str, value: str) -> str:
    """`bad_date` as the code that says more, where the value shows what happened."""
    if code not in {"bad_date", "bad_instant"}:
        return code
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(\s.*)?", value):
        return "two_digit_year"
    if re.fullmatch(r"\d{4,5}([.,]\d+)?", value):
        return "excel_serial"
    return code


def reason(target: Target, column_name: str, code: str, value: str, shape: str) -> str:
    """One sentence: the fault of `value`, and what would be right."""
    column = target.column(column_name)
    for rule in target.rules:
        if rule.code == code and rule.column == column_name:
            return f"{_shown(value)}: {rule.reason}" if value else rule.reason
    if code == "missing_value":
        return f"{column_name} {MISSING}; right would be {_right(column, shape)}"
    fixed = {
        "two_digit_year": f"{_shown(value)} has a year of two digits; right would be {_WRITTEN[shape]}",
        "excel_serial": f"{_shown(value)} is a spreadsheet's day number; right would be a date as {_WRITTEN[shape]} (format the"
        f" column as a date)",
        "year_out_of_range": f"{_shown(value)} lies outside the years 1900 to 2200; right would be empty for an open end",
        "negative_quantity": f"{_shown(value)} is below 0; right would be 0 or more",
        "number_too_big": f"{_shown(value)} has too many digits; right would be below"
        f" 1e{(column.digits - column.places) if column else 16}",
        "conflicting_duplicate": f"{_shown(value)}: another row of the same key says something else; the first stays, right would"
        f" be one row per key",
        "lookup_failed": f"{_shown(value)} is not in the file looked up",
        "lookup_ambiguous": f"{_shown(value)} stands several times in the file looked up, with different answers",
        "value_too_long": f"the text of {len(value)} characters is too long; right would be at most"
        f" {500 if column and column.kind == Kind.KEY else 20_000}",
        "unknown_account": f"no account has external_id {_shown(value)}; right would be one of the accounts file or of an earlier load",
        "unknown_seat": f"the account has no seat {_shown(value)}; the row is loaded without it",
        "unknown_contact": f"the account has no contact {_shown(value)}; the row is loaded without it",
        "unknown_parent": f"no account has external_id {_shown(value)}; the account is loaded without parent",
        "kept_edit": f"{_shown(value)} is the value from before a change made by hand in the portal; the change stays, right would be the"
        f" new value at the origin of the file",
        "parent_ring": f"{_shown(value)} lies below this account; the account is loaded without parent",
        "unknown_country": f"{_shown(value)} is no ISO 3166 code of two letters such as DE; the country is left empty",
        "unknown_zone": f"{_shown(value)} is no IANA zone such as Europe/Berlin; the zone is left empty (the installation's counts)",
    }
    if code == "unknown_user":
        kept = "" if column and column.required else "; the row is loaded without"
        return f"no user has the e-mail {_shown(value)}{kept}; right would be one of the users file"
    if code == "out_of_range" and column is not None:
        return f"{_shown(value)} is out of range; right would be {_right(column, shape)}"
    return fixed.get(code) or f"{_shown(value)} cannot be read; right would be {_right(column, shape)}"


def _right(column: Column | None, shape: str) -> str:
    """What a good value of the column looks like."""
    if column is None:
        return "a value"
    if column.choices:
        return "one of " + ", ".join(column.choices)
    bounds = "" if column.minimum is None else f" from {column.minimum}" + ("" if column.maximum is None else f" to {column.maximum}")
    return {
        Kind.DATE: f"a date as {_WRITTEN[shape]}",
        Kind.INSTANT: f"an instant such as 2024-05-01T09:30:00+02:00 (a date alone as {_WRITTEN[shape]})",
        Kind.MONTH: "a month as YYYY-MM",
        Kind.NUMBER: f"a number{bounds} with a decimal point, no separators or signs of currency",
        Kind.MONEY: f"an amount{bounds} with a decimal point, no separators or signs of currency",
        Kind.WHOLE: f"a whole number{bounds}",
        Kind.BOOL: "true or false",
        Kind.JSON: 'a JSON object such as {"a": 1}',
        Kind.EMAIL: "an e-mail address",
        Kind.CURRENCY: "an ISO 4217 code of three letters such as EUR",
        Kind.COUNTRY: "an ISO 3166 code of two letters such as DE",
    }.get(column.kind, "a text")


def _shown(value: str) -> str:
    return repr(value if len(value) <= 80 else value[:77] + "…")
