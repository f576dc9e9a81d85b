"""A file from the network, in pieces over several calls where it must be: what has come is kept and gone on from."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.progress import track

CHUNK = 1 << 20
SILENCE_SECONDS = 30
MOST_BYTES = 4 << 30
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")
RANGE_NOT_SATISFIABLE, PARTIAL_CONTENT = 416, 206


class DownloadError(XaivisionError, OSError):
    """A file could not be had from the network, or not all of it."""


@dataclass(frozen=True)
class _Told:
    """What is known of a part of a file: where it is from, and by what the server knows this version of it ("" if by nothing)."""

    address: str
    version: str


def resumed_download(address: str, path: Path) -> Path:
    """Path of the file at this address; what an earlier call has left of the same version of it is gone on from.

    Until the file is whole it lies beside its place as `.part`. A server that cannot go on, or has another version by now,
    sends it anew. One process at a time.

    Raises: InputError, where the address is neither https nor on this machine; DownloadError, where it cannot be had, or
    the disk is full: what has come is kept for the next call; Cancelled.
    """
    _check(address)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_name(f"{path.name}.lock")):
            _complete(address, part)
            part.replace(path)
            _told_file(part).unlink(missing_ok=True)
    except (OSError, HTTPException) as error:
        if isinstance(error, DownloadError):
            raise
        raise _refused(address, part, error) from error
    return path


def _check(address: str) -> None:
    parts = urlparse(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in OWN_MACHINE):
        raise InputError(f"An address must begin with https://. Got {address!r}. Name one that does, or a file on this machine.")


def _complete(address: str, part: Path) -> None:
    """Make the part the whole file."""
    begun = _begun(address, part)
    try:
        answer = _asked(address, begun, part)
    except HTTPError as error:
        if error.code != RANGE_NOT_SATISFIABLE or not begun:
            raise
        begun, answer = 0, _asked(address, 0, part)  # the part is not of this file, or more than it
    with answer:
        _check(answer.url)  # a redirect may lead elsewhere
        if not _goes_on(answer, begun):
            begun = 0
        size = answer.headers.get("Content-Length")
        total = None if size is None else begun + int(size)
        _check_room(address, total, begun, part)
        if not begun:  # in this order: bytes of one version never stand under the name of another
            part.unlink(missing_ok=True)
            _told_file(part).write_text(json.dumps(asdict(_Told(address, _version(answer)))), encoding="utf-8")
        with part.open("ab" if begun else "wb") as file:
            _copied(answer, file, total, begun, f"downloading {Path(urlparse(address).path).name}")
    if total is not None and part.stat().st_size != total:
        raise OSError(f"the connection ended after {part.stat().st_size:,} of {total:,} bytes")


def _version(answer: HTTPResponse) -> str:
    """By what the server can be asked whether a file is still the same; "" where by nothing."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _begun(address: str, part: Path) -> int:
    """How many bytes there are to go on from: none where nobody could say that they are of the same version."""
    try:
        told = _Told(**json.loads(_told_file(part).read_text(encoding="utf-8")))
        return part.stat().st_size if told.address == address and told.version else 0
    except (OSError, ValueError, TypeError):
        return 0


def _asked(address: str, begun: int, part: Path) -> HTTPResponse:
    headers = {"User-Agent": "xaivision", "Accept-Encoding": "identity"}
    if begun:
        version = json.loads(_told_file(part).read_text(encoding="utf-8"))["version"]
        headers |= {"Range": f"bytes={begun}-", "If-Range": version}
    answer: HTTPResponse = urlopen(Request(address, headers=headers), timeout=SILENCE_SECONDS)  # noqa: S310 - checked
    return answer


def _goes_on(answer: HTTPResponse, begun: int) -> bool:
    """Whether what comes follows on what is there. Raises: DownloadError, where it follows on something else."""
    if answer.status != PARTIAL_CONTENT:
        return False
    said = answer.headers.get("Content-Range", "")
    if not said.startswith(f"bytes {begun}-"):
        raise DownloadError(f"{answer.url} could not be gone on with: asked from byte {begun:,}, the server sends {said!r}.")
    return True


def _check_room(address: str, total: int | None, begun: int, part: Path) -> None:
    if total is None:
        return
    if total > MOST_BYTES:
        raise DownloadError(f"{address} must have at most {MOST_BYTES:,} bytes. Got {total:,}.")
    free = shutil.disk_usage(part.parent).free
    if total - begun > free:
        raise DownloadError(
            f"{address} needs {total - begun:,} more bytes, and {part.parent} has {free:,} left. Make room, or name another "
            "folder."
        )


def _copied(answer: HTTPResponse, file: BinaryIO, total: int | None, begun: int, what: str) -> None:
    chunks = iter(partial(answer.read, CHUNK), b"")
    pieces = None if total is None else -(-(total - begun) // CHUNK)
    came = begun
    for chunk in track(chunks, what, total=pieces):
        came += len(chunk)
        if came > MOST_BYTES:
            raise OSError(f"it has more than {MOST_BYTES:,} bytes")
        file.write(chunk)


def _told_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _refused(address: str, part: Path, error: Exception) -> DownloadError:
    reason: Any = error.reason if isinstance(error, URLError) else error
    if isinstance(error, HTTPError):
        reason = f"the server answers {error.code} {error.reason}"
    elif isinstance(reason, OSError) and reason.strerror:
        reason = reason.strerror
    kept = part.stat().st_size if part.exists() else 0
    remedy = f" {kept:,} bytes are kept in {part}: the same call goes on from there." if kept else ""
    return DownloadError(f"{address} could not be downloaded: {str(reason) or type(error).__name__}.{remedy}")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Raises: DownloadError, where another process is at it."""
    try:
        import fcntl
    except ImportError:  # Windows refuses a second writer by itself
        yield
        return
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino != path.stat().st_ino:
                raise OSError("the lock is one that somebody has just given back")
        except OSError as error:
            raise DownloadError(f"{path.with_suffix('')} is being downloaded by another process. Wait for it.") from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
