"""Rows that renewals are derived from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.conf import settings

from accounts.calendar_rules import RenewalRules, parse_renewals
from accounts.models import RenewalDefinition
from accounts.terms import Term
from csm_portal.lib.money import Rates
from csm_portal.lib.versions import version_on
from health.term_reads import exchange_rates, read_terms
from health.versions import calendar_on


def renewal_rules(as_of: date) -> RenewalRules:
    """The `[renewals]` in force on the day; the defaults before any was published."""
    row = version_on(RenewalDefinition.objects.all(), as_of)
    return RenewalRules() if row is None else parse_renewals(row.body)


def terms_of_all(as_of: date) -> list[Term]:
    """Every contract as a term, by account and start; the as-of day's calendar says where an account without zone lives."""
    return read_terms(None, _home(as_of))


def terms_of_some(accounts: Collection[int], as_of: date) -> list[Term]:
    """The same of some accounts."""
    return read_terms(list(accounts), _home(as_of))


def terms_of_one(account: int, as_of: date) -> list[Term]:
    """The same of one account."""
    return read_terms([account], _home(as_of))


def rates_until(as_of: date) -> Rates:
    """Exchange rates known on the day, into the reporting currency."""
    return Rates.of(settings.REPORTING_CURRENCY, exchange_rates(as_of))


def _home(as_of: date) -> str:
    return calendar_on(as_of).default_timezone or settings.TIME_ZONE
