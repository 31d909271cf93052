"""Settings come from the environment and nowhere else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT

SETTINGS = (ROOT / "csm_portal" / "settings.py").read_text()
# Read elsewhere than in settings.py: by compose, by gunicorn's configuration.
READ_ELSEWHERE = {"POSTGRES_PASSWORD", "WEB_CONCURRENCY", "WEB_THREADS"}


def read(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The value of a setting in a fresh process with only this environment."""
    code = f"from csm_portal import settings; print({expression})"
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=False)


def value(expression: str, **environment: str) -> str:
    """Like `read`, for settings that load."""
    answer = read(expression, SECRET_KEY="a key", **environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_the_example_lists_every_variable_and_no_other() -> None:
    known = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), flags=re.MULTILINE))
    assert listed == known | READ_ELSEWHERE


def test_without_a_key_the_portal_does_not_start() -> None:
    answer = read("settings.SECRET_KEY")
    assert answer.returncode != 0
    assert "Set the SECRET_KEY environment variable" in answer.stderr


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file")
    assert value("settings.SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key")) == "from a file"
    (tmp_path / "url").write_text("postgresql://portal:word@db/portal")
    assert value("settings.DATABASES['default']['PASSWORD']", DATABASE_URL_FILE=str(tmp_path / "url")) == "word"


def test_a_socket_in_the_database_address_becomes_the_host() -> None:
    url = "postgresql://portal@/portal?host=/tmp/some%20folder"
    expression = "[settings.DATABASES['default'][name] for name in ('HOST', 'USER', 'NAME')]"
    assert value(expression, DATABASE_URL=url) == "['/tmp/some folder', 'portal', 'portal']"


def test_plans_are_not_compiled_unless_the_address_says_so() -> None:
    expression = "settings.DATABASES['default']['OPTIONS']['options']"
    assert value(expression, DATABASE_URL="postgresql://portal@db/portal") == "-c jit=off"
    assert value(expression, DATABASE_URL="postgresql://portal@db/portal?options=-c%20jit=on") == "-c jit=on"


def test_a_socket_of_redis_is_told_to_celery_in_its_own_way() -> None:
    assert value("settings.CELERY_BROKER_URL", REDIS_URL="unix:///tmp/a/valkey.sock") == "redis+socket:///tmp/a/valkey.sock"
    assert value("settings.CELERY_BROKER_URL", REDIS_URL="redis://host:6379/0") == "redis://host:6379/0"


@pytest.mark.parametrize(("url", "secure"), [("https://portal.example.com/", "True"), ("http://localhost:8000", "False")])
def test_https_makes_cookies_secure(url: str, secure: str) -> None:
    assert value("(settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)", PORTAL_URL=url) == f"({secure}, {secure})"
    assert value("settings.SECURE_HSTS_SECONDS > 0", PORTAL_URL=url) == secure


def test_scripts_come_from_the_portal_alone() -> None:
    assert value("settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['script-src']") == "[\"'self'\"]"


def test_tasks_end_long_before_their_message_is_given_out_again() -> None:
    limit = value("settings.CELERY_TASK_TIME_LIMIT")
    again = value("settings.CELERY_BROKER_TRANSPORT_OPTIONS['visibility_timeout']")
    assert int(limit) * 2 < int(again)


def test_the_portals_today_is_a_day_or_the_clock() -> None:
    assert value("settings.PORTAL_AS_OF", PORTAL_AS_OF="2026-11-01") == "2026-11-01"
    assert value("settings.PORTAL_AS_OF") == "None"
    assert read("0", SECRET_KEY="a key", PORTAL_AS_OF="yesterday").returncode != 0
