"""The REST against its own schema: calls made of it by schemathesis, good and bad ones, as a CSM, a manager and an admin.

No answer is a 5xx, each status and content type is one that the schema names, and each body has the form that it promises. The same calls
on every run. In three of four calls what is named is set to rows that are there, so that not all of them end at a 404.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
import yaml
from django.core import signals
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from knox.models import AuthToken
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from accounts.models import User
from accounts.types import Role
from churn.acting import tasks
from tests import factories
from tests.portal.dues_book import due
from tests.portal.shown_book import AS_OF, shown, with_history

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
EXAMPLES = {"csm": 2, "manager": 2, "admin": 3}
# Not the ones that blame an answer of 400 to a good call, or of 200 to a bad one: that a name is known, a day lies before another or a
# parameter may be empty is no schema's to say.
PROMISES = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance",
)  # fmt: skip


@pytest.fixture(scope="module")
def rest() -> Any:
    """The schema, with the application behind it."""
    out = io.StringIO()
    call_command("spectacular", stdout=out)
    found = schemathesis.openapi.from_dict(yaml.safe_load(out.getvalue()))
    found.app = get_wsgi_application()
    load_all_checks()
    return found


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The application runs inside the test's transaction; Django's own client sees to that, others do not."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


class Book:
    """One account with a row of most kinds, its people, and the calls that name them."""

    def __init__(self) -> None:
        team = factories.TeamFactory.make(name="EMEA", path="EMEA/")
        self.people: dict[str, User] = {
            "csm": factories.UserFactory.make(team=team),
            "manager": factories.UserFactory.make(role=Role.MANAGER, team=team, manages=team),
            "admin": factories.UserFactory.make(role=Role.ADMIN, is_staff=True, is_superuser=True),
        }
        owner = self.people["csm"]
        case = due(owner, "acme", 40)
        account = case.account
        account.team = team
        account.save(update_fields=["team"])
        with_history(shown(owner, "a/b", account_team=team), 40)
        seat = factories.SeatFactory.make(account=account, external_id="u1")
        factories.event(account, AS_OF, seat=seat)
        task = tasks.create(owner, account, tasks.Wish("Call", "", None), datetime(2026, 11, 19, tzinfo=UTC), AS_OF)
        self.named = {"external_id": "acme", "day": AS_OF.isoformat(), "case": case.pk, "task": task.pk}
        self.calls = 0

    def mend(self, case: Any) -> None:
        """Rows that are there in most calls, and in some of them no more parameters than needed."""
        self.calls += 1
        if self.calls % 4 == 0:
            return
        for name in case.path_parameters or {}:
            if name in self.named:
                case.path_parameters[name] = self.named[name]
        if self.calls % 4 == 1 and case.query:
            case.query.clear()
        if isinstance(case.body, dict) and "account_external_id" in case.body:
            case.body["account_external_id"] = "acme"


def broken(book: Book, operation: Any, mode: GenerationMode, who: str, token: str) -> list[str]:
    """What the answers to an operation's calls break of the promises. Nothing that they do stays."""
    checks = [CHECKS.get_one(name) for name in PROMISES]
    said = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    found: list[str] = []

    @settings(
        max_examples=EXAMPLES[who],
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        with transaction.atomic():
            book.mend(case)
            answer = case.call(headers=said)
            try:
                case.validate_response(answer, checks=checks, headers=said)
            except schemathesis.errors.FailureGroup as failures:
                found.extend(f"{operation.label}: {failure}"[:2000] for failure in failures.exceptions)
            transaction.set_rollback(True)

    ask()
    return found


@pytest.mark.parametrize("who", EXAMPLES)
def test_every_call_gets_an_answer_that_the_schema_promises(rest: Any, who: str) -> None:
    book = Book()
    token = AuthToken.objects.create(user=book.people[who])[1]
    operations = [one.ok() for one in rest.get_all_operations()]
    assert len(operations) > 50
    found = [fault for one in operations for mode in GenerationMode for fault in broken(book, one, mode, who, token)]
    assert not found, "\n\n".join(found[:20])
    assert book.calls >= len(operations) * 2
