"""What captum's own answers must confess to the verdict."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from xaivision.core.diagnostics import Note
from xaivision.core.metering import unmetered
from xaivision.core.question import Question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.disjoint_pooling import overlaps
from xaivision.engines.gradient_path import Step
from xaivision.explainers.captum_call import CaptumCall
from xaivision.explainers.captum_module import Rules
from xaivision.explainers.operations_seen import seen_now
from xaivision.explainers.own_copy import own_copy
from xaivision.explainers.rectified_gradients import RECTIFIERS, other_activations, plain_gradient, rectifiers
from xaivision.explainers.rescaling import RESCALE

RECTIFYING = frozenset(["GuidedBackprop", "Deconvolution", "GuidedGradCam"])
# Relevance of more than this many times the score was not handed on but made.
EXPLODED = 10.0
# A larger share of the score than this, and of the relevance than rounding explains, may not go missing without biases.
LOST, ROUNDING = 0.05, 1e-4


def rule_doubts(q: Question, call: CaptumCall) -> None:
    """Warn where captum takes the plain gradient, or loses shares, without saying so."""
    if "LayerActivation" in call.names:
        q.note(Note("warn", "activations are the same whatever the target is: they explain no score"))
    rules = _rules_of(call)
    if rules is None:
        return
    steps = seen_now(q.torch_model, q.query.target, q.query.inputs).steps
    uncovered = rules.uncovered(steps)
    if uncovered:
        more = f" and {len(uncovered) - 1} more" if len(uncovered) > 1 else ""
        q.note(Note("warn", f"captum has no rule for {uncovered[0]}{more}, and takes the plain gradient there"))
    if rules is RECTIFIERS:
        _rectifying_doubts(q, steps)
    if entangled := rules.entangled(steps):
        q.note(Note("warn", f"captum's hooks get in each other's way at {entangled[0]}: its input is not its own"))
    if rules is RESCALE and any(map(overlaps, q.torch_model.model.modules())):
        q.note(Note("warn", "captum loses shares of max pooling whose windows overlap"))


def _rectifying_doubts(q: Question, steps: tuple[Step, ...]) -> None:
    found = rectifiers(steps)
    others = other_activations(steps, seen_now(q.torch_model, q.query.target, q.query.inputs).factors)
    if not found:
        instead = f"; {others[0]} does" if others else ""
        q.note(Note("warn", f"no ReLU that captum sees lies on the gradient's way{instead}: this is the plain gradient"))
    elif others:
        q.note(Note("warn", plain_gradient(found, others)))


def sampling_doubts(q: Question, call: CaptumCall) -> None:
    """Warn where a local model was fitted, of whose fit captum says nothing."""
    if not {"Lime", "KernelShap", "LimeBase"} & set(call.names):
        return
    q.note(Note("warn", "captum does not say how well its local model fits: ask again with more `n_samples` and another seed"))


def explosion_doubts(q: Question, call: CaptumCall, values: Tensor) -> None:
    """Warn where relevance sums to many times the score that it should sum to."""
    if not call.changes_weights:
        return
    held, scores = values.double().flatten(1).sum(1), q.query.scores.double()
    for row in (held.abs() > EXPLODED * scores.abs()).nonzero().flatten().tolist():
        text = f"relevance is not handed on: it sums to {float(held[row]):.3g}, the score is {float(scores[row]):.3g}"
        q.note(Note("warn", text, (row,)))


def conservation_doubts(q: Question, call: CaptumCall, answered: Callable[[TorchClassifier], Tensor]) -> None:
    """Warn where the relevance of the first input does not sum to its score on a copy whose layers have no constants.

    `answered`: what captum answers of the first input for such a model. Biases are what relevance may lose; without them
    every other loss, and every gain, is an operation that captum hands relevance through wrongly, such as a sum of maps.
    """
    if not call.changes_weights:
        return
    model = own_copy(q.torch_model)
    _without_constants(model.model)
    with unmetered():
        values = answered(model).double()
        score = float(q.query.target.take(slice(0, 1)).of(model(q.query.inputs[:1])).double())
    held, mass = float(values.sum()), float(values.abs().sum())
    if abs(held - score) > LOST * abs(score) and abs(held - score) > ROUNDING * mass:
        text = "captum hands relevance wrongly through this model, as it does where maps are added or multiplied outside layers"
        q.note(Note("warn", f"{text}: on a copy without biases it sums to {held:.3g}, the score is {score:.3g}"))


def _without_constants(module: nn.Module) -> None:
    """No layer adds anything to what follows from its input."""
    constants: list[Tensor] = [part for name, part in module.named_parameters() if name.rpartition(".")[2].endswith("bias")]
    constants += [part for name, part in module.named_buffers() if name.rpartition(".")[2] == "running_mean"]
    with torch.no_grad():
        for part in constants:
            part.zero_()


def _rules_of(call: CaptumCall) -> Rules | None:
    if any("DeepLift" in name for name in call.names):
        return RESCALE
    return RECTIFIERS if RECTIFYING & set(call.names) else None
