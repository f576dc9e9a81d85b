"""The layer by which a network's inside is compared."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.layers import Layer
from xaivision.core.torch_classifier import TorchClassifier


@dataclass(frozen=True, eq=False)
class Representation:
    """A network and the layer of it that is looked at."""

    model: TorchClassifier
    layer: Layer


def representation(model: ClassifierAdapter, name: str | None, sample: Tensor) -> Representation:
    """The named layer; where None, the last submodule that is called before the one that is called last.

    Asks for one sample (1, *S).

    Raises: CapabilityError, where the model is no torch module; UnknownNameError, where it has no such submodule; InputError,
    where the layer is not called, or no other submodule is called before the last.
    """
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(f"A representation needs a torch module. Got {model!r}.")
    layer = _last_but_one(model, sample) if name is None else model.layer(name, sample)
    if name is not None and model.activations(sample, layer) is None:
        raise InputError(f"`layer` must be called when the model is asked. `{name}` is not. Name another one.")
    return Representation(model, layer)


def _last_but_one(model: TorchClassifier, sample: Tensor) -> Layer:
    called = model.called_layers(sample)
    if len(called) < 2:
        raise InputError("`layer` must be named: the model calls no submodule before the one that gives the scores.")
    return called[-2]
