"""A step that fails because of single accounts is done without them: they are found by halving, the others are computed as ever.

The usual night pays nothing for it: a chunk is done for everybody at once, and only when that fails are its accounts halved until the
ones that fail stand alone. Each part that worked is kept in the ledger, so a night killed meanwhile goes on where it was. An account that
failed in one step is left out of all later ones of the run; one with an open fault of an earlier run is tried after the others, so that
it costs them nothing. docs/night.md has the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from csm_portal.nightly import faults
from csm_portal.nightly.ledger import Ledger
from csm_portal.nightly.limits import is_of_an_account, limited, reason_of
from health.models import AccountFault
from health.scope import Scope

Work = Callable[[Scope], int]
# So many single accounts in a row fail and nobody's figures come about: then it is not the accounts.
HOPELESS = 20
# More accounts than this share of the book (and than HOPELESS) are no few bad ones: the night fails as a whole, and readers keep the last.
MOST = 0.05
_SPLIT = " (halved)"


class TooManyFaultsError(RuntimeError):
    """So many accounts cannot be computed that something else is wrong; nothing is published."""


class _TakenBackError(Exception):
    """Ends a trial whose rows are not to stay."""


@dataclass
class Isolation:
    """Runs the chunks of one run, and knows who failed in it and who failed before."""

    ledger: Ledger
    out: set[int] = field(default_factory=set)
    suspects: frozenset[int] = frozenset()
    among: frozenset[int] | None = None  # whom the run is about; None: everybody
    _vain: int = 0

    @classmethod
    def of(cls, ledger: Ledger, among: frozenset[int] | None = None) -> Isolation:
        """With what is written down: accounts that failed in this run before it was killed, and open faults of earlier ones."""
        still_open = AccountFault.objects.filter(resolved_at__isnull=True)
        out = set(still_open.filter(run=ledger.run).values_list("account_id", flat=True))
        before = frozenset(still_open.exclude(account__in=out).values_list("account_id", flat=True))
        return cls(ledger, out, before, among)

    @property
    def scope(self) -> Scope:
        """Whom the run is about, less those that failed in it."""
        return Scope(without=frozenset(self.out), among=self.among)

    def chunk(self, step: str, label: str, work: Work) -> int:
        """Do a chunk for every account that can be computed; returns the rows written, now or by the run before it was killed."""
        done = self.ledger.find(step, label)
        if done is not None:
            return done.rows
        mine = self.suspects - self.out
        if not mine and self.ledger.find(step, label + _SPLIT) is None:
            everybody = self.scope
            try:
                return self.ledger.chunk(step, label, lambda: self._limited(work, everybody, settings.NIGHT_CHUNK_SECONDS))
            except Exception as problem:  # noqa: BLE001 - whatever a step says, the account it is about has to be found
                self._refuse_others(problem, work)
                self.ledger.add(step, label + _SPLIT)
                self.ledger.say(f"{step} {label}: {reason_of(problem)} Looking for the accounts.")
        rows = self._in_parts(step, label, work, mine)
        self.ledger.close(step, label, rows)
        return rows

    def rehearse(self, step: str, work: Work, problem: Exception) -> None:
        """Find the accounts that make a step of the publication fail; nothing of the trials stays.

        Raises `problem` again when it is not about accounts.
        """
        self._refuse_others(problem, work)

        def trial(scope: Scope) -> int:
            try:
                with transaction.atomic():
                    work(scope)
                    raise _TakenBackError
            except _TakenBackError:
                return 0

        before = len(self.out)
        self.ledger.say(f"{step}: {reason_of(problem)} Looking for the accounts.")
        self._in_parts(step, "trial", trial, frozenset())
        self.ledger.forget(step)
        if len(self.out) == before:
            raise problem

    def _in_parts(self, step: str, label: str, work: Work, mine: frozenset[int]) -> int:
        everybody = Account.objects.order_by("pk").values_list("pk", flat=True) if self.among is None else sorted(self.among)
        others = [pk for pk in everybody if pk not in self.out and pk not in mine]
        self._vain = 0
        rows = self._part(step, label, work, others, known_bad=self.ledger.find(step, label + _SPLIT) is not None)
        return rows + (self._part(step, label, work, sorted(mine - self.out)) if mine - self.out else 0)

    def _part(self, step: str, label: str, work: Work, ids: Sequence[int], *, known_bad: bool = False) -> int:
        """The accounts at once, else in halves; of one that fails alone it is written down."""
        if not ids:
            return 0
        name = f"{label} {ids[0]}-{ids[-1]} of {len(ids)}"
        done = self.ledger.find(step, name)
        if done is not None:
            return done.rows
        if not known_bad and self.ledger.find(step, name + _SPLIT) is None:
            scope = Scope(only=frozenset(ids), among=self.among)
            try:
                rows = self.ledger.chunk(step, name, lambda: self._limited(work, scope, self._seconds(len(ids))), quiet=True)
            except Exception as problem:  # noqa: BLE001 - as above
                self._refuse_others(problem, None)
                if len(ids) == 1:
                    self._give_up(step, ids[0], problem)
                    return 0
                self.ledger.add(step, name + _SPLIT)
            else:
                self._vain = 0
                return rows
        if len(ids) == 1:
            # Only one account in the book, and the chunk failed with it.
            return self._part(step, label, work, ids)
        half = len(ids) // 2
        return self._part(step, label, work, ids[:half]) + self._part(step, label, work, ids[half:])

    def _give_up(self, step: str, account: int, problem: Exception) -> None:
        faults.note(self.ledger.run, account, step, reason_of(problem), self.ledger.clock())
        self.out.add(account)
        self._vain += 1
        self.ledger.say(f"{step}: account {faults.name_of(account)} left out. {reason_of(problem)}")
        most = max(HOPELESS, int(MOST * Account.objects.count()))
        if self._vain > HOPELESS or len(self.out) > most:
            raise TooManyFaultsError(
                f"{len(self.out)} accounts cannot be computed, so it is not they; nothing was published. The last one: {reason_of(problem)}"
            ) from problem

    def _refuse_others(self, problem: Exception, work: Work | None) -> None:
        """Raise what no account is to blame for: the task's time, a lost connection, or what fails for nobody at all too."""
        if not is_of_an_account(problem):
            raise problem
        if work is None:
            return
        try:
            with transaction.atomic():
                self._limited(work, Scope(only=frozenset(), among=self.among), settings.NIGHT_CHUNK_SECONDS)
                raise _TakenBackError
        except _TakenBackError:
            return
        except Exception:  # noqa: BLE001 - the first failure is the one to tell
            raise problem from None

    def _seconds(self, accounts: int) -> float:
        """Twice the fair share of a chunk's time, for a part costs more per account than the whole; never less than one account gets."""
        share = 2 * accounts / max(Account.objects.count(), 1)
        return max(float(settings.NIGHT_ACCOUNT_SECONDS), min(1.0, share) * settings.NIGHT_CHUNK_SECONDS)

    def _limited(self, work: Work, scope: Scope, seconds: float) -> int:
        with limited(seconds, settings.NIGHT_MEMORY_MB):
            return work(scope)
