"""Short private folders for sockets and throw-away data: a Unix socket's address has room for about 100 characters."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from csm_portal.embedded import owner

PREFIX = "csm-portal-run-"
# Room for "/.s.PGSQL.5432" and a margin inside the 104 characters of macOS.
LONGEST = 80
# A folder this young may not have its maker's lock yet.
NEW_SECONDS = 60.0


class RunFolder:
    """A folder under /tmp, locked while its maker lives; what dead makers left is removed when the next one is made."""

    def __init__(self, user: tuple[int, int] | None) -> None:
        base = Path("/tmp") if os.access("/tmp", os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
        _sweep(base)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        if len(str(self.path)) > LONGEST:
            self.path.rmdir()
            raise SystemExit(f"The temporary folder {base} has too long a name for a socket. Set TMPDIR to a shorter one.")
        # The lock is on the folder itself, which also keeps systemd's cleaner of /tmp away.
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if user is not None:
            os.chown(self.path, *user)

    def remove(self) -> None:
        """Delete the folder and all in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _sweep(base: Path) -> None:
    for path in base.glob(PREFIX + "*"):
        try:
            found = path.lstat()
            if found.st_uid not in _our_uids(path) or time.time() - found.st_mtime < NEW_SECONDS:
                continue
            lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass  # its maker lives
        finally:
            os.close(lock)


def _our_uids(path: Path) -> set[int]:
    user = owner.server_user(path / "none")
    return {os.getuid(), user[0]} if user else {os.getuid()}
