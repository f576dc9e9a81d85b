"""The space in which an input and known examples are compared: their own values, or the output of a layer."""

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.layers import Layer
from xaivision.core.query import PIXEL_SLACK
from xaivision.core.question import Question
from xaivision.core.settings import check_positive_integer


def check_background(background: object, k: int) -> None:
    """Raises: InputError, where the background is no batch of finite examples, or has fewer than k."""
    check_positive_integer("k", k)
    if not isinstance(background, Tensor) or not background.ndim:
        raise InputError(f"`background` must be a tensor (N, *S), one example a row. Got {type(background).__name__}.")
    if not bool(background.isfinite().all()):
        raise InputError("`background` must be finite. Got values that are NaN or infinite. Remove or impute them first.")
    if k > len(background):
        raise InputError(f"`k` must be from 1 to the {len(background)} examples of the background. Got {k}.")


def fitting_background(q: Question, background: Tensor) -> Tensor:
    """(N, *S) the background in the dtype of the inputs and on their device.

    Raises: InputError, where its examples are no inputs of the model.
    """
    background = background.detach().to(q.query.inputs)
    if background.shape[1:] != q.query.inputs.shape[1:]:
        raise InputError(
            f"`background` must hold inputs of shape {tuple(q.query.inputs.shape[1:])}. Got {tuple(background.shape[1:])}."
        )
    low, high = float(background.min()), float(background.max())
    if q.model.domain == "image" and (low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK):
        raise InputError(f"`background` must hold images in [0, 1]. Got values from {low:.4g} to {high:.4g}.")
    return background


def represented(q: Question, background: Tensor, layer: str | None) -> tuple[Tensor, Tensor]:
    """Inputs (B, D) and background (N, D) as points to measure distances between.

    Each column of a table is divided by its spread in the background; with `layer`, the layer's outputs, flattened.
    """
    if layer is not None:
        return _of_layer(q, background, layer)
    spread = column_spread(background) if background.ndim == 2 else background.new_ones(())
    return (q.query.inputs / spread).flatten(1), (background / spread).flatten(1)


def column_spread(rows: Tensor) -> Tensor:
    """(F,) standard deviation of each column, 1 where it is constant: there rounding gives 1e-8 or so, not 0."""
    constant = (rows == rows[0]).all(0)
    return rows.std(0, correction=0).masked_fill(constant, 1)


def _of_layer(q: Question, background: Tensor, name: str) -> tuple[Tensor, Tensor]:
    layer: Layer = q.torch_model.layer(name, q.query.inputs)
    points = q.torch_model.activations(q.query.inputs, layer)
    candidates = q.torch_model.activations(background, layer)
    if points is None or candidates is None:
        q.note(Note("refuse", f"the layer `{layer.name}` was not called in the forward pass"))
        return q.query.inputs.flatten(1), background.flatten(1)
    return points.flatten(1), candidates.flatten(1)


def scores_of_examples(q: Question, examples: Tensor) -> Tensor:
    """(B, k) the model's score of each query's target on its examples (B, k, *S)."""
    scores = q.model(examples.flatten(0, 1))
    rows = torch.arange(len(examples), device=scores.device).repeat_interleave(examples.shape[1])
    return q.query.target.take(rows).of(scores).view(examples.shape[:2])
