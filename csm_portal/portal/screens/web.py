"""A web server of one's own on the current database, as `demo` serves, and sessions for its people."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count

from accounts.models import Account, User
from accounts.types import Role
from csm_portal.embedded import child
from csm_portal.embedded.ports import answers, reserve_port
from csm_portal.web import today

FIRST_PORT = 8700
WEB_SECONDS = 60.0


@contextmanager
def serving(database_url: str = "", application: str = "csm_portal.wsgi") -> Iterator[str]:
    """gunicorn with the configuration of the demo; yields its address without the slash. Raises `RuntimeError` when it does not start."""
    reserved, _remark = reserve_port(FIRST_PORT)
    with reserved, tempfile.TemporaryFile() as log:
        address = f"http://localhost:{reserved.getsockname()[1]}"
        reserved.set_inheritable(True)
        environment = {
            **os.environ,
            "PYTHONPATH": str(settings.BASE_DIR),
            "PORTAL_AS_OF": today().isoformat(),
            "PORTAL_URL": address,
            "SECRET_KEY": settings.SECRET_KEY,
            "DEBUG": "0",
            **({"DATABASE_URL": database_url} if database_url else {}),
        }
        process = child.start(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "-c",
                "python:csm_portal.gunicorn_conf",
                "--bind",
                f"fd://{reserved.fileno()}",
                application,
            ],
            on_parent_death=signal.SIGKILL,
            env=environment,
            log=log,
            cwd=Path(settings.BASE_DIR),
            keep=(reserved.fileno(),),
        )
        try:
            _wait(process, address.replace("localhost", "127.0.0.1"), log.fileno())
            yield address
        finally:
            child.stop(process, (signal.SIGTERM, 10))


def _wait(process: subprocess.Popen[bytes], address: str, log: int) -> None:
    deadline = time.monotonic() + WEB_SECONDS
    while not answers(f"{address}/healthz"):
        if process.poll() is not None or time.monotonic() > deadline:
            said = os.pread(log, 1 << 20, 0).decode(errors="replace")
            raise RuntimeError(f"The web server did not start: {said[-800:]}")
        time.sleep(0.1)


def session_of(user: User) -> str:
    """Key of a fresh session, as if the person had just signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.sign_in_backends.WithTeams"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def person_of(role: Role) -> User | None:
    """Who stands for the role: the one who sees the most accounts; None where there is nobody."""
    people = User.objects.filter(role=role, is_active=True).select_related("team", "manages")
    counted: list[tuple[int, int, User]] = [(Account.objects.visible_to(one).count(), -one.pk, one) for one in people]
    return max(counted)[2] if counted else None


def account_worth_showing(user: User) -> str:
    """Encoded id of the visible account with the most behind it: a score, contacts and tickets; empty where there is none."""
    found = Account.objects.visible_to(user).filter(state__score__isnull=False, contacts__isnull=False)
    best = found.annotate(n=Count("tickets", distinct=True)).order_by("-n", "external_id").values_list("external_id", flat=True).first()
    return quote(best, safe="/") if best else ""
