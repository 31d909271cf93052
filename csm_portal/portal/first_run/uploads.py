"""Files that came through the browser: kept in a folder of their own until they are loaded, then gone."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.loading.registry import targets
from accounts.loading.sheets import SUFFIXES, stem

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

FOLDER = "uploads"
# More goes in by the command, which reads a folder where it lies.
MOST_FILES, MOST_BYTES = 40, 512 * 1024 * 1024
KEPT_SECONDS = 24 * 3600
MAPPING = ".toml"
# Files of an upload that are not to be loaded lie here, below it; beside it lies who brought it.
LEFT_OUT, ABOUT = "left-out", "upload.json"
# The mapping that was made on the page.
MADE = "mapping.toml"
# A name of letters, digits and a few marks, not hidden; it is a path of ours from here on.
NAME = re.compile(r"[^\W_][\w .()+-]{0,119}")


class Unfit(ValueError):
    """Why an upload was not taken, in words."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload: its id, the folder of its files, the mapping among them, and who brought it (id of a user)."""

    key: str
    folder: Path
    mapping: Path | None
    by: int | None = None

    @property
    def files(self) -> list[str]:
        """Names of the files of data, those left out too, in order."""
        found = [*self.folder.iterdir(), *(self.folder / LEFT_OUT).glob("*")]
        return sorted(path.name for path in found if path.is_file() and not path.name.lower().endswith(MAPPING))

    def path(self, name: str) -> Path:
        """Where one of `files` lies."""
        left_out = self.folder / LEFT_OUT / name
        return left_out if left_out.is_file() else self.folder / name

    def is_left_out(self, name: str) -> bool:
        """Whether the file is not to be loaded."""
        return (self.folder / LEFT_OUT / name).is_file()


def root() -> Path:
    """Where uploads lie; worker and web must see the same folder."""
    return Path(settings.PORTAL_HOME) / FOLDER


def keep(files: Sequence[UploadedFile[Any]], now: datetime, *, by: int | None = None) -> Upload:
    """Store the files of one form. Raises Unfit with what is wrong and what would be right."""
    check(files)
    forget_old(now)
    key = uuid.uuid4().hex
    folder = root() / key / "upload"
    folder.mkdir(parents=True, mode=0o700)
    for file in files:
        with (folder / str(file.name)).open("wb") as stored:
            for chunk in file.chunks():
                stored.write(chunk)
    (root() / key / ABOUT).write_text(json.dumps({"by": by}), encoding="utf-8")
    return find(key)


def check(files: Sequence[UploadedFile[Any]]) -> None:
    """Raises Unfit unless every file is of a kind that can be read; what it holds is said on the next page where its name does not."""
    if not files:
        raise Unfit(_("Choose at least one file."))
    if len(files) > MOST_FILES or sum(file.size or 0 for file in files) > MOST_BYTES:
        raise Unfit(_("That is more than %(files)d files or 512 MB. Load it with the command below.") % {"files": MOST_FILES})
    names = [str(file.name) for file in files]
    if len({name.lower() for name in names}) < len(names):
        raise Unfit(_("Two files have the same name."))
    mapped = [name for name in names if name.lower().endswith(MAPPING)]
    if len(mapped) > 1:
        raise Unfit(_("Only one mapping (.toml) can be used at a time."))
    for name in names:
        if not NAME.fullmatch(name):
            raise Unfit(_("“%(name)s” is no name for a file here: letters, digits, spaces and . ( ) + - _ are.") % {"name": name[:120]})
        if name in mapped:
            continue
        if not name.lower().endswith(SUFFIXES):
            raise Unfit(_("“%(name)s” is none of: %(types)s.") % {"name": name, "types": ", ".join(SUFFIXES)})


def find(key: str) -> Upload:
    """The upload of that id. Raises Unfit where it is gone: loaded, or more than a day old."""
    folder = root() / key / "upload"
    if not re.fullmatch(r"[0-9a-f]{32}", key) or not folder.is_dir():
        raise Unfit(_("These files are no longer here. Upload them again."))
    return Upload(key, folder, next(iter(sorted(folder.glob(f"*{MAPPING}"))), None), _by(folder.parent / ABOUT))


def known_by_name(upload: Upload) -> bool:
    """Whether nothing is left to be said: a mapping came along, or every file is named after what it holds."""
    return upload.mapping is not None or all(stem(name) in targets() for name in upload.files)


def leave_out(upload: Upload, names: Collection[str]) -> None:
    """These files, and only these, are not loaded."""
    aside = upload.folder / LEFT_OUT
    aside.mkdir(exist_ok=True)
    for name in upload.files:
        wanted = (aside if name in names else upload.folder) / name
        if upload.path(name) != wanted:
            upload.path(name).rename(wanted)


def set_mapping(upload: Upload, text: str) -> Upload:
    """Use this mapping (empty: none) instead of what was there."""
    for path in upload.folder.glob(f"*{MAPPING}"):
        path.unlink()
    if text:
        (upload.folder / MADE).write_text(text, encoding="utf-8")
    return find(upload.key)


def _by(about: Path) -> int | None:
    try:
        found = json.loads(about.read_text(encoding="utf-8")).get("by")
    except (OSError, ValueError):
        return None
    return found if isinstance(found, int) else None


def forget(key: str) -> None:
    """Remove an upload; nothing where it is gone already."""
    if re.fullmatch(r"[0-9a-f]{32}", key):
        shutil.rmtree(root() / key, ignore_errors=True)


def forget_old(now: datetime) -> None:
    """Remove uploads that nobody loaded within a day: they hold customers' data."""
    if not root().is_dir():
        return
    border = now.timestamp() - KEPT_SECONDS
    for folder in root().iterdir():
        if folder.is_dir() and folder.stat().st_mtime < border:
            forget(folder.name)
