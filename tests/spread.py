"""How the tests are spread over the processes: by file, so that what a module starts is started once; long files by test or in parts."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

# Each test of these takes many seconds and shares nothing with the others; in one piece the last process would wait for them.
BY_TEST = ("tests/test_access_matrix.py", "tests/nightly/test_build.py", "tests/nightly/test_foresee.py")
# So long that one process would be at it to the end, alone; each part begins its own server and book.
BY_LANGUAGE = ("tests/e2e/test_axe.py",)


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """pytest-xdist's `--dist loadfile`, with the exceptions above, and with an end when a process dies.

    Its own gives the test that a process died in to the next one, and the next, and gives a process that comes late one test alone, which
    waits for another one for ever: a process begins a test when it knows of the following one, or that there is none.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = nodeid.split("::", 1)[0]
        if file in BY_LANGUAGE:
            return f"{file} {'zh' if nodeid.endswith('-zh-hans]') else 'en'}"
        return nodeid if file in BY_TEST else file

    def _reschedule(self, node: Any) -> None:
        """Give the process work until it has two tests before it, or tell it that there is no more."""
        if not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2 and self.workqueue:
            self._assign_work_unit(node)
            while self.workqueue and self._pending_of(self.assigned_work[node]) < 2:
                self._assign_work_unit(node)
        if not self.workqueue and not node.shutting_down:
            node.shutdown()

    def remove_node(self, node: Any) -> str | None:
        """Take back what a process that has ended leaves. The test that it died in, which is not tried again unless it is asked for."""
        work = self.assigned_work.pop(node)
        left = [(unit, test) for unit in work.values() for test, done in unit.items() if not done]
        if not left:
            return None
        unit, died_in = left[0]
        unit[died_in] = True
        self.workqueue.update({scope: unit for scope, unit in work.items() if not all(unit.values())})
        self._offer()
        return str(died_in)

    def mark_test_pending(self, item: str) -> None:
        """Have a test tried again (pytest-rerunfailures, for a process that died in one that may be repeated)."""
        scope = self._split_scope(item)
        holder = next((node for node, work in self.assigned_work.items() if scope in work and not node.shutting_down), None)
        if holder is None:
            self.workqueue.setdefault(scope, {})[item] = False
            self._offer()
            return
        self.assigned_work[holder][scope][item] = False
        holder.send_runtest_some([self.registered_collections[holder].index(item)])

    def _offer(self) -> None:
        """To those that are still at work; who has been told that there is no more takes none, and one that comes anew takes all."""
        for node in self.assigned_work:
            if self.workqueue:
                self._reschedule(node)


def scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """For `pytest_xdist_make_scheduler`; any other way of spreading is left to pytest-xdist."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None
