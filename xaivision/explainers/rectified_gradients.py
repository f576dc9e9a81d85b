"""Gradients whose negative part is cut off at every ReLU, through captum."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError
from xaivision.core.question import Question
from xaivision.core.targets import TargetScore
from xaivision.engines.gradient_path import Step
from xaivision.explainers.captum_module import ExplainedNumber, Hookable, Rules, captum_attributions, hookable
from xaivision.explainers.doubts import gradient_doubts

# As they are named on the gradient's way, in small letters and without lines. Sigmoids are left out: they are gates.
_OTHERS = "celu elu gelu glu hardshrink hardswish hardtanh leakyrelu mish prelu relu6 selu silu softplus softshrink softsign tanh"
OTHER_ACTIVATIONS = frozenset(_OTHERS.split())


def _named(step: Step) -> str:
    return step.operation.lower().replace("_", "")


# captum takes what is derived from ReLU for one too.
RECTIFIERS = Rules(lambda kind: issubclass(kind, nn.ReLU), concerns=lambda step: _named(step) == "relu")


def rectifiers(steps: Iterable[Step]) -> int:
    """How many ReLU modules captum sees on the way."""
    return sum(step.alone and step.kind is not None and RECTIFIERS.covers(step.kind) for step in steps)


def rectified_gradients(q: Question, method: Literal["GuidedBackprop", "Deconvolution"]) -> Tensor:
    """(B, *S) gradients of the explained numbers, rectified at every ReLU as captum's method does.

    Raises: CapabilityError, where the model has no ReLU that the gradient passes: it would be the plain gradient.
    """
    inputs, target = q.query.inputs, q.query.target
    with hookable(q, RECTIFIERS) as network:
        gradient_doubts(q, not network.steps)
        if not network.steps:
            return torch.zeros_like(inputs)
        _check_activations(q, network)

        def part(rows: slice) -> Tensor:
            return _rectified(network, method, inputs[rows], target.take(rows))

        return torch.cat(network.model.batches.run(part, inputs, purpose="gradients"))


def _rectified(network: Hookable, method: str, inputs: Tensor, target: TargetScore) -> Tensor:
    with torch.inference_mode(False), torch.enable_grad():
        asked = getattr(captum_attributions(), method)(ExplainedNumber(network.model, target))
        values: Tensor = asked.attribute(inputs.detach().clone().requires_grad_())
        return values.detach()


def _check_activations(q: Question, network: Hookable) -> None:
    name = q.explainer.about.name
    others = [step for step in network.steps if _named(step) in OTHER_ACTIVATIONS]
    found = rectifiers(network.steps)
    if not found:
        instead = f"; it has {others[0]}" if others else ""
        raise CapabilityError(
            f"`{name}` changes the gradient at ReLU, and this model has none{instead}: the answer would be the plain gradient. "
            "Use `saliency` for that, or `integrated_gradients`."
        )
    if others:
        kinds = ", ".join(sorted({step.operation for step in others}))
        text = f"{found} of {found + len(others)} activations are ReLU; {kinds} gets the plain gradient"
        q.note(Note("warn", text))
