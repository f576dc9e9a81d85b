"""Classifiers of sets with known answers, trained in seconds and kept in the user's cache directory."""

import hashlib
import sys
from collections.abc import Callable
from inspect import getsource

import torch
from torch import Tensor, nn

from xaivision.core.image_format import ImageFormat
from xaivision.core.random import seed_for
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.feature import Feature
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.schema import TableSchema
from xaivision.models import training
from xaivision.models.construction import construction
from xaivision.models.known_answers import plain_networks
from xaivision.models.known_answers.plain_networks import Kind, cnn, linear, mlp
from xaivision.models.training import Recipe, train
from xaivision.models.weights_cache import digest, keep_weights, kept_weights

# Of logistic regression: so weak a penalty on weights in the inputs' own unit that what it learns is the data's.
FREEDOM, MOST_STEPS = 1e3, 2000
Teach = Callable[[nn.Module, Tensor, Tensor], None]


def known_model(
    kind: Kind, known: KnownSet, recipe: Recipe, teach: Teach | None = None, lesson: str = "", *, module: nn.Module | None = None
) -> TorchClassifier:
    """A network of this kind that has learned the set: one linear layer by logistic regression, others by the recipe.

    `module`: another network than the usual one of its kind. `teach`: another way to train, called `lesson`. The same arguments
    give the same weights, which are kept for the next process.

    Raises: Cancelled, where the training was.
    """
    name = f"{known.name} {kind} {lesson}".strip()
    inputs, targets = centered(known, known.learned.inputs), known.learned.targets
    with construction(seed_for(recipe.seed, name)):
        network = _network(kind, known) if module is None else module
        key = _key(name, network, recipe, teach, inputs, targets)
        stored = f"known-{name.replace(' ', '-').replace('/', '-')}"
        kept = kept_weights(stored, key, network.state_dict())
        if kept is not None:
            network.load_state_dict(kept)
        else:
            _taught(kind, network, known, recipe, teach)
            keep_weights(stored, key, {part: one.detach().clone() for part, one in network.state_dict().items()})
    return wrapped(network.eval(), known)


def wrapped(network: nn.Module, known: KnownSet) -> TorchClassifier:
    """The network as a classifier of the set's inputs, centered inside."""
    shape = known.tested.inputs.shape[1:]
    picture = len(shape) == 3
    scale = ((known.neutral,) * shape[0], (known.spread,) * shape[0]) if picture and known.neutral else (None, None)
    return TorchClassifier(
        network,
        len(known.class_names),
        domain="image" if picture else "tabular",
        class_names=known.class_names,
        image_format=ImageFormat(*shape) if picture else None,
        schema=None if picture else _schema(known),
        mean=scale[0],
        std=scale[1],
    )


def centered(known: KnownSet, inputs: Tensor) -> Tensor:
    """The inputs as the network takes them: what holds nothing is 0, and their spread is 1."""
    return (inputs - known.neutral) / known.spread if known.neutral else inputs


def _schema(known: KnownSet) -> TableSchema:
    columns = known.learned.inputs
    names = known.feature_names or tuple(f"x{number}" for number in range(columns.shape[1]))
    typical = columns.double().median(0).values.tolist()
    return TableSchema(
        tuple(
            Feature(name, low=float(column.min()), high=float(column.max()), typical=middle, dtype="float32")
            for name, column, middle in zip(names, columns.T, typical, strict=True)
        )
    )


def _network(kind: Kind, known: KnownSet) -> nn.Module:
    shape, classes = known.learned.inputs.shape[1:], len(known.class_names)
    if kind == "cnn":
        return cnn((shape[0], shape[1], shape[2]), classes)
    return linear(shape.numel(), classes) if kind == "linear" else mlp(shape.numel(), classes)


def _taught(kind: Kind, network: nn.Module, known: KnownSet, recipe: Recipe, teach: Teach | None) -> None:
    inputs, targets = centered(known, known.learned.inputs), known.learned.targets
    if teach is not None:
        teach(network, inputs, targets)
    elif kind == "linear":
        _regressed(network, inputs, targets, FREEDOM * known.spread**2)
    else:
        train(network, inputs, targets, recipe, f"training {known.name} {kind}")


def _regressed(network: nn.Module, inputs: Tensor, targets: Tensor, freedom: float) -> None:
    """The weights of logistic regression; of two classes the second has the score, and the first its negative."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=freedom, max_iter=MOST_STEPS).fit(inputs.flatten(1).double().numpy(), targets.numpy())
    weight, bias = torch.from_numpy(fitted.coef_), torch.from_numpy(fitted.intercept_)
    if len(weight) == 1:
        weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
    layer = next(part for part in network.modules() if isinstance(part, nn.Linear))
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)


def _key(name: str, network: nn.Module, recipe: Recipe, teach: Teach | None, inputs: Tensor, targets: Tensor) -> str:
    """A digest of everything that the weights come from: data, network, recipe, code, and torch's version.

    Modules as a whole, since what a teaching calls, and the constants that both read, decide the weights as it does itself.
    """
    teaching = () if teach is None else type(teach).__mro__[:-1]
    deciding = {plain_networks.__name__, training.__name__, __name__, *(part.__module__ for part in teaching)}
    code = "".join(getsource(sys.modules[module]) for module in sorted(deciding))
    taught = "" if teach is None else repr(teach)
    told = (name, repr(network), recipe, taught, torch.__version__, code, digest({"inputs": inputs, "targets": targets}))
    return hashlib.sha256(repr(told).encode()).hexdigest()
