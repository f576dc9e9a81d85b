"""A student who learns from a few explained rows what the model will say of others."""

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.engines.table_bins import QUARTILES

# Steps and penalty of the logistic regression of the student who saw no explanation.
STEPS, PENALTY = 200, 0.1


def binned(rows: Tensor, background: Tensor) -> Tensor:
    """(n, F) the bin of each value: its quartile in the background, or its own where a column has four values or fewer."""
    out = torch.zeros(rows.shape, dtype=torch.int64, device="cpu")
    table, given = background.double().cpu(), rows.double().cpu()
    for column in range(table.shape[1]):
        values = table[:, column].unique()  # type: ignore[no-untyped-call]
        cuts = values[:-1] if len(values) <= 4 else torch.quantile(table[:, column], torch.tensor(QUARTILES, dtype=torch.float64))
        out[:, column] = torch.searchsorted(cuts.contiguous(), given[:, column].contiguous())
    return out


def one_hot(bins: Tensor) -> Tensor:
    """(n, 4 F) of bins (n, F) from 0 to 3."""
    return torch.nn.functional.one_hot(bins.clamp_max(3), 4).flatten(1).double()


def untold(bins: Tensor, seen: Tensor, asked: Tensor) -> Tensor:
    """(m,) what a logistic regression of the seen classes (n,) on their bins (n, F) says of others (m, F)."""
    rows, sign = one_hot(bins), 2.0 * seen.double() - 1
    weights = torch.zeros(rows.shape[1] + 1, dtype=torch.float64, device="cpu")
    rows = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
    size = 4 / (rows.square().sum(1).mean() + PENALTY)
    for _ in range(STEPS):
        pull = torch.sigmoid(-sign * (rows @ weights)) * sign
        weights = weights + size * (pull @ rows / len(rows) - PENALTY * weights)
    wanted = torch.cat([one_hot(asked), torch.ones(len(asked), 1, dtype=torch.float64, device="cpu")], 1)
    return (wanted @ weights > 0).long()


def told(explained: Attribution, bins: Tensor, asked: Tensor, order: Tensor | None = None) -> Tensor:
    """(m,) what the mean of the explanations' values of each bin, as support of class 1, adds up to.

    Of a bin that no explained row has nothing is known. The sum that turns the answer is the one that fits the seen rows best.
    """
    seen = explained.query.targets.cpu()
    support = explained.values.double().cpu() * (2.0 * seen.double() - 1)[:, None]
    if order is not None:
        support = support.gather(1, order)
    hot = torch.nn.functional.one_hot(bins.clamp_max(3), 4).double()  # (n, F, 4)
    means = (support[:, :, None] * hot).sum(0) / hot.sum(0).clamp_min(1)
    sums = _looked_up(means, bins)
    cut = _best_cut(sums, seen)
    return (_looked_up(means, asked) > cut).long()


def _looked_up(means: Tensor, bins: Tensor) -> Tensor:
    return means.gather(1, bins.clamp_max(3).T).sum(0)


def _best_cut(sums: Tensor, seen: Tensor) -> float:
    """Between two neighbors of the sums, where most seen rows are told apart; of several the one nearest to 0."""
    ends = sums.sort().values
    cuts = torch.cat([(ends[1:] + ends[:-1]) / 2, torch.zeros(1, dtype=torch.float64, device="cpu")])
    right = ((sums[None] > cuts[:, None]).long() == seen).double().mean(1)
    best = cuts[right == right.max()]
    return float(best[best.abs().argmin()])
