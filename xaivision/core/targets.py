"""Which score is explained: one class for each input."""

from collections.abc import Sequence

import torch
from torch import Tensor

from xaivision.core.errors import InputError

Targets = int | Sequence[int] | Tensor | None


def target_scores(scores: Tensor, targets: Tensor) -> Tensor:
    """(B,) score of each input's own target, out of (B, K)."""
    return scores.gather(1, targets[:, None]).squeeze(1)


def resolved_targets(targets: Targets, scores: Tensor) -> Tensor:
    """(B,) class numbers on the scores' device: the predicted class where `targets` is None.

    Raises: InputError, where a target is no class of the model, or their number is not one or B.
    """
    batch, classes = scores.shape
    if targets is None:
        return scores.argmax(dim=1)
    try:
        chosen = torch.as_tensor(targets, device=scores.device)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(f"`targets` must be class numbers. Got {targets!r}.") from None
    if chosen.is_floating_point() or chosen.is_complex() or chosen.dtype == torch.bool:
        raise InputError(f"`targets` must be class numbers. Got {str(chosen.dtype).removeprefix('torch.')}.")
    chosen = chosen.long()
    if chosen.ndim == 0:
        chosen = chosen.expand(batch)
    if chosen.shape != (batch,):
        raise InputError(
            f"`targets` must be one class number, or one for each of {batch} inputs. Got shape {tuple(chosen.shape)}."
        )
    outside = chosen[(chosen < 0) | (chosen >= classes)]
    if len(outside):
        raise InputError(f"`targets` must be class numbers from 0 to {classes - 1}. Got {int(outside[0])}.")
    return chosen.clone()
