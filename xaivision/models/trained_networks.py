"""Small torch classifiers of the named data sets, trained in seconds and kept in the user's cache directory."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import getsource
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.image_format import ImageFormat
from xaivision.core.random import seed_for
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.models import pooled_cnn, small_convnet, small_vit, standardized_mlp, training
from xaivision.models.card import ModelCard
from xaivision.models.construction import construction
from xaivision.models.held_out import held_out_card
from xaivision.models.pooled_cnn import PooledCnn
from xaivision.models.small_convnet import SmallConvnet
from xaivision.models.small_vit import SmallVit
from xaivision.models.standardized_mlp import StandardizedMlp
from xaivision.models.training import Recipe, train
from xaivision.models.weights_cache import digest, keep_weights, kept_weights


@dataclass(frozen=True)
class _Kind:
    """One way to classify: the untrained module for a data set, how to train it, and what to say of it.

    `data`: settings of the data set, where it is generated and its usual size is not enough.
    """

    build: Callable[[Dataset], nn.Module]
    recipe: Recipe
    what: str
    preprocessing: str
    citation: str
    data: Mapping[str, Any] = field(default_factory=dict)


def _mlp(data: Dataset) -> StandardizedMlp:
    rows, _ = data.train
    module = StandardizedMlp(rows.shape[1], (32,), len(data.class_names))
    module.standardize(rows)
    return module


def _cnn(data: Dataset) -> PooledCnn:
    return PooledCnn((16, 32, 32), len(data.class_names))


def _convnet(data: Dataset) -> SmallConvnet:
    return SmallConvnet(8, len(data.class_names))


def _vit(data: Dataset) -> SmallVit:
    return SmallVit(side=data.inputs.shape[-1], patch=4, width=64, blocks=3, num_classes=len(data.class_names))


KINDS: Mapping[str, _Kind] = {
    "mlp": _Kind(
        _mlp,
        Recipe(epochs=100, batch_size=32, learning_rate=1e-2, weight_decay=1.0),
        "perceptron with one hidden layer of 32 tanh units",
        "columns in their own units; standardized inside",
        "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors. Nature 323, 1986",
    ),
    "cnn": _Kind(
        _cnn,
        Recipe(epochs=30, batch_size=64, learning_rate=1e-2, weight_decay=1e-2),
        "three 3 x 3 convolutions with ReLU, mean over positions, one linear layer",
        "gray pixels in [0, 1] as they are",
        "Zhou et al.: Learning Deep Features for Discriminative Localization. CVPR 2016, arXiv:1512.04150",
    ),
    "convnet": _Kind(
        _convnet,
        Recipe(epochs=10, batch_size=32, learning_rate=1e-2, weight_decay=1e-2),
        "three convolutions with ReLU and max pooling between them, mean over positions, one linear layer",
        "gray pixels in [0, 1] as they are",
        "LeCun et al.: Gradient-based learning applied to document recognition. Proceedings of the IEEE 86, 1998",
    ),
    "vit": _Kind(
        _vit,
        Recipe(epochs=12, batch_size=64, learning_rate=2e-3, weight_decay=0.05),
        "vision transformer with patches of 4 x 4, a class token and three blocks of two heads",
        "gray pixels in [0, 1] as they are",
        "Dosovitskiy et al.: An Image is Worth 16x16 Words. ICLR 2021, arXiv:2010.11929",
        data={"count": 1024},
    ),
}


def load(name: str) -> TorchClassifier:
    """Logits (B, K) of the data set's classes, by a module of the caller's own.

    Raises: Cancelled, where the training was.
    """
    data, kind = _parts(name)
    weights = _weights(name)
    with construction(seed=0):
        module = kind.build(data).eval()
        module.load_state_dict(weights)
    shape = data.train[0].shape[1:]
    return TorchClassifier(
        module,
        len(data.class_names),
        domain=data.domain,
        class_names=data.class_names,
        image_format=ImageFormat(*shape) if data.domain == "image" else None,
        schema=data.schema,
    )


def card(name: str) -> ModelCard:
    """The card, with the accuracy on the held-out part as this very model reaches it."""
    data, kind = _parts(name)
    model = load(name)
    parameters = sum(parameter.numel() for parameter in model.model.parameters())
    return held_out_card(model, data, kind, name=name, what=f"{kind.what}, for {data.name}", parameters=parameters)


def _parts(name: str) -> tuple[Dataset, _Kind]:
    data, _, kind = name.rpartition("_")
    return load_dataset(data, **KINDS[kind].data), KINDS[kind]


@cache
def _weights(name: str) -> dict[str, Tensor]:
    """The trained weights: from the cache directory where they are there and whole, else trained now and kept."""
    data, kind = _parts(name)
    with construction(seed_for(kind.recipe.seed, name)):
        module = kind.build(data)
    key = _key(name, data, kind.recipe)
    kept = kept_weights(name, key, module.state_dict())
    if kept is not None:
        return kept
    inputs, targets = data.train
    train(module, inputs.float(), targets, kind.recipe, f"training {name}")
    weights = {part: tensor.detach().clone() for part, tensor in module.state_dict().items()}
    keep_weights(name, key, weights)
    return weights


def _key(name: str, data: Dataset, recipe: Recipe) -> str:
    """A digest of everything the weights come from: the data, the recipe, the code and the version of torch."""
    inputs, targets = data.train
    parts = (pooled_cnn, small_convnet, small_vit, standardized_mlp, training, _mlp, _cnn, _convnet, _vit)
    code = "".join(getsource(part) for part in parts)
    told = (name, recipe, torch.__version__, code, digest({"inputs": inputs, "targets": targets}))
    return hashlib.sha256(repr(told).encode()).hexdigest()
