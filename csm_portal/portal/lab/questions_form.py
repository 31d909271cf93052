"""The form of `[ratings]`: questions with their anchors in English and Chinese; other languages stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from csm_portal.portal.lab.form import Block, Input, Row, Typed, shown, whole
from health.definitions.health import ANCHORS
from health.lab.definition_text import inline, read_inline

PREFIX = "questions"
LANGUAGES = (("en", "English"), ("zh-hans", "简体中文"))


def fill_form(body: Mapping[str, Any], _known: object = None) -> dict[str, str]:
    """What the inputs show of a body."""
    questions = body.get("questions", [])
    found = {f"{PREFIX}-rows": str(len(questions))}
    own = {code for code, _name in LANGUAGES}
    for place, one in enumerate(questions):
        at = f"{PREFIX}-{place}-"
        found |= {f"{at}key": one["key"], f"{at}part": one.get("part", "ratings"), f"{at}valid_days": shown(one.get("valid_days", 90))}
        for code in own:
            found[f"{at}text-{code}"] = one["text"].get(code, "")
            for point, anchor in enumerate(one["anchors"].get(code, ()), start=1):
                found[f"{at}anchor-{code}-{point}"] = anchor
        rest = {name: {code: text for code, text in one[name].items() if code not in own} for name in ("text", "anchors")}
        found[f"{at}more"] = inline({name: texts for name, texts in rest.items() if texts})
    return found


def read_form(typed: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """The section typed, and which row of the page each numbered path is. Raises DefinitionError."""
    questions: list[dict[str, Any]] = []
    places = {}
    for place in range(typed.rows(PREFIX)):
        one = _one(typed, f"{PREFIX}-{place}-")
        if typed.is_gone(PREFIX, place) or not (one["key"] or one["text"]):
            continue
        questions.append(one)
        places[f"ratings.questions[{len(questions)}]"] = str(place)
    return {"questions": questions}, places


def blocks(typed: Typed, places: Mapping[str, str]) -> list[Block]:
    """The cards of the questions."""
    paths = {place: path for path, place in places.items()}
    block = Block(
        PREFIX,
        _("Questions"),
        _("Each point of the scale says what it means, so that two colleagues answer alike. After its days an answer is unknown."),
        add=_("Add a question"),
        shape="cards",
    )
    for place in range(typed.rows(PREFIX)):
        block.rows.append(_row(typed, place, paths.get(str(place), "ratings.questions[new]")))
    return [block]


def _one(typed: Typed, at: str) -> dict[str, Any]:
    more = read_inline(typed.raw(f"{at}more"), "ratings.questions")
    text, anchors = dict(more.get("text", {})), dict(more.get("anchors", {}))
    for code, _name in LANGUAGES:
        if said := typed.get(f"{at}text-{code}"):
            text[code] = said
        points = [typed.get(f"{at}anchor-{code}-{point}") for point in range(1, ANCHORS + 1)]
        if any(points):
            anchors[code] = points
    part = typed.get(f"{at}part", "ratings") or "ratings"
    return {
        "key": typed.get(f"{at}key"),
        "text": text,
        "anchors": anchors,
        "part": part,
        "valid_days": whole(typed.get(f"{at}valid_days", "90")),
    }


def _row(typed: Typed, place: int, path: str) -> Row:
    at = f"{PREFIX}-{place}-"
    parts = [("ratings", _("the CSM's ratings")), ("executive", _("the executives"))]
    kept = _("Answers are kept under it: keep it when you reword.")
    inputs = [
        Input(f"{at}key", pgettext("question", "Key"), typed.raw(f"{at}key"), "text", f"{path}.key", kept),
        Input(f"{at}part", _("Counts in"), typed.get(f"{at}part", "ratings"), "select", f"{path}.part", choices=parts),
        Input(f"{at}valid_days", _("Holds for"), typed.get(f"{at}valid_days", "90"), "number", f"{path}.valid_days", unit=_("days")),
    ]
    groups = []
    for code, name in LANGUAGES:
        texts = [Input(f"{at}text-{code}", _("Question"), typed.raw(f"{at}text-{code}"), "text", f"{path}.text.{code}", wide=True)]
        texts += [
            Input(
                f"{at}anchor-{code}-{point}",
                str(point),
                typed.raw(f"{at}anchor-{code}-{point}"),
                "text",
                f"{path}.anchors.{code}" if point == 1 else "",
            )
            for point in range(1, ANCHORS + 1)
        ]
        groups.append((name, texts))
    if typed.get(f"{at}more"):
        inputs.append(Input(f"{at}more", _("Other languages, as TOML"), typed.raw(f"{at}more"), "area"))
    title = typed.get(f"{at}text-{get_language()}") or typed.get(f"{at}text-en") or typed.get(f"{at}key") or _("New question")
    return Row(title, inputs, f"{at}gone", typed.is_gone(PREFIX, place), groups)
