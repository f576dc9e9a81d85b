"""XAI-TRIS: tetrominoes in noise, four scenarios on two backgrounds, asked of three models each."""

from collections.abc import Sequence
from functools import partial

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.tetrominoes import BACKGROUNDS, SCENARIOS, SIDES, Background, Scenario, tetrominoes
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.evaluation.known_answers.suites.given import given_of
from xaivision.evaluation.known_answers.suites.large_tetrominoes import large_models
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.evaluation.known_answers.suites.tetromino_suppressors import tetromino_suppressor_study
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import Kind

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
    if side == LARGE:
        return questions_of(known, large_models(known, scenario, background), LARGE_INPUTS, given_of(known))
    models: dict[str, TorchClassifier] = {kind: known_model(kind, known, RECIPES[kind]) for kind in kinds}
    return questions_of(known, models, INPUTS[size], given_of(known))


TETROMINOES = Suite(
    "tetrominoes",
    "XAI-TRIS: two tetrominoes in white or smooth noise, in four scenarios; smooth noise makes suppressors of its neighbors",
    "Clark et al., XAI-TRIS, 2023, arXiv:2306.12816",
    "association",
    _askings,
    lambda size, seed: [Studying("tetromino suppressors", partial(tetromino_suppressor_study, size, seed))],
)
