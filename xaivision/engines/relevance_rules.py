"""How an affine layer hands the relevance of its outputs down to its inputs: one pure function a rule.

With contributions c_ij = a_i w_ij of input i to output j and z_j = sum_i c_ij + b_j, every rule shares R_j out in proportion
to something made of the contributions; what falls to the bias and the stabilizer is absorbed.

Sources: Bach et al., 2015, doi:10.1371/journal.pone.0130140 (epsilon, alpha-beta); Montavon et al., 2017, arXiv:1512.02479
(z-plus, box); Montavon et al., 2019, doi:10.1007/978-3-030-28954-6_10 (gamma); Andeol et al., 2021, arXiv:2106.13266 (gamma
for outputs and inputs of either sign); Lapuschkin et al., 2019, arXiv:1902.10178 (flat).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

# (inputs, weight) to what the layer gives without its bias; linear in each of the two.
Bilinear = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Affine:
    """A layer as `apply(inputs, weight) + bias`; `bias` broadcasts over the outputs.

    `pull(outputs, weight, like)`: the transpose of `apply` in its inputs, which have the shape of `like`.
    """

    apply: Bilinear
    pull: Callable[[Tensor, Tensor, Tensor], Tensor]
    weight: Tensor
    bias: Tensor | None = None


class Flow(NamedTuple):
    """What a layer took in, what it gave with its bias, and the relevance of what it gave."""

    inputs: Tensor
    outputs: Tensor
    relevance: Tensor


class Share(NamedTuple):
    """`relevance` of the inputs; `absorbed`, of the shape of the outputs: what fell to bias and stabilizer."""

    relevance: Tensor
    absorbed: Tensor


def transposed(apply: Bilinear) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The transpose in the inputs of any bilinear map."""

    def pull(outputs: Tensor, weight: Tensor, like: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = torch.zeros_like(like).requires_grad_()
            (found,) = torch.autograd.grad(apply(leaf, weight), leaf, outputs)
        return found

    return pull


def quotient(relevance: Tensor, sums: Tensor, epsilon: float) -> Tensor:
    """Relevance / (z + sign(z) epsilon m), with sign(0) = 1 and m the mean of |z| over the outputs of the same input.

    0 where the denominator is 0: nothing is known of how to share there, so nothing is shared.
    """
    scale = sums.abs().mean(tuple(range(1, sums.ndim)), keepdim=True) if sums.ndim > 1 else sums.abs()
    stable = sums + torch.copysign(epsilon * scale, sums)
    return (relevance / stable).masked_fill_(stable.abs() <= torch.finfo(sums.dtype).tiny, 0)


def epsilon_rule(layer: Affine, flow: Flow, epsilon: float) -> Share:
    """In proportion to c_ij, over z_j: input times gradient of a network of rectifiers where epsilon is 0."""
    ratio = quotient(flow.relevance, flow.outputs, epsilon)
    given = flow.outputs if layer.bias is None else flow.outputs - layer.bias
    return Share(flow.inputs * layer.pull(ratio, layer.weight, flow.inputs), flow.relevance - ratio * given)


def plus_rule(layer: Affine, flow: Flow, epsilon: float) -> Share:
    """In proportion to those c_ij that have the sign of z_j, over their sum; the bias has no share.

    After a rectifier only outputs above zero have relevance, and this is z-plus (alpha 1 beta 0).
    """
    positive, negative = layer.weight.clamp_min(0), layer.weight.clamp_max(0)
    return _by_sign(layer, flow, (positive, negative), (0.0, 0.0), epsilon)


def gamma_rule(layer: Affine, flow: Flow, epsilon: float, gamma: float) -> Share:
    """In proportion to c_ij, of which those with the sign of z_j count 1 + gamma times; so does a bias with that sign."""
    weights = (layer.weight + gamma * layer.weight.clamp_min(0), layer.weight + gamma * layer.weight.clamp_max(0))
    bias = flow.outputs.new_zeros(()) if layer.bias is None else layer.bias
    return _by_sign(layer, flow, weights, (bias + gamma * bias.clamp_min(0), bias + gamma * bias.clamp_max(0)), epsilon)


def _by_sign(
    layer: Affine, flow: Flow, weights: tuple[Tensor, Tensor], biases: tuple[Tensor | float, Tensor | float], epsilon: float
) -> Share:
    """Outputs above zero share with one weight for positive and the other for negative inputs; others the other way round."""
    upper = flow.outputs > 0
    found, absorbed = torch.zeros_like(flow.inputs), torch.zeros_like(flow.relevance)
    for chosen, (same, other), bias in ((upper, weights, biases[0]), (~upper, weights[::-1], biases[1])):
        relevance = torch.where(chosen, flow.relevance, 0.0)
        if not bool(relevance.any()):  # a rectifier hands nothing to outputs below zero
            continue
        signed = _SignedLayer(layer, flow.inputs, same, other)
        sums = signed.outputs()
        # Where the other sign holds the sum may have any value; it must not move the stabilizer's scale.
        ratio = quotient(relevance, torch.where(chosen, sums + bias, flow.outputs), epsilon)
        found = found + signed.pulled(ratio)
        absorbed = absorbed + (relevance - ratio * sums)
    return Share(found, absorbed)


def box_rule(layer: Affine, flow: Flow, epsilon: float, bounds: tuple[Tensor, Tensor]) -> Share:
    """In proportion to a_i w_ij - low_i max(w_ij, 0) - high_i min(w_ij, 0), which is positive; the bias has no share.

    For inputs between two bounds, which have the shape of the inputs: what a pixel adds to the least it could give.
    """
    positive, negative = layer.weight.clamp_min(0), layer.weight.clamp_max(0)
    parts = ((flow.inputs, layer.weight, 1), (bounds[0], positive, -1), (bounds[1], negative, -1))
    sums = torch.stack([sign * layer.apply(values, weight) for values, weight, sign in parts]).sum(0)
    ratio = quotient(flow.relevance, sums, epsilon)
    found = torch.stack([sign * values * layer.pull(ratio, weight, values) for values, weight, sign in parts]).sum(0)
    return Share(found, flow.relevance - ratio * sums)


def flat_rule(layer: Affine, flow: Flow) -> Share:
    """The same to every input of an output, whatever it was and whatever its weight."""
    inputs, weight = torch.ones_like(flow.inputs), torch.ones_like(layer.weight)
    sums = layer.apply(inputs, weight)
    ratio = quotient(flow.relevance, sums, 0.0)
    return Share(layer.pull(ratio, weight, inputs), flow.relevance - ratio * sums)


class _SignedLayer:
    """A layer that weighs positive inputs with one weight and negative inputs with another.

    A network of rectifiers has no negative ones: then that half is left out, which changes no bit.
    """

    def __init__(self, layer: Affine, inputs: Tensor, positive: Tensor, negative: Tensor) -> None:
        halves = [(inputs.clamp_min(0), positive), (inputs.clamp_max(0), negative)]
        self._layer = layer
        self._halves = halves if bool(halves[1][0].any()) else halves[:1]

    def outputs(self) -> Tensor:
        found = [self._layer.apply(values, weight) for values, weight in self._halves]
        return found[0] if len(found) == 1 else found[0] + found[1]

    def pulled(self, ratio: Tensor) -> Tensor:
        found = [values * self._layer.pull(ratio, weight, values) for values, weight in self._halves]
        return found[0] if len(found) == 1 else found[0] + found[1]
