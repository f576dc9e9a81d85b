"""XAI-TRIS: tetrominoes in noise, four scenarios on two backgrounds, asked of three models each."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.tetrominoes import BACKGROUNDS, SCENARIOS, SIDES, Background, Scenario, tetrominoes
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Suite
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


TETROMINOES = Suite(
    "tetrominoes",
    "XAI-TRIS: two tetrominoes in white or smooth noise, in four scenarios; smooth noise makes suppressors of its neighbors",
    "Clark et al., XAI-TRIS, 2023, arXiv:2306.12816",
    "association",
    _askings,
)
