# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""SQL that turns the text of a cell into a typed value, or into NULL where it is none.

Usual shapes are recognised by one regular expression in the statement itself; all else goes to a function of the session
(`FUNCTIONS`, in pg_temp, gone with the connection) that may fail inside a block of its own. Nothing here raises.
"""

from __future__ import annotations

from accounts.loading.quoting import array, literal
from accounts.loading.registry import TEMPORAL, Column, Kind

DATE_SHAPES = {
    "ymd": r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)(.*)$",
    "dmy": r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)(.*)$",
    "mdy": r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)(.*)$",
}
# Days 29 to 31 and the hour 24 go the slow way, so a cast after these cannot fail.
PLAIN_DATE = r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$"
PLAIN_INSTANT = (
    r"^(19|20|21)\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)?$"
)
PLAIN_NUMBER = r"^-?\d{1,18}(\.\d{1,12})?$"
TIME_OF_DAY = r"^[T ]+\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|z|UTC|[+-]\d{2}(:?\d{2})?))?$"
COMMON_INSTANT = "____-__-__T__:__:__Z"
KEY_LENGTH = 500
TEXT_LENGTH = 20_000

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION pg_temp.load_parts(v text, shape text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
    -- Day as YYYY-MM-DD and what follows it; NULL where the date is not in the file's order.
    SELECT CASE shape
        WHEN 'ymd' THEN ARRAY[m[1] || '-' || lpad(m[2], 2, '0') || '-' || lpad(m[3], 2, '0'), m[4]]
        WHEN 'dmy' THEN ARRAY[m[3] || '-' || lpad(m[2], 2, '0') || '-' || lpad(m[1], 2, '0'), m[4]]
        ELSE ARRAY[m[3] || '-' || lpad(m[1], 2, '0') || '-' || lpad(m[2], 2, '0'), m[4]]
    END FROM regexp_match(v, CASE shape WHEN 'ymd' THEN {literal(DATE_SHAPES["ymd"])} ELSE {literal(DATE_SHAPES["dmy"])} END) m
    WHERE m IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION pg_temp.load_instant(v text, shape text, zone text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE p text[] := pg_temp.load_parts(v, shape);
BEGIN
    IF p IS NULL THEN RETURN NULL; END IF;
    IF p[2] = '' THEN RETURN p[1]::date::timestamp AT TIME ZONE zone; END IF;
    IF p[2] !~ {literal(TIME_OF_DAY)} THEN RETURN NULL; END IF;
    RETURN (p[1] || ' ' || replace(ltrim(p[2], 'T '), ',', '.'))::timestamptz;
EXCEPTION WHEN data_exception OR invalid_parameter_value THEN RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION pg_temp.load_date(v text, shape text, zone text) RETURNS date LANGUAGE plpgsql STABLE STRICT AS $$
-- A time of day is cut off as written; with an offset it is the installation's local date that counts.
DECLARE p text[] := pg_temp.load_parts(v, shape);
BEGIN
    IF p IS NULL THEN RETURN NULL; END IF;
    IF p[2] = '' THEN RETURN p[1]::date; END IF;
    IF p[2] !~ {literal(TIME_OF_DAY)} THEN RETURN NULL; END IF;
    IF p[2] ~ '(Z|z|UTC|[+-][0-9:]+)$' THEN
        RETURN ((p[1] || ' ' || replace(ltrim(p[2], 'T '), ',', '.'))::timestamptz AT TIME ZONE zone)::date;
    END IF;
    RETURN (p[1] || ' ' || replace(ltrim(p[2], 'T '), ',', '.'))::timestamp::date;
EXCEPTION WHEN data_exception OR invalid_parameter_value THEN RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION pg_temp.load_month(v text) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN v ~ '^(19|20|21)\\d\\d-(0[1-9]|1[0-2])(-01)?$' THEN (left(v, 7) || '-01')::date END
$$;
CREATE OR REPLACE FUNCTION pg_temp.load_number(v text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN v ~ '^[+-]?(\\d{{1,60}}\\.?\\d{{0,60}}|\\.\\d{{1,60}})([eE][+-]?\\d{{1,2}})?$' THEN v::numeric END
$$;
CREATE OR REPLACE FUNCTION pg_temp.load_whole(v text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$
    -- `27.0` is a whole number, `27.5` none.
    SELECT CASE WHEN w = trunc(w) AND abs(w) < 2147483648 THEN w::integer END FROM (SELECT pg_temp.load_number(v) AS w) x
$$;
CREATE OR REPLACE FUNCTION pg_temp.load_object(v text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE j jsonb;
BEGIN
    j := v::jsonb;
    IF jsonb_typeof(j) = 'object' THEN RETURN j; END IF;
    RETURN NULL;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN RETURN NULL;
END $$;
"""


