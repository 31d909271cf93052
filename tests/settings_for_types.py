"""The settings as mypy's plugin reads them: no server is asked."""

import os

os.environ.setdefault("SECRET_KEY", "only for types")

from csm_portal.settings import *  # noqa: F403 - the key comes first
