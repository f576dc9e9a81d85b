"""Points of evidence: where a map speaks most for a class, or against it, and how far chance moves the place.

Places are (row, column) everywhere. Who hands them to something that counts (x, y) turns them there, and nowhere else.
"""

from dataclasses import dataclass
from itertools import combinations
from math import hypot

import numpy as np
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.engines.filters import gaussian_blur

# Two points of one object say no more than one: so far apart, as a share of the shorter side.
SEPARATION = 1 / 8
# Single pixels stand out by noise: the picture is smoothed by so much of its shorter side, and by a pixel at least.
SMOOTHING = 1 / 64


@dataclass(frozen=True)
class EvidencePoint:
    """A pixel and what the map says there."""

    row: int
    column: int
    evidence: float

    @property
    def positive(self) -> bool:
        """Whether it speaks for the class."""
        return self.evidence > 0


@dataclass(frozen=True)
class PointStability:
    """The first point of each map, and how far two of them lie apart, in pixels, over all pairs."""

    points: tuple[EvidencePoint, ...]
    mean_distance: float
    largest_distance: float


def evidence_points(
    values: Tensor, count: int = 1, separation: float | None = None, *, counter: bool = False, detail: Tensor | None = None
) -> tuple[EvidencePoint, ...]:
    """At most `count` peaks of the map `values` (H, W), the largest positive first; fewer where there are no more.

    A peak is as large as anything within `separation` pixels up, down and sideways (None: an eighth of the shorter side), and
    two of them are farther apart than that. Where a map is even over a segment, the point is the one deepest inside, or the
    one where `detail` (H, W) is largest there. `counter`: the most negative first, and none where nothing is negative.

    Raises: InputError, where a setting is out of range, the map is no finite (H, W), or nothing in it is positive.
    """
    check_positive_integer("count", count)
    _check(values, detail)
    reach = _reach(values, separation)
    signed = values.detach().double().cpu().numpy() * (-1 if counter else 1)
    if not counter and signed.max() <= 0:
        raise InputError(
            f"There must be positive evidence to point at. Got a map whose largest value is {signed.max():.3g}: nothing in it "
            "speaks for the class. Explain another class, or with another method."
        )
    places = _peaks(signed, count, reach, None if detail is None else detail.detach().double().cpu().numpy())
    return tuple(EvidencePoint(row, column, float(values[row, column])) for row, column in places)


def standing_out(image: Tensor) -> Tensor:
    """(H, W) how far each pixel of the smoothed image (C, H, W) is from its middle color: a `detail` for even maps.

    Of a sonar picture the echoes and the shadows.
    """
    sigma = max(1.0, min(image.shape[1:]) * SMOOTHING)
    smooth = gaussian_blur(image.detach()[None], 2 * round(3 * sigma) + 1, sigma)[0]
    apart: Tensor = (smooth - smooth.flatten(1).median(1).values[:, None, None]).norm(dim=0)
    return apart


def point_stability(maps: Tensor, detail: Tensor | None = None) -> PointStability:
    """What becomes of the first point over `maps` (S, H, W) of one picture, one for each seed.

    Raises: InputError, where there are fewer than two maps, or one has no positive evidence.
    """
    if maps.ndim != 3 or len(maps) < 2:
        raise InputError(f"`maps` must be two or more of one picture, (S, H, W). Got shape {tuple(maps.shape)}.")
    points = tuple(evidence_points(one, detail=detail)[0] for one in maps)
    apart = [hypot(one.row - other.row, one.column - other.column) for one, other in combinations(points, 2)]
    return PointStability(points, sum(apart) / len(apart), max(apart))


def _check(values: Tensor, detail: Tensor | None) -> None:
    if values.ndim != 2 or not values.numel():
        raise InputError(f"`values` must be a map (H, W) of one picture. Got shape {tuple(values.shape)}.")
    if not bool(values.isfinite().all()):
        raise InputError("`values` must be finite. Got NaN or infinite values, which point nowhere.")
    if detail is not None and detail.shape != values.shape:
        raise InputError(f"`detail` must have the shape of the map, {tuple(values.shape)}. Got {tuple(detail.shape)}.")


def _reach(values: Tensor, separation: float | None) -> int:
    if separation is None:
        return max(1, round(min(values.shape) * SEPARATION))
    check_number_from_zero("separation", separation)
    return int(separation)


def _peaks(signed: np.ndarray, count: int, reach: int, detail: np.ndarray | None) -> list[tuple[int, int]]:
    from scipy.ndimage import maximum_filter

    around = maximum_filter(signed, 2 * reach + 1, mode="nearest")
    free = (signed == around) & (signed > 0)
    places: list[tuple[int, int]] = []
    while len(places) < count and free.any():
        row, column = _place(free & (signed == signed[free].max()), detail)
        places.append((row, column))
        free[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = False
    return places


def _place(even: np.ndarray, detail: np.ndarray | None) -> tuple[int, int]:
    """One pixel of those that are equally large: of the largest area of them, the deepest or the one with most detail."""
    from scipy.ndimage import distance_transform_edt, label

    areas, _ = label(even, np.ones((3, 3)))
    largest = areas == 1 + np.bincount(areas.ravel())[1:].argmax()
    # The picture's edge is an edge: else the deepest place of what touches it would be on it.
    rank = distance_transform_edt(np.pad(largest, 1))[1:-1, 1:-1] if detail is None else np.where(largest, detail, -np.inf)
    best = np.argwhere(rank == rank.max())
    row, column = best[np.square(best - best.mean(0)).sum(1).argmin()]
    return int(row), int(column)