def typed(column: Column, text: str, *, shape: str, zone: str, home_zone: str, quick: bool = False) -> str:
    """SQL of the value of `text`, NULL where it cannot be read as the column's kind.

    `zone` is SQL of the account's zone, `home_zone` of the installation's, `shape` the file's order of dates. `quick` casts what has
    the usual outline without looking closer: an order of magnitude faster, and it raises where a value only looks like one, upon which
    the caller does the same again without it.
    """
    order = literal(shape)
    if quick and (hasty := _hasty(column, text, zone, shape)):
        return f"CASE {hasty} ELSE {typed(column, text, shape=shape, zone=zone, home_zone=home_zone)} END"
    if column.kind == Kind.DATE:
        return (
            f"CASE WHEN {text} ~ {literal(PLAIN_DATE)} AND {order} = 'ymd' THEN ({text})::date ELSE pg_temp.load_date({text},"
            f" {order}, {home_zone}) END"
        )
    if column.kind == Kind.INSTANT:
        slow = f"pg_temp.load_instant({text}, {order}, {zone})"
        return f"CASE WHEN {order} = 'ymd' AND {text} ~ {literal(PLAIN_INSTANT)} THEN ({text})::timestamptz ELSE {slow} END"
    if column.kind in {Kind.NUMBER, Kind.MONEY}:
        return decimal(text, column.places)
    if column.kind == Kind.WHOLE:
        return f"CASE WHEN {text} ~ '^\\d{{1,9}}$' THEN ({text})::integer ELSE pg_temp.load_whole({text}) END"
    return _worded(column, text)


def _hasty(column: Column, text: str, zone: str, shape: str) -> str:
    """Branches for values of the usual outline. The last character keeps out `BC`, `PM` and names of zones."""
    if shape != "ymd" and column.kind in TEMPORAL:
        day, month = (1, 4) if shape == "dmy" else (4, 1)
        turned = f"(substr({text}, 7, 4) || '-' || substr({text}, {month}, 2) || '-' || substr({text}, {day}, 2))"
        outline = f"octet_length({text}) = 10 AND ({text} LIKE '__-__-____' OR {text} LIKE '__/__/____' OR {text} LIKE '__.__.____')"
        cast = f"{turned}::date" if column.kind == Kind.DATE else f"{turned}::date::timestamp AT TIME ZONE {zone}"
        return f"WHEN {outline} THEN {cast}"
    date_only = f"octet_length({text}) = 10 AND {text} LIKE '____-__-__'"
    ends_well = f"(right({text}, 1) = 'Z' OR right({text}, 1) BETWEEN '0' AND '9')"
    if column.kind == Kind.DATE:
        return f"WHEN {date_only} THEN ({text})::date"
    if column.kind == Kind.INSTANT:
        timed = (
            f"octet_length({text}) BETWEEN 16 AND 32 AND ({text} LIKE '____-__-__T__:__%' OR {text} LIKE '____-__-__ __:__%')"
            f" AND {ends_well}"
        )
        return (
            f"WHEN {text} LIKE {literal(COMMON_INSTANT)} OR {timed} THEN ({text})::timestamptz WHEN {date_only} THEN"
            f" ({text})::date::timestamp AT TIME ZONE {zone}"
        )
    if column.kind in {Kind.NUMBER, Kind.MONEY, Kind.WHOLE}:
        cast = "integer" if column.kind == Kind.WHOLE else "numeric"
        return f"WHEN octet_length({text}) < 10 AND translate({text}, '0123456789', '') = '' THEN ({text})::{cast}"
    return ""


