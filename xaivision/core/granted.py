"""A model that gives no more than was granted: a method that needs more is an error, never a method that does with less.

It stops mistakes, not attackers. What holds: no method reaches past the grant by the classifier's attributes or by gradients
of its scores, and under scores or less nothing that comes out holds a graph, a logit or a module. What Python cannot withhold
from code that looks for it: names that begin with an underscore; under activations the parts that `start` recorded, and every
tensor that torch's function dispatch shows to a mode around `forward`; under gradients the graph of `forward`. Weights can be
found in each of these. Who must not have them must not have them in this process: ask the model over a network, and wrap the
function that asks it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xaivision.core.access import Access
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import AccessError
from xaivision.core.layer_layout import Layout
from xaivision.core.layer_passes import LayerGradients, LayerOutputs
from xaivision.core.layers import Layer
from xaivision.core.map_layers import MapLayer
from xaivision.core.resuming import Start
from xaivision.core.targets import TargetNumbers, TargetScore
from xaivision.core.torch_classifier import Gradients, TorchClassifier

DESCRIPTION = ("num_classes", "domain", "class_names", "image_format", "schema", "batches")
# What a module or an estimator has and a classifier has not: asked of a classifier, it is a way round the grant.
ROUND_THE_GRANT = frozenset(
    ("module", "parameters", "named_parameters", "buffers", "named_buffers", "state_dict", "load_state_dict", "modules",
     "named_modules", "children", "register_forward_hook", "requires_grad_", "zero_grad", "estimator", "booster", "session",
     "function", "predict_proba", "decision_function", "coef_", "estimators_")
)  # fmt: skip


def granted(model: ClassifierAdapter, access: Access | None = None) -> ClassifierAdapter:
    """The model, and no more of it than this access, None: all; its scores come through unchanged in cost and in count.

    LABELS: scores are 1 for the predicted class and 0 for the others. SCORES: probabilities, whatever the model gives.
    LOGITS: scores as the model gives them. ACTIVATIONS: outputs of layers, and passes that go on from them; no graph.
    GRADIENTS: gradients of scores, with respect to inputs and layers. WEIGHTS: the model as it is, and what it is made of.
    What the model does not give by itself no grant adds. A model that is granted already can be granted less, not more.

    Raises: AccessError, where probabilities are granted and the model's scores stand for none.
    """
    if access is None or access == Access.WEIGHTS or (isinstance(model, _Grant) and model.granted <= access):
        return model
    whole = ungranted(model)
    if access >= Access.ACTIVATIONS and isinstance(whole, TorchClassifier):
        return GrantedTorchClassifier(whole, access)
    return GrantedClassifier(whole, access)


def ungranted(model: Any) -> Any:
    """The model behind a grant, for what this library asks on its own account, such as whether the model is steady."""
    return model._behind if isinstance(model, _Grant) else model


class _Grant:
    """What both kinds of granted model withhold, and what they say of themselves."""

    _behind: Any
    granted: Access
    access: Access

    def _describe(self, behind: ClassifierAdapter, access: Access) -> None:
        self._behind = behind
        self.granted, self.access = access, min(access, behind.access)
        for name in DESCRIPTION:
            setattr(self, name, getattr(behind, name))

    @property
    def model(self) -> Any:
        """Raises: AccessError; what a model is made of comes with the grant of its weights."""
        self._refuse("the model itself", Access.WEIGHTS)

    @model.setter
    def model(self, _other: object) -> None:
        self._refuse("the model itself", Access.WEIGHTS)

    def __getattr__(self, name: str) -> NoReturn:
        if name in ROUND_THE_GRANT:
            self._refuse(f"`{name}`", Access.WEIGHTS)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")

    def _refuse(self, what: str, needed: Access) -> NoReturn:
        raise AccessError(
            f"Access to {what} takes a grant of {needed}. Granted: {self.granted}. Use a method that needs no more than that."
        )

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        found: tuple[int, ...] | None = self._behind.input_shape
        return found

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._behind.held():
            yield

    def check(self, inputs: Tensor) -> None:
        self._behind.check(inputs)

    def __repr__(self) -> str:
        return f"{self._behind!r}, {self.granted} granted"


class GrantedClassifier(_Grant, ClassifierAdapter):
    """A classifier that answers by labels, probabilities or logits, and gives nothing else."""

    def __init__(self, behind: ClassifierAdapter, access: Access) -> None:
        self._describe(behind, access)
        self.score_unit = behind.score_unit if access >= Access.LOGITS else "probability"
        self._answer: Callable[[Tensor], Tensor] = behind
        if access == Access.LABELS:
            self._answer = self._labels
        elif access == Access.SCORES and behind.score_unit == "logit":
            self._answer = self._probabilities
            if not behind.gives_probabilities:
                raise AccessError(
                    f"A grant of scores takes a model that gives probabilities. Got {behind!r}, whose scores are margins. "
                    "Grant logits, or labels."
                )

    @property
    def gives_probabilities(self) -> bool:
        """False under labels: 1 for the predicted class is no probability."""
        return self.granted > Access.LABELS and bool(self._behind.gives_probabilities)

    def __call__(self, inputs: Tensor) -> Tensor:
        return self._answer(inputs)

    def _score(self, batch: Tensor) -> Tensor:
        return self._answer(batch)

    def _labels(self, inputs: Tensor) -> Tensor:
        scores: Tensor = self._behind(inputs)
        return F.one_hot(scores.argmax(1), self.num_classes).to(scores.dtype)

    def _probabilities(self, inputs: Tensor) -> Tensor:
        scores: Tensor = self._behind(inputs)
        return scores.softmax(1)


class GrantedTorchClassifier(_Grant, TorchClassifier):
    """A torch module that shows its layers' outputs, and its gradients where they are granted; never its parts."""

    _behind: TorchClassifier

    def __init__(self, behind: TorchClassifier, access: Access) -> None:
        self._describe(behind, access)
        self.score_unit = behind.score_unit

    @property
    def gives_probabilities(self) -> bool:
        return self._behind.gives_probabilities

    @property
    def device(self) -> torch.device:
        return self._behind.device

    @property
    def dtype(self) -> torch.dtype:
        return self._behind.dtype

    def __call__(self, inputs: Tensor) -> Tensor:
        return self._behind(inputs)

    def prepared(self, inputs: Tensor) -> Tensor:
        return self._behind.prepared(inputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, K) scores, with their graph where gradients are granted."""
        if self.granted >= Access.GRADIENTS:
            return self._behind.forward(inputs)
        with torch.no_grad():
            return self._behind.forward(inputs).detach()

    def gradients(self, inputs: Tensor, target: TargetScore | TargetNumbers) -> Gradients:
        self._check_gradients()
        return self._behind.gradients(inputs, target)

    def layer(self, name: str | nn.Module | None, sample: Tensor) -> Layer:
        return self._behind.layer(name, sample)

    def map_layer(self, name: str | nn.Module | None, layout: Layout | None, sample: Tensor) -> MapLayer:
        return self._behind.map_layer(name, layout, sample)

    def called_layers(self, sample: Tensor) -> tuple[Layer, ...]:
        return self._behind.called_layers(sample)

    def layer_outputs(self, inputs: Tensor, layer: Layer) -> LayerOutputs:
        return self._behind.layer_outputs(inputs, layer)

    def layer_gradients(self, inputs: Tensor, target: TargetScore | TargetNumbers, layer: Layer) -> LayerGradients:
        self._check_gradients()
        return self._behind.layer_gradients(inputs, target, layer)

    def start(self, one: Tensor, layer: Layer) -> Start | None:
        return self._behind.start(one, layer)

    def scores_with(self, one: Tensor, layer: Layer, outputs: Tensor, start: Start | None = None) -> Tensor:
        return self._behind.scores_with(one, layer, outputs, start)

    def scores_by(self, way: Callable[[slice], Any], inputs: Tensor) -> Tensor:
        self._refuse("another way through the module", Access.WEIGHTS)

    def _check_gradients(self) -> None:
        if self.granted < Access.GRADIENTS:
            self._refuse("gradients", Access.GRADIENTS)
