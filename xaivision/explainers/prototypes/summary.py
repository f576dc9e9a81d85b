"""The few inputs that stand for a whole set, for any model or none."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.presenting import few
from xaivision.core.settings import check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.engines.prototypes.kernels import gaussian_kernel, median_width
from xaivision.engines.prototypes.medoids import k_medoids
from xaivision.engines.prototypes.selection import Chosen, mmd_criticisms, mmd_prototypes
from xaivision.engines.prototypes.weighted_selection import proto_dash
from xaivision.explainers.example_space import column_spread

By = Literal["mmd", "proto_dash", "k_medoids"]
# All pairs are compared: of more inputs, a sample has to do.
MOST_INPUTS = 5000


@dataclass(frozen=True, eq=False, repr=False)
class Summary:
    """`indices`: which of the `inputs` (N, *S) stand for all, the first chosen first; `weights`: how much each stands for.

    `objective`: what the choice improves, after each step: with "mmd" and "proto_dash" it grows, with "k_medoids" it falls.
    `criticisms`: the inputs that these stand for worst.
    """

    by: By
    inputs: Tensor
    indices: tuple[int, ...]
    objective: tuple[float, ...]
    weights: tuple[float, ...] | None
    criticisms: tuple[int, ...] = ()

    def __repr__(self) -> str:
        """One line: how, which, and which are stood for worst."""
        worst = f", criticisms {few(map(str, self.criticisms))}" if self.criticisms else ""
        return f"Summary({self.by}, {few(map(str, self.indices))} of {len(self.inputs)} inputs{worst})"

    @property
    def prototypes(self) -> Tensor:
        """(k, *S) the inputs that stand for all."""
        return self.inputs[list(self.indices)]


def summarized(
    inputs: Tensor, count: int, by: By = "mmd", *, criticisms: int = 0, model: Classifier | None = None, layer: str | None = None
) -> Summary:
    """Up to `count` of the inputs (N, *S) that stand for all of them, and so many `criticisms` that they do not stand for.

    `by` "mmd": those whose mean is most like that of all; "proto_dash": the same with weights; "k_medoids": those near to all
    others. Compared are the inputs, each column of a table divided by its spread, or with `model` and `layer` what that layer
    makes of them.

    Raises: InputError, where the inputs are not finite, more than 5,000 or fewer than asked for; CapabilityError, where a layer
    is named and the model has none.

    Source: Kim, Khanna, Koyejo, 2016, NIPS 2016; Gurumoorthy et al., 2017, arXiv:1707.01212.
    """
    _check(inputs, count, by, criticisms)
    points = _points(inputs, model, layer).double().cpu()
    chosen = _chosen(points, count, by)
    kernel = None if criticisms == 0 else gaussian_kernel(points, points, median_width(points))
    worst = () if kernel is None else mmd_criticisms(kernel, chosen.indices, criticisms).indices
    return Summary(by, inputs, chosen.indices, chosen.objective, chosen.weights, worst)


def _chosen(points: Tensor, count: int, by: By) -> Chosen:
    if by == "k_medoids":
        return k_medoids(torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist"), count)
    kernel = gaussian_kernel(points, points, median_width(points))
    return mmd_prototypes(kernel, count) if by == "mmd" else proto_dash(kernel, kernel.mean(0), count)


def _points(inputs: Tensor, model: Classifier | None, layer: str | None) -> Tensor:
    """(N, D) what is compared."""
    if layer is None:
        return (inputs / column_spread(inputs)).flatten(1) if inputs.ndim == 2 else inputs.flatten(1)
    adapter = None if model is None else classifier(model)
    if not isinstance(adapter, TorchClassifier):
        raise CapabilityError(f"`layer` needs a torch module as `model`. Got {adapter!r}. Leave `layer` out, or give the module.")
    found = adapter.activations(inputs, adapter.layer(layer, inputs))
    if found is None:
        raise CapabilityError(f"`layer` must be called in the forward pass. `{layer}` is not. Name another.")
    return found.flatten(1)


def _check(inputs: Tensor, count: int, by: str, criticisms: int) -> None:
    if by not in get_args(By):
        raise InputError(f"`by` must be one of {', '.join(map(repr, get_args(By)))}. Got {by!r}.")
    check_positive_integer("count", count)
    if criticisms:
        check_positive_integer("criticisms", criticisms)
    if not isinstance(inputs, Tensor) or inputs.ndim < 2 or not bool(inputs.isfinite().all()):
        raise InputError("`inputs` must be a tensor (N, *S) of finite numbers, one input a row. Remove or impute missing values.")
    if not count + criticisms <= len(inputs) <= MOST_INPUTS:
        raise InputError(
            f"`inputs` must be from {count + criticisms} to {MOST_INPUTS} inputs, of which all pairs are compared. "
            f"Got {len(inputs)}. Give a sample of them, or ask for fewer."
        )
