"""A region of a picture by points that somebody clicked on, and how much of each explanation lies in it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError, XaivisionError
from xaivision.core.explanation import Explanation
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.evaluation.relevance_localization import RelevanceMass


class Point(NamedTuple):
    """A pixel of a picture; `inside`: its segment belongs to the region, else it is cut out of it."""

    column: int
    row: int
    inside: bool = True


class Mass(NamedTuple):
    """The share of an explanation's positive relevance in a region, NaN where it is undefined; `why` it could not be told."""

    share: float
    why: str = ""


def region_at(image: Tensor, points: Sequence[Point], segments: SegmentsSetting = "slic") -> Tensor:
    """(H, W) bool: the segments of a picture (C, H, W) in [0, 1] that points lie on; of two in one segment the later counts.

    Raises: InputError, where a point lies outside the picture, or there are no such segments.
    """
    height, width = image.shape[-2:]
    for point in points:
        if not (0 <= point.column < width and 0 <= point.row < height):
            raise InputError(f"Points must lie in the picture of {width} x {height} pixels. Got ({point.column}, {point.row}).")
    labels = segment_labels(segments, image[None]).labels[0]
    region = torch.zeros(labels.shape, dtype=torch.bool, device="cpu")
    for point in points:
        region[labels == labels[point.row, point.column]] = point.inside
    return region


def mass_in(model: ClassifierAdapter, explanations: Mapping[str, Explanation], region: Tensor) -> dict[str, Mass]:
    """For each explanation of one input the share of its positive relevance in the region (H, W); the model is not asked."""
    metric, found = RelevanceMass(masks=region), {}
    for label, explanation in explanations.items():
        if explanation.verdict.status == "refuse":
            found[label] = Mass(torch.nan, "refused")
            continue
        try:
            found[label] = Mass(float(metric.evaluate(model, explanation.as_attribution()).values[0]))
        except XaivisionError as error:
            found[label] = Mass(torch.nan, str(error))
    return found
