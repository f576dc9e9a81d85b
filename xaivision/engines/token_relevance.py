"""From the attention of each layer to the relevance of each token for those that the scores are read from."""

from collections.abc import Sequence

import torch
from torch import Tensor


def attention_rollout(weights: Sequence[Tensor], readers: Tensor) -> Tensor:
    """(B, N) how much of each token reaches the readers, (B, N) or (N,), as shares of 1, in float64.

    `weights`: (B, heads, N, N) of each layer, first layer first. Each layer passes on half of what its heads' mean attends to
    and half of what was there: the mean row of the readers in the product of all layers, last layer first.

    Source: Abnar and Zuidema, Quantifying Attention Flow in Transformers, 2020, arXiv:2005.00928.
    """
    flow = _mean_of(readers, weights)
    for layer in reversed(weights):
        mixing = layer.double().mean(1)
        mixing = (mixing + torch.eye(mixing.shape[-1], dtype=mixing.dtype, device=mixing.device)) / 2
        flow = _rows_times(flow, mixing / mixing.sum(-1, keepdim=True))
    return flow


def gradient_relevance(weights: Sequence[Tensor], gradients: Sequence[Tensor], readers: Tensor) -> Tensor:
    """(B, N) relevance of each token for the score, read at the readers, (B, N) or (N,), in float64.

    What a token is to itself is left out.

    `weights`, `gradients`: (B, heads, N, N) of each layer, first layer first. Of each layer counts the mean over heads of
    the positive part of gradient times weight, A; relevance starts as R = I and goes through R + A R in each layer.

    Source: Chefer, Gur, Wolf, Generic Attention-model Explainability, 2021, arXiv:2103.15679, equations 5 and 6.
    """
    start = _mean_of(readers, weights)
    # The readers' row of R - I: products from the last layer on need no matrix, and small numbers are not lost beside 1.
    gained = torch.zeros_like(start)
    for layer, slopes in zip(reversed(weights), reversed(gradients), strict=True):
        counted = (layer.double() * slopes.double()).clamp_min(0).mean(1)
        gained = gained + _rows_times(start + gained, counted)
    return gained


def _mean_of(readers: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """(B, N) equal shares of the readers of each input, or of one row (N,) for all; zeros where there are none."""
    shares = readers.double() / readers.sum(-1, keepdim=True).clamp_min(1)
    return shares.to(weights[0].device).expand(len(weights[0]), -1)


def _rows_times(rows: Tensor, matrices: Tensor) -> Tensor:
    """(B, N) of rows (B, N) times matrices (B, N, N)."""
    return (rows[:, None] @ matrices)[:, 0]
