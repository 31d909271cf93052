"""What `load` and `define` say, in the reader's language.

Both write English: into the rejects files, the ledger and the terminal, where programs and searches rely on it. A page shows the same
sentences; here each is recognised by its shape and said in the reader's words, with its names and values as they are. What is not
recognised stays in English.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

from accounts.loading.registry import targets

# Where a sentence holds another one.
NESTED = {"right"}
# The code of a refusal, or the place in a definition.
CODE = re.compile(r"[a-z_.\[\]0-9]+: ")
SENTENCES = (
    # Lines that are no rows.
    gettext_noop("the row has fewer cells than the header; right would be one cell per column (empty ones keep their separator)"),
    gettext_noop("the row has more cells than the header; right would be one cell per column (quote a text that holds the separator)"),
    gettext_noop("a quote opens and does not close; right would be a closing quote (a quote inside a quoted text is doubled)"),
    gettext_noop("text follows a closing quote; right would be the separator (a quote inside a quoted text is doubled)"),
    gettext_noop("the line is not in the encoding of the file; right would be UTF-8 throughout"),
    gettext_noop("the line holds a NUL byte; right would be text alone"),
    gettext_noop("a cell of the line is too long; right would be at most 128 KB"),
    # Values of a row.
    gettext_noop("%(column)s is required and empty; right would be %(right)s"),
    gettext_noop("%(value)s has a year of two digits; right would be %(shape)s"),
    gettext_noop("%(value)s is a spreadsheet's day number; right would be a date as %(shape)s (format the column as a date)"),
    gettext_noop("%(value)s lies outside the years 1900 to 2200; right would be empty for an open end"),
    gettext_noop("%(value)s is below 0; right would be 0 or more"),
    gettext_noop("%(value)s has too many digits; right would be below %(bound)s"),
    gettext_noop("%(value)s: another row of the same key says something else; the first stays, right would be one row per key"),
    gettext_noop("%(value)s is not in the file looked up"),
    gettext_noop("%(value)s stands several times in the file looked up, with different answers"),
    gettext_noop("the text of %(n)s characters is too long; right would be at most %(most)s"),
    gettext_noop("no account has external_id %(value)s yet; right would be one of the accounts file or of an earlier load"),
    gettext_noop("no account has external_id %(value)s; right would be one of the accounts file or of an earlier load"),
    gettext_noop("the account has no seat %(value)s; the row is loaded without it"),
    gettext_noop("the account has no contact %(value)s; the row is loaded without it"),
    gettext_noop("no account has external_id %(value)s; the account is loaded without parent"),
    gettext_noop(
        "%(value)s is the value from before a change made by hand in the portal; the change stays, right would be the new value at the"
        " origin of the file"
    ),
    gettext_noop("%(value)s lies below this account; the account is loaded without parent"),
    gettext_noop("%(value)s is no ISO 3166 code of two letters such as DE; the country is left empty"),
    gettext_noop("%(value)s is no IANA zone such as Europe/Berlin; the zone is left empty (the installation's counts)"),
    gettext_noop("no user has the e-mail %(value)s; the row is loaded without; right would be one of the users file"),
    gettext_noop("no user has the e-mail %(value)s; right would be one of the users file"),
    gettext_noop("%(value)s is out of range; right would be %(right)s"),
    gettext_noop("%(value)s cannot be read; right would be %(right)s"),
    # What would be right.
    gettext_noop("a value"),
    gettext_noop("one of %(words)s"),
    gettext_noop("a date as %(shape)s"),
    gettext_noop("an instant such as 2024-05-01T09:30:00+02:00 (a date alone as %(shape)s)"),
    gettext_noop("a month as YYYY-MM"),
    gettext_noop("a number from %(least)s to %(most)s with a decimal point, no separators or signs of currency"),
    gettext_noop("a number from %(least)s with a decimal point, no separators or signs of currency"),
    gettext_noop("a number with a decimal point, no separators or signs of currency"),
    gettext_noop("an amount from %(least)s to %(most)s with a decimal point, no separators or signs of currency"),
    gettext_noop("an amount from %(least)s with a decimal point, no separators or signs of currency"),
    gettext_noop("an amount with a decimal point, no separators or signs of currency"),
    gettext_noop("a whole number from %(least)s to %(most)s"),
    gettext_noop("a whole number from %(least)s"),
    gettext_noop("a whole number"),
    gettext_noop("true or false"),
    gettext_noop('a JSON object such as {"a": 1}'),
    gettext_noop("an e-mail address"),
    gettext_noop("an ISO 4217 code of three letters such as EUR"),
    gettext_noop("an ISO 3166 code of two letters such as DE"),
    gettext_noop("a text"),
    # Rules between the cells of a row.
    gettext_noop("give mrr (per month) or amount (whole term), not both"),
    gettext_noop("a contract needs mrr (per month) or amount (whole term); 0 is a value"),
    gettext_noop("an amount is for a whole term: give ends_on, or mrr instead"),
    gettext_noop("a row of one seat has no distinct_seats"),
    gettext_noop("the activity definition sets a condition on this action, which a daily count cannot show: send its events"),
    gettext_noop("`to` is the first day open again: it lies after `from`"),
    gettext_noop("a target is for a person (email) or a team"),
    gettext_noop("a target is for a person or a team, not both"),
    gettext_noop("a rate is a share (0.85 for 85%%), an nps lies between -100 and 100"),
    gettext_noop("a rate is above 0: one unit of the currency in the reporting currency"),
    gettext_noop("a scale is above 0"),
    gettext_noop("satisfaction lies between 0 and the scale (default 5)"),
    gettext_noop("a score lies between 0 and the scale (default 10 for nps, 5 for csat)"),
    gettext_noop("the first response is not later than the close"),
    gettext_noop("the first response is not earlier than the opening"),
    gettext_noop("a review has a day it is planned for or was held on"),
    gettext_noop("a seat is deactivated on or after the day it was activated"),
    gettext_noop("a term ends after the day it starts (ends_on is the first day no longer covered)"),
    gettext_noop("a ticket is closed at or after the instant it was opened"),
    gettext_noop("an agreement names days_per_month, seat_share or both; 0 is a value: nothing is expected"),
    gettext_noop("an invoice is due on or after the day it is issued"),
    gettext_noop("an outcome is proved by an action or by a metric, not both"),
    gettext_noop(
        "nothing proves this outcome; right would be an action or a metric, with a target. It is loaded, and counts as its status says"
    ),
    gettext_noop("no activity definition has a scenario of this name; the row is loaded and counts once one does"),
    # Files that cannot be read, and what had to be assumed.
    gettext_noop("%(target)s needs %(columns)s; the file has none of that name (a mapping may give it)"),
    gettext_noop("the mapping reads column %(column)s; the file has %(columns)s"),
    gettext_noop("the mapping names %(file)s; the folder has no such file"),
    gettext_noop("the file is empty; right would be a line of column names, then the rows"),
    gettext_noop("the first sheet is empty; right would be a row of column names, then the rows"),
    gettext_noop("the first line holds no column names; right would be a line of them, then the rows"),
    gettext_noop("the line of column names holds a NUL byte; right would be text alone"),
    gettext_noop("%(n)s columns; right would be at most %(most)s"),
    gettext_noop("a line is longer than %(n)s MB; right would be a line per row (is a quote or a line end missing?)"),
    gettext_noop(
        "not one of the first %(n)s rows has the shape of the header (the last: %(fault)s); right would be a row per line, with one cell"
        " per column"
    ),
    gettext_noop("the file inflates to more than %(n)s MB; right would be a file packed from plain rows"),
    gettext_noop("the workbook inflates to %(n)s MB; right would be CSV or Parquet"),
    gettext_noop("the workbook's texts take %(n)s MB; right would be CSV or Parquet"),
    gettext_noop("the workbook holds more than %(n)s different texts; right would be CSV or Parquet"),
    gettext_noop("a row of the workbook has more than %(n)s cells or %(size)s MB; right would be at most %(most)s columns"),
    gettext_noop("the sheet speaks of rows beyond %(n)s; right would be CSV or Parquet"),
    gettext_noop("the workbook cannot be read beyond row %(n)s (%(error)s); right would be a whole file"),
    gettext_noop("the workbook declares a document type, as no program for spreadsheets does; right would be .xlsx as Excel saves it"),
    gettext_noop("lines end with CR alone; right would be LF or CR LF"),
    gettext_noop("the file is UTF-16 or no text at all; right would be UTF-8 (or GB18030)"),
    gettext_noop("the text is neither UTF-8 nor GB18030; right would be to save the file as UTF-8"),
    gettext_noop("the line of column names opens a quote and does not close it; right would be a closing quote"),
    gettext_noop("column %(columns)s stands twice in the header; right would be once"),
    gettext_noop("the file cannot be read to its end (%(error)s); right would be a whole file"),
    gettext_noop("this is no workbook that can be read (%(error)s); right would be .xlsx as Excel saves it"),
    gettext_noop("this is no Parquet file that can be read (%(error)s); right would be .parquet, whole"),
    gettext_noop(
        "dates such as 03/04/2024 can be read day-first or month-first and both orders occur;"
        ' set date_order = "dmy" or "mdy" in the mapping'
    ),
    gettext_noop(
        "dates such as 03/04/2024 can be read day-first or month-first and no day is above 12;"
        ' set date_order = "dmy" or "mdy" in the mapping'
    ),
    gettext_noop("columns not used: %(columns)s"),
    gettext_noop("sheets left out: %(sheets)s"),
    gettext_noop("separator is a semicolon"),
    gettext_noop("separator is a tab"),
    gettext_noop("read as %(encoding)s"),
    gettext_noop("%(n)s rows left out by where or distinct"),
    gettext_noop("%(rows)s rows add up to %(counts)s daily counts"),
    gettext_noop("%(n)s rows with an instant without offset, taken as UTC"),
    gettext_noop("%(n)s rows with a date alone for an instant, taken as the account's local midnight"),
    gettext_noop("%(n)s rows with a time of day in a date column: the day as written, or in %(zone)s where an offset was given"),
    # A definition.
    gettext_noop("logins alone show presence, not value"),
    gettext_noop("neither seats nor purchased seats are loaded, so every day will be unknown"),
    gettext_noop("%(actions)s is no key action, so its condition has no effect"),
    gettext_noop("no outcome and no north star is defined beside it, so active will not say successful"),
    gettext_noop("is missing"),
    gettext_noop("is missing: name at least one action with its weight, such as { create_order = 1 }"),
    gettext_noop("needs at least one action"),
    gettext_noop("must be a number %(bounds)s"),
    gettext_noop("must be one of %(words)s"),
    gettext_noop("must be a list of texts"),
    gettext_noop("must be a date YYYY-MM-DD"),
    gettext_noop("must be a whole number from %(least)s to %(most)s"),
    gettext_noop("an action cannot be both a login and passive"),
    gettext_noop("two scenarios with one name"),
    gettext_noop("at most %(n)s scenarios"),
    gettext_noop("give either month_days or month_workday_share, not both"),
    gettext_noop("must not be below low_multiple (%(low)s)"),
    gettext_noop("%(actions)s has never been seen in the data"),
    gettext_noop(
        "the unit may not be the account: paying accounts that lie below another paying one: %(n)s; if that one decides on the renewal,"
        " their contracts belong to it"
    ),
    gettext_noop(
        "%(key)s is not asked any more; its answers (%(n)s, accounts: %(accounts)s) are kept and count until they expire, the last on"
        " %(day)s"
    ),
    gettext_noop('must be a share from 0 to 1, such as "0.6" or "3/5"'),
    gettext_noop("at least one weight must be above 0"),
    gettext_noop("green must begin above amber"),
    gettext_noop("two questions with one key"),
    gettext_noop("needs text and anchors in English (en); others may be added"),
    gettext_noop("needs at least one question"),
    gettext_noop("must be a list of %(n)s texts, for the scores 1 to %(last)s"),
    gettext_noop("must be a text that is not empty"),
    gettext_noop("must be a table"),
    gettext_noop("holds a character that cannot be stored"),
    gettext_noop("must be a list of tables"),
    gettext_noop("unknown key; did you mean %(near)s?"),
    gettext_noop("unknown key; known keys are %(keys)s"),
    gettext_noop("unknown section; known are %(sections)s"),
    gettext_noop("unknown field %(field)s; known are %(fields)s"),
    gettext_noop("%(text)s is not `field operator number`, as in `invoice_overdue_days >= 60`; operators are %(signs)s"),
    gettext_noop("must not be more than window_days (%(days)s)"),
    gettext_noop("must be below busy_days (%(days)s)"),
    gettext_noop("must be the two-letter code of a country with a known calendar, such as CN or US"),
    gettext_noop("must be the name of a time zone, such as Asia/Shanghai"),
    gettext_noop("is not TOML: %(error)s"),
    gettext_noop("here stands [%(section)s] alone"),
)


def told(sentence: str) -> str:
    """The sentence in the reader's language, or as it is where it is not one of those known here."""
    if gettext("a text") == "a text":
        return sentence  # the reader's language is that of the sentences
    named = CODE.match(sentence)
    return (named and _after_a_name(sentence)) or _known(sentence) or _after_a_name(sentence) or sentence


