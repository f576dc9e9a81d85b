"""The shortest step that raises a linear function by a given amount, within bounds: exact in three norms."""

import torch
from torch import Tensor

TINY = torch.finfo(torch.float64).tiny


def shortest_step(slopes: Tensor, need: Tensor, bounds: tuple[Tensor, Tensor], weight: Tensor, norm: float) -> Tensor:
    """(n, d) steps, each the one of least weighted norm with slope times step at least `need` (n,).

    `slopes` (n, d); `bounds`: how far each value may go down (n, d), not above 0, and up, not below 0; `weight` (d,) positive;
    `norm` 1, 2 or infinite. Where the bounds leave less than is needed the step goes to them; where nothing is needed it is 0.
    """
    room = torch.where(slopes > 0, bounds[1], -bounds[0])
    gain = room * slopes.abs()
    length = _greedy(slopes, need, gain, weight) if norm == 1 else _filled(slopes, need, gain, weight, norm)
    return length * slopes.sign()


def _greedy(slopes: Tensor, need: Tensor, gain: Tensor, weight: Tensor) -> Tensor:
    """The values that give most for their weight go all the way, the last of them as far as it must."""
    order = (slopes.abs() / weight).argsort(dim=1, descending=True, stable=True)
    gained = gain.gather(1, order)
    before = gained.cumsum(1) - gained
    used = torch.minimum((need[:, None] - before).clamp_min(0), gained)
    share = torch.zeros_like(slopes).scatter(1, order, used)
    return share / slopes.abs().clamp_min(TINY)


def _filled(slopes: Tensor, need: Tensor, gain: Tensor, weight: Tensor, norm: float) -> Tensor:
    """All values go together, each at its rate, until it meets its bound: the level is found among the bends."""
    size = slopes.abs()
    rate = size / weight**2 if norm == 2 else torch.where(size > 0, 1 / weight, 0)
    rise = rate * size
    bend = gain / rise.clamp_min(TINY)
    order = bend.argsort(dim=1, stable=True)
    at, gained, rising = bend.gather(1, order), gain.gather(1, order), rise.gather(1, order)
    left = rising.flip(1).cumsum(1).flip(1)  # what still rises before each bend
    full = gained.cumsum(1) - gained
    level = (need[:, None] - full) / left.clamp_min(TINY)
    fits = (level <= at) & (left > 0)
    first = torch.where(fits.any(1), fits.int().argmax(1), 0)[:, None]
    chosen = torch.where(fits.any(1, keepdim=True), level.gather(1, first), torch.inf).clamp_min(0)
    met = chosen * rise
    return torch.where(rise > 0, torch.minimum(torch.where(met.isfinite(), met, gain), gain), 0) / size.clamp_min(TINY)
