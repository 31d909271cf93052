"""How complete the portal's data are: what is missing, on how many accounts, and which for example."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, CalendarDefinition
from health.models import ActivityDefinition, HealthModel, QuestionSet
from health.types import DayFlag

if TYPE_CHECKING:
    from accounts.models import User

SAMPLE = 10

# What each account fails, looked up once, then counted in one pass. EXISTS stops at the first row, whatever the history's length.
# Events are looked for in the computed days first: only accounts without any are looked up in the raw rows of every month.
CHECKS = """
WITH book (id) AS MATERIALIZED ({book}
), facts AS MATERIALIZED (
    SELECT a.external_id, a.owner_id IS NULL AS no_owner, a.owner_id IS NULL AND a.team_id IS NULL AS nobody,
           a.country = '' AS no_country, a.timezone = '' AS no_timezone, s.account_id IS NULL AS not_computed,
           a.counts_for_id IS NULL AND NOT EXISTS (SELECT FROM accounts_contract c WHERE c.account_id = a.id) AS no_contract,
           NOT EXISTS (SELECT FROM health_accountday d WHERE d.account_id = a.id AND d.events > 0)
               AND NOT EXISTS (SELECT FROM accounts_usagedaily u WHERE u.account_id = a.id)
               AND NOT EXISTS (SELECT FROM event e WHERE e.account_id = a.id) AS no_events,
           NOT EXISTS (SELECT FROM accounts_seat t WHERE t.account_id = a.id) AS no_seats,
           s.paying AND NOT EXISTS (SELECT FROM health_outcome o WHERE o.account_id = a.id) AS no_outcome,
           s.paying AND NOT EXISTS (SELECT FROM health_rating r WHERE r.account_id = a.id) AS no_rating,
           s.paying AND NOT EXISTS (SELECT FROM accounts_contact p WHERE p.account_id = a.id AND p.left_on IS NULL) AS no_contact,
           coalesce(s.paying, false) AS paying,
           coalesce(s.flags, 0) & {activity_without_seats} <> 0 AS activity_without_seats,
           s.account_id IS NOT NULL AND s.mrr_reporting IS NULL AND s.paying AS no_exchange_rate,
           EXISTS (SELECT FROM churn_renewalcase n WHERE n.account_id = a.id AND n.auto_renew_lapsed) AS auto_renew_lapsed
    FROM book
    JOIN accounts_account a ON a.id = book.id
    LEFT JOIN health_accountstate s ON s.account_id = a.id
)
SELECT count(*), count(*) FILTER (WHERE paying), {counts} FROM facts
"""
COUNT = "count(*) FILTER (WHERE {key}), ARRAY(SELECT external_id FROM facts WHERE {key} ORDER BY external_id LIMIT {sample})"
# The checks per account in order; those of PAYING ask only accounts that pay.
KEYS = (
    *("no_owner", "nobody", "no_contract", "no_events", "no_seats", "not_computed", "no_country", "no_timezone"),
    *("no_outcome", "no_rating", "no_contact", "activity_without_seats", "no_exchange_rate", "auto_renew_lapsed"),
)
PAYING = ("no_outcome", "no_rating", "no_contact", "no_exchange_rate")


@dataclass(frozen=True, slots=True)
class SetupCheck:
    """One thing that may be missing. `count` of `of` accounts fail it; `sample` are external ids of the first of them."""

    key: str
    title: str
    remedy: str
    count: int
    of: int
    sample: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Nothing fails it."""
        return self.count == 0


def setup_checks(user: User) -> list[SetupCheck]:
    """Every check over what the user may see, in a fixed order; definitions first (of the installation: 1 where there is none)."""
    found = _over_accounts(user)
    of_accounts = [SetupCheck(key, title, remedy, *found.get(key, (0, 0, []))) for key, title, remedy in account_checks()]
    return [*_definitions(user), *of_accounts]


