"""How the tests are spread over the processes: by file, so that what a module starts is started once; long files without it, by test."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

# Each test of these takes many seconds and shares nothing with the others; in one piece the last process would wait for them.
BY_TEST = ("tests/test_access_matrix.py", "tests/nightly/test_build.py", "tests/nightly/test_foresee.py")


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """pytest-xdist's `--dist loadfile`, with the exceptions above."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = nodeid.split("::", 1)[0]
        return nodeid if file in BY_TEST else file


def scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """For `pytest_xdist_make_scheduler`; any other way of spreading is left to pytest-xdist."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None
