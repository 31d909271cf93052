"""What holds the look together: contrast of the tokens, vendored files as recorded, templates without inline script or style."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOKENS = (ROOT / "static/css/tokens.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
GROUNDS = ("surface", "canvas", "raised")
MARKS = ("zero", "low", "medium", "high", "unknown", "red", "amber", "green", "outcome")
AA_TEXT, AA_SHAPE = 4.5, 3.0


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf'(?:^|\n)(?::root,\n)?\[data-bs-theme="{theme}"\] \{{\n\s+color-scheme(.*?)\n\}}', TOKENS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--c-([a-z-]+): (#[0-9a-f]{6});", block[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_colour_reaches_aa_on_its_ground(theme: str) -> None:
    colours = tokens(theme)
    pairs = [(text, ground) for text in ("ink", "muted", "link") for ground in GROUNDS]
    pairs += [(f"{mark}-fg", f"{mark}-bg") for mark in MARKS]
    pairs += [(f"{band}-fg", ground) for band in ("red", "amber", "green") for ground in GROUNDS]
    pairs.append(("on-accent", "accent"))
    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < AA_TEXT} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_of_fields_and_the_stronger_bars_stand_out(theme: str) -> None:
    colours = tokens(theme)
    shapes = ("line-strong", "accent", "medium-fill", "high-fill", "red-fill", "green-fill", "outcome-fill")
    weak = {shape: round(contrast(colours[shape], colours["surface"]), 2) for shape in shapes}
    assert {shape: ratio for shape, ratio in weak.items() if ratio < AA_SHAPE} == {}


def test_both_themes_name_the_same_colours() -> None:
    assert tokens("light").keys() == tokens("dark").keys()


def test_vendored_files_are_the_ones_on_record() -> None:
    folder = ROOT / "static/vendor"
    recorded = dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (folder / "VENDOR.md").read_text(), re.MULTILINE))
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in {".css", ".js", ".svg"}}
    assert recorded.keys() == present
    for name, digest in recorded.items():
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
        assert b"sourceMappingURL" not in content, name
        assert (folder / name).parent.joinpath("LICENSE").exists()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_script_no_handler_and_no_foreign_address(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == []
    assert re.findall(r"<[^>]*\s(on[a-z]+|style)=", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_icons_named_in_templates_are_in_the_sprite(path: Path) -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/icons/sprite.svg").read_text()))
    named = set(re.findall(r'{% icon "([^"]+)"', path.read_text())) | set(re.findall(r'symbol="([^"]+)"', path.read_text()))
    assert named <= symbols


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_our_own_scripts_stay_small_on_every_page(path: Path) -> None:
    named = re.findall(r"static \"(js/[a-z]+\.js)\"", (ROOT / "templates/base.html").read_text() + path.read_text())
    assert sum((ROOT / "static" / name).stat().st_size for name in set(named)) <= 30_000


def test_our_own_scripts_ask_for_no_eval() -> None:
    assert not any(re.search(r"\beval\(|new Function|https?://", path.read_text()) for path in SCRIPTS)


def test_style_sheets_are_short_and_each_is_asked_for_by_a_page() -> None:
    sheets = {path.name: path.read_text() for path in (ROOT / "static/css").glob("*.css")}
    assert {name: text.count("\n") for name, text in sheets.items() if text.count("\n") > 400} == {}
    asked = {name for path in TEMPLATES for name in re.findall(r'{% static "css/([a-z-]+\.css)" %}', path.read_text())}
    assert asked == sheets.keys()


def test_tables_that_become_cards_on_a_phone_name_every_cell() -> None:
    nameless = []
    for path in TEMPLATES:
        for table in re.findall(r"<table[^>]*\bdata-cards\b.*?</table>", path.read_text(), re.DOTALL):
            cells = re.findall(r"<td\b[^>]*>", table)
            # Buttons, ticks and bars say themselves what they are; an empty cell is left out.
            named = r"data-label|colspan|is-blank|-act\b|-buttons\b|-bars\b|-tick\b"
            nameless += [(path.name, cell) for cell in cells if not re.search(named, cell)]
    assert nameless == []
