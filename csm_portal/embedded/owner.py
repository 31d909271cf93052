"""Which system user runs the embedded PostgreSQL, and where that user can read and write. PostgreSQL refuses to run as root.

Only folders made here get an owner or a mode. Nothing else on the machine is changed.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path

# Where root puts what an unprivileged user must reach, when the checkout is closed to that user.
OPEN_BASES = ("/var/lib", "/var/tmp", "/tmp")


def server_user(data: Path) -> tuple[int, int] | None:
    """(uid, gid) to run the server as, or None for ourselves. Root takes the owner of existing data, else `nobody`."""
    if os.getuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return owner, data.stat().st_gid
    others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
    if not others:
        raise SystemExit("PostgreSQL does not run as root, and this system has no other user. Add one and try again.")
    # `nobody` by name, else the highest number: the system's own services have low ones.
    chosen = max(others, key=lambda entry: (entry.pw_name == "nobody", entry.pw_uid))
    return chosen.pw_uid, chosen.pw_gid


def can_enter(path: Path, user: tuple[int, int] | None) -> bool:
    """Whether the user can reach and read the folder, tried as that user: modes alone do not tell of access lists or mounts."""
    if user is None:
        return os.access(path, os.R_OK | os.X_OK)
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(command, cwd="/", user=user[0], group=user[1], extra_groups=[], check=False).returncode == 0


def make_private(path: Path, user: tuple[int, int] | None) -> Path:
    """Make a folder that only the server's user may enter."""
    path.mkdir(mode=0o700)
    if user is not None:
        os.chown(path, *user)
    return path


def open_base() -> Path:
    """A folder of root's own that every user may enter, `<base>/csm-portal`. Only for root."""
    for base in OPEN_BASES:
        folder = Path(base, "csm-portal")
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        found = folder.lstat()
        if folder.is_dir() and not folder.is_symlink() and found.st_uid == 0 and not found.st_mode & 0o022 and found.st_mode & 0o001:
            return folder
    return Path(tempfile.mkdtemp(prefix="csm-portal-open-"))


def data_folder(home: Path, user: tuple[int, int] | None) -> Path:
    """Where the cluster lies: `home/postgres`, or a folder noted in `home/postgres-folder` when the server's user cannot enter `home`.

    The folder's parent exists afterwards; the folder itself may not.
    """
    note = home / "postgres-folder"
    if note.exists():
        return Path(note.read_text().strip())
    inside = home / "postgres"
    if user is None or inside.exists() or can_enter(home, user):
        return inside
    base = open_base()
    _remove_orphans(base, home)
    parent = Path(tempfile.mkdtemp(prefix="data-", dir=base))
    parent.chmod(0o711)
    (parent / "home").write_text(str(home))
    note.write_text(str(parent / "postgres"))
    return parent / "postgres"


def _remove_orphans(base: Path, home: Path) -> None:
    """Remove data that an earlier, since deleted folder at the same address left behind."""
    for parent in base.glob("data-*"):
        marker = parent / "home"
        if marker.exists() and marker.read_text() == str(home):
            shutil.rmtree(parent, ignore_errors=True)


def reachable_copy(package: Path, parts: tuple[str, ...], user: tuple[int, int] | None) -> Path:
    """The folder that holds `parts`, or a copy of them where the server's user can run them. Copied once per version."""
    if user is None or all(can_enter(package / part, user) for part in parts):
        return package
    stamp = "-".join(str(int((package / part).stat().st_mtime)) for part in parts)
    copy = open_base() / f"programs-{zlib.crc32((str(package) + stamp).encode()):08x}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="programs-new-", dir=copy.parent))
        for part in parts:
            shutil.copytree(package / part, fresh / part)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(copy)
        except OSError:  # another command was first
            shutil.rmtree(fresh)
    return copy
