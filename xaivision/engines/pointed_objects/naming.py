"""Point segmenters by name."""

from typing import Literal, get_args

from xaivision.core.errors import InputError
from xaivision.engines.pointed_objects.pointed_segments import PointedSegments
from xaivision.engines.pointed_objects.region_growing import RegionGrowing
from xaivision.engines.pointed_objects.segmented_object import PointSegmenter
from xaivision.engines.pointed_objects.superpixel_merge import SuperpixelMerge
from xaivision.engines.pointed_objects.threshold_components import ThresholdComponents

PointSegmenterName = Literal["superpixel_merge", "region_growing", "threshold", "slic", "grid"]
PointSegmenterSetting = PointSegmenterName | PointSegmenter
POINT_SEGMENTERS: dict[str, PointSegmenter] = {
    "superpixel_merge": SuperpixelMerge(),
    "region_growing": RegionGrowing(),
    "threshold": ThresholdComponents(),
    "slic": PointedSegments("slic"),
    "grid": PointedSegments("grid"),
}


def point_segmenter(segmenter: object) -> PointSegmenter:
    """What a name or an object means; Segment Anything needs weights, and so has no name alone.

    Raises: InputError, where it means none.
    """
    if isinstance(segmenter, str) and segmenter in POINT_SEGMENTERS:
        return POINT_SEGMENTERS[segmenter]
    if isinstance(segmenter, str) or not callable(getattr(segmenter, "segmented", None)):
        names = ", ".join(map(repr, get_args(PointSegmenterName)))
        got = repr(segmenter) if isinstance(segmenter, str) else type(segmenter).__name__
        raise InputError(
            f"`segmenter` must be one of {names}, or a point segmenter such as SamPoint('sam_vit_b.pth'). Got {got}."
        )
    found: PointSegmenter = segmenter  # type: ignore[assignment]
    return found
