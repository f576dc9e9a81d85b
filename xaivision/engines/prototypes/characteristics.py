"""How much of a similarity rests on one property of the picture."""

import torch
from torch import Tensor


def similarity_at(similarities: Tensor, places: Tensor) -> Tensor:
    """(B, P) of maps (B, P, h, w) at given places (B, P), counted row by row."""
    return similarities.flatten(2).gather(2, places[:, :, None]).squeeze(2)


def global_importance(local: Tensor, similarity: Tensor) -> Tensor:
    """(P, M) the mean over pictures of the local importance (B, P, M), weighted by the similarity (B, P).

    A prototype that is not found in any picture has none: NaN.

    Source: Nauta et al., 2020, arXiv:2011.02863, equation 2.
    """
    weights = similarity.double()
    sums = weights.sum(0)
    found = torch.einsum("bpm,bp->pm", local.double(), weights) / torch.where(sums == 0, torch.nan, sums)[:, None]
    return found


def change_sizes(images: Tensor, changed: Tensor) -> Tensor:
    """(B,) by how much a pixel has changed, on average over the picture, in float64."""
    return (changed.double() - images.double()).abs().flatten(1).mean(1)
