"""Random values for a growing number of columns.

Source: the random sampling of DiCE (Mothilal et al., 2020, arXiv:1905.07697).
"""

from functools import partial

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.searching import Search, in_helpings
from xaivision.engines.counterfactuals.space import Room

# In how many helpings the rows are drawn: with one more part changed each, and in the last ones with any number of them.
HELPINGS = 5


def random_changes(room: Room, sample_size: int, enough: int, generator: torch.Generator) -> Search:
    """Ask about `sample_size` rows with one, two, three parts drawn anew, then with more, until `enough` of them hold."""
    parts, found = len(room), 0
    if not parts:
        return
    counts = [sample_size // HELPINGS + (place < sample_size % HELPINGS) for place in range(HELPINGS)]
    for place, count in enumerate(filter(None, counts)):
        last = place >= HELPINGS - 2
        sizes = torch.full((count,), min(place + 1, parts), device="cpu")
        if last:  # evenly over what has not been tried
            sizes = min(HELPINGS - 1, parts) + torch.arange(count, device="cpu") % max(1, parts - HELPINGS + 2)
        asked = yield from in_helpings(count, len(room.row), partial(_changed, room, sizes, generator))
        found += int((asked.merits > 0).sum())
        if found >= enough:
            return


def _changed(room: Room, sizes: Tensor, generator: torch.Generator, part: slice) -> Tensor:
    """(n, F) rows of a stretch, with so many parts each drawn anew."""
    count = len(sizes[part])
    order = torch.rand(count, len(room), generator=generator, dtype=torch.float64, device="cpu").argsort(1).argsort(1)
    return room.mixed(room.final(room.drawn(count, generator)), order < sizes[part, None])
