"""A smooth background draws attribution to suppressors."""

from math import isnan

import torch

from xaivision.core.bootstrap import mean_interval
from xaivision.evaluation.known_answers.decimals import decimals, spanned
from xaivision.evaluation.known_answers.published.claim import Claim, Rows, Studies, Told, masses

# Of two accuracies that are held against each other: how far they may lie apart.
COMPARABLE = 0.05


def _suppressors(rows: Rows, studies: Studies) -> Told:
    """Of the linear model: its weights where both backgrounds are learned as well, and mass on the truth of every method."""
    study = studies.get("tetromino suppressors")
    white, smooth = (masses(rows, f"tetrominoes linear {background} 8", "linear") for background in ("white", "correlated"))
    shared = sorted(set(white) & set(smooth))
    if study is None or not shared:
        return None
    falls = torch.tensor([white[name] - smooth[name] for name in shared], dtype=torch.float64, device="cpu")
    means = [sum(part[name] for name in shared) / len(shared) for part in (white, smooth)]
    low, high = mean_interval(falls)
    one, other = (
        max((label for label, _ in study.rows if label.startswith(kind)), key=_share) for kind in ("white", "correlated")
    )
    accuracies, on, beside = (
        [study.value(label, head) for label in (one, other)] for head in ("accuracy", "on the truth", "next to it")
    )
    clear = study.value(one, "on the truth, from") > study.value(other, "to")
    numbers = (
        f"Of the weights of linear models that are right about {decimals(accuracies[0], 3)} and {decimals(accuracies[1], 3)} of "
        f"the pictures {decimals(on[0])} lies on the truth with white noise and {decimals(on[1])} with smooth noise, "
        f"{decimals(beside[0])} and {decimals(beside[1])} right next to it. With the published contrast, where the smooth "
        "background is learned better, "
        f"{int((falls > 0).sum())} of {len(shared)} methods put less mass on the truth: {decimals(means[0])} on average became "
        f"{decimals(means[1])}, the fall {spanned(float(falls.mean()), (low, high))} over methods."
    )
    if abs(accuracies[0] - accuracies[1]) > COMPARABLE:
        return None, f"The models are not comparable. {numbers}"
    return clear and beside[1] > beside[0] and (low > 0 or isnan(low)) and means[1] < means[0], numbers


def _share(label: str) -> float:
    """How much of the picture the pattern is: `white, 0.3 of the picture`."""
    return float(label.split(", ")[1].split()[0])


SMOOTH_BACKGROUND = Claim(
    "A smooth background draws attribution to suppressors.",
    "Clark et al., 2023, arXiv:2306.12816",
    _suppressors,
    "the linear tetrominoes on both backgrounds, and the study of their suppressors",
)
