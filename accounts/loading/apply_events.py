# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Events: the long files, in chunks of their own transaction, each with what it makes stale.

Done first as if every message id were new, which is how a book is loaded; where one is not, the same again with care.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.db import IntegrityError, transaction

from accounts.dirty import mark_event_rows, mark_spans
from accounts.loading.fresh_months import GATHERED, make_month
from accounts.loading.job import GOOD, TYPED, Job, describe_typed, rows, run, value
from accounts.loading.quoting import literal
from accounts.loading.rejects import MARKS
from accounts.loading.turns import ALONE, Turn

# What makes two events of one id the same: all that was said but the time it became known. A bare date counts as written, so that
# a change of the account's zone does not turn a reload into a conflict. What is absent or usual counts as NULL. Equal values hash
# alike however they were written: 1.50 and 1.5, one instant in two offsets.
DIGEST = (
    "hash_record_extended(ROW(account_id, action, seat_external_id, nullif(product, 'default'),"
    ' CASE WHEN octet_length("t:occurred_at") <= 10 THEN "t:occurred_at" END,'
    ' CASE WHEN octet_length("t:occurred_at") > 10 THEN occurred_at END,'
    " nullif(quantity, 1), value, properties), 0)"
)
RESOLVES = {
    "action_id": ("action", "accounts_action", "{alias}.name = {text}"),
    "seat_id": ("seat_external_id", "accounts_seat", "{alias}.account_id = a.id AND {alias}.external_id = {text}"),
}
BESIDE = {"seat_first_on": ("seat_id", "first_event_on", "date")}
ADDED = "load_added"
_UNKNOWN_SEAT = "seat_id IS NULL AND seat_external_id IS NOT NULL"
_COUNTS = (
    f"SELECT count(*), count(*) FILTER (WHERE action_id IS NULL), count(*) FILTER (WHERE {_UNKNOWN_SEAT}) FROM {TYPED}"
    " WHERE problem IS NULL"
)


@dataclass(frozen=True)
class Survey:
    """What the typed table holds: good rows, how many of them name an action or a seat that is not there, rows with something to say.

    `gathered`: first days of the months whose events are gathered; `settled`: whether any of the rows belong to other months.
    """

    good: int
    actions: int
    seats: int
    faulty: int
    marks: dict[str, int]
    gathered: tuple[date, ...] = ()
    settled: bool = True

    @property
    def placed(self) -> str:
        """Condition: the row belongs to a month of the book."""
        if not self.settled:
            return "false"
        months = ", ".join(literal(month.isoformat()) for month in self.gathered)
        return f"date_trunc('month', t.day)::date NOT IN ({months})" if months else "true"


def survey(*, gather: bool = False) -> Survey:
    """Look the typed table over and make partitions for its days and the actions it names, before the transaction that fills them.

    With `gather`, months that the book has none of are to be settled by the caller.
    """
    counts = ", ".join(f"count(*) FILTER (WHERE problem IS NULL AND {mark})" for mark in MARKS)
    good = "FILTER (WHERE problem IS NULL"
    first, last, faulty, known, actions, seats, *marks = rows(
        f"SELECT min(day) {good}), max(day) {good}), count(*) FILTER (WHERE problem IS NOT NULL OR flags <> '{{}}'), count(*) {good}),"
        f" count(*) {good} AND action_id IS NULL), count(*) {good} AND {_UNKNOWN_SEAT}), {counts} FROM {TYPED}"
    )[0]
    found = Survey(known, actions, seats, faulty, dict(zip(MARKS, marks, strict=True)))
    if not found.good:
        return found
    months = [(first.replace(day=1),)]
    if (first.year, first.month) != (last.year, last.month):
        days = f"SELECT day FROM {TYPED} WHERE problem IS NULL GROUP BY 1"
        months = rows(f"SELECT DISTINCT date_trunc('month', day)::date FROM ({days}) d ORDER BY 1")
    gathered = tuple(month for (month,) in months if make_month(month, gather=gather))
    if found.actions:
        # Here and not in the transaction, for whose end the next chunk would have to wait.
        _make_actions()
    return replace(found, gathered=gathered, settled=len(gathered) < len(months))


