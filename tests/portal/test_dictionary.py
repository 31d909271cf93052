"""The data dictionary: complete by its registries, searchable, a file, in both languages."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from accounts.loading.registry import targets
from accounts.models import User
from accounts.types import Role
from csm_portal.portal.dictionary.entries import KINDS, entries
from csm_portal.portal.dictionary.fields import api_fields
from csm_portal.portal.dictionary.meanings import FILES, OWN, SHARED, meaning
from csm_portal.portal.help.figures import FIGURES
from csm_portal.portal.help.marks import Mark
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = person(language="en")
    client.force_login(user)
    return user


def test_every_column_of_every_file_has_a_type_and_a_meaning() -> None:
    columns = [(target.name, column.name) for target in targets().values() for column in target.columns]
    assert [pair for pair in columns if not meaning(*pair)] == []
    assert set(FILES) == set(targets())
    assert {column.kind for target in targets().values() for column in target.columns} <= set(KINDS)
    assert set(OWN) <= set(columns), "a meaning without a column says something that is no longer so"
    assert set(SHARED) <= {column for _file, column in columns}


def test_fields_of_the_api_are_those_of_its_answers() -> None:
    found = {(field.path, field.name): field for field in api_fields()}
    score = found["/api/v1/accounts/", "health.score"]
    assert (score.kind, score.required) == ("number", False) or not score.required
    kind = found["/api/v1/accounts/{external_id}/timeline/", "kind"]
    assert "ticket_opened" in kind.choices
    assert found["/api/v1/setup/", "remedy"].meaning == "What to do about it."
    assert len({path for path, _name in found}) > 15


def test_figures_name_their_definition_and_its_version() -> None:
    shown = {entry.key: entry for entry in entries("figures", Mark(1, None, {"health": 7}))}
    assert set(shown) == set(FIGURES)
    assert shown["health"].version == "health model 7"
    assert shown["level"].version == "activity definition"
    assert shown["tickets"].version == ""
    assert shown["health"].href == "/help/health/#score"


def test_the_page_finds_a_word_in_every_part_and_says_how_many(client: Client, user: User) -> None:
    shown = client.get("/data/dictionary/", {"q": "ENDS_ON"}).context["shown"]
    assert [entry.key for _group, found in shown.groups for entry in found] == ["ends_on"]
    assert {tab.key: tab.n for tab in shown.tabs}["files"] == 1
    assert {tab.key: tab.n for tab in shown.tabs}["api"] >= 1
    nothing = client.get("/data/dictionary/", {"q": "no such thing <b>"}).content.decode()
    assert "Nothing fits this text" in nothing
    assert "<b>" not in nothing.split("<main", 1)[1].split("dictionary-q", 1)[1][:400]


def test_pages_follow_each_other_and_a_strange_address_shows_the_first_or_last(client: Client, user: User) -> None:
    total = sum(len(target.columns) for target in targets().values())
    seen = 0
    for number in range(1, total // 100 + 2):
        shown = client.get("/data/dictionary/", {"page": number}).context["shown"]
        seen += sum(len(found) for _group, found in shown.groups)
    assert seen == total
    for strange in ("0", "-1", "x", "999999", "\0"):
        assert client.get("/data/dictionary/", {"page": strange, "part": strange, "q": "\0"}).status_code == 200


def test_the_file_holds_every_part_or_the_one_asked_for(client: Client, user: User) -> None:
    def rows(**query: Any) -> list[list[str]]:
        answer = client.get("/data/dictionary/", {"format": "csv", **query})
        return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))[1:]  # type: ignore[attr-defined]

    assert {row[0] for row in rows()} == {"Columns of the files", "Fields of the API", "Figures"}
    assert [row[2] for row in rows(part="files", q="notice_days")] == ["notice_days"]
    assert client.get("/data/dictionary/", {"format": "pdf"}).status_code == 400


def test_the_page_takes_few_queries(client: Client, user: User, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        assert client.get("/data/dictionary/?part=api").status_code == 200


def test_the_page_is_written_in_chinese_too(client: Client) -> None:
    client.force_login(person(Role.MANAGER, language="zh-hans"))
    page = client.get("/data/dictionary/").content.decode()
    for word in ("数据字典", "文件列", "含义", "必填"):
        assert word in page


def test_it_is_for_people_who_are_signed_in(client: Client) -> None:
    assert client.get("/data/dictionary/").status_code == 302
