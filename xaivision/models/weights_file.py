"""A file of weights from the network: verified, moved into place in one step, silent."""

import hashlib
import re
from functools import partial
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import urlopen
from uuid import uuid4

from xaivision.core.errors import XaivisionError
from xaivision.core.progress import track

CHUNK = 1 << 20
SILENCE_SECONDS = 30


class DownloadError(XaivisionError, OSError):
    """A file could not be had from the network; nothing of it was left behind."""


def downloaded(url: str, folder: Path) -> Path:
    """Path of the file at this address, kept in the folder. Its name ends with the first digits of its SHA-256.

    A file that is there and has that hash is taken; a damaged one is fetched again. No other process sees half a file.

    Raises: DownloadError, where it cannot be had, or is not what its name says.
    """
    path = folder / Path(urlparse(url).path).name
    digits = _hash_in(path.name)
    if path.is_file() and _has_hash(path, digits):
        return path
    part = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(url, part, f"downloading {path.name}")
        if not _has_hash(part, digits):
            raise OSError("what came has not the SHA-256 that its name promises")
        part.replace(path)
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise DownloadError(f"`{path.name}` could not be downloaded: {reason}.") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _fetch(url: str, part: Path, what: str) -> None:
    with urlopen(url, timeout=SILENCE_SECONDS) as answer, part.open("xb") as file:  # noqa: S310 - torchvision's own address
        size = answer.headers.get("Content-Length")
        chunks = iter(partial(answer.read, CHUNK), b"")
        for chunk in track(chunks, what, total=-(-int(size) // CHUNK) if size else None):
            file.write(chunk)


def _has_hash(path: Path, digits: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(digits)


def _hash_in(name: str) -> str:
    found = re.search(r"-([0-9a-f]{8,64})\.\w+$", name)
    if found is None:
        raise DownloadError(f"`{name}` does not end with a hash, so what comes could not be verified.")
    return found[1]
