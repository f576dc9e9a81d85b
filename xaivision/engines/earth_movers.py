"""How far a map's mass would have to be carried to lie where the truth is: the earth mover's distance, exactly.

Source: Rubner, Tomasi, Guibas, The earth mover's distance as a metric for image retrieval, 2000, doi:10.1023/A:1026543900054;
as a score of maps: Clark et al., XAI-TRIS, 2023, arXiv:2306.12816.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A plan between all pixels of a photo would have millions of numbers: mass is carried between at most so many cells a side.
MOST_CELLS = 8
# Maps that are settled in one program: handing a program over takes as long as solving one of this size.
AT_ONCE = 32
Array = NDArray[np.float64]


class Load(NamedTuple):
    """What lies where (n,), where it is wanted (m,), both of the same sum, and the distances (n, m) between."""

    supply: Array
    demand: Array
    distances: Array


def nearness(values: Tensor, masks: Tensor) -> Tensor:
    """(B,) 1 minus the distance between the sizes of values (B, H, W) and masks (B, H, W), each of mass 1, over the diagonal.

    1: all mass lies in the mask, as evenly as its pixels do. Maps of more than 8 cells a side are summed to 8 first. NaN where
    a map is zero everywhere or not finite, or a mask is empty.
    """
    maps, wanted = (_cells(one.detach().double().cpu()) for one in (values.abs(), masks))
    found = [_load(*pair) for pair in zip(maps, wanted, strict=True)]
    loads = [one for one in found if isinstance(one, Load)]
    works = iter([work for start in range(0, len(loads), AT_ONCE) for work in carried(loads[start : start + AT_ONCE])])
    height, width = maps.shape[1:]
    diagonal = float(np.hypot(height - 1, width - 1))
    told = [1 - next(works) / diagonal if isinstance(one, Load) else one for one in found]
    return torch.tensor(told, dtype=torch.float64, device="cpu")


def carried(loads: Sequence[Load]) -> list[float]:
    """For each load the least mass times distance that turns what lies there into what is wanted."""
    from scipy.optimize import linprog
    from scipy.sparse import block_diag

    # The last column's sum follows from the others: with it, rounding could make the problem unsolvable.
    wanted = np.concatenate([np.concatenate([one.supply, one.demand])[:-1] for one in loads])
    sums = block_diag([_sums(*one.distances.shape) for one in loads], format="csr")
    costs = [one.distances.ravel() for one in loads]
    # Presolving costs more than these small problems themselves.
    found = linprog(np.concatenate(costs), A_eq=sums, b_eq=wanted, method="highs", options={"presolve": False})
    plans = np.split(found.x, np.cumsum([len(one) for one in costs])[:-1])
    return [float(cost @ plan) for cost, plan in zip(costs, plans, strict=True)]


@lru_cache(maxsize=256)
def _sums(n: int, m: int) -> "csr_array":
    """(n + m - 1, n m) what sums the rows of a plan (n, m) and its columns, but for the last."""
    from scipy.sparse import csr_array

    plan = np.arange(n * m)
    places = np.concatenate([plan // m, n + plan % m])
    return csr_array((np.ones(2 * n * m), (places, np.tile(plan, 2))), shape=(n + m, n * m))[:-1]


def _load(values: Tensor, mask: Tensor) -> Load | float:
    """What has to be carried; where nothing has to or can be, the nearness itself."""
    total, wanted = float(values.sum()), float(mask.sum())
    if not np.isfinite(total) or total == 0 or wanted == 0:
        return float("nan")
    surplus = (values / total - mask / wanted).numpy()
    # A distance obeys the triangle inequality, so that what both hold stays where it is.
    sources, sinks = np.argwhere(surplus > 0), np.argwhere(surplus < 0)
    if not len(sources) or not len(sinks):
        return 1.0
    given, taken = surplus[surplus > 0], -surplus[surplus < 0]
    return Load(given, taken * (given.sum() / taken.sum()), np.linalg.norm(sources[:, None] - sinks[None], axis=-1))


def _cells(maps: Tensor) -> Tensor:
    """(B, h, w) the maps (B, H, W) summed over cells, so that no side has more than `MOST_CELLS`."""
    for axis in (1, 2):
        side = maps.shape[axis]
        if side > MOST_CELLS:
            place = torch.arange(side, device="cpu") * MOST_CELLS // side
            shape = list(maps.shape)
            shape[axis] = MOST_CELLS
            maps = torch.zeros(shape, dtype=maps.dtype, device="cpu").index_add(axis, place, maps)
    return maps
