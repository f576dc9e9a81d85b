"""Forward passes that stop at a layer to look at its output, to start a graph there, or to go on with another one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError
from xaivision.core.layers import Layer, watching

# Runs the module on one batch and gives its (n, K) scores.
Forward = Callable[[], Tensor]


@dataclass(frozen=True, eq=False)
class LayerOutputs:
    """All scores (B, K) with the layer's output (B, ...) in the same pass. `fired`: the layer was called."""

    all_scores: Tensor
    activations: Tensor
    fired: bool = True


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Target scores (B,) with a layer's output (B, ...) and the scores' gradients with respect to it.

    `all_scores` (B, K) come from the same pass. `fired`: the layer was called in it. `cut`: it was, but no gradient of the
    target's score reaches it.
    """

    scores: Tensor
    all_scores: Tensor
    activations: Tensor
    gradients: Tensor
    fired: bool = True
    cut: bool = False


def layer_outputs(module: nn.Module, layer: Layer, forward: Forward) -> LayerOutputs:
    """What the layer gives in this pass, as it was before later layers may have worked on it in place."""
    caught: list[Tensor] = []

    def catch(called: Layer, output: Any) -> None:
        if called == layer:
            caught.append(_tensor(layer, output).detach().clone())

    with watching(module, {layer.name}, catch), torch.no_grad():
        scores = forward()
    return LayerOutputs(scores, caught[0] if caught else scores.new_zeros(len(scores), 1), fired=bool(caught))


def layer_gradients(module: nn.Module, layer: Layer, forward: Forward, score: Callable[[Tensor], Tensor]) -> LayerGradients:
    """The gradients of `score(all_scores)` (n,) at the layer. No graph is recorded before it."""
    caught: list[Tensor] = []

    def start_graph(called: Layer, output: Any) -> Any:
        if called != layer:
            return None
        torch.set_grad_enabled(True)
        # Cloned twice: the next layer may work in place, which a leaf refuses, and so may others on the layer's input,
        # which is also its output where the layer passes it through.
        caught.append(_tensor(layer, output).detach().clone().requires_grad_())
        return caught[-1].clone()

    # `no_grad` restores the mode of before when it is left, whatever the hook has set meanwhile.
    with watching(module, {layer.name}, start_graph), torch.no_grad():
        all_scores = forward()
        scores = score(all_scores)
    if not caught:
        nothing = scores.new_zeros(len(scores), 1)
        return LayerGradients(scores.detach(), all_scores.detach(), nothing, nothing, fired=False)
    gradient = summed_gradient(scores, caught[-1])
    activations = caught[-1].detach()
    gradients = torch.zeros_like(activations) if gradient is None else gradient
    return LayerGradients(scores.detach(), all_scores.detach(), activations, gradients, cut=gradient is None)


def scores_with(module: nn.Module, layer: Layer, forward: Forward, outputs: Tensor) -> Tensor:
    """The scores where the layer gives `outputs`, whatever it has computed itself."""

    def replace(called: Layer, output: Any) -> Any:
        return outputs.to(_tensor(layer, output)).clone() if called == layer else None

    with watching(module, {layer.name}, replace), torch.no_grad():
        return forward()


def summed_gradient(scores: Tensor, leaf: Tensor) -> Tensor | None:
    """The gradient of the summed scores: each input's own, since inputs do not mix in evaluation mode."""
    if not scores.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(scores.sum(), leaf, allow_unused=True)
    return gradient


def named(output: Any) -> str:
    """What came, for an error: a shape or a type."""
    return f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__


def _tensor(layer: Layer, output: Any) -> Tensor:
    if not isinstance(output, Tensor) or not output.is_floating_point():
        raise InputError(
            f"`layer` must name a layer whose output is a tensor of floating-point numbers. `{layer.name}` gives {named(output)}."
        )
    return output
