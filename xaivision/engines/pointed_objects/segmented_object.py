"""An object as a segmenter sees it: masks it could have, and the one that is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.mask_evidence import check_fits, mask_evidence
from xaivision.engines.points import EvidencePoint


@dataclass(frozen=True, eq=False)
class SegmentedObject:
    """`candidates` (K, H, W) bool on the CPU, of which number `chosen` is taken; `scores` (K,) float64, None where none are.

    What a score is, the segmenter says.
    """

    candidates: Tensor
    scores: Tensor | None
    chosen: int

    @property
    def mask(self) -> Tensor:
        """(H, W) bool, never empty."""
        return self.candidates[self.chosen]

    @property
    def score(self) -> float | None:
        """That of the mask that is taken."""
        return None if self.scores is None else float(self.scores[self.chosen])


class PointSegmenter(Protocol):
    """Frozen settings; equal ones find equal objects."""

    def segmented(self, image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> SegmentedObject:
        """The object of an image (C, H, W) in [0, 1] at the positive points, not at the negative ones.

        `evidence` (H, W) is the map the points come from; a segmenter may leave it unread.

        Raises: InputError, where no point is positive, a point is off the picture, or no mask is found.
        """
        ...


def best_object(candidates: Tensor, scores: Tensor, allowed: Tensor | None = None) -> SegmentedObject:
    """The candidate (K, H, W) of the highest score (K,), the first of equals; one that marks nothing is not taken, nor one that
    is not `allowed` (K,).

    Raises: InputError, where no candidate that may be taken marks anything.
    """
    usable = candidates.flatten(1).any(1)
    if allowed is not None:
        usable = usable & allowed
    if not bool(usable.any()):
        raise InputError(
            "A mask must mark something. Got only empty ones: nothing stands out at the point. Pass another segmenter, such as "
            "'superpixel_merge', or more points."
        )
    scores = scores.detach().double().cpu()
    chosen = int(torch.where(usable, scores.nan_to_num(nan=-torch.inf), -torch.inf).argmax())
    if not bool(usable[chosen]):
        chosen = int(usable.nonzero()[0])
    return SegmentedObject(candidates.bool().cpu(), scores, chosen)


def best_by_evidence(candidates: Tensor, evidence: Tensor, allowed: Tensor | None = None) -> SegmentedObject:
    """The candidate (K, H, W) that holds most positive evidence (H, W) beyond what its size would hold, which is its score.

    Raises: as `best_object`.
    """
    surplus = torch.tensor([mask_evidence(one, evidence).surplus for one in candidates], device="cpu")
    return best_object(candidates, surplus, allowed)


def checked_points(image: Tensor, points: Sequence[EvidencePoint], evidence: Tensor) -> None:
    """Raises: InputError, where image, points and map do not fit together, or no point is positive."""
    if image.ndim != 3:
        raise InputError(f"`image` must be one picture (C, H, W). Got shape {tuple(image.shape)}.")
    check_fits(image[0], evidence)
    height, width = evidence.shape
    for point in points:
        if not (0 <= point.row < height and 0 <= point.column < width):
            raise InputError(
                f"Points must lie in the picture, {height} rows by {width} columns. Got row {point.row}, column {point.column}: "
                "rows come first."
            )
    if not any(point.positive for point in points):
        raise InputError("`points` must hold a positive one, which the object is found by. Got none.")
