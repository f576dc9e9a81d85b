"""Rows near one row: what a local surrogate is learned from.

Each is the row with some of its columns taken together from a known one, and is drawn the likelier the less has changed: as
LIME's weights, but by drawing, so that a local surrogate is learned and judged as a global one is. No row is drawn twice: what
judges would else be what was learned from.

Sources: Ribeiro, Singh, Guestrin, "Why should I trust you?", 2016, arXiv:1602.04938; Efraimidis, Spirakis, Weighted random
sampling with a reservoir, 2006, doi:10.1016/j.ipl.2005.11.003 (drawing without replacement).
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.surrogates.same_rows import digest, first_of_each

SAMPLES, WIDTH = 2000, 0.75
# Candidates are made in so many blocks of as many rows as are drawn: the more, the closer the draw is to the weights.
BLOCKS = 5


def rows_near(row: Tensor, known: Tensor, *, samples: int = SAMPLES, width: float = WIDTH, seed: int = 0) -> Tensor:
    """(n, F) different rows near `row` (F,), made of its own values and those of `known` (m, F); the row itself comes first.

    `samples`: how many, or fewer where no more can be made of these values. `width`: of the kernel, in root mean square of
    changes over columns, in standard deviations.

    Raises: InputError, where the shapes do not fit.
    """
    if row.ndim != 1 or known.ndim != 2 or known.shape[1] != len(row) or not len(known):
        raise InputError(f"`near` must be one row of the {known.shape[-1]} columns of the data. Got shape {tuple(row.shape)}.")
    chance = generator(seed, "rows near")
    spread = known.double().std(0, correction=0).clamp_min(1e-12).cpu()
    rows, keys = row[None], torch.full((1,), torch.inf, dtype=torch.float64, device="cpu")
    seen = {digest(row.cpu().numpy())}
    for block in _candidates(row, known, samples, chance):
        new = block[torch.from_numpy(first_of_each(block.cpu().numpy(), seen)).to(block.device)]
        far = ((new.double().cpu() - row.double().cpu()) / spread).square().mean(1)
        # Gumbel's noise on logarithms of the weights: none of them is too small to be told from another.
        noise = -torch.rand(len(new), generator=chance, dtype=torch.float64, device="cpu").clamp_min(1e-300).log()
        rows, keys = torch.cat([rows, new]), torch.cat([keys, -far / (2 * width**2) - noise.clamp_min(1e-300).log()])
        first = keys.argsort(descending=True)[:samples]
        rows, keys = rows[first.to(rows.device)], keys[first]
    return rows


def _candidates(row: Tensor, known: Tensor, count: int, chance: torch.Generator) -> Iterator[Tensor]:
    """Blocks (count, F) of rows of which a share of the columns, any share, is that of a known row."""
    for _ in range(BLOCKS):
        origins = torch.randint(len(known), (count,), generator=chance, device="cpu")
        shares = torch.rand(count, 1, generator=chance, device="cpu")
        taken = torch.rand(count, len(row), generator=chance, device="cpu") < shares
        yield torch.where(taken.to(row.device), known[origins.to(known.device)].to(row), row)
