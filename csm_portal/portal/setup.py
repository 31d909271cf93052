"""How complete the portal's data are: what is missing, on how many accounts, and which for example."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account
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
           s.paying AND NOT EXISTS (SELECT FROM health_outcome o WHERE o.account_id = a.id AND o.withdrawn_on IS NULL) AS no_outcome,
           s.paying AND NOT EXISTS (SELECT FROM health_rating r WHERE r.account_id = a.id) AS no_rating,
           s.paying AND EXISTS (SELECT FROM health_outcome o WHERE o.account_id = a.id AND o.withdrawn_on IS NULL)
               AND NOT EXISTS (SELECT FROM health_outcome o WHERE o.account_id = a.id AND o.withdrawn_on IS NULL
                               AND (o.action <> '' OR o.metric <> '') AND o.target <> '') AS no_proof,
           s.paying AND NOT EXISTS (SELECT FROM health_review w WHERE w.account_id = a.id AND w.planned_on IS NOT NULL
                                    AND w.held_on IS NULL) AS no_review,
           s.paying AND NOT EXISTS (SELECT FROM accounts_ticket k WHERE k.account_id = a.id) AS no_ticket,
           s.paying AND NOT EXISTS (SELECT FROM accounts_invoice i WHERE i.account_id = a.id) AS no_invoice,
           s.paying AND NOT EXISTS (SELECT FROM accounts_surveyresponse v WHERE v.account_id = a.id) AS no_survey,
           s.paying AND NOT EXISTS (SELECT FROM accounts_seat x WHERE x.account_id = a.id AND x.is_executive) AS no_executive,
           s.paying AND a.went_live_on IS NULL AS no_go_live,
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
    *(
        "no_outcome",
        "no_proof",
        "no_rating",
        "no_review",
        "no_contact",
        "no_executive",
        "no_ticket",
        "no_invoice",
        "no_survey",
        "no_go_live",
    ),
    *("activity_without_seats", "no_exchange_rate", "auto_renew_lapsed"),
)
PAYING = (
    *("no_outcome", "no_proof", "no_rating", "no_review", "no_contact", "no_executive", "no_ticket", "no_invoice", "no_survey"),
    *("no_go_live", "no_exchange_rate"),
)


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
    return [*_definitions(), *of_accounts]


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
        (
            "no_proof",
            _("Paying, outcome without a proof that can be computed"),
            _("Give the outcome an action or a metric, and a target."),
        ),
        ("no_rating", _("Paying, but never rated"), _("Load ratings, or rate before the next review.")),
        ("no_review", _("Paying, but no review planned"), _("Plan the next QBR, or load reviews.")),
        ("no_contact", _("Paying, but no contact"), _("Load contacts.")),
        ("no_executive", _("Paying, but no executive's seat known"), _("Give is_executive in the seats file.")),
        ("no_ticket", _("Paying, but no ticket"), _("Load tickets; without them support is unknown.")),
        ("no_invoice", _("Paying, but no invoice"), _("Load invoices; without them payment is unknown.")),
        ("no_survey", _("Paying, but no survey answer"), _("Load surveys: NPS or CSAT.")),
        (
            "no_go_live",
            _("Paying, but no go-live day"),
            _("Give went_live_on in the accounts file: onboarding and the north star count from it."),
        ),
        ("activity_without_seats", _("Activity, but no seats known that day"), _("Load the seats, or the contract that covers them.")),
        ("no_exchange_rate", _("No exchange rate: missing in amounts"), _("Load exchange_rates for the contract's currency.")),
        ("auto_renew_lapsed", _("Lost, although the contract was to renew by itself"), _("Load the new term, or record the loss.")),
    ]


DEFINED = """
SELECT EXISTS (SELECT FROM health_activitydefinition), EXISTS (SELECT FROM health_healthmodel), EXISTS (SELECT FROM health_questionset),
       EXISTS (SELECT FROM accounts_calendardefinition),
       coalesce((SELECT jsonb_array_length(coalesce(body -> 'scenarios', '[]')) > 0
                 FROM health_activitydefinition ORDER BY version DESC LIMIT 1), false),
       EXISTS (SELECT FROM health_northstardefinition)
"""


def _definitions() -> list[SetupCheck]:
    """What the installation has not defined. Definitions are no secret: nothing here depends on the viewer."""
    wanted = [
        ("no_activity_definition", _("No activity definition"), _("Publish [activity] with `manage.py define`.")),
        ("no_health_model", _("No health model"), _("Publish [health] with `manage.py define`.")),
        ("no_questions", _("No rating questions"), _("Publish [ratings] with `manage.py define`.")),
        ("no_calendar", _("No calendar"), _("Publish [calendar] with `manage.py define`.")),
        ("no_scenarios", _("No usage scenario"), _("Add [[activity.scenarios]]: which actions belong to one use of the product.")),
        ("no_north_star", _("No north star"), _("Publish [north_star], if one figure shows the value of your product.")),
    ]
    with connection.cursor() as cursor:
        cursor.execute(DEFINED)
        defined = cursor.fetchone()
    return [SetupCheck(*words, 0 if there else 1, 1) for words, there in zip(wanted, defined, strict=True)]


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
