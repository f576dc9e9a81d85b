"""What is remembered of each picture of a folder, so that the pictures themselves need not be."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.progress import track
from xaivision.data.fitting import fitted, with_channels
from xaivision.data.images import load_image
from xaivision.data.picture_hash import difference_hash

# A gray picture that was saved in color has three channels that agree to this.
SAME_GRAY = 1e-6


@dataclass(frozen=True, eq=False)
class IndexedPicture:
    """`digest`: sha256 of the file. `pixels_digest`: sha256 of what it shows, whatever the file's format. `hashes` (8, BITS)."""

    path: Path
    digest: str
    pixels_digest: str
    height: int
    width: int
    colored: bool
    hashes: Tensor


def indexed_pictures(paths: Sequence[Path]) -> list[IndexedPicture]:
    """Every picture, read once, one after the other.

    Raises: FileFormatError, where files are no pictures: how many, and what is wrong with the first; Cancelled.
    """
    found, refused = [], []
    for path in track(paths, "looking at pictures"):
        try:
            found.append(_indexed(path))
        except InputError as error:
            refused.append(str(error))
    if refused:
        more = f" ({len(refused)} of {len(paths)} files cannot be read; this is the first.)" if len(refused) > 1 else ""
        raise FileFormatError(f"{refused[0]}{more} Mend these files or take them out of the folder.")
    return found


def picture_in(path: Path, format: ImageFormat | None = None) -> Tensor:
    """(C, H, W) float32 in [0, 1]: the picture as it is, or in a format; gray pictures that were saved in color are gray."""
    picture = load_image(path)
    plain = picture[:1] if not is_colored(picture) else picture
    return plain if format is None else fitted(plain, format, f"`{path}`")


def is_colored(picture: Tensor) -> bool:
    """Whether the channels of a picture (C, H, W) differ."""
    return len(picture) > 1 and float((picture - picture[:1]).abs().max()) > SAME_GRAY


def _indexed(path: Path) -> IndexedPicture:
    picture = picture_in(path)
    shown = hashlib.sha256(repr(tuple(picture.shape)).encode() + picture.contiguous().numpy().tobytes()).hexdigest()
    return IndexedPicture(
        path=path,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        pixels_digest=shown,
        height=picture.shape[1],
        width=picture.shape[2],
        colored=len(picture) > 1,
        hashes=difference_hash(with_channels(picture, 1, f"`{path}`")),
    )
