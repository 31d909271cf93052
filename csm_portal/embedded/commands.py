"""Runs a management command with servers and secrets in its environment: the one place that decides who needs what."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from csm_portal.embedded import session

# Commands that never ask the database, or bring their own.
WITHOUT_SERVERS = frozenset(
    {"help", "version", "sample", "demo", "test", "makemessages", "compilemessages", "collectstatic", "findstatic"}
    | {"diffsettings", "startapp", "spectacular"}
)
# Commands that must find the database as it is.
WITHOUT_MIGRATION = WITHOUT_SERVERS | frozenset(
    {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "lintmigrations", "check", "dbshell", "flush", "inspectdb"}
)


def run(arguments: list[str]) -> int:
    """Run `manage.py` with these arguments; return its exit code."""
    command = arguments[1] if len(arguments) > 1 else "help"
    asks_help = command.startswith("-") or bool({"-h", "--help"} & set(arguments[2:]))
    end_on_signals()
    try:
        with ExitStack() as stack:
            home = session.home_folder()
            set_defaults(home)
            if command not in WITHOUT_SERVERS and not asks_help:
                ours = not has("DATABASE_URL")
                stack.enter_context(servers_for(command))
                if command not in WITHOUT_MIGRATION:
                    migrate_if_behind(may_migrate=ours)
            from django.core.management import execute_from_command_line

            execute_from_command_line(arguments)
    except KeyboardInterrupt:
        return 130
    return 0


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal unwind the stack, so that nothing is left running."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def set_defaults(home: Path) -> None:
    """What a command in a checkout may assume: a key of this home, and the day its sample book ends on."""
    os.environ.setdefault("PORTAL_HOME", str(home))
    if not os.environ.get("SECRET_KEY") and not os.environ.get("SECRET_KEY_FILE"):
        os.environ["SECRET_KEY"] = session.secret_key(home)
    as_of = home / "as-of"
    if "PORTAL_AS_OF" not in os.environ and as_of.exists():
        os.environ["PORTAL_AS_OF"] = as_of.read_text().strip()


@contextmanager
def servers_for(command: str) -> Iterator[None]:
    """Fill DATABASE_URL and REDIS_URL when they are unset, from the servers of this home."""
    if has("DATABASE_URL") and has("REDIS_URL"):
        yield
        return
    with session.attach_or_hold(session.home_folder(), command) as servers:
        if not has("DATABASE_URL"):
            os.environ["DATABASE_URL"] = servers.database_url
        if not has("REDIS_URL"):
            os.environ["REDIS_URL"] = servers.redis_url
        yield


def has(name: str) -> bool:
    """Whether the environment gives the value, or a file that holds it."""
    return bool(os.environ.get(name) or os.environ.get(name + "_FILE"))


def migrate_if_behind(*, may_migrate: bool) -> None:
    """Bring the embedded database up to the code. A server of your own is migrated by you, so there this only tells."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not may_migrate:
        raise SystemExit("The database is behind this version of the portal. Run `python3 manage.py migrate` first.")
    print("Preparing the database ...", file=sys.stderr, flush=True)
    call_command("migrate", verbosity=0, interactive=False)
