"""Static files are looked up once per test process: every new `Client` loads the middleware, and WhiteNoise would read them all again."""

from __future__ import annotations

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

_found: dict[tuple[str, bool], dict[str, Any]] = {}
_look_up = WhiteNoiseMiddleware.add_files_from_finders


def remember() -> None:
    """Let later middleware take over what the first one has found; the files do not change while tests run."""

    def taken_over(self: Any) -> None:
        key = (self.static_prefix, self.add_headers_function is None)
        if key not in _found:
            _look_up(self)
            _found[key] = dict(self.files)
        self.files.update(_found[key])

    WhiteNoiseMiddleware.add_files_from_finders = taken_over
