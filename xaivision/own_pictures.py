"""What the command line means by pictures to learn from: a folder of class folders, or the name of a data set."""

from dataclasses import dataclass
from pathlib import Path

from xaivision.core.errors import InputError
from xaivision.data.dataset import Dataset
from xaivision.data.image_folders import load_image_folders
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.hidden_names import hiding_notes
from xaivision.labeled_folders import folder_of
from xaivision.models.backbones import backbone as named_backbone


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """The pictures with their classes and split, and what has to be said of them."""

    dataset: Dataset
    notes: tuple[str, ...] = ()


def own_pictures(
    data: str, backbone: str, *, weights: str | None = "DEFAULT", size: int | None = None, drop_conflicts: bool = False
) -> OwnPictures:
    """The pictures that this word means. Those of a folder are brought to `size`, the backbone's own where it is None.

    `drop_conflicts`: pictures that are in two class folders are left out, instead of being an error. A folder of
    that name comes before a data set, and a set that was fetched by name counts as its folder.

    Raises: InputError, where it is neither, or a size is given for a data set, whose pictures have one; as
    `load_image_folders` and `backbone`.
    """
    if Path(data).is_dir() or data in named_sets():
        side = size if size is not None else named_backbone(backbone, weights=weights).side
        classes = None if Path(data).is_dir() else named_sets()[data].classes
        folders = load_image_folders(folder_of(data), classes=classes, conflicts="drop" if drop_conflicts else "refuse")
        return OwnPictures(folders.dataset(side), (*hiding_notes([data]), str(folders.report)))
    if data not in available_datasets():
        known = ", ".join(available_datasets())
        raise InputError(f"{data!r} is no folder and no data set. Known data sets: {known}.")
    if size is not None:
        raise InputError(
            f"`--size` is for the pictures of a folder. {data!r} has its own; say --set side={size} for the network's."
        )
    return OwnPictures(load_dataset(data))
