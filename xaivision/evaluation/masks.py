"""What should be found: masks over positions or columns, and the check that they fit an explanation."""

import numpy as np
import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError

# One mask for every input, or one for all of them; 1 where what should be found is.
Masks = Tensor | np.ndarray


def fitting_masks(masks: Masks, explanation: Attribution) -> Tensor:
    """(B, H, W) or (B, F) bool, on the device of the explanation's values.

    Raises: InputError, where the masks are no tensor, have not the shape of the explanation's positions or columns, or hold
    other values than 0 and 1.
    """
    if not isinstance(masks, Tensor | np.ndarray):
        raise InputError(f"`masks` must be a tensor, 1 where what should be found is. Got {type(masks).__name__}.")
    given, shape = torch.as_tensor(masks), explanation.feature_values.shape
    if given.shape not in (shape, shape[1:]):
        raise InputError(
            f"`masks` must have the shape {tuple(shape)}, or {tuple(shape[1:])} for all inputs. Got {tuple(given.shape)}. "
            "A mask has one number for a position or column, and the size of the model's inputs."
        )
    if not bool(((given == 0) | (given == 1)).all()):
        raise InputError(f"`masks` must hold 0 and 1. Got {float(given[(given != 0) & (given != 1)][0]):.4g}. Threshold them.")
    return given.to(explanation.values.device).bool().expand(shape)


def defined(values: Tensor, masks: Tensor) -> Tensor:
    """(B,) the values, NaN where the mask is empty: nothing is to be found, and nothing is missed."""
    return values.masked_fill(~masks.flatten(1).any(1), torch.nan)


def empty_masks(masks: Tensor) -> tuple[str, ...]:
    """What has to be said of inputs whose mask marks nothing: they have no value."""
    empty = (~masks.flatten(1).any(1)).nonzero().flatten().tolist()
    if not empty:
        return ()
    shown = ", ".join(map(str, empty[:5])) + (", ..." if len(empty) > 5 else "")
    return (f"the mask of {len(empty)} of {len(masks)} inputs ({shown}) marks nothing: there is nothing to find, and no value",)
