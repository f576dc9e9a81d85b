"""Rows near one row: what a local surrogate is learned from.

Each is the row with some of its columns taken together from a known one, and counts the more the less has changed: as LIME's
weights, but by drawing, so that a local surrogate is learned and judged as a global one is.

Source: Ribeiro, Singh, Guestrin, "Why should I trust you?", 2016, arXiv:1602.04938.
"""

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator

SAMPLES, WIDTH = 2000, 0.75


def rows_near(row: Tensor, known: Tensor, *, samples: int = SAMPLES, width: float = WIDTH, seed: int = 0) -> Tensor:
    """(samples, F) rows near `row` (F,), made of its own values and those of `known` (n, F); the row itself comes first.

    `width`: of the kernel, in root mean square of changes over columns, in standard deviations.

    Raises: InputError, where the shapes do not fit.
    """
    if row.ndim != 1 or known.ndim != 2 or known.shape[1] != len(row) or not len(known):
        raise InputError(f"`near` must be one row of the {known.shape[-1]} columns of the data. Got shape {tuple(row.shape)}.")
    chance = generator(seed, "rows near")
    origins = torch.randint(len(known), (samples,), generator=chance, device="cpu")
    shares = torch.rand(samples, 1, generator=chance, device="cpu")
    taken = torch.rand(samples, len(row), generator=chance, device="cpu") < shares
    rows = torch.where(taken.to(row.device), known[origins.to(known.device)].to(row), row)
    spread = known.double().std(0, correction=0).clamp_min(1e-12).cpu()
    far = ((rows.double().cpu() - row.double().cpu()) / spread).square().mean(1)
    weights = torch.exp(-far / (2 * width**2))
    drawn = torch.multinomial(weights, samples - 1, replacement=True, generator=chance)
    return torch.cat([row[None], rows[drawn.to(rows.device)]])
