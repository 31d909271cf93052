"""Gives a test run its servers before Django reads its settings. pytest-xdist's workers inherit them from the first process."""

import atexit
import os
import signal
import tempfile
from contextlib import ExitStack

from csm_portal.embedded import session

_stack = ExitStack()
atexit.register(_stack.close)
if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    _servers = _stack.enter_context(session.throw_away())
    os.environ.setdefault("DATABASE_URL", _servers.database_url)
    os.environ.setdefault("REDIS_URL", _servers.redis_url)
    if os.environ["DATABASE_URL"] == _servers.database_url:
        os.environ["PORTAL_TEST_SERVERS"] = "own"
    # Ends as Ctrl-C does, so that the servers' folder goes too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
if not os.environ.get("PORTAL_HOME"):  # what commands write must not end up in the checkout's own portal
    os.environ["PORTAL_HOME"] = _stack.enter_context(tempfile.TemporaryDirectory(prefix="csm-portal-test-"))
os.environ.setdefault("SECRET_KEY", "only for tests")
os.environ.pop("PORTAL_AS_OF", None)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csm_portal.settings")

import django  # noqa: E402 - the servers come first
import pytest  # noqa: E402 - the same
from django.conf import settings  # noqa: E402 - the same

settings.DATABASES  # noqa: B018 - reads the settings now, which tells pytest-django that they are there
django.setup()  # a conftest below may import models


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--wide`: see tests/depth.py."""
    parser.addoption(
        "--wide", action="store_true", help="run what a usual run leaves out: sweeps, whole portals and real books, laws on more examples"
    )
