"""Runs a Python module with some of the portal's functions replaced: `python -m tests.faults.sabotaged NAME,… MODULE ARGUMENT…`.

A name is `module:function`; the function is called once Django is set up and spoils one thing. The portal itself knows nothing of it.
"""

from __future__ import annotations

import runpy
import sys
from importlib import import_module


def main() -> None:
    """Spoil, then become the module."""
    names, module, *arguments = sys.argv[1:]
    import django

    django.setup()
    for name in names.split(","):
        where, _colon, function = name.partition(":")
        getattr(import_module(where), function)()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
