"""Real sonar pictures with their targets' masks, and a linear layer on EfficientNet-Lite0's frozen features for each set.

The pictures are not part of this repository: the environment variable XAIVISION_DATA names the folder that holds `sonar_images`.
"""

import csv
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.data.fitting import fitted
from xaivision.data.grouped_folds import grouped_folds
from xaivision.data.image_folders import load_image_folders
from xaivision.data.images import load_image
from xaivision.data.picture_masks import picture_masks
from xaivision.data.registry import load_dataset
from xaivision.data.split import Split
from xaivision.models.registry import load_model
from xaivision.models.transfer import train

SIDE = 128
# A crop shows this many times the longer side of an object's box, so that there is water around it.
CONTEXT = 2.5
# Classes of fewer crops are left out; a wall is no object, and ends nowhere.
FEWEST_CROPS, NO_OBJECT = 12, "wall"
# Of five frames, in the order of their numbers, these are the test part: crops of one frame stay on one side. Every twelfth frame
# of a shuffled recording is there, so that the same scene may still be on both.
STEP, TEST_FRAMES = 12, (0, 3)
FOLDS = 5


@dataclass(frozen=True, eq=False)
class SonarSet:
    """A data set with `masks` (n, H, W) of the targets of the test rows `rows` (n,), and a `model` of it with its accuracy.

    These are the rows that the model is right about, of those with a mask where there are any.
    """

    data: Dataset
    model: TorchClassifier
    rows: Tensor
    masks: Tensor | None
    balanced_accuracy: float


def pictures_folder() -> Path:
    return Path(os.environ["XAIVISION_DATA"]) / "sonar_images"


def six_classes(side: int = SIDE) -> SonarSet:
    """The six classes of the paper, without masks: nobody has drawn any."""
    data = load_image_folders(pictures_folder() / "natarajan6").dataset(side, channels=1)
    return _trained(data, {})


def victims(side: int = SIDE) -> SonarSet:
    """Side-scan tiles with a human-shaped effigy or without, with masks of it."""
    return _trained(*_victims(side))


def debris(side: int = SIDE) -> SonarSet:
    """Crops of whole water-tank frames around each object, with the object's mask; the split is by frames."""
    return _trained(*_debris(side, FEWEST_CROPS))


def in_folds(name: str, side: int = SIDE) -> list[SonarSet]:
    """Victims, or debris of every class, once for each fold, by a model that learned from the other folds.

    `rows` are all of the fold with a mask, whether the model is right about them or not.
    """
    data, masks = _victims(side) if name == "victims" else _debris(side, 1)
    found = []
    for fold in folded(data):
        model, right = _learned(fold)
        model.model.to(memory_format=torch.channels_last)  # takes half the time on a processor
        rows = torch.tensor([row for row in fold.split.test.tolist() if row in masks])
        drawn = torch.stack([masks[row] for row in rows.tolist()])
        found.append(SonarSet(fold, model, rows, drawn, _balanced(right, fold.test.targets)))
    return found


def _victims(side: int) -> tuple[Dataset, dict[int, Tensor]]:
    """The pictures, and masks (side, side) by the row numbers of those that have one."""
    folders = load_image_folders(pictures_folder() / "sdvd", classes=["no_victim", "victim"])
    shape = ImageFormat(1, side, side, interpolation="nearest")
    found = picture_masks(folders.paths, pictures_folder() / "sdvd" / "masks")
    masks = {row: fitted(mask[None].float(), shape, "a mask")[0] > 0.5 for row, mask in found.items()}
    return folders.dataset(side), masks


