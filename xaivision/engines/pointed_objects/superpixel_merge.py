"""The object as the superpixels that hold the evidence, divided from the others where the colors change."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.settings import check_number_from_zero
from xaivision.engines.pointed_objects.evidence_cut import described, evidence_cut
from xaivision.engines.pointed_objects.growing import hanging_together, perceived
from xaivision.engines.pointed_objects.segmented_object import SegmentedObject, best_by_evidence, checked_points
from xaivision.engines.points import EvidencePoint
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.engines.superpixels import Slic


@dataclass(frozen=True)
class SuperpixelMerge:
    """Superpixels merged from the points on, by a minimum cut; the score is the evidence in the mask beyond what its size holds.

    A cut between like colors is dear: `smoothness` large makes whole objects of little evidence, 0 leaves the superpixels that
    hold more than their share. `segments` as everywhere; not a label map, which would be one picture's.
    """

    segments: SegmentsSetting = field(default_factory=lambda: Slic(count=100))
    smoothness: float = 1.5

    def __post_init__(self) -> None:
        check_number_from_zero("smoothness", self.smoothness)

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """Raises: InputError, where points and picture do not fit, the picture cannot be divided, or one superpixel holds
        points of both kinds.
        """
        checked_points(image, points, evidence)
        labels = segment_labels(self.segments, image[None]).labels[0].numpy()
        inside = {int(labels[point.row, point.column]) for point in points if point.positive}
        outside = {int(labels[point.row, point.column]) for point in points if not point.positive}
        if inside & outside:
            raise InputError(
                "Positive and negative points must lie in different superpixels. Got one superpixel with both. "
                "Pass smaller segments, such as Slic(count=200), or fewer negative points."
            )
        known = described(labels, perceived(image), evidence.detach().double().cpu().numpy())
        merged = evidence_cut(known, inside, outside, self.smoothness)[labels]
        return best_by_evidence(hanging_together(merged, points)[None], evidence)
