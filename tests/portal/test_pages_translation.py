"""The Chinese of every marked string is there, checked without the gettext programs."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation.template import templatize

# It brings no types.
polib: Any = importlib.import_module("polib")
ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
APPS = ("accounts", "churn", "csm_portal", "health")
SIMPLE = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "__"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
STRING = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"\b(_|gettext|ngettext|pgettext|npgettext)\(({STRING}(?:\s*,\s*{STRING})*)")
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|%%")
Key = tuple[str, str]


@pytest.fixture(scope="module")
def catalogue() -> Any:
    return polib.pofile(str(CATALOGUE))


def marked_in_code() -> Iterator[tuple[Key, Path]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if not isinstance(call, ast.Call):
                    continue
                name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
                if name in SIMPLE and texts:
                    yield ("", texts[0]), path
                elif name in WITH_CONTEXT and len(texts) > 1:
                    yield (texts[0], texts[1]), path


def marked_in_templates() -> Iterator[tuple[Key, Path]]:
    for path in (ROOT / "templates").rglob("*.html"):
        for name, arguments in CALL.findall(templatize(path.read_text(), origin=str(path))):
            texts = ast.literal_eval(f"({arguments},)")
            context, text = texts[:2] if name in WITH_CONTEXT else ("", texts[0])
            yield (context, text), path


def test_every_marked_string_has_a_chinese_translation(catalogue: Any) -> None:
    known = {(entry.msgctxt or "", entry.msgid) for entry in catalogue if entry.translated()}
    marked = {key: path for key, path in (*marked_in_code(), *marked_in_templates()) if key[1].strip()}
    assert len(marked) > 200
    assert {key: str(path.relative_to(ROOT)) for key, path in marked.items() if key not in known} == {}


def test_no_entry_is_fuzzy_or_empty(catalogue: Any) -> None:
    assert [entry.msgid for entry in catalogue if entry.fuzzy or not entry.translated()] == []
    assert not catalogue.metadata_is_fuzzy


def test_placeholders_are_the_same_in_both_languages(catalogue: Any) -> None:
    wrong = {}
    for entry in catalogue:
        source = {*PLACEHOLDER.findall(entry.msgid_plural or entry.msgid)}
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            if {*PLACEHOLDER.findall(text)} != source:
                wrong[entry.msgid] = text
    assert wrong == {}


def test_words_that_the_trade_does_not_use_stay_out(catalogue: Any) -> None:
    banned = ("徽标", "入职", "减员", "损耗", "复活", "队列", "座位")
    assert [entry.msgstr for entry in catalogue if any(word in entry.msgstr for word in banned)] == []


def test_the_compiled_catalogue_is_that_of_the_source(catalogue: Any) -> None:
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {(entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in compiled} == {
        (entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in catalogue
    }
