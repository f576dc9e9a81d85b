"""Tables whose informative columns are known: suppressors, clusters with rules of their own, twins; asked of two models."""

from collections.abc import Callable, Sequence
from functools import partial

import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.gaussian_clusters import gaussian_clusters
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.suppressor_table import suppressor_pair, suppressor_table
from xaivision.data.known_answers.twins import twin_rows
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.evaluation.known_answers.suites.tetromino_suite import RECIPES, given_of
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import Kind

KINDS: tuple[Kind, ...] = ("linear", "mlp")
SETS: dict[str, Callable[..., KnownSet]] = {
    "suppressor table": suppressor_table,
    "gaussian clusters": gaussian_clusters,
    "twin rows": twin_rows,
}


def _questions(make: Callable[..., KnownSet], size: Size, seed: int) -> list[KnownQuestion]:
    known = make(seed=seed)
    models: dict[str, TorchClassifier] = {kind: known_model(kind, known, RECIPES[kind]) for kind in KINDS}
    return questions_of(known, models, INPUTS[size], given_of(known))


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    names = ["suppressor table"] if size == "quick" else list(SETS)
    return [Asking(name, partial(_questions, SETS[name], size, seed)) for name in names]


def suppressor_study(seed: int) -> StudyTable:
    """What the weights of a linear model, and the pattern that they read, give to a suppressor.

    The pattern is the covariance of the columns times the weights, over the score's variance; its standard error is over halves.
    """
    known = suppressor_pair(seed=seed)
    layer = next(
        part for part in known_model("linear", known, RECIPES["linear"]).model.modules() if isinstance(part, torch.nn.Linear)
    )
    weights = (layer.weight[1] - layer.weight[0]).detach().double()
    rows = known.learned.inputs.double()
    pattern = _shares(torch.cov(rows.T) @ weights)
    halves = torch.stack([_shares(torch.cov(half.T) @ weights) for half in rows.chunk(10)])
    errors = halves.std(0) / len(halves) ** 0.5
    told = {
        "sizes of the weights": (*_shares(weights).tolist(), float("nan")),
        "pattern": (*pattern.tolist(), float(errors[1])),
    }
    heads = ("share of the informative column", "share of the suppressor", "standard error")
    source = "Haufe et al., 2014, doi:10.1016/j.neuroimage.2013.10.067"
    return study_table("The suppressor pair", heads, told, source=source)


def _shares(values: torch.Tensor) -> torch.Tensor:
    return values.abs() / values.abs().sum()


TABLES = Suite(
    "tables",
    "Tables with suppressors, Gaussian clusters with rules of their own (OpenXAI), and twins that differ in what makes the class",
    "Haufe et al., 2014; Agarwal et al., OpenXAI, 2022, arXiv:2206.11104; Wilming et al., GECOBench, 2024, arXiv:2406.11547",
    "association",
    _askings,
    lambda _size, seed: [Studying("suppressor pair", partial(suppressor_study, seed))],
)
