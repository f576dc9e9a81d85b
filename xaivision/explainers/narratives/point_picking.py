"""Which places of a map a segmenter is asked about."""

from dataclasses import dataclass

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.engines.points import EvidencePoint, evidence_points, standing_out


@dataclass(frozen=True)
class Points:
    """The `count` largest peaks of positive evidence and up to `counter` of the most negative, which the object is not at.

    `separation` in pixels between two of a kind (None: an eighth of the shorter side). `on_detail`: where a map is even over a
    segment, the point is what stands out most of the picture there, else the middle of the segment. `seeds`: with more than
    one the map is asked for with so many seeds, and how far the first point moves is recorded.
    """

    count: int = 1
    counter: int = 0
    separation: float | None = None
    on_detail: bool = True
    seeds: int = 1

    def __post_init__(self) -> None:
        check_positive_integer("count", self.count)
        check_positive_integer("seeds", self.seeds)
        if isinstance(self.counter, bool) or not isinstance(self.counter, int) or self.counter < 0:
            raise InputError(f"`counter` must be a whole number from 0. Got {self.counter!r}.")
        if self.separation is not None:
            check_number_from_zero("separation", self.separation)

    def picked(self, evidence: Tensor, image: Tensor) -> tuple[EvidencePoint, ...]:
        """Positive points of a map (H, W) of an image (C, H, W), strongest first, then the negative ones.

        Raises: InputError, where nothing in the map is positive, or it is not finite.
        """
        detail = self.detail(image)
        positive = evidence_points(evidence, self.count, self.separation, detail=detail)
        if not self.counter:
            return positive
        return (*positive, *evidence_points(evidence, self.counter, self.separation, counter=True, detail=detail))

    def detail(self, image: Tensor) -> Tensor | None:
        """(H, W) what points look for in even parts of a map; None for the middle of them."""
        return standing_out(image).cpu() if self.on_detail else None
