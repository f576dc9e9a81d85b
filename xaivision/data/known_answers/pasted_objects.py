"""Objects pasted on scenes, after BAM: a model of the scene has no use for the object, one of the object none for the scene.

Source: Yang, Kim, Benchmarking attribution methods with relative feature importance, 2019, arXiv:1907.09701.
"""

from typing import Literal

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet

Label = Literal["object", "scene"]
SIDE, OBJECT = 24, 8
CLASS_NAMES: dict[Label, tuple[str, str]] = {"object": ("disc", "cross"), "scene": ("rows", "columns")}
MEANS: dict[Label, str] = {
    "object": "the pasted object: the scene is drawn without regard to the class",
    "scene": "everything but the pasted object: it is drawn without regard to the class",
}


def pasted_objects(label: Label = "object", learned: int = 1200, tested: int = 300, seed: int = 0) -> KnownSet:
    """Pictures (1, 24, 24): stripes across or along, with noise, and on them a disc or a cross, 8 pixels wide, anywhere.

    Each of the four pairings is as often; the pictures are the same for both labels. Truth by association.

    Raises: InputError, where there is no such label.
    """
    if label not in CLASS_NAMES:
        raise InputError(f"`label` must be 'object' or 'scene'. Got {label!r}.")
    draws = generator(seed, "pasted objects")
    count = learned + tested
    made = [_picture(number % 2, number // 2 % 2, draws) for number in range(count)]
    pictures, masks = (torch.stack(parts) for parts in zip(*made, strict=True))
    numbers = torch.arange(count, device="cpu")
    targets = numbers % 2 if label == "object" else numbers // 2 % 2
    return KnownSet(
        f"pasted objects, {label}",
        Part(pictures[:learned], targets[:learned]),
        Part(pictures[learned:], targets[learned:]),
        (masks if label == "object" else ~masks)[learned:],
        "association",
        MEANS[label],
        CLASS_NAMES[label],
        cell=OBJECT,
    )


def _picture(form: int, scene: int, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """One picture (1, 24, 24), and the mask (24, 24) of the object's square."""
    rows, columns = torch.meshgrid(*[torch.arange(SIDE, device="cpu")] * 2, indexing="ij")
    phase = int(torch.randint(4, (), generator=draws, device="cpu"))
    stripes = 0.2 + 0.2 * (((columns if scene else rows) + phase) % 4 < 2).float()
    picture = stripes + 0.05 * torch.randn(SIDE, SIDE, generator=draws, device="cpu")
    top, left = torch.randint(SIDE - OBJECT + 1, (2,), generator=draws, device="cpu").tolist()
    patch = picture[top : top + OBJECT, left : left + OBJECT]
    patch[_form(form)] = 0.9
    mask = torch.zeros(SIDE, SIDE, dtype=torch.bool, device="cpu")
    mask[top : top + OBJECT, left : left + OBJECT] = True
    return picture.clamp(0, 1)[None], mask


def _form(number: int) -> Tensor:
    """(8, 8) a disc, or a cross with arms two pixels thick."""
    rows, columns = torch.meshgrid(*[torch.arange(OBJECT, device="cpu") - (OBJECT - 1) / 2] * 2, indexing="ij")
    disc = rows**2 + columns**2 <= (OBJECT / 2 - 1) ** 2
    return ((rows.abs() < 1) | (columns.abs() < 1)) if number else disc
