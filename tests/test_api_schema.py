"""The OpenAPI schema: valid, complete, and shown without asking any other host."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from tests.routes import routes


@pytest.fixture(scope="module")
def schema() -> Any:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


def test_the_schema_holds_every_route_of_the_api(schema: Any) -> None:
    wanted = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in routes() if route.startswith("/api/v1/")}
    assert set(schema["paths"]) == wanted - {"/api/v1/schema/", "/api/v1/docs/"}


def test_every_parameter_and_answer_is_described(schema: Any) -> None:
    for path, methods in schema["paths"].items():
        for method, answer in methods.items():
            assert answer["summary"], path
            assert all(parameter["description"] for parameter in answer.get("parameters", [])), path
            assert {"400", "401"} <= set(answer["responses"]), path
            assert ({"200"} if method == "get" else {"200", "201"}) & set(answer["responses"]), path


def test_lists_are_cursor_pages(schema: Any) -> None:
    assert {"next", "previous", "results"} == set(schema["components"]["schemas"]["PaginatedAccountList"]["properties"])


@pytest.mark.django_db
def test_schema_and_docs_open_offline() -> None:
    client = Client()
    assert client.get("/api/v1/schema/").status_code == 200
    page = client.get("/api/v1/docs/").content.decode()
    assert "swagger-ui" in page
    assert re.findall(r'(?:src|href)="(https?:)?//', page) == []


@pytest.mark.django_db
def test_an_address_that_is_none_answers_in_the_form_of_the_api_and_elsewhere_with_the_page() -> None:
    client = Client()
    for method, path in (("GET", "/api/v1/nothing/"), ("POST", "/api/v1/tasks/-1/"), ("POST", "/api/v1/renewals/x/outcome/")):
        answer = client.generic(method, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "client_error")
        assert answer.json()["errors"][0]["code"] == "not_found"
    page = client.get("/nothing/")
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")


def test_every_refusal_of_a_request_has_the_one_form(schema: Any) -> None:
    for methods in schema["paths"].values():
        for answer in methods.values():
            content = answer["responses"]["400"]["content"]["application/json"]["schema"]
            assert content == {"$ref": "#/components/schemas/BadRequest"}
