"""Pictures to be probed, one after the other: from files, as they were found, or from a data set in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.dataset import Dataset
from xaivision.data.fitting import fitted, with_channels
from xaivision.data.image_folders import NEAR_BITS, ImageFolders
from xaivision.data.picture_hash import difference_hash, joined, near_pairs
from xaivision.data.picture_index import picture_in
from xaivision.data.split import Split
from xaivision.evaluation.shortcuts.probe import Subject

# Smaller pictures all look alike to the hash, which shrinks them to 17 pixels a side.
SMALLEST_HASHED = 32


@dataclass(frozen=True, eq=False)
class Pictures:
    """`targets` and `groups` (N,) of pictures that are `files` or rows of `inputs`; `masks`: targets by row, (H, W) bool each.

    A mask has the shape of its picture, as it was found. Rows without one are looked at whole. `left_out`: what is not among
    them, in a sentence.
    """

    name: str
    targets: Tensor
    groups: Tensor
    class_names: tuple[str, ...]
    split: Split
    files: tuple[Path, ...] = ()
    inputs: Tensor | None = None
    masks: Mapping[int, Tensor] | None = None
    left_out: str = ""

    def __len__(self) -> int:
        return len(self.targets)

    def subject(self, row: int) -> Subject:
        """The picture of this row, its file, and what may be looked at."""
        picture = picture_in(self.files[row]) if self.inputs is None else self.inputs[row]
        mask = (self.masks or {}).get(row)
        seen = torch.ones(picture.shape[1:], dtype=torch.bool, device="cpu") if mask is None else ~mask
        if seen.shape != picture.shape[1:]:
            raise InputError(
                f"A mask must have the size of its picture, {tuple(picture.shape[1:])}. Got {tuple(seen.shape)} for row {row}."
            )
        return Subject(picture, seen, self.files[row] if self.files else None)

    def title(self, row: int) -> str:
        """What the picture is called."""
        return f"{self.files[row].parent.name}/{self.files[row].name}" if self.files else f"row {row}"


def fitting(picture: Tensor, format: ImageFormat | None) -> Tensor:
    """The picture (C, H, W) as a model of this format takes it; as it is where the format is that, or not known."""
    if format is None or tuple(picture.shape) == format.shape:
        return picture
    return fitted(picture, format, "a picture")


def pictures_of(data: ImageFolders | Dataset, masks: Mapping[int, Tensor] | None = None) -> Pictures:
    """The pictures with what is known of them; of a data set without groups, look-alikes are grouped here.

    Where no `masks` are given, those of the data set are taken: the truth, and every other that it has.

    Raises: InputError, where the data set holds no pictures, or rows without a class.
    """
    if isinstance(data, ImageFolders):
        return Pictures(
            data.name,
            data.targets,
            data.groups,
            data.class_names,
            data.split,
            files=data.paths,
            masks=masks,
            left_out=_left_out(data),
        )
    if data.domain != "image":
        raise InputError(f"Shortcuts are looked for in pictures. Got the table {data.name!r}.")
    if bool((data.targets < 0).any()):
        raise InputError(f"Every picture must have a class. Got {int((data.targets < 0).sum())} of {data.name!r} without one.")
    groups = _look_alikes(data.inputs) if data.groups is None else data.groups
    known = _planted(data) if masks is None else masks
    return Pictures(data.name, data.targets, groups, data.class_names, data.split, inputs=data.inputs, masks=known)


def _left_out(data: ImageFolders) -> str:
    copies, conflicts = len(data.report.duplicates), len(data.report.conflicts)
    said = [f"{copies} exact {'copy' if copies == 1 else 'copies'}"] if copies else []
    said += (
        [f"{conflicts} {'picture that is' if conflicts == 1 else 'pictures that are'} in several classes"] if conflicts else []
    )
    return f"Left out before anything was asked: {' and '.join(said)}." if said else ""


def _planted(data: Dataset) -> dict[int, Tensor] | None:
    kinds = [mask for mask in (data.truth, *data.masks.values()) if mask is not None and mask.ndim == 3]
    if not kinds:
        return None
    whole = torch.stack([mask.bool() for mask in kinds]).any(0)
    return {row: mask for row, mask in enumerate(whole) if bool(mask.any())}


def _look_alikes(inputs: Tensor) -> Tensor:
    """(N,) groups of equal pictures, and of those that look alike where they are large enough to tell."""
    if min(inputs.shape[2:]) < SMALLEST_HASHED:
        groups: Tensor = torch.unique(inputs.flatten(1), dim=0, return_inverse=True)[1]
        return groups
    gray = [with_channels(one, 1, "a picture") if len(one) == 3 else one[:1] for one in inputs]
    return joined(near_pairs(torch.stack([difference_hash(one) for one in gray]), NEAR_BITS), len(inputs))
