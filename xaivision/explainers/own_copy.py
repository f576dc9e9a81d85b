"""A classifier over a module of its own, for packages that write on layers and may leave them changed."""

from copy import copy, deepcopy

from xaivision.core.torch_classifier import TorchClassifier


def own_copy(model: TorchClassifier) -> TorchClassifier:
    """The same classifier over a copy of its module, weights and all."""
    twin = copy(model)
    twin.model = deepcopy(model.model)
    return twin
