"""Orders and rank correlation."""

from collections.abc import Sequence

import torch
from torch import Tensor


def removal_order(values: Tensor, generator: torch.Generator) -> Tensor:
    """(B, n) feature numbers, largest value first, from (B, n). Ties are broken at random, the same way for every input."""
    shuffle = torch.randperm(values.shape[1], generator=generator, device="cpu").to(values.device)
    return shuffle[values[:, shuffle].argsort(dim=1, descending=True, stable=True)]


def average_ranks(values: Tensor) -> Tensor:
    """(n,) ranks from 0 in float64; tied values share the mean of their ranks."""
    flat = values.detach().flatten().cpu()
    exact = flat.float() if flat.dtype in (torch.bfloat16, torch.float16) else flat
    order = torch.from_numpy(exact.numpy().argsort())  # in a fifth of the time that torch takes
    ordered = exact[order]
    ranks = torch.empty(len(exact), dtype=torch.float64, device="cpu")
    if bool((ordered[1:] != ordered[:-1]).all()):
        ranks[order] = torch.arange(len(exact), dtype=torch.float64, device="cpu")
    else:
        _, counts = torch.unique_consecutive(ordered, return_counts=True)
        middles = counts.cumsum(0) - (counts + 1) / 2
        ranks[order] = middles.double().repeat_interleave(counts)
    return ranks.to(values.device)


def spearman(first: Tensor, second: Tensor) -> float:
    """Spearman's rank correlation of two vectors (n,), ties averaged; NaN where one of them is constant."""
    return float(spearman_matrix([first, second])[0, 1])


def spearman_matrix(vectors: Sequence[Tensor]) -> Tensor:
    """(m, m) Spearman correlations of m tensors of n values each, in float64; NaN where one is constant or not finite."""
    ranks = torch.stack([centered_ranks(vector) for vector in vectors])
    products = ranks @ ranks.T
    # From the diagonal of the same product: a map is then exactly as much like itself as can be. Zero gives NaN, never 0.
    found: Tensor = products / (products.diag()[:, None] * products.diag()[None, :]).sqrt()
    return found.clamp(-1, 1)


def centered_ranks(vector: Tensor) -> Tensor:
    """(n,) ranks in float64 on the CPU, less their mean; NaN where a value is not finite."""
    if not bool(vector.isfinite().all()):
        return torch.full((vector.numel(),), float("nan"), dtype=torch.float64, device="cpu")
    ranks = average_ranks(vector.cpu())
    return ranks - ranks.mean()
