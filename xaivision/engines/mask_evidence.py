"""What a map says of a mask: whether the points lie in it, how much of the evidence it holds, and on how much of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.settings import check_positive_integer, check_share
from xaivision.engines.localization import mass_accuracy
from xaivision.engines.points import EvidencePoint


@dataclass(frozen=True)
class MaskEvidence:
    """`area`: share of the picture in the mask; `mass`: share of the positive evidence in it, NaN where there is none."""

    area: float
    mass: float

    @property
    def area_over_mass(self) -> float:
        """1: the mask holds no more evidence than its size; small: much evidence in little room; NaN where it holds none."""
        return self.area / self.mass if self.mass > 0 else float("nan")

    @property
    def surplus(self) -> float:
        """Evidence in the mask beyond what its size would hold: from -1 to 1, 0 for the whole picture."""
        return self.mass - self.area


def mask_evidence(mask: Tensor, evidence: Tensor) -> MaskEvidence:
    """Of a mask (H, W) and the map (H, W) it was found by.

    Raises: InputError, where the shapes differ.
    """
    check_fits(mask, evidence)
    mass = float(mass_accuracy(evidence[None], mask[None].to(evidence.device)))
    return MaskEvidence(float(mask.double().mean()), mass)


def points_inside(points: Sequence[EvidencePoint], mask: Tensor) -> float:
    """Share of the positive points that lie in the mask (H, W); NaN where there are none."""
    inside = [bool(mask[point.row, point.column]) for point in points if point.positive]
    return sum(inside) / len(inside) if inside else float("nan")


def refined(mask: Tensor, evidence: Tensor, share: float = 0.9, points: Sequence[EvidencePoint] = ()) -> Tensor:
    """(H, W) bool: the part of the mask that holds `share` of its positive evidence, in as few pixels as can be.

    Pixels of equal evidence that hang together, as those of a segment, belong to it together or not at all: no part of them is
    better than the rest. Those around positive points of the mask always do; of others the largest evidence goes first, and of
    equally large what is nearest to a point.

    Raises: InputError, where the share is not above 0 and up to 1, the shapes differ, or the mask holds no positive evidence.
    """
    check_fits(mask, evidence)
    check_share("share", share)
    inside = (evidence.detach().double().cpu() * mask.cpu()).clamp_min(0).numpy()
    if not inside.any():
        raise InputError("The mask must hold positive evidence to be refined to it. Got one that holds none.")
    areas = _even_areas(inside)
    held = np.bincount(areas.ravel(), inside.ravel())[1:]
    value = held / np.bincount(areas.ravel())[1:]
    distance = _distances(areas, points)
    order = np.lexsort((distance, -value, distance > 0))
    # What rounding leaves of a share must not ask for one more area.
    enough = 1 + int((held[order].cumsum() < share * held.sum() * (1 - 1e-9)).sum())
    return torch.from_numpy(np.isin(areas, 1 + order[: max(enough, int((distance == 0).sum()))]))


def shifted_masks(mask: Tensor, count: int = 4) -> Tensor:
    """(count, H, W) bool: the mask (H, W) moved and wrapped around the edges, to where it covers least of itself.

    The area is exactly the mask's. Of moves that are equally good the first goes half of the picture down and across, and each
    next one as far from those before as can be.

    Raises: InputError, where the mask is empty, or the picture has no room for so many different moves.
    """
    check_positive_integer("count", count)
    height, width = mask.shape
    if not bool(mask.any()):
        raise InputError("The mask must not be empty: nothing can be moved.")
    if count >= height * width:
        raise InputError(f"`count` must be below the number of pixels, {height * width}. Got {count}.")
    moves = _moves(_self_overlap(mask), count)
    return torch.stack([mask.cpu().roll(move, (0, 1)) for move in moves])


def check_fits(mask: Tensor, evidence: Tensor) -> None:
    """Raises: InputError, where mask and map are not one (H, W) each of one size."""
    if mask.ndim != 2 or mask.shape != evidence.shape:
        raise InputError(f"Mask and map must be (H, W) of one size. Got {tuple(mask.shape)} and {tuple(evidence.shape)}.")


def _even_areas(inside: np.ndarray) -> np.ndarray:
    """(H, W) the number of each positive pixel's area of equal values that hang together, from 1; 0 where nothing is positive."""
    from skimage.measure import label

    _, levels = np.unique(inside, return_inverse=True)
    numbered = np.where(inside > 0, levels.reshape(inside.shape) + 1, 0)
    areas: np.ndarray = label(numbered, background=0, connectivity=1)  # type: ignore[no-untyped-call]
    return areas


def _distances(areas: np.ndarray, points: Sequence[EvidencePoint]) -> np.ndarray:
    """(n,) how near each area comes to a positive point: 0 where it holds one; equal for all where there is no point."""
    from scipy.ndimage import distance_transform_edt, minimum

    free = np.ones(areas.shape, bool)
    for point in points:
        free[point.row, point.column] &= not point.positive
    if free.all():
        return np.ones(areas.max())
    found: np.ndarray = minimum(distance_transform_edt(free), areas, np.arange(1, areas.max() + 1))
    return found


def _self_overlap(mask: Tensor) -> Tensor:
    """(H, W) int64 how many pixels of the mask are covered by itself, by how far it is moved down and across."""
    spectrum = torch.fft.rfft2(mask.cpu().double())
    overlap: Tensor = torch.fft.irfft2(spectrum.abs().square(), s=mask.shape).round().long()
    return overlap


def _moves(overlap: Tensor, count: int) -> list[tuple[int, int]]:
    width = overlap.shape[1]
    overlap = overlap.clone()
    overlap[0, 0] = overlap.max() + 1  # staying is no move
    distance = _around(overlap.shape, (0, 0))
    moves: list[tuple[int, int]] = []
    while len(moves) < count:
        best = overlap == overlap.min()
        number = int(torch.where(best, distance, -1.0).argmax())
        moves.append((number // width, number % width))
        overlap[moves[-1]] = overlap.max() + 1
        distance = torch.minimum(distance, _around(overlap.shape, moves[-1]))
    return moves


def _around(shape: Sequence[int], move: tuple[int, int]) -> Tensor:
    """(H, W) float64 how far each move is from this one, the edges being joined."""
    sides = []
    for length, start in zip(shape, move, strict=True):
        steps = (torch.arange(length, device="cpu") - start).abs()
        sides.append(torch.minimum(steps, length - steps).double())
    return torch.hypot(sides[0][:, None], sides[1])
