"""Where the parts of objects are in pictures, as a caller gives them."""

from collections.abc import Mapping

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.prototypes.part_hits import mask_points


def known_parts(parts: Mapping[str, Tensor], inputs: Tensor) -> tuple[tuple[str, ...], Tensor]:
    """The names of K parts, and (B, K, 2) float64 row and column of each in each picture (B, C, H, W), NaN where it is not seen.

    Each of `parts` is given as points (B, 2), or as masks (B, H, W), of which the pixel nearest to the center of mass counts.

    Raises: InputError, where there are none, or they do not fit the pictures.
    """
    if not isinstance(parts, Mapping) or not parts:
        raise InputError("`parts` must be masks (B, H, W) or points (B, 2) of at least one part, by name. Got none.")
    points = torch.stack([_points(name, given, inputs) for name, given in parts.items()], 1)
    if bool(points.isnan().all()):
        raise InputError("`parts` must be seen in some picture. Got none that is. Leave `parts` out.")
    return tuple(parts), points


def _points(name: str, given: object, inputs: Tensor) -> Tensor:
    count, (height, width) = len(inputs), inputs.shape[2:]
    if not isinstance(given, Tensor) or given.shape not in ((count, height, width), (count, 2)):
        got = tuple(given.shape) if isinstance(given, Tensor) else type(given).__name__
        raise InputError(f"`parts[{name!r}]` must be masks {(count, height, width)} or points {(count, 2)}. Got {got}.")
    if given.ndim == 3:
        if not bool(((given == 0) | (given == 1)).all()):
            raise InputError(f"`parts[{name!r}]` must be masks of 0 and 1. Threshold them.")
        return mask_points(given.cpu())
    found = given.double().cpu()
    inside = ((found >= 0) & (found < torch.tensor([height, width], device="cpu"))).all(1)
    if not bool((inside | found.isnan().any(1)).all()):
        raise InputError(
            f"`parts[{name!r}]` must be points (row, column) inside pictures of {height} x {width}. "
            f"Got {found[~inside][0].tolist()}. Give NaN where a part is not seen."
        )
    return found.masked_fill(found.isnan().any(1, keepdim=True), torch.nan)
