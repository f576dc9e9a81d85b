"""Files that are whole or absent: a full disk or a stopped program leaves what was there before, and no rubbish."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

Content = bytes | memoryview


def write_whole(path: str | Path, *parts: Content) -> Path:
    """Write these bytes, one after the other, to a new file beside the old one, then put it in the old one's place; the path.

    Raises: FileNotFoundError or NotADirectoryError, where its folder is none (folders are not made, as in NumPy and pandas);
    IsADirectoryError, where the path is a folder itself; OSError, where the disk is full or the folder is closed to
    writing. The old file is then unchanged, and no name of the new one is shown.
    """
    path = Path(path)
    _check_place(path)
    part = path.with_name(f".{path.name[:100]}.{token_hex(8)}.part")
    try:
        _write(part, parts)
        part.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with suppress(OSError):
            part.unlink()
    return path


def _check_place(path: Path) -> None:
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(
            f"The folder of a file must exist before the file is written. Got `{folder}`, which does not. "
            f"Make it first: Path({str(folder)!r}).mkdir(parents=True)."
        )
    if not folder.is_dir():
        raise NotADirectoryError(f"A file is written into a folder. Got `{folder}`, which is a file. Name another folder.")
    if path.is_dir():
        raise IsADirectoryError(f"A file is written under a name of its own. Got `{path}`, which is a folder. Add a file name.")


def _write(part: Path, parts: Iterable[Content]) -> None:
    with part.open("xb") as stream:
        for content in parts:
            stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
