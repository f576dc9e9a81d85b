"""XAI-TRIS: tetrominoes in noise, four scenarios on two backgrounds, asked of three models each."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from xaivision.core.bootstrap import mean_interval
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.tetrominoes import (
    BACKGROUNDS,
    SCENARIOS,
    SIDES,
    Background,
    Scenario,
    contrasted_tetrominoes,
    tetrominoes,
)
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import Kind
from xaivision.models.training import Recipe

RECIPES: dict[Kind, Recipe] = {
    "linear": Recipe(1, 64, 1e-2, 0.0),
    "mlp": Recipe(40, 64, 1e-3, 1e-2),
    "cnn": Recipe(30, 64, 2e-3, 1e-2),
}
# Of the large pictures, which have 64 times as many pixels: networks that have not learned by then are not asked.
LARGE_RECIPES: dict[Kind, Recipe] = {
    "linear": Recipe(1, 64, 1e-2, 0.0),
    "mlp": Recipe(8, 64, 3e-4, 1e-1),
    "cnn": Recipe(12, 64, 5e-3, 1e-2),
}
# Rows of the background of methods that take one, and players along a side of a picture.
BACKGROUND, PLAYERS = 20, 8
# Pictures to learn from, and inputs that are asked about in a full run: maps of large ones take ten times as long.
LEARNED: dict[int, int] = {8: 4000, 64: 3000}
LARGE, LARGE_INPUTS = 64, 4
# Of the study of suppressors: backgrounds with shares of the pattern, how far "next to" reaches, and sets of each kind.
STUDIED: dict[Size, tuple[tuple[Background, float], ...]] = {
    "quick": (("white", 0.3), ("correlated", 0.05)),
    "full": (("white", 0.18), ("white", 0.3), ("correlated", 0.0125), ("correlated", 0.05)),
}
NEAR, DRAWS = 1, 3


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    """Quick: the linear scenario at 8 x 8, asked of a linear model. Full: all of them, of all models, at both sizes."""
    scenarios, sides = (SCENARIOS[:1], SIDES[:1]) if size == "quick" else (SCENARIOS, SIDES)
    sets = [(scenario, one, side) for side in sides for scenario in scenarios for one in BACKGROUNDS]
    kinds: tuple[Kind, ...] = ("linear",) if size == "quick" else ("linear", "mlp", "cnn")
    return [
        Asking(f"tetrominoes {scenario} {background} {side}", partial(_questions, scenario, background, side, kinds, size, seed))
        for scenario, background, side in sets
    ]


def _questions(
    scenario: Scenario, background: Background, side: int, kinds: tuple[Kind, ...], size: Size, seed: int
) -> list[KnownQuestion]:
    known = tetrominoes(scenario, background, side, learned=LEARNED[side], seed=seed)
    recipes = LARGE_RECIPES if side == LARGE else RECIPES
    models: dict[str, TorchClassifier] = {kind: known_model(kind, known, recipes[kind]) for kind in kinds}
    return questions_of(known, models, LARGE_INPUTS if side == LARGE else INPUTS[size], given_of(known))


def given_of(known: KnownSet) -> dict[str, object]:
    """What methods get that have such a setting: a background, and of pictures a baseline that holds nothing and tiles."""
    background = known.learned.inputs[:BACKGROUND]
    if background.ndim == 2:
        return {"background": background}
    return {
        "background": background,
        "baseline": torch.full(background.shape[1:], known.neutral),
        "segments": tiles(*background.shape[2:]),
    }


def tiles(height: int, width: int) -> Tensor:
    """(H, W) numbers of tiles, at most eight along a side: pixels themselves where the picture is that small."""
    rows, columns = (torch.arange(side, device="cpu") * min(side, PLAYERS) // side for side in (height, width))
    return min(width, PLAYERS) * rows[:, None] + columns


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
    known = contrasted_tetrominoes(background, share, LEARNED[8], seed)
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


TETROMINOES = Suite(
    "tetrominoes",
    "XAI-TRIS: two tetrominoes in white or smooth noise, in four scenarios; smooth noise makes suppressors of its neighbors",
    "Clark et al., XAI-TRIS, 2023, arXiv:2306.12816",
    "association",
    _askings,
    lambda size, seed: [Studying("tetromino suppressors", partial(tetromino_suppressor_study, size, seed))],
)
