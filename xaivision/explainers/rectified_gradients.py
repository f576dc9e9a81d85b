"""Gradients whose negative part is cut off at every ReLU, through captum."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import TargetNumbers, Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.gradient_path import Step
from xaivision.engines.input_factors import InputFactors
from xaivision.explainers.captum_module import Hookable, Rules, by_rules, captum_attributions, told
from xaivision.explainers.doubts import CUT_GRADIENT
from xaivision.explainers.gradient_question import answered_question
from xaivision.explainers.operations_seen import CUT, AnyTarget, ExplainedNumber, Subject

Method = Literal["GuidedBackprop", "Deconvolution"]

# Parts of names of what is no activation: the gradient passes it as it is, and is meant to.
_NO_ACTIVATION = ("pool", "norm", "softmax", "attention", "dropout", "upsample", "interpolate", "copyslices", "copy_slices")
_MATRICES = "mm bmm mv dot addmm addmv addbmm baddbmm linear convolution max amax aminmax"
_PRODUCTS_OF_MATRICES = frozenset(_MATRICES.split())
# The record of a gradient does not tell gates and masks from activations; the tape of operations does.
_TAPE = "mul sigmoid hardsigmoid where maskedfill maskedscatter index gather"
_SEEN_ON_THE_TAPE = frozenset(_TAPE.split())
# They are ReLU where they cut at zero, which a repair proves.
_MAY_BE_RELU = frozenset(["clamp", "clampmin", "threshold", "maximum"])


def _named(step: Step) -> str:
    return step.operation.lower().replace("_", "")


# captum takes what is derived from ReLU for one too.
RECTIFIERS = Rules(
    lambda kind: issubclass(kind, nn.ReLU),
    concerns=lambda step: _named(step) == "relu",
    revealed=lambda step: _named(step) in _MAY_BE_RELU,
    copied=True,
)


def rectifiers(steps: Iterable[Step]) -> int:
    """How many ReLU modules captum sees on the way."""
    return sum(step.alone and step.kind is not None and RECTIFIERS.covers(step.kind) and _named(step) == "relu" for step in steps)


def other_activations(steps: Iterable[Step], factors: InputFactors | None) -> tuple[str, ...]:
    """What else is not linear on the way and gets the plain gradient: pooling, normalizations and gates are left out."""
    found = [told(step) for step in steps if not step.linear and _is_activation(step, factors)]
    if factors is not None:
        found += [name for name in (*factors.products, *factors.squashing) if name not in factors.cut]
        found += [f"{name} by {CUT}" for name in factors.cut]
    return tuple(found)


def _is_activation(step: Step, factors: InputFactors | None) -> bool:
    name = _named(step)
    if name == "relu" or CUT in step.operation or name in _PRODUCTS_OF_MATRICES:
        return False
    if factors is not None and name in _SEEN_ON_THE_TAPE:
        return False
    inside = "" if step.kind is None or not step.kind.__module__.startswith("torch.nn") else step.kind.__name__.lower()
    return not any(part in word for part in _NO_ACTIVATION for word in (name, inside))


@dataclass(frozen=True, eq=False)
class RectifiedGradients:
    """`values` (B, *S): the gradients of the explained numbers, rectified. `notes`: what there is to doubt.

    `all_scores` (B, K): those of the same pass; None where it cannot have them to the last bit.
    """

    values: Tensor
    all_scores: Tensor | None
    notes: tuple[Note, ...]


@contextmanager
def rectified_question(
    explainer: Explainer, method: Method, model: Classifier, inputs: Tensor, targets: Targets, *, seed: int
) -> Iterator[tuple[Question, Tensor]]:
    """A question with the rectified gradients (B, *S), whose scores come from the pass that captum takes.

    Raises: what `question` and `rectified_gradients` raise.
    """

    def ask(adapter: TorchClassifier, batch: Tensor, target: TargetNumbers) -> _Answered:
        found = rectified_gradients(Subject(explainer.about.name, adapter, batch, target), method)
        scores = shared_scores(adapter, batch) if found.all_scores is None else found.all_scores
        return _Answered(found, scores)

    with answered_question(explainer, model, inputs, targets, ask, seed=seed) as (q, answered):
        q.notes += answered.found.notes
        yield q, answered.found.values


def rectified_gradients(subject: Subject, method: Method) -> RectifiedGradients:
    """Gradients rectified at every ReLU as captum's method does.

    Raises: CapabilityError, where the model has no ReLU that the gradient passes: it would be the plain gradient.
    """
    inputs, target = subject.inputs, subject.target

    def answer(network: Hookable) -> tuple[Tensor, Tensor | None]:
        if not network.steps:
            subject.notes.append(CUT_GRADIENT)
            return torch.zeros_like(inputs), None
        _check_activations(subject, network)

        def part(rows: slice) -> tuple[Tensor, Tensor]:
            return _rectified(network, method, inputs[rows], target.take(rows))

        values, scores = map(torch.cat, zip(*network.model.batches.run(part, inputs, purpose="gradients"), strict=True))
        return values, scores.to(inputs.device) if network.exact else None

    values, scores = by_rules(subject, RECTIFIERS, answer, earlier=True)
    return RectifiedGradients(values, scores, tuple(subject.notes))


@dataclass(frozen=True, eq=False)
class _Answered:
    """What was `found`, and the scores of the model."""

    found: RectifiedGradients
    all_scores: Tensor


class _ScoredNumber(ExplainedNumber):
    """The explained number of a pass, which keeps its `scores`: captum gives the gradients alone."""

    def _number(self, scores: Tensor, target: AnyTarget) -> Tensor:
        self.scores = scores.detach()
        return super()._number(scores, target)


def _rectified(network: Hookable, method: Method, inputs: Tensor, target: AnyTarget) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False), torch.enable_grad():
        number = _ScoredNumber(network.model, target)
        values: Tensor = getattr(captum_attributions(), method)(number).attribute(inputs.detach().clone().requires_grad_())
        return values.detach(), number.scores


def _check_activations(subject: Subject, network: Hookable) -> None:
    others = other_activations(network.steps, network.seen.factors)
    found = rectifiers(network.steps)
    if not found:
        instead = f"; it has {others[0]}" if others else ""
        raise CapabilityError(
            f"`{subject.method}` changes the gradient at ReLU, and this model has none{instead}: the answer would be the plain "
            "gradient. Use `saliency` for that, or `integrated_gradients`."
        )
    if others:
        subject.notes.append(Note("warn", plain_gradient(found, others)))


def plain_gradient(found: int, others: tuple[str, ...]) -> str:
    """What is to be said where other activations than ReLU lie on the way."""
    kinds = ", ".join(sorted({name.partition(" at ")[0] for name in others}))
    return f"{found} of {found + len(others)} activations are ReLU; {kinds} gets the plain gradient"
