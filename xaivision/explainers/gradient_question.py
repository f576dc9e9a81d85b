"""Questions whose scores come from the same pass as the gradients: the model is asked once, not twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from torch import Tensor, nn

from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.diagnostics import Note
from xaivision.core.errors import CapabilityError
from xaivision.core.layer_layout import Layout
from xaivision.core.layer_passes import LayerGradients, LayerOutputs
from xaivision.core.layers import Layer
from xaivision.core.map_layers import MapLayer
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question, question
from xaivision.core.sharing import shared_scores, shared_work
from xaivision.core.slope import slope_notes
from xaivision.core.steadiness import steadiness_notes
from xaivision.core.targets import TargetNumbers, Targets, target_numbers
from xaivision.core.torch_classifier import Gradients, TorchClassifier


class _Scored(Protocol):
    @property
    def all_scores(self) -> Tensor: ...


Found = TypeVar("Found", bound=_Scored)


class MapExplainer(Explainer, Protocol):
    """A method that looks at the maps of one layer."""

    @property
    def layer(self) -> str | nn.Module | None: ...

    @property
    def layout(self) -> Layout | None: ...


@dataclass(frozen=True, eq=False)
class Maps:
    """`activations` (B, C, h, w) of a layer with the `gradients` of the target's score (zeros where none were asked).

    `outputs` (B, ...): the activations as the layer gave them.
    """

    where: MapLayer
    outputs: Tensor
    activations: Tensor
    gradients: Tensor


@contextmanager
def gradient_question(
    explainer: Explainer, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0
) -> Iterator[tuple[Question, Gradients]]:
    """A question with the gradients of the target at the inputs. Raises what `question` raises."""

    def ask(adapter: TorchClassifier, batch: Tensor, target: TargetNumbers) -> Gradients:
        return shared_work(adapter, batch, "gradients", _key(target), lambda: adapter.gradients(batch, target))

    with answered_question(explainer, model, inputs, targets, ask, seed=seed) as (q, found):
        yield q, found


@contextmanager
def map_gradient_question(
    explainer: MapExplainer, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0
) -> Iterator[tuple[Question, Maps]]:
    """A question with the maps of the explainer's layer and the gradients of the target there.

    What the layer withholds is confessed to the verdict. Raises what `question` and `TorchClassifier.map_layer` raise.
    """
    where: list[MapLayer] = []

    def ask(adapter: TorchClassifier, batch: Tensor, target: TargetNumbers) -> LayerGradients:
        where.append(adapter.map_layer(explainer.layer, explainer.layout, batch))
        layer = where[-1].layer
        key = (layer, _key(target))
        return shared_work(adapter, batch, "layer gradients", key, lambda: adapter.layer_gradients(batch, target, layer))

    with answered_question(explainer, model, inputs, targets, ask, seed=seed) as (q, found):
        place = _seen(where[-1], found)
        _doubts(q, place.layer, found, cut=found.cut)
        _refuse_blind_tokens(q, place, found.gradients)
        doubt_slope(q, place.layer)
        yield q, Maps(place, found.activations, *_as_maps(place, found.activations, found.gradients))


@contextmanager
def map_question(
    explainer: MapExplainer, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0
) -> Iterator[tuple[Question, Maps]]:
    """The same without gradients."""
    where: list[MapLayer] = []

    def ask(adapter: TorchClassifier, batch: Tensor, _target: TargetNumbers) -> LayerOutputs:
        where.append(adapter.map_layer(explainer.layer, explainer.layout, batch))
        layer = where[-1].layer
        return shared_work(adapter, batch, "layer outputs", layer, lambda: adapter.layer_outputs(batch, layer))

    with answered_question(explainer, model, inputs, targets, ask, seed=seed) as (q, found):
        place = _seen(where[-1], found)
        _doubts(q, place.layer, found, cut=False)
        (activations,) = _as_maps(place, found.activations)
        yield q, Maps(place, found.activations, activations, activations.new_zeros(()).expand_as(activations))


@contextmanager
def answered_question(
    explainer: Explainer,
    model: Classifier,
    inputs: Tensor,
    targets: Targets,
    ask: Callable[[TorchClassifier, Tensor, TargetNumbers], Found],
    *,
    seed: int = 0,
) -> Iterator[tuple[Question, Found]]:
    """A question with what `ask` has found out about the inputs, whose `all_scores` are those of the question.

    Raises: what `question` and `ask` raise; CapabilityError, where the model is no torch module.
    """
    answers: list[Found] = []

    def scorer(adapter: ClassifierAdapter, batch: Tensor) -> Tensor:
        if not isinstance(adapter, TorchClassifier):
            return shared_scores(adapter, batch)  # refused below, once inputs and targets are checked
        answers.append(ask(adapter, batch, _numbers(adapter, batch, targets)))
        return answers[-1].all_scores

    with question(explainer, model, inputs, targets, seed=seed, scorer=scorer) as q:
        if not answers:
            raise CapabilityError(f"`{explainer.about.name}` needs a torch module. Got {q.model!r}. Wrap a torch module.")
        yield q, answers[-1]


def _numbers(model: TorchClassifier, inputs: Tensor, targets: Targets) -> TargetNumbers:
    return target_numbers(targets, len(inputs), model.num_classes, model.score_unit, inputs.device)


def _key(target: TargetNumbers) -> tuple[object, ...]:
    """What makes two questions about the same inputs the same question."""
    classes, against = (None if part is None else tuple(part.tolist()) for part in (target.classes, target.against))
    return (classes, against, target.output)


def _doubts(q: Question, layer: Layer, found: LayerOutputs | LayerGradients, *, cut: bool) -> None:
    if found.at_times:
        text = f"the layer `{layer.name}` was called for some of the inputs alone: ask about them one by one, or choose another"
        q.note(Note("refuse", text))
        return
    if not found.fired:
        q.note(Note("refuse", f"the layer `{layer.name}` was not called in the forward pass"))
        return
    times = f", its last call of {layer.call + 1}" if layer.call else ""
    q.note(Note("ok", f"the layer is `{layer.name}`{times}"))
    if cut:
        q.note(Note("refuse", f"the gradient is cut: the score does not depend differentiably on the layer `{layer.name}`"))


def _refuse_blind_tokens(q: Question, where: MapLayer, gradients: Tensor) -> None:
    """Refuse where the gradient (B, N, C) reaches no token of a position, and name a layer behind which it does."""
    layout = where.layout
    if layout is None or not layout.leading or layout.to_maps(gradients).any() or not gradients.any():
        return
    better = q.torch_model.map_layer(None, layout.kind, q.query.inputs).layer.name
    remedy = f". Use `{better}`" if better != where.layer.name else ""
    text = (
        f"only the class token reaches the score after the layer `{where.layer.name}`: its other tokens get no gradient{remedy}"
    )
    q.note(Note("refuse", text))


def doubt_slope(q: Question, layer: Layer | None) -> None:
    """Warn where the gradient at the layer, None: at the input, is not the slope of the score.

    A model that was found unsteady is not asked: its score moves by itself.
    """
    if not steadiness_notes(q.torch_model, q.query.inputs):
        q.notes += slope_notes(q.torch_model, q.query.inputs, layer)


def _seen(where: MapLayer, found: LayerOutputs | LayerGradients) -> MapLayer:
    """The layer as it was found by one input; it has no maps where others pass it by."""
    return where if found.fired else replace(where, layout=None)


def _as_maps(where: MapLayer, *outputs: Tensor) -> tuple[Tensor, ...]:
    if where.layout is None:
        return tuple(output.new_zeros(len(output), 1, 1, 1) for output in outputs)
    return tuple(where.layout.to_maps(output) for output in outputs)
