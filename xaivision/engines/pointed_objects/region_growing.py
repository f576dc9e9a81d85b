"""The object as the pixels of like color around the points. Source: Adams, Bischof, 1994, doi:10.1109/34.295913."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xaivision.core.settings import check_number_from_zero, check_positive_number
from xaivision.engines.pointed_objects.growing import hanging_together, perceived, without_negatives
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject, best_by_evidence, checked_points
from xaivision.engines.points import EvidencePoint

# From the 2 % of the picture that are most like the points to nine tenths of it.
SHARES = np.linspace(0.02, 0.9, 23)


@dataclass(frozen=True)
class RegionGrowing:
    """Pixels that hang together with a positive point and look like it, in Lab colors of the smoothed picture.

    `tolerance` in those units; None: of 23 tolerances the one whose region holds most evidence beyond what its size would hold,
    which is the score. `smoothing` in pixels: speckle and texture need some.
    """

    tolerance: float | None = None
    smoothing: float = 2.0

    def __post_init__(self) -> None:
        check_number_from_zero("smoothing", self.smoothing)
        if self.tolerance is not None:
            check_positive_number("tolerance", self.tolerance)

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """Raises: InputError, where points and picture do not fit, or every region holds a negative point."""
        checked_points(image, points, evidence)
        difference = _difference(perceived(image, self.smoothing), points)
        limits = np.unique(np.quantile(difference, SHARES)) if self.tolerance is None else [self.tolerance]
        regions = torch.stack([hanging_together(difference <= limit, points) for limit in limits])
        return best_by_evidence(without_negatives(regions, points), evidence)


def _difference(colors: np.ndarray, points: Sequence[EvidencePoint]) -> np.ndarray:
    """(H, W) how far each pixel's color is from that of the positive point it is most like."""
    own = [colors[point.row, point.column] for point in points if point.positive]
    nearest: np.ndarray = np.min([np.linalg.norm(colors - one, axis=-1) for one in own], axis=0)
    return nearest
