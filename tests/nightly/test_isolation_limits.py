"""One chunk of work in which single accounts make trouble of every kind: they are found, the others are done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from csm_portal.nightly.isolation import HOPELESS, Isolation, TooManyFaultsError
from csm_portal.nightly.ledger import Ledger
from csm_portal.nightly.limits import OverTimeError, is_of_an_account, limited, reason_of
from health.models import AccountFault, RunStep
from health.scope import EVERYBODY, Scope
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 22, 2, tzinfo=UTC)
DAY = date(2026, 1, 21)


@pytest.fixture
def accounts() -> list[Any]:
    return [make.AccountFactory.make() for _ in range(6)]


def isolation() -> Isolation:
    return Isolation.of(Ledger(make.open_run(DAY), lambda: NOW, lambda _line: None))


def trouble(account: Any, make_it: Callable[[], object]) -> tuple[Callable[[Scope], int], list[Scope]]:
    """Work that makes trouble where the account is in scope, and the scopes it was asked for with success."""
    done: list[Scope] = []

    def work(scope: Scope) -> int:
        if scope.holds(account.pk):
            make_it()
        done.append(scope)
        return 1

    return work, done


def fail() -> None:
    raise ZeroDivisionError("a share of nothing")


def sleep_in_python() -> None:
    time.sleep(600)


def loop() -> None:
    while True:
        pass


def sleep_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)")


def eat() -> object:
    return bytearray(4 << 30)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (fail, "ZeroDivisionError: a share of nothing"),
        (sleep_in_python, "It took longer than it may."),
        (loop, "It took longer than it may."),
        (sleep_in_the_database, "It took longer than it may."),
        (eat, "It needed more memory than a night may take."),
    ],
)
def test_the_account_that_makes_trouble_is_found_and_the_others_are_done(
    accounts: list[Any], settings: Settings, kind: Callable[[], object], reason: str
) -> None:
    settings.NIGHT_CHUNK_SECONDS, settings.NIGHT_ACCOUNT_SECONDS, settings.NIGHT_MEMORY_MB = 1, 1, 512
    work, done = trouble(accounts[3], kind)
    mine = isolation()
    mine.chunk("step", "2026-01", work)
    fault: Any = AccountFault.objects.get()
    assert (fault.account, fault.step, fault.reason) == (accounts[3], "step", reason)
    assert mine.out == {accounts[3].pk}
    reached = [account.pk for account in accounts for scope in done if scope.only and scope.holds(account.pk)]
    assert sorted(reached) == sorted(account.pk for account in accounts if account != accounts[3])
    assert list(RunStep.objects.values_list("chunk", flat=True)) == ["2026-01"]


def test_whoever_failed_is_left_out_of_the_next_chunks_at_once(accounts: list[Any]) -> None:
    work, done = trouble(accounts[0], fail)
    mine = isolation()
    mine.chunk("step", "2026-01", work)
    done.clear()
    mine.chunk("step", "2026-02", work)
    assert done == [Scope(without=frozenset({accounts[0].pk}))]


def test_without_trouble_nobody_is_looked_for(accounts: list[Any]) -> None:
    asked: list[Scope] = []

    def work(scope: Scope) -> int:
        asked.append(scope)
        return 7

    assert isolation().chunk("step", "2026-01", work) == 7
    assert asked == [EVERYBODY]
    assert asked[0].everybody


def test_who_failed_in_an_earlier_run_is_tried_after_the_others(accounts: list[Any]) -> None:
    work, _done = trouble(accounts[2], fail)
    isolation().chunk("step", "2026-01", work)
    AccountFault.objects.update(run=make.open_run(date(2026, 1, 1)))
    calm, done = trouble(make.AccountFactory.make(), lambda: None)
    again = isolation()
    assert again.suspects == {accounts[2].pk}
    assert again.chunk("step", "2026-02", calm) == 2
    assert [scope.holds(accounts[2].pk) for scope in done] == [False, True]
    assert not again.out


def test_what_fails_for_nobody_too_is_raised_as_it_is(accounts: list[Any]) -> None:
    def work(scope: Scope) -> int:
        raise LookupError("no rules")

    with pytest.raises(LookupError, match="no rules"):
        isolation().chunk("step", "2026-01", work)
    assert not AccountFault.objects.exists()


def test_when_everybody_fails_it_is_nobodys_fault() -> None:
    for _ in range(HOPELESS + 5):
        make.AccountFactory.make()

    def work(scope: Scope) -> int:
        if scope.only is None or scope.only:
            raise ValueError("a bad figure")
        return 0

    with pytest.raises(TooManyFaultsError, match=r"21 accounts .* a bad figure"):
        isolation().chunk("step", "2026-01", work)


def test_parts_that_are_done_are_not_done_again_by_a_resumed_run(accounts: list[Any]) -> None:
    calls: list[Scope] = []
    late = frozenset(account.pk for account in accounts[3:])

    def work(scope: Scope) -> int:
        if scope.holds(accounts[0].pk):
            raise ValueError("a bad figure")
        if scope.only == late:
            raise KeyboardInterrupt
        return 1

    first = isolation()
    with pytest.raises(KeyboardInterrupt):
        first.chunk("step", "2026-01", work)
    resumed = Isolation.of(Ledger(first.ledger.run, lambda: NOW, lambda _line: None))
    assert resumed.out == {accounts[0].pk}

    def rest(scope: Scope) -> int:
        calls.append(scope)
        return 1

    assert resumed.chunk("step", "2026-01", rest) == 2
    assert [scope.only for scope in calls] == [late]


def test_a_lost_connection_and_a_deadlock_are_no_accounts_fault() -> None:
    assert not is_of_an_account(OperationalError("server closed the connection unexpectedly"))
    assert is_of_an_account(ValueError("x"))
    assert is_of_an_account(MemoryError())
    with connection.cursor() as cursor, pytest.raises(Exception, match="no_such") as caught, transaction.atomic():
        cursor.execute("SELECT * FROM no_such_table")
    assert not is_of_an_account(caught.value)
    with connection.cursor() as cursor, pytest.raises(Exception, match="out of range") as caught, transaction.atomic():
        cursor.execute("SELECT 4000000000::integer")
    assert is_of_an_account(caught.value)
    assert reason_of(caught.value) == "DataError: integer out of range"


def test_the_limit_holds_in_a_thread_beside_a_page_and_leaves_nothing_behind() -> None:
    found: list[BaseException] = []

    def beside() -> None:
        try:
            with limited(0.5, 512):
                while True:
                    time.sleep(0.01)
        except OverTimeError as over:
            found.append(over)
        finally:
            connection.close()

    thread = threading.Thread(target=beside)
    thread.start()
    thread.join(120)
    assert len(found) == 1
    with limited(120, 512):
        assert sum(range(1000)) == 499500


def test_a_scope_turns_marks_into_conditions_and_leaves_the_usual_statement_alone() -> None:
    statement = "SELECT 1 FROM t c WHERE true /* only c.account_id */"
    assert EVERYBODY.apply(statement) is statement
    assert Scope(only=frozenset({2, 1})).apply(statement).endswith("WHERE true AND c.account_id = ANY ('{1,2}'::bigint[])")
    assert Scope(without=frozenset({3})).apply(statement).endswith("WHERE true AND c.account_id <> ALL ('{3}'::bigint[])")
    assert not Scope(only=frozenset()).holds(1)
    assert Scope(only=frozenset({1, 3}), without=frozenset({3})).holds(1)
