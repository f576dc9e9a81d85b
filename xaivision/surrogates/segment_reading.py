"""What a surrogate reads of a picture's superpixels: how bright and how even they are, and where the bright and dark ones lie."""

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.segments import segment_labels
from xaivision.engines.superpixels import Slic
from xaivision.surrogates.decision_tree import Floats
from xaivision.surrogates.reading import Measured

COUNT = 40
# Standard deviations of the parts' brightness beyond which a part is a bright or a dark one.
APART = 1.0
SIDES = ("bright", "dark")
NAMES = (
    "brightness of the brightest part",
    "brightness of the darkest part",
    "spread of brightness over parts",
    "unevenness within parts",
    *(f"share of {side} parts" for side in SIDES),
    *(f"{place} of {side} parts" for side in SIDES for place in ("height", "distance from the left", "extent")),
    "distance from bright to dark parts",
)


def segment_statistics(count: int = COUNT) -> Measured:
    """Thirteen numbers of about `count` superpixels of a picture; brightness is the mean of the channels.

    A part is bright or dark where its brightness is a standard deviation or more from that of the parts on average. Places and
    distances are shares of the picture's sides: `height` is 1 at the top. Where no part is bright, the brightest one is.

    Raises: InputError, where `count` is less than 2.
    """
    if count < 2:
        raise InputError(f"`count` must be at least 2. Got {count}.")
    return Measured(NAMES, lambda pictures: _of_pictures(pictures, count), ("segment_statistics", {"count": count}))


def _of_pictures(pictures: Tensor, count: int) -> Tensor:
    labels = segment_labels(Slic(count), pictures.detach().cpu()).labels.numpy()
    gray = pictures.detach().double().mean(1).cpu().numpy()
    return torch.from_numpy(np.stack([_of_picture(one, parts) for one, parts in zip(gray, labels, strict=True)]))


def _of_picture(gray: Floats, labels: "np.ndarray") -> Floats:
    sizes = np.bincount(labels.ravel()).astype(np.float64)

    def mean(values: Floats) -> Floats:
        found: Floats = np.bincount(labels.ravel(), values.ravel()) / sizes
        return found

    brightness = mean(gray)
    within = np.sqrt(np.maximum(mean(gray**2) - brightness**2, 0))
    rows, columns = np.meshgrid(*(np.linspace(0, 1, side) for side in gray.shape), indexing="ij")
    places = np.stack([1 - mean(rows), mean(columns)], 1)
    middle, spread = float(brightness.mean()), float(brightness.std())
    chosen = [_or_first(side * (brightness - middle), APART * spread) for side in (1, -1)]
    told = [_where(places[one], sizes[one]) for one in chosen]
    shares = [float(sizes[one].sum() / sizes.sum()) for one in chosen]
    gap = float(np.linalg.norm(np.array(told[0][:2]) - np.array(told[1][:2])))
    seen = [float(brightness.max()), float(brightness.min()), spread, float((within * sizes).sum() / sizes.sum())]
    return np.array([*seen, *shares, *told[0], *told[1], gap])


def _or_first(beyond: Floats, least: float) -> "np.ndarray":
    """(K,) bool: the parts that lie so far to this side, or the farthest one where none does."""
    found: np.ndarray = beyond >= least if least > 0 and bool((beyond >= least).any()) else beyond == beyond.max()
    return found


def _where(places: Floats, sizes: Floats) -> tuple[float, float, float]:
    """Their center, and the mean distance from it."""
    weights = sizes / sizes.sum()
    center = weights @ places
    far = float(weights @ np.linalg.norm(places - center, axis=1))
    return float(center[0]), float(center[1]), far
