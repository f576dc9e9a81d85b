"""The object as the segments that the points lie in, and nothing more: what finer segmenters have to beat."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.engines.pointed_objects.growing import without_negatives
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject, best_by_evidence, checked_points
from xaivision.engines.points import EvidencePoint
from xaivision.engines.segments import SegmentsSetting, segment_labels


@dataclass(frozen=True)
class PointedSegments:
    """The segments of the positive points; the score is the evidence in the mask beyond what its size would hold.

    `segments` as everywhere; not a label map, which would be one picture's.
    """

    segments: SegmentsSetting = "slic"

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """Raises: InputError, where points and picture do not fit, the picture cannot be divided, or a segment holds points of
        both kinds.
        """
        checked_points(image, points, evidence)
        labels = segment_labels(self.segments, image[None]).labels[0]
        chosen = torch.tensor([int(labels[point.row, point.column]) for point in points if point.positive], device="cpu")
        return best_by_evidence(without_negatives(torch.isin(labels, chosen)[None], points), evidence)
