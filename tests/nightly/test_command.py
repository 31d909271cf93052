from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from health.models import Run
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _today(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--as-of", "2026-13-01"], "write it as YYYY-MM-DD"),
        (["--as-of", "2026-03-01", "--from", "2026-02-01"], "not both"),
        (["--from", "2026-03-01"], "needs both"),
        (["--from", "2026-03-05", "--to", "2026-03-01"], "empty"),
        (["--as-of", "2026-03-11"], "has not happened yet; the latest day to compute is 2026-03-09"),
        ([], "define FILE.toml"),
    ],
)
def test_bad_arguments_say_what_would_be_right(arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        call_command("nightly", *arguments)
    assert not Run.objects.exists()


def test_without_arguments_yesterday_is_built_and_the_days_before_it() -> None:
    make.define_activity()
    make.ContractFactory.make(starts_on=date(2026, 3, 1))
    out = StringIO()
    call_command("nightly", stdout=out)
    assert Run.objects.get().as_of == date(2026, 3, 9)
    assert "Published as of 2026-03-09: 9 days graded, 9 account-days" in out.getvalue()