def _make_actions() -> None:
    run(
        f"INSERT INTO accounts_action (name) SELECT action FROM {TYPED} WHERE problem IS NULL AND action_id IS NULL"
        " GROUP BY 1 ORDER BY 1 ON CONFLICT DO NOTHING"
    )


def apply(job: Job, turn: Turn = ALONE, found: Survey | None = None) -> bool:
    """Write the events of the typed table; a message id that is known stays as it was. Whether any row has something to be said about it.

    The keys of one chunk are in before those of the next, so the first of two rows with one id is the one that stays; what the chunk
    makes stale and its counts come after the chunk before it is committed. In between, two chunks are written at once.
    """
    found = found or survey()
    known = _all_known(job, found.good)
    turn.await_keys()
    seats = _make_seats(job) if found.seats else 0
    created, conflicts = (0, 0) if known else _add_keys(job)
    turn.leave_keys()
    if created:
        _add_events(job, found)
    turn.await_end()
    if created and found.settled:
        mark_event_rows(f"SELECT account_id, day FROM {TYPED} t WHERE {GOOD} AND {found.placed} GROUP BY 1, 2")
        earlier = f"{found.placed} AND seat_id IS NOT NULL AND (seat_first_on IS NULL OR seat_first_on > day)"
        move_first_days(f"SELECT seat_id, min(day) AS day FROM {TYPED} t WHERE {GOOD} AND {earlier} GROUP BY 1")
    job.report.created += created
    job.report.unchanged += found.good - created - conflicts
    count_seats(job, seats)
    return bool(found.faulty or conflicts)


def _all_known(job: Job, good: int) -> bool:
    """Whether every event is there already with the same body, as in a file that is loaded again. Asked only where one of them is."""
    one = rows(f"SELECT message_id FROM {TYPED} WHERE problem IS NULL LIMIT 1")
    own = f"SELECT FROM event_key WHERE source_id = {job.setting.source_id} AND message_id"
    # Two questions: as one join the planner reads all the keys there are.
    if not one or not value(f"SELECT EXISTS ({own} = {literal(one[0][0])})"):
        return False
    keys = f"event_key k WHERE k.source_id = {job.setting.source_id} AND k.message_id = t.message_id"
    # Keys are never deleted, so this needs no waiting for earlier chunks. A look-up per row: a join might read all the keys there are.
    same = f"SELECT count(*) FROM {TYPED} t, LATERAL (SELECT k.digest FROM {keys} LIMIT 1) k WHERE t.problem IS NULL"
    same += " AND t.digest = k.digest"
    return bool(value(same) == good)


def _add_keys(job: Job) -> tuple[int, int]:
    """Store the ids of the chunk; GOOD is what is new afterwards. Ids added, and ids that came again with another body.

    Keys in their order, as every writer does: no two of them wait for each other in a ring.
    """
    keys = (
        f"INSERT INTO event_key (source_id, message_id, digest) SELECT {job.setting.source_id}, message_id, digest FROM {TYPED}"
        f' WHERE {GOOD} ORDER BY message_id COLLATE "C"'
    )
    try:
        with transaction.atomic():
            return run(keys), 0
    except IntegrityError:
        describe_typed()
    run(
        f"UPDATE {TYPED} t SET repeat = true FROM (SELECT message_id, min(n) AS n FROM {TYPED} WHERE problem IS NULL"
        " GROUP BY 1 HAVING count(*) > 1) f WHERE f.message_id = t.message_id AND t.n > f.n"
    )
    run(f"DROP TABLE IF EXISTS {ADDED}")
    run(f"CREATE TEMP TABLE {ADDED} (message_id text)")
    created = run(f"WITH k AS ({keys} ON CONFLICT DO NOTHING RETURNING message_id) INSERT INTO {ADDED} SELECT message_id FROM k")
    run(f"UPDATE {TYPED} t SET repeat = true WHERE {GOOD} AND message_id NOT IN (SELECT message_id FROM {ADDED})")
    # A look-up per row: what the planner knows of a source that is new would make it read the keys for each event.
    conflicts = run(
        f"UPDATE {TYPED} t SET problem = 'conflicting_duplicate:message_id' WHERE t.problem IS NULL AND t.repeat"
        f" AND t.digest <> (SELECT k.digest FROM event_key k WHERE k.source_id = {job.setting.source_id} AND k.message_id = t.message_id)"
    )
    return created, conflicts


