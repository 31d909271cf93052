"""The house's rules that a machine can check. The import contracts themselves are in pyproject.toml."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.processes import ROOT

ROOMS = ("accounts", "health", "churn", "csm_portal")
EDGES = frozenset({"views", "api", "admin", "tasks", "urls", "management", "templatetags"})
# `options` are the choices that forms offer.
FORMS = frozenset({"forms", "filters", "tables", "options"})
# What a person, a schedule or a server starts may ask what time it is; all else is told.
MAY_READ_THE_CLOCK = (
    "/views/",
    "/views.py",
    "/api/",
    "/management/",
    "/tasks.py",
    "/embedded/",
    "csm_portal/nightly/",
    "/bench/",
    "/web.py",
    "/admin.py",
)
CLOCK = re.compile(r"\b(?:timezone\.now|timezone\.localdate|datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
LONGEST_MODULE = 400


def modules() -> list[Path]:
    """Every module of the product, migrations excepted, relative to the checkout."""
    found = (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def committed() -> list[Path]:
    """Every file under version control."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def imports_of(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, those for typing only excepted."""
    tree = ast.parse((ROOT / path).read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(parts: tuple[str, ...]) -> int:
    """How high a module stands inside its room: 3 edges, 2 forms, 1 services and pure modules, 0 frames and models."""
    inside = parts[2:] if parts[:1] == ("csm_portal",) else parts[1:]
    name = inside[0] if inside else ""
    if name in EDGES:
        return 3
    if name in FORMS:
        return 2
    return 0 if name in {"models", "querysets", "frames"} else 1


def room(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The room a dotted name belongs to."""
    return parts[:2] if parts[:1] == ("csm_portal",) else parts[:1]


def test_the_import_contracts_are_kept() -> None:
    answer = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_services_import_neither_edges_nor_forms() -> None:
    wrong = []
    for path in modules():
        own = path.with_suffix("").parts
        if path.name in {"apps.py", "__init__.py"} or (own[0] == "csm_portal" and len(own) < 3):
            continue
        for name in imports_of(path):
            other = tuple(name.split("."))
            if room(other) == room(own) and other[0] in ROOMS and layer(other) >= 2 and layer(own) < layer(other):
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_modules_are_short_and_say_what_they_are() -> None:
    faults = []
    for path in modules():
        text = (ROOT / path).read_text()
        if len(text.splitlines()) > LONGEST_MODULE:
            faults.append(f"{path} is longer than {LONGEST_MODULE} lines")
        if path.stem in {"utils", "helpers", "common", "misc"}:
            faults.append(f"{path} is named for nothing in particular")
        if text.strip() and path.name != "apps.py" and not ast.get_docstring(ast.parse(text)):
            faults.append(f"{path} has no docstring")
    assert faults == []


def test_only_what_someone_starts_reads_the_clock() -> None:
    readers = [
        str(path)
        for path in modules()
        if not any(place in f"/{path}" for place in MAY_READ_THE_CLOCK) and CLOCK.search((ROOT / path).read_text())
    ]
    assert readers == []


def test_templates_hold_no_inline_script() -> None:
    wrong = []
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").glob("*.html")]:
        text = path.read_text()
        scripts = [tag for tag in re.findall(r"<script\b[^>]*>", text) if "src=" not in tag and "application/json" not in tag]
        handlers = re.findall(r"<[^>]*\son(?:click|change|submit|load|input)=", text)
        if scripts or handlers or "javascript:" in text:
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def test_nothing_committed_names_the_place_it_was_made_in() -> None:
    # Spelled so that this file does not find itself.
    places = re.compile("/wo" + r"rk/(?:main|shared)|/tm" + "p/design|file:" + "///|pypi[.]" + "org|files[.]python" + "hosted")
    wrong = []
    for path in committed():
        if "vendor" in path.parts or path.suffix in {".png", ".gz", ".parquet", ".xlsx", ".woff2", ".mo"}:
            continue
        if places.search(path.read_text(errors="replace")):
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def test_the_web_starts_without_slow_science() -> None:
    code = (
        "import sys, csm_portal.wsgi, csm_portal.urls\nfrom django.urls import get_resolver\nget_resolver().url_patterns\n"
        "print(*sorted({'numpy', 'pandas', 'plotly', 'duckdb', 'ibis'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
