"""Masks of targets in files of their own, found by the name of the picture."""

import os
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.data.images import load_image

# What is brighter is target.
INSIDE = 0.5


def picture_masks(paths: Sequence[Path], folder: str | os.PathLike[str]) -> dict[int, Tensor]:
    """By the place of the picture among `paths`, where its target is, (H, W) bool: white in the file of that stem in `folder`.

    Pictures without such a file, or with one in which nothing is white, have no mask.

    Raises: InputError, where the folder is none or holds no mask of these pictures, or stems are not unique;
    FileFormatError, where a file is no picture.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"`masks` must be a folder of pictures named as those they belong to. Got {str(folder)!r}.")
    files: dict[str, Path] = {}
    for file in sorted(place.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            if file.stem in files:
                raise InputError(f"Each picture must have one mask. Got `{files[file.stem].name}` and `{file.name}`.")
            files[file.stem] = file
    found = {}
    for row, path in enumerate(track(paths, "reading masks")):
        if path.stem in files:
            mask = load_image(files[path.stem]).amax(0) > INSIDE
            if bool(mask.any()):
                found[row] = mask
    if not found:
        raise InputError(
            f"`masks` must hold files named as the pictures, such as {paths[0].stem!r} with any ending. Got {len(files)} other "
            f"files in {str(folder)!r}."
        )
    return found
