"""The object as the part of the map around the points that is above a threshold: it reads nothing of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from xaivision.core.settings import check_share
from xaivision.engines.pointed_objects.growing import hanging_together, without_negatives
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject, best_by_evidence, checked_points
from xaivision.engines.points import EvidencePoint


@dataclass(frozen=True)
class ThresholdComponents:
    """Pixels that hang together with a positive point, where the map is at least `share` of what it is at the largest point.

    The score is the evidence in the mask beyond what its size would hold.
    """

    share: float = 0.25

    def __post_init__(self) -> None:
        check_share("share", self.share)

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """Raises: InputError, where points and map do not fit, or the part above the threshold holds a negative point."""
        checked_points(image, points, evidence)
        values = evidence.detach().double().cpu().numpy()
        largest = max(values[point.row, point.column] for point in points)
        region = hanging_together(values >= self.share * largest, points)
        return best_by_evidence(without_negatives(region[None], points), evidence)
