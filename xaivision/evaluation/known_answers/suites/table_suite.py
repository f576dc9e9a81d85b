"""Tables whose informative columns are known: suppressors, clusters with rules of their own, twins; asked of two models."""

from collections.abc import Callable, Sequence
from functools import partial

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.gaussian_clusters import gaussian_clusters
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.suppressor_table import suppressor_table
from xaivision.data.known_answers.twins import twin_rows
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Studying, Suite
from xaivision.evaluation.known_answers.suites.given import given_of
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.evaluation.known_answers.suites.suppressor_weights import suppressor_study
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


TABLES = Suite(
    "tables",
    "Tables with suppressors, Gaussian clusters with rules of their own (OpenXAI), and twins that differ in what makes the class",
    "Haufe et al., 2014; Agarwal et al., OpenXAI, 2022, arXiv:2206.11104; Wilming et al., GECOBench, 2024, arXiv:2406.11547",
    "association",
    _askings,
    lambda _size, seed: [Studying("suppressor pair", partial(suppressor_study, seed))],
)
