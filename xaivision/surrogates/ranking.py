"""How much each feature matters to a black box: rankings of original features, which have names, and of latents, which have none.

A published notebook plots the attention over 968 latents of an autoencoder against the first 968 column names. Here a ranking of
latents has no place for names, and what chooses columns takes rankings of columns only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.presenting import few, in_short
from xaivision.engines.ranking import average_ranks, spearman_matrix
from xaivision.surrogates.decision_tree import Floats

# Source: Cormack, Clarke, Buettcher, Reciprocal rank fusion, 2009, doi:10.1145/1571941.1572114.
FUSION = 60


@dataclass(frozen=True, eq=False, repr=False)
class FeatureRanking:
    """`values` (F,): importance of each feature that a surrogate may read, in the order of `names`; the larger the more.

    Raises: InputError, where there is not one value for each name.
    """

    method: str
    names: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.asarray(self.values, dtype=np.float64))
        if self.values.shape != (len(self.names),):
            raise InputError(
                f"A ranking must have one value for each of {len(self.names)} features. Got {self.values.shape[0]}. Values of "
                "latents belong to no column: keep them in a `LatentRanking`."
            )
        if not np.isfinite(self.values).all():
            raise InputError(
                f"Importances must be finite. Got {int((~np.isfinite(self.values)).sum())} of `{self.method}` that are not."
            )

    def __repr__(self) -> str:
        """One line: how many features, and the first of them."""
        return in_short(self, self.method, f"{len(self.names)} features {few(self.top_names(5))}")

    @property
    def order(self) -> "np.ndarray":
        """(F,) numbers of the features, most important first; of equals the first comes first."""
        return np.argsort(-self.values, kind="stable")

    def top(self, k: int, among: Sequence[int] | None = None) -> tuple[int, ...]:
        """Numbers of the k most important features; `among`: of those that may be chosen."""
        allowed = set(range(len(self.names)) if among is None else among)
        return tuple(int(number) for number in self.order if int(number) in allowed)[:k]

    def top_names(self, k: int) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.names[number] for number in self.top(k))


@dataclass(frozen=True, eq=False, repr=False)
class LatentRanking:
    """`values` (L,): importance of each latent of an encoder. It has no names: no latent is a column."""

    method: str
    values: Floats

    def __repr__(self) -> str:
        return in_short(self, self.method, f"{len(self.values)} latents")

    def through(self, encoder: nn.Module, inputs: Tensor, names: Sequence[str]) -> FeatureRanking:
        """What the latents' importance comes to on the columns (B, F) that they are made of, by the encoder's derivative.

        Each column has the sum over latents of importance times the mean absolute derivative, times the column's spread.

        Raises: InputError, where the encoder does not give these latents, or there is not one name a column.
        """
        weights = torch.from_numpy(np.asarray(self.values)).to(inputs)
        if tuple(encoder(inputs[:1]).flatten(1).shape) != (1, len(weights)):
            raise InputError(f"`encoder` must give the {len(weights)} latents that are ranked. Got another number.")
        if len(names) != inputs.shape[1]:
            raise InputError(f"`names` must be one for each of {inputs.shape[1]} columns. Got {len(names)}.")
        rows = inputs.detach().requires_grad_()
        latents = encoder(rows).flatten(1).sum(0)  # rows do not mix: the slope of the sum is each row's own
        total = torch.zeros(inputs.shape[1], dtype=torch.float64, device="cpu")
        for weight, latent in zip(weights, latents, strict=True):
            (slopes,) = torch.autograd.grad(latent, rows, retain_graph=True)
            total += (weight * slopes.abs()).sum(0).double().cpu()
        spread = inputs.double().std(0, correction=0).cpu()
        return FeatureRanking(f"{self.method} through the encoder", tuple(names), (total / len(inputs) * spread).numpy())


@dataclass(frozen=True, eq=False, repr=False)
class JoinedRanking(FeatureRanking):
    """Several rankings as one, by reciprocal ranks: `parts`; how far they agree: `correlations` (m, m) Spearman's, and `w`.

    `w` is Kendall's: 1 where all have the same order; NaN for a single one.
    """

    parts: tuple[FeatureRanking, ...] = ()
    correlations: Floats | None = None
    w: float = float("nan")

    def shared(self, k: int) -> float:
        """The mean share of the first k features that two of the rankings have in common; NaN for a single one."""
        tops = [set(part.top(k)) for part in self.parts]
        pairs = [len(one & other) / k for i, one in enumerate(tops) for other in tops[:i]]
        return float(np.mean(pairs)) if pairs else float("nan")


def joined(rankings: Sequence[FeatureRanking]) -> JoinedRanking:
    """Rankings of the same features as one.

    Raises: InputError, where there are none, or they rank other features; CapabilityError, where one ranks latents.
    """
    if not rankings:
        raise InputError("Name at least one ranking. Got none.")
    for one in rankings:
        check_names_features(one)
        if one.names != rankings[0].names:
            raise InputError(f"Rankings must be of the same features. Got {few(rankings[0].names)} and {few(one.names)}.")
    ranks = np.stack([len(one.names) - 1 - average_ranks(torch.from_numpy(one.values)).numpy() for one in rankings])
    values = (1 / (FUSION + 1 + ranks)).sum(0) if len(rankings) > 1 else rankings[0].values
    correlations = spearman_matrix([torch.from_numpy(one.values) for one in rankings]).numpy()
    method = " + ".join(one.method for one in rankings)
    return JoinedRanking(method, rankings[0].names, values, tuple(rankings), correlations, _kendall_w(ranks))


def check_names_features(ranking: object) -> None:
    """Raises: CapabilityError, where what is ranked are latents, or it is no ranking."""
    if isinstance(ranking, LatentRanking):
        raise CapabilityError(
            f"A ranking of {len(ranking.values)} latents cannot choose columns: no latent is a column. Bring it to the columns "
            "with `ranking.through(encoder, inputs, names)`, or rank the columns themselves."
        )
    if not isinstance(ranking, FeatureRanking):
        raise InputError(f"A ranking must be a name or a `FeatureRanking`. Got {type(ranking).__name__}.")


def _kendall_w(ranks: Floats) -> float:
    """As `engines.concordance.kendall_w`, without a table of all pairs of features."""
    if len(ranks) < 2 or ranks.shape[1] < 2:
        return float("nan")
    centered = ranks - ranks.mean(1, keepdims=True)
    within = float((centered**2).sum())
    return float((centered.sum(0) ** 2).sum()) / (len(ranks) * within) if within else float("nan")