def _debris(side: int, fewest: int) -> tuple[Dataset, dict[int, Tensor]]:
    """The crops of classes that have so many, and the mask (side, side) of each by its row number."""
    root = pictures_folder() / "md_segmentation"
    with (root / "boxes.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] != NO_OBJECT]
    counts = {label: sum(row["label"] == label for row in rows) for label in sorted({row["label"] for row in rows})}
    names = tuple(label for label, count in counts.items() if count >= fewest)
    kept = [row for row in rows if row["label"] in names]
    crops, masks = zip(*(_crop(root, row, side) for row in kept), strict=True)
    targets = torch.tensor([names.index(row["label"]) for row in kept])
    groups = torch.tensor([int(Path(row["file"]).stem.rsplit("-", 1)[1]) // STEP for row in kept])
    card = load_dataset("sonar48", count=4).card
    in_test = torch.isin(groups % 5, torch.tensor(TEST_FRAMES))
    split = Split((~in_test).nonzero().flatten(), in_test.nonzero().flatten())
    data = Dataset("md_segmentation", torch.stack(crops), targets, names, card, fixed_split=split, groups=groups)
    return data, dict(enumerate(masks))


def simulated() -> SonarSet:
    """Generated pictures of 48 pixels, with masks of object and shadow, and the small network that comes with the library."""
    data, model = load_dataset("sonar48"), load_model("sonar48_convnet")
    assert data.truth is not None
    assert isinstance(model, TorchClassifier)
    rows = data.split.test[data.truth[data.split.test].flatten(1).any(1)]
    right = model(data.test.inputs).argmax(1) == data.test.targets
    return SonarSet(data, model, rows, data.truth[rows], _balanced(right, data.test.targets))


SETS: Mapping[str, Callable[..., SonarSet]] = {
    "simulated": simulated,
    "six_classes": six_classes,
    "victims": victims,
    "debris": debris,
}


def folded(data: Dataset, folds: int = FOLDS, seed: int = 0) -> list[Dataset]:
    """The data once for each fold, which is its test part; look-alikes are in one fold."""
    if data.groups is None:
        raise ValueError("the dataset must tell its groups")
    fold_of = grouped_folds(data.targets, data.groups, folds, seed)
    parts = [Split((fold_of != fold).nonzero().flatten(), (fold_of == fold).nonzero().flatten()) for fold in range(folds)]
    return [replace(data, fixed_split=split) for split in parts]


def _trained(data: Dataset, masks: Mapping[int, Tensor]) -> SonarSet:
    model, right = _learned(data)
    # Explanations of wrong answers are explanations of other things.
    named = data.split.test[right].tolist()
    chosen = torch.tensor([row for row in named if not masks or row in masks])
    drawn = torch.stack([masks[row] for row in chosen.tolist()]) if masks else None
    return SonarSet(data, model, chosen, drawn, _balanced(right, data.test.targets))


def _learned(data: Dataset) -> tuple[TorchClassifier, Tensor]:
    """A classifier that learned from the training part, and which pictures (n,) of the test part it is right about."""
    model = train(data, "efficientnet_lite0", side=data.inputs.shape[-1], seed=0).classifier
    return model, model(data.test.inputs).argmax(1) == data.test.targets


def _balanced(right: Tensor, targets: Tensor) -> float:
    return float(torch.stack([right[targets == label].double().mean() for label in targets.unique()]).mean())


def _crop(root: Path, row: Mapping[str, str], size: int) -> tuple[Tensor, Tensor]:
    """(1, size, size) the crop, and (size, size) bool where its object is."""
    left, top, width, height = (int(row[name]) for name in ("x", "y", "w", "h"))
    frame = load_image(root / row["file"])[:1]
    mask = load_image(root / row["file"].replace("images", "masks").replace(".jpg", ".png"))
    boxed = torch.zeros_like(mask[0])
    boxed[top : top + height, left : left + width] = mask[0, top : top + height, left : left + width]
    inside = boxed == boxed[boxed > 0].mode().values  # the commonest class in a box is that of its label
    side = min(int(CONTEXT * max(width, height)), min(frame.shape[1:]))
    y = min(max(0, top + height // 2 - side // 2), frame.shape[1] - side)
    x = min(max(0, left + width // 2 - side // 2), frame.shape[2] - side)
    shape = ImageFormat(1, size, size)
    picture = fitted(frame[:, y : y + side, x : x + side], shape, "a crop")
    nearest = ImageFormat(1, size, size, interpolation="nearest")
    cut = fitted(inside[None, y : y + side, x : x + side].float(), nearest, "a mask")
    return picture, cut[0] > 0.5
