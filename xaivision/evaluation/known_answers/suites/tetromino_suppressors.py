"""Suppressors of linear tetrominoes: where the weights of a linear model lie on smooth noise, beside those on white noise."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from xaivision.core.bootstrap import mean_interval
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.tetrominoes import Background, contrasted_tetrominoes, tetrominoes
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import Size
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.models.known_answers.known_models import known_model

# Of the study of suppressors: backgrounds with shares of the pattern, how far "next to" reaches, and sets of each kind.
STUDIED: dict[Size, tuple[tuple[Background, float], ...]] = {
    "quick": (("white", 0.3), ("correlated", 0.05)),
    "full": (("white", 0.18), ("white", 0.3), ("correlated", 0.0125), ("correlated", 0.05)),
}
NEAR, DRAWS = 1, 3
# Pictures to learn from.
LEARNED = 4000


def tetromino_suppressor_study(size: Size, seed: int) -> StudyTable:
    """Where the weights of a linear model lie: on the tetrominoes, next to them, or elsewhere, on both backgrounds.

    The published shares of the pattern are learned to different accuracies, so that larger ones stand beside them.
    """
    rows: dict[str, tuple[float, ...]] = {}
    for background, share in STUDIED[size]:
        found = torch.stack([_weights_lie(background, share, seed + number) for number in range(DRAWS)])
        interval = mean_interval(found[:, 1])
        rows[f"{background}, {share:g} of the picture"] = (*found.mean(0).tolist(), *interval)
    rows["share of the pixels"] = (
        float("nan"),
        *_areas(tetrominoes("linear", "white", learned=2, tested=2)),
        *[float("nan")] * 2,
    )
    heads = ("accuracy", "on the truth", "next to it", "elsewhere", "on the truth, from", "to")
    notes = (
        f"Sizes of the weights, means over {DRAWS} sets that are drawn anew; from and to: their 95 % interval.",
        f"Next to it: outside the tetrominoes, at most {NEAR} pixels away along both axes, where smooth noise tells what lies "
        "under them. A map that knows nothing has the share of the pixels.",
    )
    return study_table(
        "Suppressors of linear tetrominoes", heads, rows, notes=notes, source="Clark et al., 2023, arXiv:2306.12816"
    )


def _weights_lie(background: Background, share: float, seed: int) -> Tensor:
    """(4,) the linear model's accuracy, and the shares of its weights' size on the truth, next to it and elsewhere."""
    known = contrasted_tetrominoes(background, share, LEARNED, seed)
    model = known_model("linear", known, RECIPES["linear"])
    layer = next(part for part in model.model.modules() if isinstance(part, torch.nn.Linear))
    sizes = (layer.weight[1] - layer.weight[0]).detach().double().abs().view(known.truth.shape[1:])
    right = (model(known.tested.inputs).argmax(1).cpu() == known.tested.targets).double().mean()
    return torch.stack([right, *(sizes[place].sum() / sizes.sum() for place in _places(known))])


def _areas(known: KnownSet) -> list[float]:
    return [float(place.double().mean()) for place in _places(known)]


def _places(known: KnownSet) -> tuple[Tensor, Tensor, Tensor]:
    """(H, W) masks: the truth, which is that of every picture, what is next to it, and the rest."""
    truth = known.truth[0]
    around = max_pool2d(truth[None, None].float(), 2 * NEAR + 1, 1, NEAR)[0, 0].bool()
    return truth, around & ~truth, ~around
