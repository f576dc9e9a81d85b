"""What a surrogate of a picture classifier reads: a few named numbers of each picture.

A tree over them says "dark at the top left, and smooth in the middle": less than the network sees, and fidelity says how much.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from xaivision.core.errors import InputError
from xaivision.surrogates.reading import Measured

SIDE = 3
TRAITS = ("brightness", "contrast", "edges")
COLORS = ("redness", "blueness")


def grid_statistics(channels: int, side: int = SIDE) -> Measured:
    """Brightness, contrast and edges (and redness and blueness, of color pictures) of each cell of a grid, and of the whole.

    A cell is named by its row and column, counted from 1 at the top left.

    Raises: InputError, where `side` is less than 1.
    """
    if side < 1:
        raise InputError(f"`side` must be at least 1. Got {side}.")
    places = [f"row {row + 1} column {column + 1}" for row in range(side) for column in range(side)]
    traits = TRAITS + (COLORS if channels == 3 else ())
    names = tuple(f"{trait} at {place}" for trait in traits for place in places) + tuple(f"{trait} overall" for trait in traits)
    return Measured(
        names, lambda pictures: _of_pictures(pictures, side), ("grid_statistics", {"channels": channels, "side": side})
    )


def concept_scores(names: Sequence[str], layer_values: "torch.nn.Module", directions: Tensor) -> Measured:
    """Scores of concepts: what `layer_values` gives for the pictures, (B, D) or pooled to it, along `directions` (n, D).

    Raises: InputError, where there is not one direction a name.
    """
    if directions.ndim != 2 or len(directions) != len(names):
        raise InputError(f"`directions` must be (n, D) with one for each of {len(names)} names. Got {tuple(directions.shape)}.")

    def scores(pictures: Tensor) -> Tensor:
        with torch.no_grad():
            values = layer_values(pictures)
        pooled = values.flatten(2).mean(2) if values.ndim > 2 else values
        found: Tensor = pooled.double() @ directions.to(pooled.device).double().T
        return found

    return Measured(tuple(names), scores)


def _of_pictures(pictures: Tensor, side: int) -> Tensor:
    """(B, F) float64, traits by trait, each cell by cell, then the whole picture's."""
    values = pictures.detach().double().cpu()
    gray = values.mean(1, keepdim=True)
    edges = torch.zeros_like(gray)
    edges[..., :, 1:] += (gray[..., :, 1:] - gray[..., :, :-1]).abs()
    edges[..., 1:, :] += (gray[..., 1:, :] - gray[..., :-1, :]).abs()
    maps = [gray, gray.square(), edges]
    if values.shape[1] == 3:
        maps += [values[:, :1] - values[:, 1:2], values[:, 2:] - values[:, 1:2]]
    cells, whole = (_traits(adaptive_avg_pool2d(torch.cat(maps, 1), cells)) for cells in (side, 1))
    return torch.cat([cells.flatten(1), whole.flatten(1)], 1)


def _traits(pooled: Tensor) -> Tensor:
    """(B, traits, cells): the mean square becomes the spread."""
    found = pooled.flatten(2).clone()
    found[:, 1] = (found[:, 1] - found[:, 0].square()).clamp_min(0).sqrt()
    return found
