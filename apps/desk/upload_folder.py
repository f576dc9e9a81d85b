"""Where uploads lie that the library reads from a file: a folder of this process alone, bounded, and gone with the process."""

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from threading import Lock

from xaivision.core.whole_file import write_whole

MOST_BYTES = 500 * 2**20
PREFIX = "xaivision-app-"
_NAMED = re.compile(re.escape(PREFIX) + r"(\d+)-.+")


class UploadFolder:
    """Files under names that their content gives, so that nobody's file name reaches the disk; only this user may read them.

    Those that nobody asked for longest are taken away once all together hold more than `most_bytes`.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.path = Path(gettempdir()) / f"{PREFIX}{os.getpid()}-{token_hex(8)}"  # made when the first file comes
        self._lock = Lock()

    def kept(self, content: bytes, suffix: str) -> Path:
        """The file that holds this content, whole; it is there until others have taken its room.

        Raises: OSError, where the disk is full.
        """
        path = self.path / f"{hashlib.sha256(content).hexdigest()}.{suffix}"
        with self._lock:
            if path.exists():
                os.utime(path)  # asked for now
            else:
                self.path.mkdir(mode=0o700, exist_ok=True)
                self._make_room(len(content))
                write_whole(path, content)
        return path

    def holds(self, path: str | Path) -> bool:
        """Whether this is the path of a file that was kept here."""
        return Path(path).parent == self.path

    def remove(self) -> None:
        """The folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _make_room(self, size: int) -> None:
        found = {path: path.stat() for path in self.path.iterdir()}
        room = self.most_bytes - size - sum(one.st_size for one in found.values())
        for path, one in sorted(found.items(), key=lambda pair: pair[1].st_mtime_ns):
            if room >= 0:
                return
            path.unlink()
            room += one.st_size


def remove_orphans(place: Path | None = None) -> None:
    """Take away the folders of processes that were killed, and so could not do it themselves."""
    if os.name != "posix":  # elsewhere nothing tells a process from one that has ended without harm to it
        return
    for path in (place or Path(gettempdir())).glob(f"{PREFIX}*"):
        named = _NAMED.fullmatch(path.name)
        if named and not _runs(int(named[1])):
            with suppress(OSError):  # another user's: they see to it
                shutil.rmtree(path)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
