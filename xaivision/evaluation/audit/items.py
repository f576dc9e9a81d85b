"""Items: the named inputs that an audit goes through, each read when its turn comes."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.sharing import fingerprint
from xaivision.data.images import load_image


class Items(Protocol):
    """What is audited. Its fingerprint changes with the content of any item, and with their order."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def fingerprint(self) -> str: ...

    def load(self, index: int) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class GivenItems:
    """Inputs (N, *S) that are in memory already; without `names` their numbers are their names.

    Raises: InputError, where there are none, or not one name for each.
    """

    inputs: Tensor
    titles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.inputs):
            raise InputError("`data` must hold at least one item. Got none.")
        if self.titles and len(self.titles) != len(self.inputs):
            raise InputError(f"`names` must name each of {len(self.inputs)} items. Got {len(self.titles)} names.")
        _check_distinct(self.titles)

    @property
    def names(self) -> tuple[str, ...]:
        """One for each item."""
        return self.titles or tuple(map(str, range(len(self.inputs))))

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the names and of every value."""
        return _digest([*(name.encode() for name in self.names), fingerprint(self.inputs)])

    def load(self, index: int) -> Tensor:
        """(*S) one input."""
        return self.inputs[index]


@dataclass(frozen=True, eq=False)
class PictureItems:
    """Picture files, brought to the model's format; a file that is no picture is one failed item, not a failed audit."""

    paths: tuple[Path, ...]
    format: ImageFormat | None = None

    def __post_init__(self) -> None:
        if not self.paths:
            raise InputError("`data` must name at least one picture. Got none.")
        _check_distinct(self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Each file's path below the folder that holds all of them."""
        folder = os.path.commonpath([path.absolute().parent for path in self.paths])
        return tuple(_printable(path.absolute().relative_to(folder).as_posix()) for path in self.paths)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the names and of every file; one that cannot be read counts as empty."""
        return _digest([part for name, path in zip(self.names, self.paths, strict=True) for part in (name.encode(), _sha(path))])

    def load(self, index: int) -> Tensor:
        """(C, H, W) one picture.

        Raises: InputError, where there is no such file; FileFormatError, where it is no picture, or damaged.
        """
        return load_image(self.paths[index], self.format)


def _check_distinct(names: Sequence[str]) -> None:
    """Rows are found by the name of their item."""
    if len(set(names)) != len(names):
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise InputError(f"Each item needs a name of its own. Got `{twice}` twice. Name each file and each row once.")


def _printable(name: str) -> str:
    """File systems keep names that are no text; no table can hold those."""
    return name.encode("utf-8", "backslashreplace").decode()


def _sha(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""


def _digest(parts: Sequence[bytes]) -> str:
    """Each part with its length before it, so that no two lists of parts look alike."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()
