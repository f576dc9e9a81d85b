"""Agreement between two explanations of the same question, in several senses of the word.

Every measure takes two attributions and gives (B,) numbers in float64, 1 where they agree fully, NaN where a map is not finite
or says nothing that could agree. Which of two maps that disagree is right, none of them can say.

Source: Krishna et al., The disagreement problem in explainable machine learning, 2022, arXiv:2202.01602.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer
from xaivision.engines.map_agreement import Top, overlap, shared_share, structural_similarities, top
from xaivision.engines.ranking import spearman

# Two attributions of the same question, and how many features count where that is asked (None: as `usual_k`).
Measure = Callable[[Attribution, Attribution, int | None], Tensor]


def feature_agreement(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) share of the k features of largest absolute value that both have, from 0 to 1.

    A feature of value zero is named by no map; where that leaves fewer than k, the share is of the larger number named.
    Ties for the last places are broken by the same draw for both maps. `k` None: one feature in ten, and at least five.
    """
    mine, theirs = _tops(first, second, k)
    return _known(shared_share(mine, theirs, torch.ones_like(mine.names)), first, second)


def rank_agreement(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) as `feature_agreement`, of features that have the same rank in both."""
    mine, theirs = _tops(first, second, k)
    return _known(shared_share(mine, theirs, mine.ranks == theirs.ranks), first, second)


def sign_agreement(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) as `feature_agreement`, of features that have the same sign in both."""
    mine, theirs = _tops(first, second, k)
    return _known(shared_share(mine, theirs, _same_sign(first, second)), first, second)


def signed_rank_agreement(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) as `feature_agreement`, of features that have the same rank and the same sign in both."""
    mine, theirs = _tops(first, second, k)
    return _known(shared_share(mine, theirs, (mine.ranks == theirs.ranks) & _same_sign(first, second)), first, second)


def top_k_iou(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) features that are among the k largest positive values of both, over those that are in at least one."""
    mine, theirs = _tops(first, second, k, signed=True)
    return _known(overlap(mine, theirs), first, second)


def rank_correlation(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) Spearman's correlation of all signed values, from -1 to 1, whatever `k`; NaN where a map is constant."""
    _check_same_question(first, second)
    pairs = zip(first.feature_values.flatten(1).cpu(), second.feature_values.flatten(1).cpu(), strict=True)
    return torch.tensor([spearman(one, other) for one, other in pairs], dtype=torch.float64, device="cpu")


def structural_similarity(first: Attribution, second: Attribution, k: int | None = None) -> Tensor:
    """(B,) SSIM of the maps as drawn in gray, each on its own symmetric scale, from -1 to 1, whatever `k`.

    Raises: InputError, where these are no pictures, or smaller than three pixels.
    """
    _check_same_question(first, second)
    values = first.feature_values
    if values.ndim != 3 or min(values.shape[1:]) < 3:
        raise InputError(f"SSIM is for pictures of at least 3 x 3 pixels. Got maps of shape {tuple(values.shape[1:])}.")
    return structural_similarities(values, second.feature_values)


AGREEMENTS: dict[str, Measure] = {
    "rank_correlation": rank_correlation,
    "feature_agreement": feature_agreement,
    "rank_agreement": rank_agreement,
    "sign_agreement": sign_agreement,
    "signed_rank_agreement": signed_rank_agreement,
    "top_k_iou": top_k_iou,
    "structural_similarity": structural_similarity,
}


def agreement_matrix(maps: Sequence[Attribution], measure: str, k: int | None = None) -> Tensor:
    """(B, n, n) the named measure of every two of n maps; a map agrees with itself as far as the measure is defined for it.

    Raises: UnknownNameError, where no measure has this name; InputError, where the maps are not of the same question.
    """
    if measure not in AGREEMENTS:
        raise UnknownNameError("measure of agreement", measure, AGREEMENTS)
    if not maps:
        return torch.empty(0, 0, 0, dtype=torch.float64, device="cpu")
    found = torch.empty(len(maps[0].query), len(maps), len(maps), dtype=torch.float64, device="cpu")
    for row, first in enumerate(maps):
        for column, second in enumerate(maps[: row + 1]):
            found[:, row, column] = found[:, column, row] = AGREEMENTS[measure](first, second, k).cpu()
    return found


def usual_k(features: int) -> int:
    """One feature in ten, and at least five of them."""
    return max(min(5, features), round(features / 10))


def _tops(first: Attribution, second: Attribution, k: int | None, *, signed: bool = False) -> tuple[Top, Top]:
    _check_same_question(first, second)
    features = first.feature_values[0].numel()
    count = usual_k(features) if k is None else k
    check_positive_integer("k", count)
    if count > features:
        raise InputError(f"`k` must be at most the number of features, {features}. Got {count}.")
    flat = [one.feature_values.flatten(1).cpu() for one in (first, second)]
    mine, theirs = (top(one if signed else one.abs(), count, generator(0, "agreement ties")) for one in flat)
    return mine, theirs


def _same_sign(first: Attribution, second: Attribution) -> Tensor:
    return first.feature_values.flatten(1).cpu().sign() == second.feature_values.flatten(1).cpu().sign()


def _known(found: Tensor, first: Attribution, second: Attribution) -> Tensor:
    finite = [one.feature_values.flatten(1).isfinite().all(1).cpu() for one in (first, second)]
    return found.masked_fill(~(finite[0] & finite[1]), torch.nan)


def _check_same_question(first: Attribution, second: Attribution) -> None:
    same = first.query.inputs.shape == second.query.inputs.shape and bool(
        torch.equal(first.query.inputs, second.query.inputs.to(first.query.inputs))
        and torch.equal(first.query.targets, second.query.targets.to(first.query.targets))
    )
    if not same:
        raise InputError(
            f"Both explanations must be of the same inputs and targets. `{first.method}` and `{second.method}` are not. "
            "Ask both by `xv.compare`."
        )
