"""Random values for a growing number of columns.

Source: the random sampling of DiCE (Mothilal et al., 2020, arXiv:1905.07697).
"""

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.rooms import Rooms
from xaivision.engines.counterfactuals.searching import Ask, Search, helpings

# In how many helpings the rows are drawn: with one more part changed each, and in the last ones with any number of them.
HELPINGS = 5


def random_changes(rooms: Rooms, owners: Tensor, sample_size: int, enough: int, generator: torch.Generator) -> Search:
    """Ask, for each of these rooms (b,), about `sample_size` rows with one, two, three parts drawn anew, then with more, until
    `enough` of its rows hold.
    """
    found = torch.zeros(len(rooms.each), dtype=torch.int64, device="cpu")
    counts = [sample_size // HELPINGS + (place < sample_size % HELPINGS) for place in range(HELPINGS)]
    for place, count in enumerate(filter(None, counts)):
        owners = owners[found[owners] < enough]
        if not len(owners):
            return
        draws = drawn(rooms, count, generator)  # whole, and the same for all rooms: neither helpings nor neighbors matter
        sizes = _sizes(rooms.movable[owners].sum(1, keepdim=True), place, count)
        for part in helpings(count, len(owners) * rooms.row.shape[1]):
            asked = yield changed_rows(rooms, owners, draws[:, part], sizes[:, part])
            good = (asked.merits > 0).view(len(owners), -1).sum(1)
            found[owners] += good


def _sizes(parts: Tensor, place: int, count: int) -> Tensor:
    """(b, count) how many parts of so many (b, 1) are changed in each row of a helping."""
    if place < HELPINGS - 2:
        return parts.clamp_max(place + 1).expand(-1, count)
    beyond = torch.arange(count, device="cpu") % (parts - HELPINGS + 2).clamp_min(1)  # evenly over what has not been tried
    return parts.clamp_max(HELPINGS - 1) + beyond


def drawn(rooms: Rooms, count: int, generator: torch.Generator) -> Tensor:
    """(2, count, A) draws for as many rows, of which parts are changed and to what."""
    return torch.rand(2, count, rooms.movable.shape[1], generator=generator, dtype=torch.float64, device="cpu")


def changed_rows(rooms: Rooms, owners: Tensor, draws: Tensor, sizes: Tensor) -> Ask:
    """Rows for each of these rooms (b,), by draws (2, n, A), with so many (b, n) of their parts changed."""
    which, where = draws
    every = owners.repeat_interleave(len(where))
    kept = rooms.first_drawn(which, owners) < sizes[..., None]
    placed = rooms.placed(where.repeat(len(owners), 1), every)
    return Ask(rooms.mixed(placed, kept.flatten(0, 1), every), owners=every)
