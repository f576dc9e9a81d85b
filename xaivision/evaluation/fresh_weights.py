"""A method asked again while layers of the module have fresh random weights."""

from collections.abc import Callable
from typing import TypeVar

from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.protocols import Explainer
from xaivision.core.sharing import unshared
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.reinitialization import ORDERS, Order, answers_by_stage, resettable_layers, unreachable_parameters

Answer = TypeVar("Answer")


def check_order(order: object) -> None:
    """Raises: InputError, where there is no such order."""
    if order not in ORDERS:
        *first, last = map(repr, ORDERS)
        raise InputError(f"`order` must be {', '.join(first)} or {last}. Got {order!r}.")


def randomizable(model: ClassifierAdapter, asker: str) -> TorchClassifier:
    """The model, as one whose weights can be drawn anew.

    Raises: CapabilityError, where it is no torch module, or none of its layers can be drawn anew.
    """
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(f"`{asker}` needs a torch module. Got {model!r}.")
    if not resettable_layers(model.model):
        raise CapabilityError(f"`{asker}` needs layers with `reset_parameters`. This module has none.")
    return model


def by_stage(model: TorchClassifier, order: Order, seed: int, ask: Callable[[], Answer]) -> list[Answer]:
    """What `ask()` answers at each stage, while the model is this thread's alone; nothing it says of itself is remembered."""
    with model.held(), unshared():
        return answers_by_stage(model.model, order, seed, ask)


def asked_again(explainer: Explainer, model: ClassifierAdapter, before: Attribution) -> Tensor:
    """(B, ...) feature values of the same question put once more, with the seed of the first answer."""
    after = explainer.explain(model, before.query.inputs, before.query.target, seed=before.origin.seed)
    return after.as_attribution().feature_values


def unreached(model: TorchClassifier) -> tuple[str, ...]:
    """What is to be said of parameters that stayed as they were."""
    kept = unreachable_parameters(model.model)
    if not kept:
        return ()
    return (f"{len(kept)} parameters kept their values, since no layer draws them: {', '.join(kept[:5])}",)
