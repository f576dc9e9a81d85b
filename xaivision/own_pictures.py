"""What the command line means by pictures to learn from: a folder of class folders, or the name of a data set."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xaivision.core.errors import InputError
from xaivision.data.dataset import Dataset
from xaivision.data.named_sets.named_set import named_sets
from xaivision.data.registry import available_datasets, load_dataset
from xaivision.hidden_names import hiding_notes
from xaivision.labeled_folders import folders_of
from xaivision.models.backbones import backbone as named_backbone
from xaivision.models.prototypes.patch_backbones import USUAL_SIDE
from xaivision.models.trees.token_backbones import OWN


@dataclass(frozen=True, eq=False)
class OwnPictures:
    """The pictures with their classes and split, and what has to be said of them."""

    dataset: Dataset
    notes: tuple[str, ...] = ()


def own_pictures(
    data: str,
    backbone: str,
    *,
    weights: str | None = "DEFAULT",
    size: int | None = None,
    classes: Sequence[str] | None = None,
    drop_conflicts: bool = False,
) -> OwnPictures:
    """The pictures that this word means. Those of a folder are brought to `size`, the backbone's own where it is None.

    `classes` and `drop_conflicts` are those of `folders_of`. A folder of that name comes before a data set, and a set that was
    fetched by name counts as its folder.

    Raises: InputError, where it is neither, or a size or classes are given for a data set, which has its own; as `folders_of` and
    `backbone`.
    """
    if Path(data).is_dir() or data in named_sets():
        side = _side(backbone, weights) if size is None else size
        folders = folders_of(data, classes, drop_conflicts=drop_conflicts)
        return OwnPictures(folders.dataset(side), (*hiding_notes([data]), str(folders.report)))
    if data not in available_datasets():
        known, fetched = (", ".join(names) for names in (available_datasets(), named_sets()))
        raise InputError(f"{data!r} is no folder and no data set. Known data sets: {known}; to be fetched by name: {fetched}.")
    if classes is not None:
        raise InputError(f"`--classes` is for class folders. {data!r} is a data set, whose classes are fixed. Leave it out.")
    if size is not None:
        raise InputError(
            f"`--size` is for the pictures of a folder. {data!r} has its own; say --set side={size} for the network's."
        )
    return OwnPictures(load_dataset(data))


def _side(backbone: str, weights: str | None) -> int:
    """What pictures of a folder are brought to: what the backbone takes; networks that learn anew take small ones."""
    return USUAL_SIDE if backbone in OWN else named_backbone(backbone, weights=weights).side
