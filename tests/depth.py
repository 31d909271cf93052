"""How deep a run goes. A usual one takes minutes and tries every rule, every page and every call; `--wide` runs what that leaves out.

Left out are tests marked `wide`: sweeps over further combinations, and what needs many seconds of a world of its own (whole portals as
processes, every page in a browser, the real books); and three quarters of the examples that laws are tried on. Who names files gets all
of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# No deadline, for a busy machine; the same examples on every run, so that a failure is a change of ours.
EXAMPLES = {"usual": 25, "wide": 100}
# An explanation of a failure traces every line, and tracing hangs in a process that has opened a browser.
_PHASES = [phase for phase in Phase if phase is not Phase.explain]
for _name, _most in EXAMPLES.items():
    settings.register_profile(
        _name, deadline=None, derandomize=True, max_examples=_most, phases=_PHASES, suppress_health_check=[HealthCheck.too_slow]
    )

# Whole files of these kinds take minutes: they begin first, so that no process waits for the last one.
LONG = ("processes", "browser", "wide")
LONG_FILES = ("test_access_matrix.py", "test_api_fuzz.py", "test_build.py", "test_foresee.py", "test_restating.py", "test_bench_predict.py")


def sweep(every: Iterable[Any], usual: Container[Any]) -> list[Any]:
    """Values of a parameter: the usual ones in every run, all the others with `--wide`."""
    return [pytest.param(one, marks=() if one in usual else pytest.mark.wide) for one in every]


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave in what this run is about: with `--wide` the sweeps and the laws, else all but the sweeps; of files that are named all."""
    wide = config.getoption("--wide")
    if not wide and _are_files(config.option.file_or_dir):
        return
    chosen = [item for item in items if (_is_sweep(item) or (wide and _is_law(item))) == wide]
    if len(chosen) < len(items):
        kept = set(chosen)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = chosen


def order(items: list[pytest.Item]) -> None:
    """Files with long tests first, each file in one piece."""
    long = {item.path for item in items if item.path.name in LONG_FILES or any(item.get_closest_marker(name) for name in LONG)}
    paths = {path: place for place, path in enumerate(dict.fromkeys(item.path for item in items))}
    items.sort(key=lambda item: (item.path not in long, paths[item.path]))


def _are_files(asked: list[str]) -> bool:
    """Whether the run was asked for by files or tests, not by folders."""
    return bool(asked) and all(Path(one.partition("::")[0]).suffix == ".py" for one in asked)


def _is_sweep(item: pytest.Item) -> bool:
    return item.get_closest_marker("wide") is not None


def _is_law(item: pytest.Item) -> bool:
    """Whether the test is a law that says no number of examples of its own, which would be the same in both runs."""
    chosen = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_settings", None)
    return chosen is not None and chosen.max_examples == EXAMPLES["wide"]
