"""The lock of a folder: one process at a time works on an audit, and one that has died holds nothing."""

import os
import warnings
from contextlib import suppress
from pathlib import Path

from xaivision.core.errors import InputError

# The open files by which this process holds folders: the system lets go of them when it ends, however it ends.
_open: dict[Path, int] = {}


def hold(path: Path) -> None:
    """Hold this file until `let_go`, or the end of the process, which may ask for it several times.

    Where the system or the disk knows no locks, nothing is held, and a warning says so once for each folder.

    Raises: InputError, where another process holds it; OSError, where it cannot be written.
    """
    key = path.resolve()
    if key in _open:
        return
    file = os.open(key, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        import fcntl

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        who = os.read(file, 20).decode()
        os.close(file)
        raise InputError(
            f"`{path.parent}` is worked on by another process{f', number {who}' if who else ''}. Wait until it is done, or name "
            "another folder."
        ) from None
    except ImportError:
        _unlocked(file, path, "Python has no `fcntl` on this system")
        return
    except OSError as error:
        _unlocked(file, path, f"the disk gives no locks ({error})")
        return
    _open[key] = file
    with suppress(OSError):  # a full disk: who holds it is not said then
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())


def _unlocked(file: int, path: Path, why: str) -> None:
    os.close(file)
    text = f"`{path.parent}` cannot be locked, since {why}: let no other process work on it at the same time."
    warnings.warn(text, RuntimeWarning, stacklevel=3)


def let_go(path: Path) -> None:
    """Hold this file no longer."""
    file = _open.pop(path.resolve(), None)
    if file is not None:
        os.close(file)
