"""The networks of Segment Anything, from weights that the caller has.

Source: Kirillov et al., 2023, arXiv:2304.02643; the light encoder "vit_t": Zhang et al., MobileSAM, 2023, arXiv:2306.14289.
"""

import sys
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError, MissingExtraError
from xaivision.core.random import GLOBAL_GENERATORS
from xaivision.core.settings import check_choice

ModelType = Literal["vit_b", "vit_l", "vit_h", "vit_t"]
MODEL_TYPES: tuple[ModelType, ...] = ("vit_b", "vit_l", "vit_h", "vit_t")
LIGHT: ModelType = "vit_t"
# What importing the light one's package says of itself. `warnings.catch_warnings` would swap all threads' filters.
OLD_LAYERS = r"Importing from timm\.models\.(layers|registry) is deprecated"
NAMES_TAKEN = r"Overwriting tiny_vit_\w+ in registry with (mobile_sam|timm)\."


@dataclass(frozen=True)
class SamWeights:
    """`checkpoint`: the file with the weights, read without pickle's code; `model_type`: the encoder they are of.

    Raises: InputError, where there is no such file or encoder.
    """

    checkpoint: str | Path
    model_type: ModelType = "vit_b"
    # When the file was changed last: another file under the same name holds other weights.
    modified: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        check_choice("model_type", self.model_type, MODEL_TYPES)
        if not Path(self.checkpoint).is_file():
            raise InputError(
                f"`checkpoint` must be a file with weights of Segment Anything. Got {str(self.checkpoint)!r}, which is no file."
            )
        object.__setattr__(self, "modified", Path(self.checkpoint).stat().st_mtime_ns)

    @property
    def package(self) -> ModuleType:
        """The package that has this encoder.

        Raises: MissingExtraError, where it is not installed.
        """
        return _package(self.model_type)

    def network(self, device: torch.device) -> Any:
        """The network on that device, read once.

        Raises: MissingExtraError, where its package is not installed; FileFormatError, where the file holds no such weights.
        """
        return _read(str(self.checkpoint), self.modified, self.model_type, str(device))


def as_bytes(image: Tensor) -> np.ndarray:
    """(H, W, 3) bytes of an image (C, H, W): all that the networks take, so that one channel has to stand for three.

    Raises: InputError, where the picture has neither one channel nor three.
    """
    if len(image) not in (1, 3):
        raise InputError(f"Segment Anything takes pictures of 1 or 3 channels. Got {len(image)}. Pass another segmentation.")
    pixels = (image.detach().clamp(0, 1) * 255).round().to("cpu", torch.uint8).expand(3, -1, -1)
    colors: np.ndarray = pixels.permute(1, 2, 0).contiguous().numpy()
    return colors


def _package(model_type: str) -> ModuleType:
    if model_type != LIGHT:
        return _imported("segment_anything", "segment-anything")
    known = "mobile_sam" in sys.modules
    warnings.filterwarnings("ignore", message=OLD_LAYERS, category=FutureWarning)
    warnings.filterwarnings("ignore", message=NAMES_TAKEN, category=UserWarning)
    package = _imported("mobile_sam", "mobilesam-mirror")
    if not known:
        _give_names_back()
    return package


def _give_names_back() -> None:
    """The light one's package puts its own networks under names of timm's; whoever asks timm for these means timm's."""
    registry, original = import_module("timm.models"), import_module("timm.models.tiny_vit")
    for name in import_module("mobile_sam.modeling.tiny_vit_sam").__all__:
        if hasattr(original, name):
            registry.register_model(getattr(original, name))


def _imported(module: str, package: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(package, "sam") from error


@lru_cache(maxsize=1)
def _read(checkpoint: str, _modified: int, model_type: str, device: str) -> Any:
    """Building draws first weights; the global generators are given back."""
    build = _package(model_type).sam_model_registry[model_type]
    with GLOBAL_GENERATORS, torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.device("cpu"):
        network = build(checkpoint=None)
    try:
        network.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    except (RuntimeError, UnpicklingError, EOFError, TypeError, AttributeError, ValueError):
        # torch's own words recommend to read pickles.
        raise FileFormatError(
            f"`checkpoint` must hold the weights of Segment Anything's {model_type!r}, as torch.save writes them. "
            f"Got {checkpoint!r}, which does not. Check `model_type`, or take the file from its makers anew."
        ) from None
    # Only now: in evaluation the light encoder keeps what it computes from its weights.
    return network.to(device).train().eval().requires_grad_(False)
