"""The folders of a folder, one for each class, and the files in them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.data.images import picture_paths


@dataclass(frozen=True)
class ClassFolder:
    """The name of a class and its files, in the order of their names."""

    name: str
    files: tuple[Path, ...]


def holds_class_folders(path: str | os.PathLike[str]) -> bool:
    """Whether this is a folder with two folders or more in it, hidden ones apart."""
    return os.path.isdir(path) and len(folder_names(path)) > 1


def folder_names(path: str | os.PathLike[str]) -> list[str]:
    """The folders in a folder in the order of their names, hidden ones apart."""
    return sorted(entry.name for entry in Path(path).iterdir() if entry.is_dir() and not entry.name.startswith("."))


def class_folders(path: str | os.PathLike[str], classes: Sequence[str] | None = None) -> list[ClassFolder]:
    """The class folders inside `path` in the order of their names, or those named by `classes`, in that order.

    Hidden files and folders are left out, and so are files beside the class folders.

    Raises: InputError, where `path` is no folder, holds fewer than two, or one is empty or holds folders; UnknownNameError,
    where `classes` names a folder that is not there.
    """
    root = Path(path)
    if not os.path.isdir(root):
        raise InputError(f"`{root}` must be a folder that holds one folder for each class. There is no such folder.")
    inside = folder_names(root)
    names = inside if classes is None else list(classes)
    for name in names:
        if name not in inside:
            raise UnknownNameError(f"class folder of `{root}`", name, inside)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(
            f"`{root}` must hold a folder for each of two or more classes. Got {', '.join(names) or 'none'}. "
            "Make a folder for each class beside the others; `load_images` reads pictures without classes."
        )
    return [ClassFolder(name, tuple(picture_paths(root / name))) for name in names]
