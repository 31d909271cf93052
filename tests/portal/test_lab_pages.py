"""Pages of the definition lab: read by everybody, edited by admins, nothing typed is ever lost."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Team, User
from accounts.types import Role
from csm_portal.portal.sample.definition import DEFINITION
from health.lab import drafts
from health.lab.publish_definitions import publish_draft, read_draft
from health.models import ActivityDefinition, DefinitionDraft
from tests import factories as make
from tests.portal.shown_book import person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 10, 1, 8, tzinfo=UTC)
INDEX = "/settings/definitions/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _portal_day(settings: Settings) -> None:
    settings.PORTAL_AS_OF = date(2026, 11, 1)


@pytest.fixture
def ada(client: Client) -> User:
    publish_draft(read_draft(DEFINITION), at=AT)
    for name in ("create_order", "approve", "view_page", "login"):
        make.action(name)
    user: User = person(Role.ADMIN, email="ada@example.com", name="Ada")
    client.force_login(user)
    return user


@pytest.fixture
def draft(ada: User) -> DefinitionDraft:
    return drafts.create(ada, "Stricter bars", AT)


def path(draft: DefinitionDraft, below: str = "") -> str:
    return f"{INDEX}drafts/{draft.pk}/{below}"


def page(client: Client, address: str, **query: Any) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def save(client: Client, draft: DefinitionDraft, section: str, base: Any = 1, **values: Any) -> Any:
    """What the form of a section would send, with some inputs changed."""
    shown = client.get(path(draft, f"{section}/")).context["editor"]
    data = {**shown.typed._values, **values, "base": base, "do": values.get("do", "save")}
    return client.post(path(draft, f"{section}/"), data)


def test_everybody_reads_what_counts_in_words(client: Client, ada: User) -> None:
    client.force_login(person(email="csm@example.com"))
    index = page(client, INDEX)
    assert "Begin a draft" not in index
    assert "1 Jan 2018" in index
    says = page(client, f"{INDEX}activity/")
    assert "Low: per 100 activated seats at most 120 key actions by weight." in says
    assert "Orders: create_order; expected on 12 days a month; by 30% of the seats" in says
    assert "at most Amber while" in page(client, f"{INDEX}health/").replace("At most", "at most")
    for section in ("north_star", "ratings", "states", "calendar", "renewals"):
        page(client, f"{INDEX}{section}/")
    for address in (f"{INDEX}nothing/", f"{INDEX}activity/?version=9", f"{INDEX}activity/?version=x"):
        assert client.get(address).status_code == 404


def test_a_version_says_what_it_changed_of_the_one_before(client: Client, ada: User) -> None:
    publish_draft(read_draft(DEFINITION.replace("low_multiple = 2", "low_multiple = 3").replace("2018-01-01", "2026-12-01")), at=AT, by=ada)
    says = page(client, f"{INDEX}activity/", version=2)
    assert "<del>2</del> <ins>3</ins>" in says
    assert "What version 2 says" in says
    assert "What version 1 says" in page(client, f"{INDEX}activity/")
    assert "version 2 follows on" in page(client, INDEX)


def test_the_versions_in_force_come_as_a_file_for_the_command(client: Client, ada: User) -> None:
    answer = client.get(f"{INDEX}export/")
    assert answer["Content-Disposition"] == 'attachment; filename="definition-2026-11-01.toml"'
    assert not read_draft(answer.content.decode()).new


def test_a_form_that_is_saved_untouched_changes_nothing(client: Client, draft: DefinitionDraft) -> None:
    for base, section in enumerate(("activity", "north_star", "health", "ratings", "states", "calendar", "renewals"), start=1):
        assert save(client, draft, section, base).status_code == 302, section
        draft.refresh_from_db()
        body = ActivityDefinition.objects.get().body if section == "activity" else None
        assert body is None or draft.sections["activity"] == body
        keys = draft.revisions.get(number=base + 1).keys
        assert section == "states" or len(keys) == 1, keys


def test_what_is_typed_is_saved_and_shown_against_the_published_version(client: Client, draft: DefinitionDraft) -> None:
    answer = save(client, draft, "activity", low_multiple="3", **{"action-0-weight": "2,5"})
    assert answer["Location"] == path(draft)
    says = page(client, path(draft))
    assert "Low up to n × share ×" in says
    draft.refresh_from_db()
    assert draft.sections["activity"]["low_multiple"] == "3"
    assert "2.5" in draft.sections["activity"]["key_actions"].values()


def test_a_refused_form_keeps_every_letter_and_says_what_is_wrong_beside_it(client: Client, draft: DefinitionDraft) -> None:
    answer = save(
        client, draft, "health", **{"bands-green": "40", "weights-activity": "much", "caps-0-field0": "open_tickets", "caps-0-number0": "x"}
    )
    says = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="much"' in says
    assert 'value="40"' in says
    assert "Weights › Activity:" in says
    assert 'aria-describedby="problem_weights-activity"' in says
    assert "Not saved yet" in says
    draft.refresh_from_db()
    assert draft.sections == {}


def test_weights_that_sum_to_nothing_and_bands_that_overlap_are_refused(client: Client, draft: DefinitionDraft) -> None:
    none = {f"weights-{key}": "0" for key in ("activity", "ratings", "support", "invoices", "surveys", "growth", "outcome")}
    assert "at least one weight must be above 0" in save(client, draft, "health", **none).content.decode()
    overlap = {"bands-amber": "80", "bands-green": "75"}
    assert "green must begin above amber" in save(client, draft, "health", **overlap).content.decode()


def test_a_row_is_added_without_losing_what_is_typed(client: Client, draft: DefinitionDraft) -> None:
    says = save(client, draft, "activity", share="0.66", do="more:scenarios").content.decode()
    assert 'name="scenarios-3-name"' in says
    assert 'value="0.66"' in says
    save(
        client, draft, "activity", **{"scenarios-rows": "4", "scenarios-3-name": "Reports", "scenarios-3-actions": 'publish_report, "a, b"'}
    )
    draft.refresh_from_db()
    assert draft.sections["activity"]["scenarios"][3] == {"name": "Reports", "actions": ["publish_report", "a, b"]}


def test_a_card_that_is_taken_out_is_gone_once_saved(client: Client, draft: DefinitionDraft) -> None:
    save(client, draft, "activity", **{"scenarios-0-gone": "1", "profiles-0-gone": "1"})
    draft.refresh_from_db()
    assert [one["name"] for one in draft.sections["activity"]["scenarios"]] == ["Approvals", "Stock"]
    assert draft.sections["activity"]["profiles"] == []


def test_a_cap_of_two_conditions_and_a_profile_are_typed_in_inputs(client: Client, draft: DefinitionDraft) -> None:
    cap = {"caps-rows": "2", "caps-1-field0": "escalated_tickets", "caps-1-operator0": ">=", "caps-1-number0": "2", "caps-1-band": "red"}
    cap |= {"caps-1-field1": "activity", "caps-1-operator1": "<", "caps-1-number1": "40"}
    profile = {"profiles-rows": "2", "profiles-1-when-tier": "small, mid", "profiles-1-min_coverage": "0.3", "profiles-1-more": "caps = []"}
    assert save(client, draft, "health", **cap, **profile).status_code == 302
    draft.refresh_from_db()
    body = draft.sections["health"]
    assert body["caps"][1] == {"when": "escalated_tickets >= 2 and activity < 40", "band": "red"}
    assert body["profiles"][1] == {"when": {"tier": ["small", "mid"]}, "min_coverage": "0.3", "caps": []}


def test_a_question_is_written_in_two_languages(client: Client, draft: DefinitionDraft) -> None:
    new = {"questions-rows": "6", "questions-5-key": "roi", "questions-5-text-en": "Does it pay?", "questions-5-text-zh-hans": "划算吗？"}
    new |= {f"questions-5-anchor-{code}-{n}": f"{code}{n}" for code in ("en", "zh-hans") for n in range(1, 6)}
    assert save(client, draft, "ratings", **new).status_code == 302
    draft.refresh_from_db()
    question = draft.sections["ratings"]["questions"][5]
    assert (question["text"]["zh-hans"], question["anchors"]["en"][4], question["valid_days"]) == ("划算吗？", "en5", 90)
    short = {**new, "questions-5-anchor-en-3": ""}
    assert "must be a list of 5 texts" in save(client, draft, "ratings", 2, **short).content.decode()


def test_a_section_is_edited_as_text_and_a_wrong_text_stays(client: Client, draft: DefinitionDraft) -> None:
    shown = client.get(path(draft, "calendar/"), {"as": "text"}).context["editor"].text
    assert tomllib.loads(shown)["calendar"]["default_country"] == "CN"
    wrong = client.post(path(draft, "calendar/"), {"base": 1, "do": "save", "text": "[calendar]\nweek_starts = some day"})
    assert (wrong.status_code, "week_starts = some day" in wrong.content.decode()) == (422, True)
    assert client.post(path(draft, "calendar/"), {"base": 1, "do": "save", "text": '[calendar]\nweek_starts = "sunday"'}).status_code == 302
    draft.refresh_from_db()
    assert draft.sections["calendar"] == {"default_country": "", "default_timezone": "", "week_starts": "sunday"}


def test_two_editors_of_one_key_see_both_values_and_say_whose_counts(client: Client, ada: User, draft: DefinitionDraft) -> None:
    ben = Client()
    ben.force_login(person(Role.ADMIN, email="ben@example.com", name="Ben"))
    save(client, draft, "renewals", renewal_grace_days="20")
    merged = save(ben, draft, "renewals", bridge_gap_days="7")
    assert merged.status_code == 302
    refused = save(ben, draft, "renewals", renewal_grace_days="45")
    says = refused.content.decode()
    assert refused.status_code == 422
    assert "Ada, Ben" in says or "Ada" in says
    assert 'value="45"' in says
    assert ">20</td>" in says
    seen = refused.context["conflict"]["revision"]
    assert save(ben, draft, "renewals", renewal_grace_days="45", prefer="mine", seen=seen).status_code == 302
    draft.refresh_from_db()
    assert draft.sections["renewals"] == {"renewal_grace_days": 45, "bridge_gap_days": 7}


def test_markup_in_a_definition_is_only_text(client: Client, draft: DefinitionDraft) -> None:
    nasty = '<script>alert("x")</script>'
    save(client, draft, "activity", **{"scenarios-0-name": nasty})
    for address in (path(draft), path(draft, "activity/"), f"{path(draft, 'activity/')}?as=text"):
        assert nasty not in page(client, address)


def test_pages_stay_within_their_queries(
    client: Client, draft: DefinitionDraft, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for section in ("activity", "health"):
        save(client, draft, section)
    for address in (INDEX, f"{INDEX}activity/", path(draft), path(draft, "activity/"), path(draft, "health/"), path(draft, "preview/")):
        page(client, address)
        with django_assert_max_num_queries(8):
            page(client, address)


@pytest.mark.parametrize("role", [Role.CSM, Role.MANAGER])
def test_drafts_do_not_exist_for_those_who_may_not_publish(client: Client, ada: User, draft: DefinitionDraft, role: Role) -> None:
    save(client, draft, "activity")
    client.force_login(
        person(role, email="other@example.com", manages=Team.objects.create(name="T", path="T/") if role == Role.MANAGER else None)
    )
    gets = ("", "check/", "export/", "preview/", "preview/export/", "activity/")
    posts = (
        "activity/",
        "activity/check/",
        "activity/drop/",
        "activity/newer/",
        "name/",
        "discard/",
        "undo/",
        "publish/",
        "revisions/1/",
        "preview/",
    )
    assert {client.get(path(draft, below)).status_code for below in gets} == {404}
    assert {client.post(path(draft, below)).status_code for below in posts} == {404}
    assert client.post(f"{INDEX}drafts/").status_code == 404
    assert client.get(f"{INDEX}actions/").status_code == 404
    assert "Stricter bars" not in page(client, INDEX)
