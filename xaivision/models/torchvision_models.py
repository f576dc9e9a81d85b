"""Any image classifier of torchvision by its name, with its own weights and preprocessing."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import torchvision
from torch import nn
from torchvision.models import get_model, get_model_weights, list_models

from xaivision.core.errors import FileFormatError, UnknownNameError
from xaivision.core.image_format import ImageFormat
from xaivision.core.random import seed_for
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.card import ModelCard
from xaivision.models.construction import construction
from xaivision.models.weights_file import DownloadError, downloaded

OFFLINE_MODEL = "efficientnet_lite0"


def names() -> list[str]:
    """Names of torchvision's image classifiers; detection, segmentation, video and quantized models are none."""
    return list(list_models(module=torchvision.models))


def load(name: str, *, weights: str | None = "DEFAULT", seed: int = 0) -> TorchClassifier:
    """Logits of the 1,000 ImageNet classes. `weights=None`: random ones drawn from the seed, classes without names.

    Raises: UnknownNameError, where torchvision has no such weights; DownloadError, where they cannot be had.
    """
    network = _network(name, weights)
    if network.weights is not None:
        _fetch(name, network.weights)
    with construction(seed_for(seed, "torchvision", name)):
        module = network.module().float().eval()
    return TorchClassifier(
        module,
        network.num_classes,
        class_names=network.weights.meta["categories"] if network.weights is not None else None,
        image_format=network.image_format,
        mean=network.preset.mean,
        std=network.preset.std,
    )


def card(name: str, *, weights: str | None = "DEFAULT", seed: int = 0) -> ModelCard:
    """The card, from what torchvision says of the weights; nothing is downloaded."""
    network = _network(name, weights)
    chosen, form, preset = network.weights, network.image_format, network.preset
    trained = chosen is not None
    return ModelCard(
        name=name,
        what=f"torchvision's {name} with {chosen if trained else f'random weights drawn from seed {seed}'}",
        training_data="ILSVRC-2012 (ImageNet); some weights were first trained on more" if trained else "none",
        license=chosen.meta.get("license", "BSD-3-Clause; ImageNet's terms may apply") if trained else "BSD-3-Clause",
        citation="TorchVision maintainers and contributors: TorchVision, PyTorch's computer vision library. 2016",
        preprocessing=f"shorter side {form.resize} ({form.interpolation}), center crop {form.height}, "
        f"(pixel - {tuple(preset.mean)}) / {tuple(preset.std)}",
        accuracy=round(chosen.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100, 5) if trained else None,
        measured_on="50,000 validation photos of ILSVRC-2012, top-1, published by torchvision" if trained else "not trained",
        num_classes=network.num_classes,
        parameters=network.described.meta["num_params"],
    )


@dataclass(frozen=True)
class _Network:
    """A torchvision architecture with one set of weights, or with none."""

    name: str
    weights: Any

    @cached_property
    def described(self) -> Any:
        """The weights that say what preprocessing and classes the architecture has: the default ones where there are none."""
        return self.weights if self.weights is not None else get_model_weights(self.name).DEFAULT

    @cached_property
    def preset(self) -> Any:
        return self.described.transforms()

    @property
    def image_format(self) -> ImageFormat:
        (side,), (resize,) = self.preset.crop_size, self.preset.resize_size
        return ImageFormat(3, side, side, resize=resize, interpolation=self.preset.interpolation.value)

    @property
    def num_classes(self) -> int:
        return len(self.described.meta["categories"])

    def module(self) -> nn.Module:
        """The network; with weights, torchvision finds their file where it keeps downloads."""
        settings: dict[str, Any] = {}
        if self.weights is None and self.name.startswith("vit_"):  # built for one size, else taken from the weights
            settings["image_size"] = self.image_format.height
        if self.weights is None and self.name in ("googlenet", "inception_v3"):  # they warn where this is left open
            settings["init_weights"] = True
        if self.weights is None and self.name == "googlenet":  # as with weights: the training-only heads are dropped
            settings["aux_logits"] = False
        module: nn.Module = get_model(self.name, weights=self.weights, **settings)
        return module


def _network(name: str, weights: str | None) -> _Network:
    known = get_model_weights(name).__members__
    if weights is not None and weights not in known:
        raise UnknownNameError(f"set of weights for `{name}`", str(weights), known)
    return _Network(name, None if weights is None else known[weights])


def _fetch(name: str, weights: Any) -> None:
    """Put the weights where torchvision looks for them, unless they are there.

    torchvision's own download prints to the terminal, and it unpickles what it finds without restriction.
    """
    try:
        path = downloaded(weights.url, Path(torch.hub.get_dir()) / "checkpoints")
    except DownloadError as error:
        raise DownloadError(
            f"The weights of `{name}` are not on this machine, and {str(error).rstrip('.')}; "
            f"load `{OFFLINE_MODEL}`, which needs no download, or give weights=None for random ones."
        ) from error
    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise FileFormatError(f"`{path.name}` must hold tensors only. It holds other objects, so it is not loaded.") from error