def _add_events(job: Job, found: Survey) -> None:
    if found.settled:
        _insert_events("event", job, found, found.placed)
    if found.gathered:
        _insert_events(GATHERED, job, found, f"NOT ({found.placed})")


def _insert_events(table: str, job: Job, found: Survey, which: str) -> None:
    before, after = "account_id, seat_id", "product, occurred_at, recorded_at, day, quantity, value, properties"
    # Actions that were made since the rows were typed are looked up here: changing the rows would cost as much as inserting them.
    action, made = "action_id", ""
    if found.actions:
        action, made = "coalesce(t.action_id, made.id)", " LEFT JOIN accounts_action made ON made.name = t.action"
    run(
        f"INSERT INTO {table} (source_id, message_id, {before}, action_id, {after}, loaded_by_id)"
        f" SELECT {job.setting.source_id}, message_id, {before}, {action}, {after}, {job.run_id} FROM {TYPED} t{made}"
        f" WHERE {GOOD} AND {which}"
    )


def resolve_names(job: Job) -> tuple[int, int]:
    """Make the actions and seats that the rows name and that are not there, and give their ids. Good rows, and seats made."""
    good, actions, seats = rows(_COUNTS)[0]
    if actions:
        describe_typed()
        _make_actions()
        run(f"UPDATE {TYPED} t SET action_id = a.id FROM accounts_action a WHERE a.name = t.action AND t.action_id IS NULL")
    return good, _make_seats(job) if seats else 0


def _make_seats(job: Job) -> int:
    """Seats that only events or counts name are people, known since the row that names them first; the report says how many."""
    describe_typed()
    made = run(
        "INSERT INTO accounts_seat (account_id, external_id, email, name, persona, kind, is_executive, recorded_at, loaded_by_id)"
        f" SELECT account_id, seat_external_id, '', '', '', 'human', false, min(recorded_at), {job.run_id} FROM {TYPED}"
        f" WHERE problem IS NULL AND {_UNKNOWN_SEAT} GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT DO NOTHING"
    )
    run(
        f"UPDATE {TYPED} t SET seat_id = s.id FROM accounts_seat s"
        f" WHERE s.account_id = t.account_id AND s.external_id = t.seat_external_id AND t.{_UNKNOWN_SEAT.replace('AND ', 'AND t.')}"
    )
    return made


def count_seats(job: Job, made: int) -> None:
    """Say how many seats were made."""
    if made:
        job.report.codes["seat_created"] = job.report.codes.get("seat_created", 0) + made


def move_first_days(select: str) -> None:
    """A seat's first day moves back to its earliest row; a seat without `activated_on` counts from there. `select`: (seat_id, day)."""
    run("DROP TABLE IF EXISTS load_first_day")
    run(
        "CREATE TEMP TABLE load_first_day AS SELECT s.id, s.account_id, s.activated_on, s.first_event_on AS old, f.day FROM accounts_seat s"
        f" JOIN ({select}) f ON f.seat_id = s.id WHERE s.first_event_on IS NULL OR s.first_event_on > f.day"
    )
    mark_spans("SELECT account_id, day AS first_on, old - 1 AS last_on FROM load_first_day WHERE activated_on IS NULL")
    run("UPDATE accounts_seat s SET first_event_on = f.day FROM load_first_day f WHERE f.id = s.id")
    run("DROP TABLE load_first_day")