def number(text: str) -> str:
    """SQL of a numeric as written."""
    return f"CASE WHEN {text} ~ {literal(PLAIN_NUMBER)} THEN ({text})::numeric ELSE pg_temp.load_number({text}) END"


def decimal(text: str, places: int) -> str:
    """SQL of a numeric of at most `places` decimals; more are rounded half-even."""
    plain = literal(rf"^-?\d{{1,15}}(\.\d{{1,{places}}})?$")
    return f"CASE WHEN {text} ~ {plain} THEN ({text})::numeric ELSE round_half_even(pg_temp.load_number({text}), {places}) END"


def _worded(column: Column, text: str) -> str:  # noqa: PLR0911 - one answer per kind
    match column.kind:
        case Kind.BOOL:
            return (
                f"CASE WHEN lower({text}) IN ('true','t','yes','y','1') THEN true WHEN lower({text}) IN"
                f" ('false','f','no','n','0') THEN false END"
            )
        case Kind.WORD:
            return f"CASE WHEN lower({text}) = ANY({array(column.choices)}) THEN lower({text}) END"
        case Kind.MONTH:
            return f"pg_temp.load_month({text})"
        case Kind.JSON:
            return f"pg_temp.load_object({text})"
        case Kind.TAGS:
            return f"(SELECT array_agg(btrim(t)) FROM regexp_split_to_table({text}, '[;|,]') t WHERE btrim(t) <> '')"
        case Kind.EMAIL:
            return f"CASE WHEN length({text}) <= 254 AND {text} ~ '^[^@\\s]+@[^@\\s]+$' THEN lower({text}) END"
        case Kind.CURRENCY:
            return f"CASE WHEN {text} ~* '^[a-z]{{3}}$' THEN upper({text}) END"
        case Kind.COUNTRY:
            return f"CASE WHEN {text} ~* '^[a-z]{{2}}$' THEN upper({text}) END"
        case Kind.ZONE:
            return f"CASE WHEN {text} IN (SELECT name FROM load_zone) THEN {text} END"
        case Kind.KEY:
            return f"CASE WHEN octet_length({text}) <= {KEY_LENGTH} OR length({text}) <= {KEY_LENGTH} THEN {text} END"
        case _:
            return f"CASE WHEN octet_length({text}) <= {TEXT_LENGTH} OR length({text}) <= {TEXT_LENGTH} THEN {text} END"


CODES = {
    Kind.DATE: "bad_date",
    Kind.INSTANT: "bad_instant",
    Kind.MONTH: "bad_month",
    Kind.NUMBER: "bad_number",
    Kind.MONEY: "bad_number",
    Kind.WHOLE: "bad_whole_number",
    Kind.BOOL: "not_in_list",
    Kind.WORD: "not_in_list",
    Kind.JSON: "bad_json",
    Kind.EMAIL: "bad_email",
    Kind.CURRENCY: "bad_currency",
    Kind.COUNTRY: "unknown_country",
    Kind.ZONE: "unknown_zone",
    Kind.ACCOUNT: "unknown_account",
    Kind.SEAT: "unknown_seat",
    Kind.CONTACT: "unknown_contact",
    Kind.USER: "unknown_user",
}


def fault_code(column: Column) -> str:
    """Code of a value that is there and cannot be read."""
    return CODES.get(column.kind, "value_too_long")


def zoneless(text: str) -> str:
    """SQL: the text has a time of day but no offset (it is taken as UTC)."""
    offset = "(" + " OR ".join(f"substr(right({text}, {place}), 1, 1) IN ('+', '-')" for place in (6, 5, 3)) + ")"
    return (
        f"(octet_length({text}) > 11 AND {text} NOT LIKE {literal(COMMON_INSTANT)} AND right({text}, 1) NOT IN ('Z', 'z', 'C')"
        f" AND NOT {offset})"
    )


def dateless_time(text: str) -> str:
    """SQL: an instant column that holds a date alone (it is taken as the account's local midnight)."""
    return f"(octet_length({text}) <= 10)"
