"""Forward passes that stop at a layer to look at its output, to start a graph there, or to go on with another one."""

from collections.abc import Callable, Sequence
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
    """All scores (B, K) with the layer's output (B, ...) in the same pass, zeros (B, 1) where it did not fire.

    `fired`: the layer was called for every input. `at_times`: for some of the batches alone.
    """

    all_scores: Tensor
    activations: Tensor
    fired: bool = True
    at_times: bool = False


@dataclass(frozen=True, eq=False)
class LayerGradients:
    """Target scores (B,) with a layer's output (B, ...) and the scores' gradients with respect to it.

    `all_scores` (B, K) come from the same pass. `fired`: the layer was called in it, for every input. `at_times`: for some of
    the batches alone. `cut`: it was, but no gradient of the target's score reaches it.
    """

    scores: Tensor
    all_scores: Tensor
    activations: Tensor
    gradients: Tensor
    fired: bool = True
    cut: bool = False
    at_times: bool = False


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


def joined_outputs(parts: Sequence[LayerOutputs], device: torch.device) -> LayerOutputs:
    """The batches as one, on this device."""
    scores = torch.cat([part.all_scores for part in parts]).to(device)
    fired, at_times = _firing(parts)
    outputs = torch.cat([part.activations for part in parts]).to(device) if fired else scores.new_zeros(len(scores), 1)
    return LayerOutputs(scores, outputs, fired, at_times)


def joined_gradients(parts: Sequence[LayerGradients], device: torch.device) -> LayerGradients:
    """The batches as one, on this device."""
    scores, all_scores = (torch.cat([getattr(part, name) for part in parts]).to(device) for name in ("scores", "all_scores"))
    fired, at_times = _firing(parts)
    if not fired:
        nothing = scores.new_zeros(len(scores), 1)
        return LayerGradients(scores, all_scores, nothing, nothing, fired=False, at_times=at_times)
    outputs, slopes = (torch.cat([getattr(part, name) for part in parts]).to(device) for name in ("activations", "gradients"))
    return LayerGradients(scores, all_scores, outputs, slopes, cut=any(part.cut for part in parts))


def _firing(parts: Sequence[LayerOutputs | LayerGradients]) -> tuple[bool, bool]:
    """Whether the layer was called in every batch, and whether in some of them alone: there is no output of the others."""
    times = sum(part.fired for part in parts)
    return times == len(parts), 0 < times < len(parts)


def scores_with(module: nn.Module, layer: Layer, forward: Forward, outputs: Tensor) -> Tensor:
    """The scores where the layer gives `outputs`, whatever it has computed itself."""

    def replace(called: Layer, output: Any) -> Any:
        return outputs.to(_tensor(layer, output)).clone() if called == layer else None

    with watching(module, {layer.name}, replace), torch.no_grad():
        return forward()


def summed_gradient(scores: Tensor, leaf: Tensor, keep_graph: bool = False) -> Tensor | None:
    """The gradient of the summed scores: each input's own, since inputs do not mix in evaluation mode."""
    if not scores.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(scores.sum(), leaf, allow_unused=True, retain_graph=keep_graph)
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
