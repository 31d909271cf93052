# ruff: noqa: S608 - statements are composed of names from the registry and of quoted literals
"""Users and the tree of teams."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from accounts.loading.binding import Bound
from accounts.loading.job import GOOD, TYPED, Job, rows, run
from accounts.loading.quoting import literal, name, names
from accounts.loading.registry import Kind
from accounts.loading.typing_rows import team_path
from accounts.loading.upsert import TOUCHED, count


def ensure_teams(bound: Bound) -> None:
    """Make the teams that the file names and that are not there, each with the teams above it."""
    columns = [column for column in bound.target.columns if column.kind == Kind.TEAM and column.flag and column.name in bound.texts]
    for column in columns:
        text = name("t:" + column.name)
        found = rows(
            f"SELECT DISTINCT {team_path(text)} FROM ({bound.select()}) m WHERE {text} IS NOT NULL AND length({text}) <= 500 ORDER BY 1"
        )
        for (path,) in found:
            make_team(path)


def make_team(path: str) -> None:
    """`EMEA/DACH/` with every team above it."""
    parts = [part for part in path.split("/") if part]
    for depth in range(1, len(parts) + 1):
        above = literal("".join(part + "/" for part in parts[: depth - 1]))
        here = literal("".join(part + "/" for part in parts[:depth]))
        run(
            f"INSERT INTO accounts_team (name, path, parent_id) SELECT {literal(parts[depth - 1])}, {here},"
            f" (SELECT id FROM accounts_team WHERE path = {above}) ON CONFLICT (path) DO NOTHING"
        )


def apply_users(job: Job) -> None:
    """Users by e-mail. New ones get no password: they sign in once an admin sets one."""
    changing = [field for field in ("name", "role", "team_id", "manages_id") if field in job.present]
    run(f"DROP TABLE IF EXISTS {TOUCHED}")
    run(f"CREATE TEMP TABLE {TOUCHED} (id bigint, created boolean)")
    run(
        f"WITH up AS (UPDATE accounts_user u SET {', '.join(f'{name(field)} = t.{name(field)}' for field in changing)} FROM {TYPED} t"
        f" WHERE {GOOD} AND lower(u.email) = t.email AND ROW({names(changing, 'u.')}) IS DISTINCT FROM ROW({names(changing, 't.')})"
        f" RETURNING u.id)"
        f" INSERT INTO {TOUCHED} SELECT id, false FROM up"
    )
    run(
        "WITH up AS (INSERT INTO accounts_user (email, name, role, team_id, manages_id, password, language, timezone, is_active,"
        " is_staff, is_superuser, joined_at)"
        f" SELECT email, name, role, team_id, manages_id, {literal(make_password(None))}, '', '', true, role = 'admin', false,"
        f" now() FROM {TYPED} t"
        f" WHERE {GOOD} AND NOT EXISTS (SELECT FROM accounts_user u WHERE lower(u.email) = t.email) ORDER BY email RETURNING id)"
        f" INSERT INTO {TOUCHED} SELECT id, true FROM up"
    )
    count(job)
