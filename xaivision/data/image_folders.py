"""A folder of pictures with one folder inside for each class: duplicates out, look-alikes together, a fixed split."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.presenting import few, in_short
from xaivision.core.progress import track
from xaivision.data.card import DatasetCard
from xaivision.data.class_folders import ClassFolder, class_folders
from xaivision.data.dataset import Dataset
from xaivision.data.folder_report import FolderReport, folder_report
from xaivision.data.grouped_split import grouped_split
from xaivision.data.picture_duplicates import duplicates_of
from xaivision.data.picture_hash import BITS, joined, near_pairs
from xaivision.data.picture_index import IndexedPicture, indexed_pictures, picture_in
from xaivision.data.split import Split, check_share

# Measured on 2,989 sonar pictures: it joins turned and rescaled copies, and not the frames of one fan-shaped sonar.
NEAR_BITS = 22
FEWEST_OF_A_CLASS = 5
# Without their files, cards of such folders have nothing to say of these.
UNKNOWN = "as the files say"


@dataclass(frozen=True, eq=False, repr=False)
class ImageFolders:
    """Pictures on disk, classes by folder. `targets` and `groups` (N,): class and group of look-alikes of each `path`.

    `digests`: sha256 of each file. `split`: row numbers of both parts, groups kept together. `report`: what was found.
    Pictures are read when `dataset` or `batches` is called.
    """

    name: str
    paths: tuple[Path, ...]
    digests: tuple[str, ...]
    targets: Tensor
    groups: Tensor
    class_names: tuple[str, ...]
    split: Split
    report: FolderReport

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        """One line: the name, how many pictures there are, and the classes."""
        return in_short(self, self.name, f"{len(self)} pictures", f"classes {few(self.class_names)}")

    @property
    def channels(self) -> int:
        """1 where all pictures are gray, else 3."""
        return 3 if self.report.colored else 1

    @cached_property
    def card(self) -> DatasetCard:
        """The card, with the numbers of the report."""
        return DatasetCard(self.name, str(self.report), f"{len(self)} pictures", UNKNOWN, UNKNOWN, f"the folder `{self.name}`")

    def dataset(self, size: int | ImageFormat = 224, channels: int | None = None) -> Dataset:
        """All pictures in memory as (N, C, size, size) float32, with this split: resized, then cropped at the center.

        `size` may be the format of a model. `channels` None: one where all pictures are gray, else three. It takes
        4 * C * size ** 2 bytes a picture; `batches` takes no more than a batch.

        Raises: InputError, where the size does not fit; FileFormatError, where a file has changed since; Cancelled.
        """
        format = self._format(size, channels)
        inputs = torch.empty(len(self), *format.shape, dtype=torch.float32, device="cpu")
        for row in track(range(len(self)), "loading pictures"):
            inputs[row] = picture_in(self.paths[row], format)
        items = tuple(f"{path.parent.name}/{path.name}" for path in self.paths)
        return Dataset(
            self.name,
            inputs,
            self.targets,
            self.class_names,
            self.card,
            items=items,
            fixed_split=self.split,
            groups=self.groups,
        )

    def batches(
        self, size: int | ImageFormat = 224, channels: int | None = None, *, rows: Tensor | None = None, batch: int = 64
    ) -> Iterator[Tensor]:
        """The pictures of `rows` (all where None), read as they are needed, at most `batch` at once: (B, C, size, size).

        Raises: as `dataset`.
        """
        format = self._format(size, channels)
        chosen = torch.arange(len(self), device="cpu") if rows is None else rows
        parts = range(0, len(chosen), batch)
        for start in track(parts, "loading pictures"):
            yield torch.stack([picture_in(self.paths[row], format) for row in chosen[start : start + batch].tolist()])

    def _format(self, size: int | ImageFormat, channels: int | None) -> ImageFormat:
        if isinstance(size, ImageFormat):
            return size
        return ImageFormat(self.channels if channels is None else channels, size, size)


def load_image_folders(
    path: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    near_bits: int | None = NEAR_BITS,
    conflicts: Literal["refuse", "drop"] = "refuse",
    test_share: float = 0.3,
    seed: int = 0,
) -> ImageFolders:
    """The pictures of `path`, whose folders are the classes in the order of their names; `classes` names those to take.

    Every file is read and hashed once. Of pictures that show the same, the first is kept, before anything is split. The same
    picture in two classes is an error, or with `conflicts="drop"` left out of both. Look-alikes, whose perceptual hashes of
    544 bits differ in at most `near_bits` in any pose (flipped, turned by right angles), form groups, which the split keeps
    on one side; None groups nothing. Each class has `test_share` of its pictures in the test part, as nearly as groups allow.

    Raises: InputError, where there are fewer than two classes, a class has no picture or fewer than five, or cannot be split;
    FileFormatError, where files are no pictures; Cancelled.
    """
    _check(near_bits, conflicts, test_share)
    folders = class_folders(path, classes)
    indexed = indexed_pictures([file for folder in folders for file in folder.files])
    targets = [label for label, folder in enumerate(folders) for _ in folder.files]
    names = tuple(folder.name for folder in folders)
    doubled = duplicates_of([picture.pixels_digest for picture in indexed], targets)
    if doubled.conflicts and conflicts == "refuse":
        raise InputError(_conflict_text([indexed[row].path for row in doubled.conflicts[0]], len(doubled.conflicts)))
    kept = [indexed[row] for row in doubled.kept]
    labels = torch.tensor([targets[row] for row in doubled.kept], dtype=torch.int64, device="cpu")
    _check_enough(folders, labels)
    alike = _alike(kept, near_bits)
    groups = joined(alike, len(kept))
    _check_splittable(names, labels, groups)
    return ImageFolders(
        name=Path(path).resolve().name,
        paths=tuple(picture.path for picture in kept),
        digests=tuple(picture.digest for picture in kept),
        targets=labels,
        groups=groups,
        class_names=names,
        split=grouped_split(labels, groups, test_share, seed),
        report=folder_report(indexed, doubled, labels, alike, names),
    )


def _alike(pictures: Sequence[IndexedPicture], near_bits: int | None) -> Tensor:
    """(K, 2): the pairs of look-alikes."""
    if near_bits is None:
        return torch.zeros(0, 2, dtype=torch.int64, device="cpu")
    return near_pairs(torch.stack([picture.hashes for picture in pictures]), near_bits)


def _check(near_bits: int | None, conflicts: str, test_share: float) -> None:
    if near_bits is not None and not 0 <= near_bits < BITS // 2:
        raise InputError(f"`near_bits` must be None or from 0 to {BITS // 2 - 1}. Got {near_bits}.")
    if conflicts not in ("refuse", "drop"):
        raise InputError(f"`conflicts` must be 'refuse' or 'drop'. Got {conflicts!r}.")
    check_share(test_share)


def _conflict_text(paths: Sequence[Path], count: int) -> str:
    shown = " and ".join(f"`{path.parent.name}/{path.name}`" for path in paths[:3])
    more = f" There are {count} such pictures." if count > 1 else ""
    return (
        f"A picture must be of one class. Got the same picture as {shown}.{more} Take it out of all folders but one, or leave "
        "it out of each with `conflicts='drop'`, on the command line `--drop-conflicts`."
    )


def _check_enough(folders: Sequence[ClassFolder], labels: Tensor) -> None:
    for label, folder in enumerate(folders):
        count = int((labels == label).sum())
        if count < FEWEST_OF_A_CLASS:
            copies = f" ({len(folder.files)} with the copies)" if count < len(folder.files) else ""
            raise InputError(
                f"Each class must have at least {FEWEST_OF_A_CLASS} different pictures. Got {count} of {folder.name!r}{copies}. "
                "Add pictures, or take its folder away; `classes` names those to take."
            )


def _check_splittable(names: Sequence[str], labels: Tensor, groups: Tensor) -> None:
    """Raises: InputError, where the split could not have the class on both sides."""
    for label, name in enumerate(names):
        mine = groups[labels == label]
        if len(set(mine.tolist())) == 1:
            raise InputError(
                f"The pictures of a class must not all look alike. Got {len(mine)} of {name!r} in one group, which cannot be "
                "split. Set `near_bits` lower; None groups nothing."
            )
