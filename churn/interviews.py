"""Exit interviews: why a customer left, and what would have changed their mind; the themes of many talks are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.cuts import ALL
from accounts.edit_values import NotSaved, Refused
from accounts.edits import UNDO_FOR
from accounts.models import Account
from accounts.touch import EARLIEST, SAME_NOTE, text_of
from churn import policy
from churn.cuts_sql import cut
from churn.models import ExitInterview
from health.books import visible_book

if TYPE_CHECKING:
    from accounts.models import User

# A talk counts once for each of its themes; the row without theme counts the talks.
THEMES = """
WITH book (id) AS MATERIALIZED ({book})
SELECT t.theme, count(DISTINCT i.id)
FROM churn_exitinterview i
JOIN accounts_account a ON a.id = i.account_id
LEFT JOIN LATERAL unnest(i.themes) AS t (theme) ON true
{joins}
WHERE i.withdrawn_at IS NULL AND i.held_on >= %(first)s AND i.held_on < %(after)s AND i.account_id IN (SELECT id FROM book) AND {where}
GROUP BY GROUPING SETS ((), (t.theme)) HAVING GROUPING(t.theme) = 1 OR t.theme IS NOT NULL
ORDER BY t.theme NULLS FIRST
"""


@dataclass(frozen=True, slots=True)
class Talk:
    """One exit interview as told. `held_on` None: the day could not be read."""

    held_on: date | None
    why: str = ""
    changed_mind: str = ""
    themes: tuple[str, ...] = ()


@transaction.atomic
def enter(user: User, account: Account, told: Talk, at: datetime, today: date) -> ExitInterview:
    """Keep a talk with an account that the user sees. Raises NotSaved. The same words again within a minute are the same talk."""
    problems: dict[str, str] = {}
    texts = {}
    for name, value in (("why", told.why), ("changed_mind", told.changed_mind)):
        try:
            texts[name] = text_of(value, needed=False)
        except Refused as problem:
            problems[name] = str(problem)
    if told.held_on is None:
        problems["held_on"] = _("The date cannot be read; right would be YYYY-MM-DD.")
    elif not EARLIEST <= told.held_on <= today:
        problems["held_on"] = _("A talk was held between %(first)s and today (%(today)s).") % {"first": EARLIEST, "today": today}
    if unknown := [theme for theme in told.themes if theme not in policy.THEMES]:
        problems["themes"] = _("“%(theme)s” is no theme of the list.") % {"theme": unknown[0][:50]}
    if not problems and not told.themes and not any(texts.values()):
        problems[""] = _("Nothing is written yet; right would be an answer or a theme.")
    if problems or told.held_on is None:
        raise NotSaved(problems)
    chosen = [theme for theme in policy.THEMES if theme in told.themes]
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    said = {"account": account, "author": user, "held_on": told.held_on, "themes": chosen, **texts}
    twin = ExitInterview.objects.filter(**said, withdrawn_at__isnull=True, entered_at__gt=at - SAME_NOTE).first()
    return twin or ExitInterview.objects.create(**said, entered_at=at)


def withdraw(user: User, pk: int, at: datetime) -> Account | None:
    """Take back the user's own talk of the last day; the account it was with, None: there is no such talk (any more)."""
    rows = ExitInterview.objects.filter(pk=pk, author=user, withdrawn_at__isnull=True, entered_at__gt=at - UNDO_FOR)
    talk = rows.select_related("account").first()
    if talk is None or not rows.update(withdrawn_at=at):
        return None
    account: Account = talk.account
    return account


def themes(user: User, first: date, after: date, filters: Mapping[str, Sequence[str]] | None = None) -> tuple[int, list[tuple[str, int]]]:
    """Talks held in `[first, after)`, and how many of them touched each theme, the most frequent first; one query."""
    book, params = visible_book(user)
    pieces = cut(ALL, filters or {}, day="i.held_on")
    where = pieces.where
    if pieces.products:
        where += " AND EXISTS (SELECT FROM accounts_contract p WHERE p.account_id = a.id AND p.product = ANY (%(products)s::text[]))"
    statement = THEMES.format(book=book, joins=pieces.joins, where=where)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, **pieces.params, "products": list(pieces.products), "first": first, "after": after})
        rows = cursor.fetchall()
    n = next((count for theme, count in rows if theme is None), 0)
    return n, sorted(((theme, count) for theme, count in rows if theme is not None), key=lambda one: (-one[1], one[0]))
