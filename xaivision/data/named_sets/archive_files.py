"""The plain files in an archive or a folder, one by one, with limits; nothing is ever written where an archive says."""

import gzip
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from xaivision.core.errors import FileFormatError, InputError

# Of one file, of all files together, and how many there may be: beyond, an archive is made to fill disks.
MOST_OF_A_FILE = 64 << 20
MOST_OF_ALL = 8 << 30
MOST_FILES = 200_000
GZIP, ZIP = b"\x1f\x8b", b"PK"
DAMAGES = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)


@dataclass(frozen=True)
class ArchivedFile:
    """`name`: its place, as the archive says; it is compared and never used as a path. `read` gives its content."""

    name: PurePosixPath
    read: Callable[[], bytes]


def archived_files(path: Path) -> Iterator[ArchivedFile]:
    """The plain files of a folder, of a zip file or of a tar file, compressed by gzip or not; links and devices are passed over.

    Names of files in a folder are whole paths, so that it can be told which part of a repository the folder is.
    Each is read when it is asked for, before the next one.

    Raises: InputError, where there is no such file or folder; FileFormatError, where it is no such archive, damaged, or holds
    too much.
    """
    if path.is_dir():
        yield from _in_folder(path)
        return
    if not path.is_file():
        raise InputError(f"`{path}` must be an archive or a folder. There is no such file.")
    with path.open("rb") as file:
        begins = file.read(2)
    with _damage_told(path):
        yield from _in_zip(path) if begins == ZIP else _in_tar(path, packed=begins == GZIP)


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Raises: FileFormatError, for what the libraries of archives say of a damage."""
    try:
        yield
    except DAMAGES as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileFormatError(f"`{path}` must be a zip or tar archive that is whole. Got: {what}. Fetch it again.") from error


def _in_folder(root: Path) -> Iterator[ArchivedFile]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if stat.S_ISREG(path.lstat().st_mode):
                place = PurePosixPath(path.absolute().as_posix())
                yield ArchivedFile(place, lambda path=path: _all_of(path.open("rb"), path))  # type: ignore[misc]


def _in_zip(path: Path) -> Iterator[ArchivedFile]:
    with zipfile.ZipFile(path) as archive:
        counted = _Counted(path)
        for entry in archive.infolist():
            counted.add(entry.file_size)
            mode = entry.external_attr >> 16
            if not entry.is_dir() and (mode == 0 or stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
                place = PurePosixPath(entry.filename)
                yield ArchivedFile(place, lambda entry=entry: _of_zip(archive, entry, path))  # type: ignore[misc]


def _in_tar(path: Path, *, packed: bool) -> Iterator[ArchivedFile]:
    with gzip.open(path) if packed else path.open("rb") as plain, tarfile.open(fileobj=_guarded(plain), mode="r:") as archive:
        counted = _Counted(path)
        for entry in archive:
            counted.add(entry.size)
            if entry.isreg():
                yield ArchivedFile(PurePosixPath(entry.name), lambda entry=entry: _of_tar(archive, entry, path))  # type: ignore[misc]
        plain.read(MOST_OF_A_FILE)  # behind the last file stands the checksum of all


def _of_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> bytes:
    with _damage_told(path):
        return _all_of(archive.open(entry), entry.filename)


def _of_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> bytes:
    with _damage_told(path):
        file = archive.extractfile(entry)
        if file is None:
            raise tarfile.ReadError(f"{entry.name} is no plain file")
        return _all_of(file, entry.name)


def _all_of(file: IO[bytes], name: str | Path) -> bytes:
    with file:
        content = file.read(MOST_OF_A_FILE + 1)
    if len(content) > MOST_OF_A_FILE:
        raise FileFormatError(f"`{name}` must have at most {MOST_OF_A_FILE:,} bytes. Got more.")
    return content


@dataclass
class _Counted:
    """How many files an archive has and how large they say that they are, checked before each is unpacked."""

    path: Path
    files: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.size += size
        if self.files > MOST_FILES or self.size > MOST_OF_ALL:
            raise FileFormatError(
                f"`{self.path}` must hold at most {MOST_FILES:,} files and {MOST_OF_ALL:,} bytes. Got more. Unpack what you "
                "need of it yourself and name the folder."
            )


class _Guarded:
    """A file of which nobody reads very much at once: names and notes in a tar file may claim any length."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_OF_A_FILE + 1:
            raise tarfile.ReadError("a part of it is too large")
        content: bytes = self._file.read(size)
        return content

    def seek(self, place: int, whence: int = 0) -> int:
        found: int = self._file.seek(place, whence)
        return found

    def tell(self) -> int:
        found: int = self._file.tell()
        return found


def _guarded(file: Any) -> Any:
    """The file behind its guard, of which tarfile asks no more than reading, seeking and telling."""
    return _Guarded(file)
