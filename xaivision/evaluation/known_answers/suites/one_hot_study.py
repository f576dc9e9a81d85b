"""The one-hot problem: how often the largest and the smallest gradient are at the one column that carries the class."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from xaivision.core.bootstrap import mean_intervals
from xaivision.core.random import seed_for
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.one_hot import one_hot
from xaivision.evaluation.known_answers.leakage import quality
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import Size
from xaivision.evaluation.known_answers.suites.robust_networks import (
    PLAIN,
    SOURCE,
    STANDARD,
    UNUSED,
    accuracy_of,
    gradient_sizes,
    learned_model,
)
from xaivision.evaluation.scoring import RANDOM_DRAWS
from xaivision.explainers.registry import explainer
from xaivision.models.construction import construction
from xaivision.models.known_answers.adversarial_training import AdversarialTeaching, Attack
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import mlp

ATTACKS: Mapping[str, Attack] = {STANDARD: PLAIN, "robust linf 0.35": Attack("linf", 0.35)}
# How many rows are learned from, in batches of how many. There are only 20 different ones: fewer in a batch make as many steps.
ROWS: dict[Size, tuple[int, int]] = {"quick": (1600, 40), "full": (10000, 250)}
# Networks of each lesson, which differ in their first weights and the order of their batches.
NETWORKS: dict[Size, int] = {"quick": 1, "full": 3}
HEADS = ("clean accuracy", "largest is the signal", "smallest is the signal", "quality", "cosine with the input")
ENDS = ("quality, from", "to")


def one_hot_study(size: Size, seed: int) -> StudyTable:
    """Of standard and robust networks and of random maps: means over networks and draws, and the interval of the quality."""
    known = one_hot(learned=ROWS[size][0], seed=seed)
    rows = {}
    for lesson in ATTACKS:
        rows[lesson] = _with_interval([_of_network(known, lesson, size, one) for one in _seeds(seed, NETWORKS[size])])
    rows["random map"] = _with_interval([_of_chance(known, one) for one in _seeds(seed, RANDOM_DRAWS)])
    columns = known.tested.inputs.shape[1]
    notes = (
        f"By chance the largest and the smallest are the signal in one of {columns} rows each. Means over {NETWORKS[size]} "
        f"networks and {RANDOM_DRAWS} random maps; from and to: the 95 % interval over them. There are only 20 different rows: "
        "none over rows would mean anything.",
        "The paper's standard network has a quality of -0.52, its robust one 1.00.",
    )
    return study_table("The one-hot problem", (*HEADS, *ENDS), rows, notes=notes, source=SOURCE)


def _seeds(seed: int, count: int) -> list[int]:
    return [seed_for(seed, "draw", number) if number else seed for number in range(count)]


def _of_network(known: KnownSet, lesson: str, size: Size, seed: int) -> tuple[float, ...]:
    with construction(seed_for(seed, "one hot", lesson)):
        module = mlp(known.tested.inputs.shape[1], 2, (1000,), 0.0)
    # Plain gradient steps, as in the paper: what Adam leads to depends on its own scaling of each weight.
    teaching = AdversarialTeaching(ATTACKS[lesson], 40, ROWS[size][1], 0.1, seed=seed, optimizer="sgd")
    model = learned_model(known_model("mlp", known, UNUSED, teaching, lesson, module=module), known, lesson)
    return (accuracy_of(model, known.tested), *_measured(known, gradient_sizes(model, known.tested.inputs)))


def _of_chance(known: KnownSet, seed: int) -> tuple[float, ...]:
    blind = known_model("linear", known, UNUSED)  # which a random map never looks at
    drawn = explainer("random").explain(blind, known.tested.inputs, seed=seed).as_attribution().feature_values.abs()
    return (float("nan"), *_measured(known, drawn))


def _measured(known: KnownSet, sizes: Tensor) -> tuple[float, ...]:
    found = quality(sizes, known.truth)
    alike = float(cosine_similarity(sizes, known.tested.inputs.abs()).mean())
    return found.first, found.last, found.attribution, alike


def _with_interval(measured: list[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean of each number, and the interval of the quality; NaN where there is one network only."""
    columns = torch.tensor(measured, dtype=torch.float64, device="cpu")
    return (*columns.mean(0).tolist(), *mean_intervals(columns)[HEADS.index("quality")])
