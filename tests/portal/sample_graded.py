"""A small sample book, loaded, defined and graded through the commands everybody uses: what the pages look like with life in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.core.management import call_command

from accounts.models import Account, ImportRun
from churn.models import RenewalCase
from csm_portal.portal.sample.book import Wish, write_book
from csm_portal.portal.screens.making import Cast
from csm_portal.portal.screens.shots import cast_of_the_pictures
from tests.churn.monday_book import listed, match, rule

TODAY = date(2026, 11, 1)
WISH = Wish(accounts=40, months=14)
FIRST, LAST = "2026-01-01", "2026-10-31"
MONDAY = date(2026, 10, 26)


def graded_sample(folder: Path) -> Cast:
    """The people of the book, with a combination that held and a Monday's list, which so small a book has no renewals for."""
    write_book(folder, WISH)
    call_command("define", str(folder / "definition.toml"), verbosity=0)
    call_command("load", str(folder), source="sample", rejects=folder / "rejects", verbosity=0)
    call_command("nightly", "--from", FIRST, "--to", LAST, verbosity=0)
    cast = cast_of_the_pictures()
    held = rule()
    cases = RenewalCase.objects.filter(state="open", account__owner__isnull=False).order_by("ends_on", "pk")[:6]
    for account in Account.objects.filter(pk__in=cases.values("account_id")):
        match(held, account, as_of=TODAY)
        listed(account, monday=MONDAY)
    assert ImportRun.objects.exists()
    return cast
