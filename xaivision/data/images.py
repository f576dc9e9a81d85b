"""Pictures from files, bytes, Pillow and NumPy as tensors: (C, H, W) float32 in [0, 1]."""

import io
import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.progress import track
from xaivision.data.fitting import fitted, left_out
from xaivision.data.picture_files import decoded_picture, read_picture
from xaivision.data.pixels import array_pixels, picture_pixels

ImageSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray[Any, Any]


def load_image(source: ImageSource, format: ImageFormat | None = None) -> Tensor:
    """(C, H, W) float32 in [0, 1]: one picture from a path, bytes, a binary file, a Pillow image or a NumPy array.

    PNG, JPEG, WebP, BMP, TIFF and the first frame of GIF, told by content. The camera's orientation is applied,
    transparency composited on white, 16 bits scaled. Gray pictures have one channel, color three, unless `format` says
    otherwise; with it the picture is resized and cropped as well. Arrays are (H, W), (H, W, 3) or (H, W, 4).

    Raises: InputError, where there is no such picture; FileFormatError, where the file is no picture, too large or damaged.
    """
    return _loaded(source, format, _label(source))


def load_images(sources: ImageSource | Sequence[ImageSource], format: ImageFormat | None = None) -> Tensor:
    """(B, C, H, W) float32 in [0, 1]: one source, a list of sources, a folder, or a pattern such as "photos/*.jpg".

    Files of a folder or pattern come in the order of their names; hidden ones are left out. An array (B, H, W, C) is a
    list of pictures. Without a `format` all pictures must have one size.

    Raises: InputError, where nothing is found or the sizes differ; FileFormatError, where a file is no picture.
    """
    listed = _listed(sources)
    labels = [_label(source, index if len(listed) > 1 else None) for index, source in enumerate(listed)]
    pairs = list(zip(listed, labels, strict=True))
    images = [_loaded(source, format, label) for source, label in track(pairs, "loading pictures")]
    _check_one_size(images, labels)
    return torch.stack(images)


def left_out_by_cropping(sources: ImageSource | Sequence[ImageSource], format: ImageFormat) -> tuple[float, ...]:
    """Of each picture that `load_images` reads, which share of it the format's cropping leaves out.

    Raises: as `load_images`.
    """
    listed = _listed(sources)
    sizes = [_pixels(source, _label(source)).shape[1:] for source in listed]
    return tuple(left_out(height, width, format) for height, width in sizes)


def is_image_source(thing: object) -> bool:
    """Whether this is something that only `load_images` reads: a path, bytes, a binary file or a Pillow image."""
    return isinstance(thing, str | os.PathLike | bytes | bytearray | Image.Image) or hasattr(thing, "read")


def _loaded(source: Any, format: ImageFormat | None, label: str) -> Tensor:
    pixels = _pixels(source, label)
    return fitted(pixels, format, label) if format is not None else pixels


def _pixels(source: Any, label: str) -> Tensor:
    if isinstance(source, np.ndarray):
        return array_pixels(source, label)
    if isinstance(source, Image.Image):
        return picture_pixels(decoded_picture(source, label), label)
    if isinstance(source, bytes | bytearray):
        return picture_pixels(read_picture(io.BytesIO(source), label), label)
    if hasattr(source, "read"):
        return picture_pixels(read_picture(_copied_file(source, label), label), label)
    if isinstance(source, str | os.PathLike):
        return _pixels_of_path(Path(source), label)
    raise InputError(
        f"A picture must be a path, bytes, a binary file, a Pillow image or a NumPy array. Got {type(source).__name__}. "
        "Tensors are inputs already and need no loading."
    )


def _pixels_of_path(path: Path, label: str) -> Tensor:
    # `os.path` answers no where `Path` raises: names that are too long, say.
    if os.path.isdir(path):
        raise InputError(f"{label} must be a picture file. Got a folder. `load_images` reads folders.")
    if not os.path.exists(path):
        raise InputError(f"{label} must be a picture file. There is no such file.")
    if not os.path.isfile(path):
        raise InputError(f"{label} must be a picture file. Got a device or a pipe.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{label} must be a file that can be read. Got: {error.strerror}.") from error
    with file:
        return picture_pixels(read_picture(file, label), label)


def _copied_file(file: Any, label: str) -> io.BytesIO:
    """The whole file from its start, where it can be rewound; the caller's place in it is given back."""
    can_rewind = hasattr(file, "seekable") and file.seekable()
    place = file.tell() if can_rewind else 0
    if can_rewind:
        file.seek(0)
    content = file.read()
    if can_rewind:
        file.seek(place)
    if not isinstance(content, bytes):
        raise InputError(f"{label} must be opened in binary mode. Got text. Use open(path, 'rb').")
    return io.BytesIO(content)


def _listed(sources: Any) -> list[Any]:
    if isinstance(sources, list | tuple):
        if not sources:
            raise InputError("`sources` must name at least one picture. Got an empty list.")
        return list(sources)
    if isinstance(sources, np.ndarray) and sources.ndim == 4:
        if len(sources) == 0:
            raise InputError(f"`sources` must hold at least one picture. Got an array of shape {sources.shape}.")
        return list(sources)
    if isinstance(sources, str | os.PathLike):
        return list(picture_paths(sources))
    return [sources]


def picture_paths(sources: str | os.PathLike[str]) -> list[Path]:
    """The files that a path, a folder or a glob names, sorted; a path that is no folder names itself.

    Raises: InputError, where a folder is empty or holds folders, or a glob matches nothing.
    """
    path = Path(sources)
    if os.path.isdir(path):
        return _files_in(path)
    if isinstance(sources, str) and has_magic(sources) and not os.path.exists(path):
        found = sorted(Path(match) for match in glob(sources, recursive=True) if Path(match).is_file())
        if not found:
            raise InputError(f"`{sources}` must match at least one file. It matches none.")
        return found
    return [path]


def _files_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not found:
        raise InputError(f"`{folder}` must hold at least one picture. The folder is empty. Put pictures in it, or leave it out.")
    folders = [path.name for path in found if path.is_dir()]
    if folders:
        raise InputError(
            f"`{folder}` must hold pictures only. Got the folder `{folders[0]}` in it. To enter folders, give a pattern such as "
            f"'{folder}/**/*.jpg'."
        )
    return found


def _label(source: Any, index: int | None = None) -> str:
    """How messages call a source: a file by its path, anything else by what it is and its place in the list."""
    if isinstance(source, str | os.PathLike):
        return f"`{os.fspath(source)}`"
    kinds: tuple[tuple[type, str], ...] = ((Image.Image, "Pillow image"), (np.ndarray, "array"), (bytes, "bytes"))
    kind = next((name for type_, name in kinds if isinstance(source, type_)), "file")
    return f"Picture {index} ({kind})" if index is not None else f"The {kind}"


def _check_one_size(images: list[Tensor], labels: list[str]) -> None:
    for image, label in zip(images, labels, strict=True):
        if image.shape != images[0].shape:
            raise InputError(
                f"Pictures without a `format` must have one shape (C, H, W). Got {tuple(images[0].shape)} for {labels[0]} and "
                f"{tuple(image.shape)} for {label}. Give the format of the model, which resizes them."
            )
