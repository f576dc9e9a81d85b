"""The list of a set's pictures, by which each one that arrives is told from every other."""

import csv
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.data.fitting import with_channels
from xaivision.data.images import load_image
from xaivision.data.named_files import datasets_folder
from xaivision.data.named_sets.named_set import named_set
from xaivision.data.picture_hash import BITS, difference_hash

COLUMNS = ("file", "sha256", "height", "width", "hash")
# In so many of 544 bits may the difference hash of a picture in another encoding differ. Of 750 sonar pictures that were
# written anew, as JPEG or at half their size, none differed in more than 55. Frames of one recording may be nearer than that:
# name and size must agree too.
SAME_BITS = 64

Standing = Literal["exact", "alike"]


@dataclass(frozen=True, eq=False)
class ListedPicture:
    """A picture of a set. `file`: its place in the set. `sha256`: of the file from which the list was made.

    `height` and `width` are those of the picture at its origin, and `hash` (BITS,) is what it shows, in bits.
    """

    file: str
    sha256: str
    height: int
    width: int
    hash: Tensor

    def standing(self, content: bytes) -> Standing | None:
        """Whether the file is the listed one ("exact"), shows the same in another encoding ("alike"), or neither (None)."""
        if hashlib.sha256(content).hexdigest() == self.sha256:
            return "exact"
        try:
            picture = load_image(BytesIO(content))
        except InputError:
            return None
        if tuple(picture.shape[1:]) != (self.height, self.width):
            return None
        return "alike" if int((shown(picture) != self.hash).sum()) <= SAME_BITS else None


def shown(picture: Tensor) -> Tensor:
    """(BITS,) bool: the difference hash of a picture (C, H, W), upright."""
    return difference_hash(with_channels(picture, 1, "A picture"))[0]


@cache
def manifest(name: str) -> Mapping[str, ListedPicture]:
    """The pictures of the set by their places in it.

    Raises: UnknownNameError.
    """
    return read_manifest(datasets_folder() / named_set(name).manifest)


def read_manifest(path: Path) -> dict[str, ListedPicture]:
    """The pictures that a list names."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, dialect="excel-tab")
        return {
            row["file"]: ListedPicture(row["file"], row["sha256"], int(row["height"]), int(row["width"]), _bits(row["hash"]))
            for row in rows
        }


def write_manifest(path: Path, pictures: list[ListedPicture]) -> None:
    """Write the list, in the order of the files' names."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, dialect="excel-tab", lineterminator="\n")
        rows.writerow(COLUMNS)
        for one in sorted(pictures, key=lambda one: one.file):
            rows.writerow((one.file, one.sha256, one.height, one.width, _text(one.hash)))


def _text(bits: Tensor) -> str:
    return b64encode(np.packbits(bits.numpy()).tobytes()).decode()


def _bits(text: str) -> Tensor:
    return torch.from_numpy(np.unpackbits(np.frombuffer(b64decode(text), dtype=np.uint8))[:BITS].astype(bool))