def _known(sentence: str) -> str:
    for template, shape in _shapes():
        if found := shape.fullmatch(sentence):
            values = {name: told(part) if name in NESTED else _shape_of_date(part) for name, part in found.groupdict().items()}
            return gettext(template) % values
    return ""


def _after_a_name(sentence: str) -> str:
    """`code: sentence`, `path: sentence (found value)` and `value: rule of the row`: the name stays, what follows is said."""
    name, colon, rest = sentence.partition(": ")
    if not colon:
        return ""
    rest, found, value = rest.partition(" (found ")
    said = _known(rest)
    if not said:
        return ""
    if found:
        said = gettext("%(said)s (found %(value)s)") % {"said": said, "value": value[:-1]}
    return gettext("%(name)s: %(said)s") % {"name": name, "said": said}


def _shape_of_date(part: str) -> str:
    written, comma, _rest = part.partition(", the order of this file")
    return gettext("%(shape)s, the order of this file") % {"shape": written} if comma else part


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    made = []
    for template in SENTENCES:
        parts = re.split(r"%\((\w+)\)s", template.replace("%%", "%"))
        made.append(
            (template, re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL))
        )
    return tuple(made)


def rule_sentences() -> set[str]:
    """Sentences of the rules between the cells of a row, of every target: a test holds them against those known here."""
    return {rule.reason for target in targets().values() for rule in target.rules}
