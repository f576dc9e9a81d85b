"""Inputs with their labels, as a caller gives them: what metrics that train a model, or need inputs of known classes, take."""

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.query import PIXEL_SLACK
from xaivision.data.dataset import Dataset, Part
from xaivision.data.split import UNLABELED

# A data set stands for its training part.
LabeledInputs = Part | tuple[Tensor, Tensor] | Dataset


def labeled_inputs(name: str, given: object) -> Part:
    """The inputs (N, *S) and labels (N,) of the setting called `name`; those without a label (-1) are left out.

    Raises: InputError, where they are no such pair, nothing is labeled, or an input is not finite.
    """
    pair = given.train if isinstance(given, Dataset) else given
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(one, Tensor) for one in pair):
        raise InputError(
            f"`{name}` must be a pair of tensors, inputs (N, *S) and their labels (N,). Got {type(given).__name__}. "
            "`dataset.train` is such a pair."
        )
    inputs, labels = pair
    if labels.shape != inputs.shape[:1] or labels.is_floating_point():
        raise InputError(
            f"`{name}` must have one class number for each of {len(inputs)} inputs. Got {labels.dtype} of shape "
            f"{tuple(labels.shape)}."
        )
    known = labels != UNLABELED
    if not bool(known.any()):
        raise InputError(f"`{name}` must have labels. Got none of {len(inputs)} inputs with one.")
    if not bool(inputs.isfinite().all()):
        raise InputError(f"`{name}` must be finite. Got values that are NaN or infinite. Remove or impute them first.")
    return Part(inputs[known].detach(), labels[known].long())


def fitting_inputs(name: str, given: Part, model: ClassifierAdapter, one: torch.Size) -> None:
    """Raises: InputError, where they have another shape than `one` input, are images outside [0, 1], or of other classes."""
    inputs, labels = given
    if inputs.shape[1:] != one:
        raise InputError(f"`{name}` must hold inputs of shape {tuple(one)}. Got {tuple(inputs.shape[1:])}.")
    low, high = (float(end) for end in inputs.aminmax())
    if model.domain == "image" and (low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK):
        raise InputError(f"`{name}` must hold images in [0, 1]. Got values from {low:.4g} to {high:.4g}.")
    least, most = int(labels.min()), int(labels.max())
    if least < 0 or most >= model.num_classes:
        raise InputError(
            f"`{name}` must have labels from 0 to {model.num_classes - 1}. Got {least if least < 0 else most}. "
            "Number the classes as the model does."
        )
