"""`manage.py user`, `token` and `source`."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.keys import digest_of
from accounts.models import Source, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_user_prints_a_password_that_signs_in() -> None:
    told, _ = run("user", "anna@example.com", "--role", "manager", "--team", "EMEA")
    password = told.strip().rpartition(" ")[2]
    user = User.objects.get()
    assert user.check_password(password)
    assert (user.role, str(user.manages)) == ("manager", "EMEA")


def test_user_reads_a_password_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    told, _ = run("user", "anna@example.com", "--role", "csm", "--password-stdin")
    assert "Password" not in told
    assert User.objects.get().check_password("correct horse battery")


def test_a_role_nobody_knows_is_refused() -> None:
    with pytest.raises(CommandError):
        run("user", "anna@example.com", "--role", "king")
    assert not User.objects.exists()


def test_token_prints_a_token_that_the_api_takes() -> None:
    run("user", "anna@example.com", "--role", "csm")
    token = run("token", "anna@example.com")[0].strip()
    answer = Client().get("/api/v1/accounts/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.json()["results"] == []


def test_token_for_nobody_is_an_error() -> None:
    with pytest.raises(CommandError, match="no active user"):
        run("token", "nobody@example.com")


def test_source_prints_a_key_and_stores_its_hash() -> None:
    key = run("source", "shop")[0].strip()
    assert Source.objects.get().key_sha256 == digest_of(key)
    with pytest.raises(CommandError):
        run("source", " ")
