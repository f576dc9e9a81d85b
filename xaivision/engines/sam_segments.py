"""Segments by Segment Anything, from weights that the caller has. Source: Kirillov et al., 2023, arXiv:2304.02643."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from pickle import UnpicklingError
from types import ModuleType
from typing import Any, Literal, Self

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError, MissingExtraError
from xaivision.core.random import GLOBAL_GENERATORS
from xaivision.core.settings import check_positive_integer
from xaivision.engines.superpixels import numbered

ModelType = Literal["vit_b", "vit_l", "vit_h"]
MODEL_TYPES: tuple[ModelType, ...] = ("vit_b", "vit_l", "vit_h")


@dataclass(frozen=True)
class SegmentAnything:
    """The masks that Segment Anything finds from a grid of points, the small ones on top; what none covers is one more segment.

    `checkpoint`: the file with the weights, read without pickle's code. `points_per_side` squared points are asked about.
    The number of segments is the picture's own: where it is unusable, no tuning is tried.

    Raises: InputError, where there is no such file, or a setting is out of range.
    """

    checkpoint: str | Path
    model_type: ModelType = "vit_b"
    points_per_side: int = 32
    # When the file was changed last: another file under the same name is another segmenter.
    modified: int = field(init=False, repr=False, default=0)

    def __post_init__(self) -> None:
        check_positive_integer("points_per_side", self.points_per_side)
        if self.model_type not in MODEL_TYPES:
            raise InputError(f"`model_type` must be one of {', '.join(map(repr, MODEL_TYPES))}. Got {self.model_type!r}.")
        if not Path(self.checkpoint).is_file():
            raise InputError(
                f"`checkpoint` must be a file with weights of Segment Anything. Got {str(self.checkpoint)!r}, which is no file."
            )
        object.__setattr__(self, "modified", Path(self.checkpoint).stat().st_mtime_ns)

    @property
    def asked(self) -> int | None:
        return None

    def labels(self, image: Tensor) -> Tensor:
        """(H, W) int64 on the CPU, 0 to K - 1.

        Raises: MissingExtraError, where segment-anything is not installed; FileFormatError, where the file holds no such
        weights.
        """
        found = _network(str(self.checkpoint), self.modified, self.model_type, str(image.device))
        masks = _package().SamAutomaticMaskGenerator(found, points_per_side=self.points_per_side).generate(_colors(image))
        return labels_of((mask["segmentation"] for mask in masks), (image.shape[1], image.shape[2]))

    def retuned(self, image: Tensor, found: int) -> Self | None:
        return None


def labels_of(masks: Iterable[np.ndarray], shape: tuple[int, int]) -> Tensor:
    """(H, W) int64: each pixel the smallest mask that holds it; those that no mask holds are a segment of their own."""
    labels = torch.zeros(shape, dtype=torch.int64, device="cpu")
    largest_first = sorted(masks, key=lambda mask: int(mask.sum()), reverse=True)
    for number, mask in enumerate(largest_first, start=1):
        labels[torch.from_numpy(mask)] = number
    return numbered(labels)


def _package() -> ModuleType:
    try:
        import segment_anything
    except ImportError as error:
        raise MissingExtraError("segment-anything", "sam") from error
    package: ModuleType = segment_anything
    return package


@lru_cache(maxsize=1)
def _network(checkpoint: str, _modified: int, model_type: str, device: str) -> Any:
    """The network with these weights. Building draws its first weights; the global generators are given back."""
    build = _package().sam_model_registry[model_type]
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
    return network.to(device).eval().requires_grad_(False)


def _colors(image: Tensor) -> np.ndarray:
    """(H, W, 3) bytes: all that the network takes, so that one channel has to stand for three.

    Raises: InputError, where the picture has neither one channel nor three.
    """
    if len(image) not in (1, 3):
        raise InputError(f"Segment Anything takes pictures of 1 or 3 channels. Got {len(image)}. Pass another segmentation.")
    pixels = (image.detach().clamp(0, 1) * 255).round().to("cpu", torch.uint8).expand(3, -1, -1)
    colors: np.ndarray = pixels.permute(1, 2, 0).contiguous().numpy()
    return colors
