"""What supervisors ask."""

import pytest
from django.db import DatabaseError
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway


def test_the_process_answers_without_a_database_and_without_a_redirect(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_readiness_names_each_part(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"database ok\nredis ok\n")


def test_a_database_that_is_away_is_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("csm_portal.portal.probes.connection.cursor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content.startswith(b"database failed: DatabaseError\n")


@pytest.mark.django_db
def test_redis_away_is_named_and_does_not_take_the_portal_out_of_service(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_key: str) -> None:
        raise RedisAway("gone")

    monkeypatch.setattr("csm_portal.portal.probes.cache.get", away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"database ok\nredis failed: ConnectionError\n")


def test_a_probe_answers_only_reads(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
