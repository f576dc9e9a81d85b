"""Generated sonar scenes as a model takes them, with the masks of what an explanation should find, in the model's pixels."""

from typing import NamedTuple

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.facade import load_images

SETS = ("sonar48", "sonar_simulator")
# A mask that was resized is a share of each pixel; the object has those that it fills half.
HALF = 0.5
FEWEST, SMALLEST = 5, 32
BOTH = "object and shadow"


class SonarScene(NamedTuple):
    """A picture (1, C, H, W) in [0, 1] for one model, what lies there, and masks (H, W) by name: the object, its shadow, both."""

    title: str
    kind: str
    inputs: Tensor
    masks: dict[str, Tensor]


def sonar_scene(model: ClassifierAdapter, name: str, number: int = 0, *, texture: str | None = None, seed: int = 0) -> SonarScene:
    """Scene `number` of a generated set, at the size that the model wants: "sonar48", or "sonar_simulator", with its `texture`.

    Masks go the way of the picture, through the same resizing and cropping; those that are empty are left out.

    Raises: UnknownNameError; InputError, where the model takes no pictures of a known size, or a setting is out of range.
    """
    form = model.image_format
    if name not in SETS:
        raise UnknownNameError("generated sonar set", name, SETS)
    if form is None:
        raise InputError("A scene needs the size of the pictures that the model takes. Got a model without an `image_format`.")
    if number < 0:
        raise InputError(f"`number` must be from 0. Got {number}.")
    settings = {"size": max(SMALLEST, form.height), "texture": texture} if name == "sonar_simulator" else {}
    count = max(FEWEST, number + 1)
    data = load_dataset(name, count=count, seed=seed, **settings)
    known = _masks(name, data, count, seed)
    masks = {which: _fitting(model, mask[number].float())[0, 0] > HALF for which, mask in known.items()}
    return SonarScene(
        f"{name} scene {number}",
        data.class_names[int(data.targets[number])],
        _fitting(model, data.inputs[number, 0]),
        {which: mask for which, mask in masks.items() if bool(mask.any())},
    )


def _masks(name: str, data: Dataset, count: int, seed: int) -> dict[str, Tensor]:
    """(N, H, W) each: the object, the shadow that it throws, and both."""
    if name == "sonar48":  # what its `truth` holds is a setting; the pictures are the same
        parts = {which: load_dataset(name, count=count, seed=seed, part=which).truth for which in ("object", "shadow")}
    else:
        parts = {"object": data.truth, "shadow": data.masks["shadow"]}
    found = {which: part for which, part in parts.items() if part is not None}
    return {**found, BOTH: found["object"] | found["shadow"]}


def _fitting(model: ClassifierAdapter, plane: Tensor) -> Tensor:
    """A gray picture (H, W) as the model takes it, (1, C, H, W)."""
    return load_images([plane.numpy()], model)
