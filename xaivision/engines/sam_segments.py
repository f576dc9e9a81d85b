"""Segments by Segment Anything, from weights that the caller has. Source: Kirillov et al., 2023, arXiv:2304.02643."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from xaivision.core.settings import check_positive_integer
from xaivision.engines.sam_network import SamWeights, as_bytes
from xaivision.engines.superpixels import numbered


@dataclass(frozen=True)
class SegmentAnything(SamWeights):
    """The masks that Segment Anything finds from a grid of points, the small ones on top; what none covers is one more segment.

    `checkpoint`: the file with the weights, read without pickle's code. `points_per_side` squared points are asked about.
    The number of segments is the picture's own: where it is unusable, no tuning is tried.

    Raises: InputError, where there is no such file, or a setting is out of range.
    """

    points_per_side: int = 32

    def __post_init__(self) -> None:
        check_positive_integer("points_per_side", self.points_per_side)
        super().__post_init__()

    @property
    def asked(self) -> int | None:
        return None

    def labels(self, image: Tensor) -> Tensor:
        """(H, W) int64 on the CPU, 0 to K - 1.

        Raises: MissingExtraError, where the encoder's package is not installed; FileFormatError, where the file holds no such
        weights.
        """
        found = self.network(image.device)
        masks = self.package.SamAutomaticMaskGenerator(found, points_per_side=self.points_per_side).generate(as_bytes(image))
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
