"""Layer-wise relevance propagation: the explained score handed back from the scores to the inputs, layer by layer.

Source: Bach et al., 2015, doi:10.1371/journal.pone.0130140; composites: Montavon et al., 2019,
doi:10.1007/978-3-030-28954-6_10.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.metering import count_gradient_calls
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.affine_layers import CONVOLUTIONS, DENSE
from xaivision.engines.operation_tape import recorded
from xaivision.engines.relevance_rules import Affine, Flow, Share, box_rule, epsilon_rule, flat_rule, gamma_rule, plus_rule
from xaivision.engines.relevance_shares import ACTIVATIONS
from xaivision.engines.relevance_walk import Bounds, Propagation, Rules, propagated

COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_plus_flat", "epsilon_gamma_box")


class Relevance(NamedTuple):
    """`values` (B, *S); then (B,) each in float64.

    `initial`: the relevance of the scores. `growth`: the largest sum of absolute values at one operation, over that below the
    last layer: a score next to zero may well be the sum of large contributions. `error`: the largest difference at one
    operation between what came in and what went on or was absorbed, as a share of the absolute values. `constants`: what
    operations without biases absorbed all the same, by their names: an activation that is not 0 at 0, a border.
    """

    values: Tensor
    initial: Tensor
    growth: Tensor
    error: Tensor
    constants: Mapping[str, Tensor]


def composite(name: str, epsilon: float, gamma: float) -> Rules:
    """The rules that go by this name.

    `epsilon`: z-epsilon everywhere. `epsilon_plus`: z-plus for maps, epsilon for dense layers; with `_flat` the first layer
    shares evenly. `epsilon_gamma_box`: the box of pixels first, gamma for maps, epsilon for dense layers. `epsilon` is a
    share of a layer's mean absolute output for the same input.
    """
    even = partial(epsilon_rule, epsilon=epsilon)
    plus = partial(plus_rule, epsilon=epsilon)
    if name == "epsilon":
        return Rules(even, even)
    if name == "epsilon_plus":
        return Rules(plus, even)
    if name == "epsilon_plus_flat":
        return Rules(plus, even, first=_flat)
    return Rules(partial(gamma_rule, epsilon=epsilon, gamma=gamma), even, first=partial(_boxed, epsilon=epsilon))


def initial_relevance(scores: Tensor, target: TargetScore) -> Tensor:
    """(B, K): each score times the explained number's slope in it.

    For a score, a difference or a margin these sum to the explained number. For a probability they sum to its slope along
    the scores: a softmax has no rule of its own.
    """
    with torch.enable_grad():
        leaf = scores.detach().clone().requires_grad_()
        (slopes,) = torch.autograd.grad(target.of(leaf).sum(), leaf)
    return slopes * leaf.detach()


def relevance(model: TorchClassifier, inputs: Tensor, target: TargetScore, rules: Rules) -> Relevance:
    """The relevance of every input value, batch by batch: one pass forward, one back.

    Raises: CapabilityError, where an operation on the way has no rule, or the network cannot be followed.
    """
    model.check(inputs)
    count_gradient_calls(len(inputs))

    def of_batch(rows: slice) -> Relevance:
        tape = recorded(model.forward, inputs[rows])
        return _judged(propagated(tape, initial_relevance(tape.result, target.take(rows)), rules))

    with model.held(), torch.inference_mode(False), torch.no_grad():
        parts = model.batches.run(of_batch, inputs, purpose="relevance")
    whole = (torch.cat(found).to(inputs.device) for found in zip(*(part[:-1] for part in parts), strict=True))
    values, initial, growth, error = whole
    return Relevance(values.to(inputs.dtype).contiguous(), initial, growth, error, _joined(parts))


def _judged(found: Propagation) -> Relevance:
    initial = found.initial.double()
    start = initial.abs().sum(1)
    start = torch.maximum(start, next((step.mass for step in found.steps if step.name in CONVOLUTIONS | DENSE), start))
    growth, error = torch.ones_like(start), torch.zeros_like(start)
    for step in found.steps:
        growth = torch.maximum(growth, torch.where(start > 0, step.mass / start, 1.0))
        size = torch.maximum(step.mass, step.received.abs())
        gap = (step.received - step.passed - step.absorbed).abs()
        error = torch.maximum(error, torch.where(size > 0, gap / size, 0.0))
    return Relevance(found.values, initial.sum(1), growth, error, _constants(found))


def _constants(found: Propagation) -> dict[str, Tensor]:
    kept: dict[str, Tensor] = {}
    for step in found.steps:
        if step.name in ACTIVATIONS | {"pad"} and bool(step.absorbed.any()):
            kept[step.name] = kept[step.name] + step.absorbed if step.name in kept else step.absorbed
    return kept


def _joined(parts: Sequence[Relevance]) -> dict[str, Tensor]:
    """The constants of all batches: a batch may not have passed an operation that another has."""
    names = dict.fromkeys(name for part in parts for name in part.constants)
    return {name: torch.cat([part.constants.get(name, torch.zeros_like(part.initial)) for part in parts]) for name in names}


def _flat(layer: Affine, flow: Flow, _bounds: Bounds) -> Share:
    return flat_rule(layer, flow)


def _boxed(layer: Affine, flow: Flow, bounds: Bounds, epsilon: float) -> Share:
    return box_rule(layer, flow, epsilon, bounds)
