"""Block pictures: a digit that decides the class in one block, a shape that never changes in the other.

Source: Shah, Jain, Netrapalli, Do input gradients highlight discriminative features?, 2021, arXiv:2102.12781 (BlockMNIST).
"""

from typing import Literal

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.data.dataset import Dataset, Part
from xaivision.data.known_answers.known_set import KnownSet

Position = Literal["random", "top"]
# What the null block shows is dimmer than ink.
STRENGTH = 0.8


def block_digits(
    digits: Dataset,
    position: Position = "random",
    classes: tuple[int, int] = (0, 1),
    learned: int = 1200,
    tested: int = 300,
    seed: int = 0,
) -> KnownSet:
    """Pictures (1, 2h, w) of two blocks: a digit of the two `classes`, and a plus. `truth`: the block of the digit.

    `digits`: any set of gray pictures. `position` "random": the digit is above or below, as often; "top": always above. Digits
    to learn from are of the training part of the set, those that are tested of its test part. Truth by association.

    Raises: InputError, where the set holds no gray pictures, or the position is unknown.
    """
    if position not in ("random", "top"):
        raise InputError(f"`position` must be 'random' or 'top'. Got {position!r}.")
    if digits.domain != "image" or digits.inputs.shape[1] != 1:
        raise InputError(f"`digits` must be gray pictures. Got inputs of shape {tuple(digits.inputs.shape[1:])}.")
    draws = generator(seed, "block digits", digits.name, position)
    parts = [_blocks(part, classes, position, count, draws) for part, count in ((digits.train, learned), (digits.test, tested))]
    names = (digits.class_names[classes[0]], digits.class_names[classes[1]])
    return KnownSet(
        f"blocks {position}",
        parts[0][0],
        parts[1][0],
        parts[1][1],
        "association",
        "the block that holds the digit: the other one is the same in every picture",
        names,
        cell=int(digits.inputs.shape[2]),
    )


def _blocks(part: Part, classes: tuple[int, int], position: Position, count: int, draws: torch.Generator) -> tuple[Part, Tensor]:
    """`count` pictures, classes in turn, and the masks of their digits."""
    targets = torch.arange(count, device="cpu") % 2
    pools = [part.inputs[part.targets == one] for one in classes]
    chances = torch.rand(count, generator=draws, device="cpu").tolist()
    signal = torch.stack(
        [pools[label][int(chance * len(pools[label]))] for label, chance in zip(targets.tolist(), chances, strict=True)]
    )
    below = torch.rand(count, generator=draws, device="cpu") < (0.5 if position == "random" else 0.0)
    height, width = signal.shape[2:]
    null = plus(height, width).expand_as(signal)
    pictures = torch.where(below.view(-1, 1, 1, 1), torch.cat([null, signal], 2), torch.cat([signal, null], 2))
    lower = (torch.arange(2 * height, device="cpu") >= height)[None, :, None].expand(count, -1, width)
    return Part(pictures, targets), lower == below.view(-1, 1, 1)


def plus(height: int, width: int) -> Tensor:
    """(1, height, width) a plus, two pixels thick at least, on black."""
    found = torch.zeros(1, height, width, dtype=torch.float32, device="cpu")
    thick = max(1, min(height, width) // 8)
    found[:, height // 2 - thick : height // 2 + thick, 1:-1] = STRENGTH
    found[:, 1:-1, width // 2 - thick : width // 2 + thick] = STRENGTH
    return found
