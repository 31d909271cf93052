# ruff: noqa: S608 - statements are composed of names from the catalog and the registry, and of numbers
"""What an undo would do with each row that an import made, changed or removed; decided before anything is touched.

Two temporary tables of the transaction: NET holds each row as it was before the import and as the import left it, PLAN what becomes of
it. `go`: made by it, is removed · `back`: the columns named are put back · `restore`: removed by it, comes back · `changed`: somebody
changed it since, stays · `used`: something that came later refers to it, stays · `gone`: is not there any more · `none`: nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from accounts.loading.computed import Computed, computed, histories
from accounts.loading.job import rows, run, value
from accounts.loading.quoting import array, literal, name

NET, PLAN, EVENTS = "undo_net", "undo_plan", "undo_event"
# Columns that follow from other rows: they are computed anew and say nothing about who changed what.
DERIVED = {"accounts_account": ("counts_for_id",), "accounts_seat": ("first_event_on",)}
SECRET = ("password",)
# Somebody who has set a password is at home here, whoever brought them.
AT_HOME = {"accounts_user": "t.password <> '' AND t.password NOT LIKE '!%'"}
# A spell of an owner is nothing without what the account says: it stays where the account stays.
PARTS = {("accounts_ownership", "account_id"): "accounts_account"}


@dataclass(frozen=True)
class Edge:
    """`child.column` refers to a row of `parent`."""

    child: str
    column: str
    parent: str


def make_net(run_id: int) -> list[str]:
    """Fill NET from what the triggers kept. The tables it touches, in the order of their names; their rows are locked."""
    run(
        f"CREATE TEMP TABLE {NET} ON COMMIT DROP AS"
        " SELECT \"table\" AS tbl, (coalesce(after, before)->>'id')::bigint AS id,"
        " (array_agg(before ORDER BY id))[1] AS before, (array_agg(after ORDER BY id DESC))[1] AS after"
        f" FROM accounts_importedrow WHERE run_id = {run_id} GROUP BY 1, 2"
    )
    run(f"CREATE UNIQUE INDEX ON {NET} (tbl, id); ANALYZE {NET}")
    tables = [row[0] for row in rows(f"SELECT DISTINCT tbl FROM {NET} ORDER BY 1")]
    for table in tables:
        run(f"SELECT FROM {name(table)} t JOIN {NET} n ON n.tbl = {literal(table)} AND n.id = t.id ORDER BY t.id FOR UPDATE OF t")
    return tables


def make_plan(run_id: int, tables: list[str], *, with_events: bool) -> None:
    """Fill PLAN. The events of the import are gone by now."""
    run(f"CREATE TEMP TABLE {PLAN} (tbl text, id bigint, act text, columns text[], kept text[]) ON COMMIT DROP")
    for table in tables:
        _plan_table(table)
    run(f"CREATE UNIQUE INDEX ON {PLAN} (tbl, id); ANALYZE {PLAN}")
    _keep_at_home(tables)
    if with_events:
        _keep_with_events(run_id, tables)
    _keep_used(tables)


def _plan_table(table: str) -> None:
    ignored = array([*DERIVED.get(table, ()), *SECRET, *columns_of(table, generated=True)])
    run(
        f"INSERT INTO {PLAN} SELECT {literal(table)}, n.id, CASE"
        " WHEN n.after IS NULL THEN CASE WHEN n.before IS NOT NULL AND t.id IS NULL THEN 'restore' ELSE 'none' END"
        " WHEN t.id IS NULL THEN 'gone'"
        f" WHEN n.before IS NULL THEN CASE WHEN to_jsonb(t) - {ignored} = n.after - {ignored} THEN 'go' ELSE 'changed' END"
        " WHEN d.columns IS NOT NULL THEN 'back' WHEN d.kept IS NOT NULL THEN 'changed' ELSE 'none' END, d.columns, d.kept"
        f" FROM {NET} n LEFT JOIN {name(table)} t ON t.id = n.id LEFT JOIN LATERAL ("
        " SELECT array_agg(k ORDER BY k) FILTER (WHERE to_jsonb(t) -> k = n.after -> k) AS columns,"
        " array_agg(k ORDER BY k) FILTER (WHERE to_jsonb(t) -> k IS DISTINCT FROM n.after -> k) AS kept"
        " FROM jsonb_object_keys(n.before) k"
        f" WHERE n.before -> k IS DISTINCT FROM n.after -> k AND k <> ALL({ignored})"
        f") d ON n.before IS NOT NULL AND n.after IS NOT NULL AND t.id IS NOT NULL WHERE n.tbl = {literal(table)}"
    )


def _keep_at_home(tables: list[str]) -> None:
    for table, condition in AT_HOME.items():
        if table in tables:
            _keep(table, f"SELECT t.id FROM {name(table)} t WHERE {condition}")


def _keep_with_events(run_id: int, tables: list[str]) -> None:
    """Accounts, seats and actions that events of others name: no foreign key guards those."""
    going = f"FROM {PLAN} p WHERE p.act = 'go' AND p.tbl = "
    if "accounts_account" in tables:
        _keep("accounts_account", f"SELECT p.id {going}'accounts_account' AND EXISTS (SELECT FROM event e WHERE e.account_id = p.id)")
    if "accounts_seat" in tables:
        named = "SELECT FROM event e WHERE e.account_id = s.account_id AND e.seat_id = s.id"
        _keep("accounts_seat", f"SELECT s.id FROM accounts_seat s WHERE s.id IN (SELECT p.id {going}'accounts_seat') AND EXISTS ({named})")
    if "accounts_action" in tables and value(f"SELECT EXISTS (SELECT {going}'accounts_action')"):
        named = f"e.action_id IN (SELECT p.id {going}'accounts_action') AND (e.loaded_by_id >= {_since(run_id)} OR e.loaded_by_id IS NULL)"
        _keep("accounts_action", f"SELECT DISTINCT e.action_id FROM event e WHERE {named}")


def _since(run_id: int) -> int:
    """The first import that may have written events after this one began: one that was killed goes on later under its own number.

    Nothing before it can name an action that this one made.
    """
    later = f"finished_at IS NULL OR finished_at >= (SELECT started_at FROM accounts_importrun WHERE id = {run_id})"
    return int(value(f"SELECT least({run_id}, min(id)) FROM accounts_importrun WHERE {later}"))


def _keep_used(tables: list[str]) -> None:
    """Rows that something refers to which stays; what they refer to themselves stays too, so again until nothing changes."""
    own = computed()
    free = {(one.table, one.column) for one in own if not one.work}
    free |= {(table, column) for table, columns in DERIVED.items() for column in columns}
    edges = [edge for edge in find_edges() if edge.parent in tables and (edge.child, edge.column) not in free]
    kept = 1
    while kept:
        going = {row[0] for row in rows(f"SELECT DISTINCT tbl FROM {PLAN} WHERE act = 'go'")}
        kept = sum(_keep(edge.parent, _users(edge, own, tables)) for edge in edges if edge.parent in going)
        kept += sum(_keep(table, select) for table, select in _parts(tables) if table in going)


def _parts(tables: list[str]) -> list[tuple[str, str]]:
    """Rows of histories whose row stays."""
    owners = PARTS | {(one.table, one.column): one.parent for one in histories()}
    return [
        (
            table,
            (
                f"SELECT c.id FROM {name(table)} c JOIN {PLAN} q ON q.tbl = {literal(parent)} AND q.id = c.{name(column)}"
                f" JOIN {NET} n ON n.tbl = q.tbl AND n.id = q.id AND n.before IS NULL WHERE q.act IN ('used', 'changed')"
            ),
        )
        for (table, column), parent in owners.items()
        if table in tables
    ]


def _keep(table: str, select: str) -> int:
    """Rows of the table that were to go stay. How many."""
    return run(f"UPDATE {PLAN} p SET act = 'used' FROM ({select}) k (id) WHERE p.tbl = {literal(table)} AND p.act = 'go' AND p.id = k.id")


def _users(edge: Edge, own: list[Computed], tables: list[str]) -> str:
    """Ids of rows of the parent that a row of the child refers to which stays as it is."""
    column = f"c.{name(edge.column)}"
    stays = [f"{column} IN (SELECT id FROM {PLAN} WHERE tbl = {literal(edge.parent)} AND act = 'go')"]
    theirs = [one for one in own if one.table == edge.child]
    for one in theirs:
        goes = f"EXISTS (SELECT FROM {PLAN} q WHERE q.tbl = {literal(one.parent)} AND q.act = 'go' AND q.id = c.{name(one.column)})"
        stays.append(f"(NOT {goes} OR {one.work})" if one.work else f"NOT {goes}")
    if not theirs and edge.child in tables:
        stays.append(
            f"NOT EXISTS (SELECT FROM {PLAN} x WHERE x.tbl = {literal(edge.child)} AND x.id = c.id"
            f" AND (x.act = 'go' OR (x.act = 'back' AND {literal(edge.column)} = ANY(x.columns))))"
        )
    return f"SELECT DISTINCT {column} FROM {name(edge.child)} c WHERE {' AND '.join(stays)}"


def columns_of(table: str, *, generated: bool = False) -> list[str]:
    """Columns of a table that hold what is written to them, or those that the database computes."""
    sign = "<>" if generated else "="
    return [
        row[0]
        for row in rows(
            f"SELECT attname FROM pg_attribute WHERE attrelid = {literal(name(table))}::regclass AND attnum > 0 AND NOT attisdropped"
            f" AND attgenerated {sign} '' ORDER BY attnum"
        )
    ]


def find_edges() -> list[Edge]:
    """All foreign keys of the database but those of partitions, which their table has too."""
    found = rows(
        "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " WHERE c.contype = 'f' AND c.conparentid = 0 AND array_length(c.conkey, 1) = 1 ORDER BY 1, 2"
    )
    return [Edge(*row) for row in found]
