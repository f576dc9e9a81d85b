"""A question put to a model of prototypes: its scores and the similarities of every place, in one pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import CapabilityError
from xaivision.core.layer_passes import LayerOutputs
from xaivision.core.layers import Layer
from xaivision.core.protocols import Explainer
from xaivision.core.question import Question
from xaivision.core.sharing import shared_work
from xaivision.core.targets import TargetNumbers, Targets, TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.gradient_question import answered_question
from xaivision.models.prototypes.prototype_network import SIMILARITIES, PrototypeNetwork, pooled
from xaivision.models.prototypes.prototype_plan import network_of

PLACES = Layer(SIMILARITIES)


@dataclass(frozen=True, eq=False)
class Likeness:
    """`network`: what was asked. `similarities` (B, P, h, w) of every place, or (B, P) of table rows.

    `best` (B, P): of the best place. `slopes` (B, P): by how much the explained number grows with each of these, and
    `contributions` (B, P): what each adds to it; they sum to it.
    """

    network: PrototypeNetwork
    similarities: Tensor
    best: Tensor
    slopes: Tensor
    contributions: Tensor


@contextmanager
def prototype_question(
    explainer: Explainer, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0
) -> Iterator[tuple[Question, Likeness]]:
    """A question with what the model's prototypes said, at the cost of one forward pass an input.

    Raises: CapabilityError, where the model has no prototypes, or what is to be explained is no sum over them; as `question`.
    """

    def ask(adapter: TorchClassifier, batch: Tensor, _target: TargetNumbers) -> LayerOutputs:
        _network(explainer, adapter)
        return shared_work(adapter, batch, "layer outputs", PLACES, lambda: adapter.layer_outputs(batch, PLACES))

    with answered_question(explainer, model, inputs, targets, ask, seed=seed) as (q, found):
        network, best = _network(explainer, q.torch_model), pooled(found.activations)
        with torch.no_grad():
            evidence = network.reasoning.evidence()
            slopes = evidence.slope.detach().to(best).expand(len(best), -1, -1)
            added = evidence.contributions(best).detach()
        rivals = _rivals(explainer, q.query.target, found.all_scores)
        asked = _Asked(q.query.target.classes, rivals)
        yield q, Likeness(network, found.activations, best, asked.of(slopes), asked.of(added))


@dataclass(frozen=True, eq=False)
class _Asked:
    classes: Tensor
    rivals: Tensor | None

    def of(self, values: Tensor) -> Tensor:
        """(B, P) of values (B, P, K): those of the class, minus those of the rival where there is one."""
        chosen = _of_class(values, self.classes)
        return chosen if self.rivals is None else chosen - _of_class(values, self.rivals)


def _of_class(values: Tensor, classes: Tensor) -> Tensor:
    return values[torch.arange(len(values), device=values.device), :, classes.to(values.device)]


def _rivals(explainer: Explainer, target: TargetScore, scores: Tensor) -> Tensor | None:
    """(B,) the classes that the target is held against; None where it stands alone."""
    if target.output == "margin":
        return scores.scatter(1, target.classes[:, None], -torch.inf).argmax(1)
    if target.output not in ("score", target.score_unit):
        raise CapabilityError(
            f"`{explainer.about.name}` explains a sum over prototypes, which a {target.score_unit} is. "
            f"Got output={target.output!r}. Leave it out."
        )
    return target.against


def has_prototypes(model: Classifier) -> bool:
    """Whether the model decides by prototypes, and shows them."""
    shown = isinstance(model, TorchClassifier) and getattr(model, "granted", Access.WEIGHTS) == Access.WEIGHTS
    return shown and isinstance(model.model, PrototypeNetwork)  # type: ignore[attr-defined]  # it is a torch classifier


def _network(explainer: Explainer, model: TorchClassifier) -> PrototypeNetwork:
    if not isinstance(model.model, PrototypeNetwork):
        raise CapabilityError(
            f"`{explainer.about.name}` needs a model that decides by prototypes. Got {model!r}. Train one with "
            'xv.train(..., model="proto_part"), or use `nearest_examples` or `proto_dash`, which take any model.'
        )
    return model.model


def network_of_pictures(asker: str, model: ClassifierAdapter) -> tuple[TorchClassifier, PrototypeNetwork]:
    """The model and its network, for a function that is called `asker` and reads the maps of prototypes in pictures.

    Raises: CapabilityError, where the model has no prototypes with places.
    """
    if has_prototypes(model) and model.domain != "image":
        raise CapabilityError(
            f"`{asker}` asks about places of pictures. The prototypes of this model are rows of a table. Ask `prototype_matches` "
            "or `prototype_gallery`, which tell of their columns."
        )
    if not isinstance(model, TorchClassifier) or not has_prototypes(model):
        raise CapabilityError(
            f"`{asker}` needs a model that decides by prototypes of pictures. "
            f'Got {model!r}. Train one with xv.train(..., model="proto_part").'
        )
    return model, network_of(model)
