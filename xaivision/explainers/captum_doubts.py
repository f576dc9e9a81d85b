"""What captum's own answers must confess to the verdict."""

from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.engines.disjoint_pooling import overlaps
from xaivision.explainers.captum_call import CaptumCall
from xaivision.explainers.captum_module import Rules, explained_steps
from xaivision.explainers.rectified_gradients import RECTIFIERS, rectifiers
from xaivision.explainers.rescaling import RESCALE

RECTIFYING = frozenset(["GuidedBackprop", "Deconvolution", "GuidedGradCam"])
# Relevance of more than this many times the score was not handed on but made.
EXPLODED = 10.0


def rule_doubts(q: Question, call: CaptumCall) -> None:
    """Warn where captum takes the plain gradient, or loses shares, without saying so."""
    if "LayerActivation" in call.names:
        q.note(Note("warn", "activations are the same whatever the target is: they explain no score"))
    rules = _rules_of(call)
    if rules is None:
        return
    steps = explained_steps(q.torch_model, q.query.target, q.query.inputs)
    uncovered = rules.uncovered(steps)
    if uncovered:
        more = f" and {len(uncovered) - 1} more" if len(uncovered) > 1 else ""
        q.note(Note("warn", f"captum has no rule for {uncovered[0]}{more}, and takes the plain gradient there"))
    if rules is RECTIFIERS and not rectifiers(steps):
        q.note(Note("warn", "no ReLU that captum sees lies on the gradient's way: this is the plain gradient"))
    if entangled := rules.entangled(steps):
        q.note(Note("warn", f"captum's hooks get in each other's way at {entangled[0]}: its input is not its own"))
    if rules is RESCALE and any(map(overlaps, q.torch_model.model.modules())):
        q.note(Note("warn", "captum loses shares of max pooling whose windows overlap"))


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


def _rules_of(call: CaptumCall) -> Rules | None:
    if any("DeepLift" in name for name in call.names):
        return RESCALE
    return RECTIFIERS if RECTIFYING & set(call.names) else None