def account_checks() -> list[tuple[str, str, str]]:
    """Key, title and remedy of the checks per account."""
    return [
        ("no_owner", _("No owner"), _("Give csm_email in the accounts file, and the person in the users file.")),
        ("nobody", _("Neither owner nor team: only admins see them"), _("Give csm_email or team in the accounts file.")),
        ("no_contract", _("No contract"), _("Load contracts: without one an account pays nothing and counts in no rate.")),
        ("no_events", _("No events and no daily counts"), _("Load events or usage_daily, or connect a source.")),
        ("no_seats", _("No seats"), _("Load seats; without them levels are measured by purchased seats.")),
        ("not_computed", _("Not computed yet"), _("The next night computes them.")),
        ("no_country", _("Country unknown: the default calendar is used"), _("Give country in the accounts file.")),
        ("no_timezone", _("Time zone unknown: the installation's is used"), _("Give timezone in the accounts file.")),
        ("no_outcome", _("Paying, but no outcome defined"), _("Load outcomes: what the customer wants to reach.")),
        ("no_rating", _("Paying, but never rated"), _("Load ratings, or rate before the next review.")),
        ("no_contact", _("Paying, but no contact"), _("Load contacts.")),
        ("activity_without_seats", _("Activity, but no seats known that day"), _("Load the seats, or the contract that covers them.")),
        ("no_exchange_rate", _("No exchange rate: missing in amounts"), _("Load exchange_rates for the contract's currency.")),
        ("auto_renew_lapsed", _("Lost, although the contract was to renew by itself"), _("Load the new term, or record the loss.")),
    ]


def _definitions(user: User) -> list[SetupCheck]:
    wanted: list[tuple[str, Any, str, str]] = [
        ("no_activity_definition", ActivityDefinition, _("No activity definition"), _("Publish [activity] with `manage.py define`.")),
        ("no_health_model", HealthModel, _("No health model"), _("Publish [health] with `manage.py define`.")),
        ("no_questions", QuestionSet, _("No rating questions"), _("Publish [ratings] with `manage.py define`.")),
        ("no_calendar", CalendarDefinition, _("No calendar"), _("Publish [calendar] with `manage.py define`.")),
    ]
    return [SetupCheck(key, title, remedy, 0 if model.objects.visible_to(user).exists() else 1, 1) for key, model, title, remedy in wanted]


def failing(user: User, key: str, most: int = 500) -> list[tuple[str, str]]:
    """External ids and names of the visible accounts that fail a check, by id, at most `most`; nothing for a check of the installation."""
    found = _over_accounts(user, sample=most).get(key)
    if found is None:
        return []
    ids = found[2]
    return list(Account.objects.visible_to(user).filter(external_id__in=ids).order_by("external_id").values_list("external_id", "name"))


# Checks that the book can be filtered by, as the parts of its address.
IN_BOOK = {
    "no_owner": [("f", "owner:is:-")],
    "no_country": [("f", "country:is:-")],
    "no_outcome": [("paying", "yes"), ("f", "outcome:is:-")],
    "no_rating": [("paying", "yes"), ("f", "rated:never:")],
}


def book_address(key: str) -> str:
    """The book filtered to the accounts that fail the check; empty where no filter says it."""
    return f"{reverse('portal:accounts')}?{urlencode(IN_BOOK[key])}" if key in IN_BOOK else ""


def _over_accounts(user: User, *, sample: int = SAMPLE) -> dict[str, tuple[int, int, list[str]]]:
    try:
        book, params = Account.objects.visible_to(user).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return {}
    counts = ", ".join(COUNT.format(key=key, sample=int(sample)) for key in KEYS)
    sql = CHECKS.format(book=book, activity_without_seats=int(DayFlag.ACTIVITY_WITHOUT_SEATS), counts=counts)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        every, paying, *found = cursor.fetchone()
    pairs = zip(KEYS, found[::2], found[1::2], strict=True)
    return {key: (count, paying if key in PAYING else every, list(ids)) for key, count, ids in pairs}
