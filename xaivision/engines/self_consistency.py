"""CC-SHAP: whether the same parts of an input that carry a prediction carry the words about it.

Both are contributions of the same players. What is compared is how each set is shared out, so that the scale of a score and
of a log-probability drop out. How alike two unrelated sets of so few players look is told beside it.
"""

from dataclasses import dataclass
from math import lgamma, nan, pi, sqrt

import torch
from torch import Tensor

from xaivision.core.errors import InputError

# Contributions below this are mostly rounding and chance, which sharing out would blow up.
SMALL = 0.01
PERMUTATIONS = 500
CERTAINTY = 0.95


@dataclass(frozen=True)
class SelfConsistency:
    """`cosine` in [-1, 1]: CC-SHAP, NaN where one of the two has no contributions at all; the rest say the same otherwise.

    `correlation` is the cosine about the means, `mse` the mean squared difference of the shares. `kl` and `js` are in nats,
    between the absolute shares. `small`: the largest contribution of one of the two is below 0.01. For this number of
    `players`: `by_chance`, the mean absolute cosine of two unrelated directions, `chance_limit`, what 95 % of them stay
    below, and `permuted`, the share of permutations of the players after which the cosine is as large.
    """

    cosine: float
    correlation: float
    mse: float
    kl: float
    js: float
    small: bool
    players: int
    by_chance: float
    chance_limit: float
    permuted: float


def self_consistency(prediction: Tensor, words: Tensor, generator: torch.Generator) -> SelfConsistency:
    """How alike contributions (M,) to a prediction and (M,) or (M, T) to each of T words are shared out over M players.

    Raises: InputError, where they are not finite, not of the same players, or of fewer than two.

    Source: Parcalabescu and Frank, ACL 2024, arXiv:2311.07466; of pictures, ICLR 2025, arXiv:2404.18624
    """
    _check(prediction, words)
    ours, theirs = contribution_shares(prediction), contribution_shares(words)
    found = _cosine(ours, theirs)
    return SelfConsistency(
        found,
        _cosine(ours - ours.mean(), theirs - theirs.mean()),
        float((ours - theirs).square().mean()),
        _divergence(theirs.abs(), ours.abs()),
        _js(ours.abs(), theirs.abs()),
        min(float(prediction.abs().max()), float(words.abs().max())) < SMALL,
        len(prediction),
        cosine_by_chance(len(prediction)),
        chance_limit(len(prediction)),
        _permuted(ours, theirs, found, generator),
    )


def contribution_shares(values: Tensor) -> Tensor:
    """(M,) float64 shares whose absolute values sum to 1 for one word: each word's own contributions, then the mean of words.

    Words that nothing contributes to do not count; zeros where none is left.
    """
    columns = values.detach().double().cpu().view(len(values), -1)
    totals = columns.abs().sum(0)
    known = columns[:, totals > 0] / totals[totals > 0]
    return known.mean(1) if known.shape[1] else torch.zeros(len(values), dtype=torch.float64, device="cpu")


def cosine_by_chance(players: int) -> float:
    """The mean absolute cosine of two random directions: 0.235 for 12 players."""
    return float(torch.tensor(lgamma(players / 2) - lgamma((players + 1) / 2), dtype=torch.float64, device="cpu").exp()) / sqrt(
        pi
    )


def chance_limit(players: int) -> float:
    """What the absolute cosine of two random directions stays below with a chance of 95 %."""
    from scipy.special import betaincinv

    return sqrt(float(betaincinv(0.5, (players - 1) / 2, CERTAINTY)))


def _check(prediction: Tensor, words: Tensor) -> None:
    if prediction.ndim != 1 or words.ndim not in (1, 2) or len(words) != len(prediction) or not words.numel():
        raise InputError(
            "Contributions to a prediction, (M,), and to words, (M,) or (M, T), must be of the same M players. "
            f"Got shapes {tuple(prediction.shape)} and {tuple(words.shape)}."
        )
    if len(prediction) < 2:
        raise InputError("At least two players are needed to share contributions among. Got one.")
    if not bool(prediction.isfinite().all() and words.isfinite().all()):
        raise InputError("Contributions must be finite numbers. Got some that are not.")


def _cosine(ours: Tensor, theirs: Tensor) -> float:
    """NaN where one of the two is zero."""
    lengths = float(ours.norm() * theirs.norm())
    return max(-1.0, min(1.0, float(ours @ theirs) / lengths)) if lengths > 0 else nan


def _divergence(ours: Tensor, theirs: Tensor) -> float:
    """Kullback and Leibler's, of what is normalized first: infinite where `theirs` gives nothing to what `ours` has."""
    if not (bool(ours.any()) and bool(theirs.any())):
        return nan
    p, q = ours / ours.sum(), theirs / theirs.sum()
    return float(torch.where(p > 0, p * (p / q).log(), p).sum())


def _js(ours: Tensor, theirs: Tensor) -> float:
    """Jensen and Shannon's divergence, from 0 to ln 2."""
    if not (bool(ours.any()) and bool(theirs.any())):
        return nan
    p, q = ours / ours.sum(), theirs / theirs.sum()
    middle = (p + q) / 2
    return (_divergence(p, middle) + _divergence(q, middle)) / 2


def _permuted(ours: Tensor, theirs: Tensor, found: float, generator: torch.Generator) -> float:
    """The p-value of the cosine; the order that was found counts as one of the permutations."""
    if found != found:
        return nan
    orders = torch.rand(PERMUTATIONS, len(theirs), generator=generator, dtype=torch.float64, device="cpu").argsort(1)
    cosines = theirs[orders] @ ours / (ours.norm() * theirs.norm())
    return (1 + int((cosines >= found - 1e-12).sum())) / (1 + PERMUTATIONS)
