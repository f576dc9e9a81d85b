"""DiffROAR of gradients on digits, of standard and robust perceptrons, beside random maps and an edge filter."""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from xaivision.core.random import seed_for
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.diffroar import FROM, SPREAD, TO, Kept, Maps, Retraining, diffroar
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suite import Size
from xaivision.evaluation.known_answers.suites.robust_networks import (
    PLAIN,
    SOURCE,
    STANDARD,
    accuracy_of,
    fresh,
    gradient_sizes,
    taught,
)
from xaivision.explainers.registry import explainer
from xaivision.models.construction import construction
from xaivision.models.known_answers.adversarial_training import Attack
from xaivision.models.training import Recipe, train

ATTACKS: Mapping[str, Attack] = {
    STANDARD: PLAIN,
    "robust l2 1": Attack("l2", 1.0, low=0.0, high=1.0),
    "robust linf 0.15": Attack("linf", 0.15, low=0.0, high=1.0),
}
SHARES: dict[Size, tuple[float, ...]] = {"quick": (0.1, 0.2), "full": (0.1, 0.2, 0.4, 0.6)}
RUNS: dict[Size, int] = {"quick": 2, "full": 3}
# Chance differs from map to map by more than from training to training: of random maps there are more, each trained on once.
RANDOM_MAPS: dict[Size, int] = {"quick": 4, "full": 12}
# How models are trained anew on what is kept.
RETRAINED = Recipe(epochs=20, batch_size=64, learning_rate=3e-3, weight_decay=1e-2)


def diffroar_study(size: Size, seed: int) -> StudyTable:
    """At each share of the pixels that is kept, means over runs with their interval and the spread of single differences."""
    digits = load_dataset("digits")
    known = KnownSet("digits", digits.train, digits.test, digits.test.inputs[:, 0] > 0, "association", "ink", digits.class_names)
    rows: dict[str, tuple[float, ...]] = {}
    for lesson, (maps, accuracy) in _ranked(known, size, seed).items():
        retraining = Retraining(_Fit(known), max(RUNS[size], len(maps)), seed=seed)
        rows |= _rows(lesson, accuracy, diffroar(retraining, known.learned, known.tested, maps, SHARES[size]))
    heads = ("clean accuracy", *(f"{share:.0%} kept" for share in SHARES[size]))
    notes = (
        "What is gone is black. What the shape of the kept part tells by itself, random maps and the edge filter show.",
        f"Means over {RUNS[size]} runs, each of which trains anew with first weights and an order of batches of its own; of "
        f"random maps over {RANDOM_MAPS[size]}, each another draw that is trained on once. From and to: the 95 % interval of the "
        "mean over runs. The standard deviation is over all pairs of a run on what ranks first and one on what ranks last, as "
        "published: how far single differences lie apart, not how far their mean may be off.",
    )
    return study_table("DiffROAR on digits", heads, rows, notes=notes, source=SOURCE)


def _rows(lesson: str, accuracy: float, found: tuple[Kept, ...]) -> dict[str, tuple[float, ...]]:
    nothing = float("nan")
    return {
        lesson: (accuracy, *(one.difference for one in found)),
        f"{lesson}{FROM}": (nothing, *(one.interval[0] for one in found)),
        f"{lesson}{TO}": (nothing, *(one.interval[1] for one in found)),
        f"{lesson}{SPREAD}": (nothing, *(one.spread for one in found)),
    }


def _ranked(known: KnownSet, size: Size, seed: int) -> dict[str, tuple[list[Maps], float]]:
    """By what the features are ranked in each run, with the clean accuracy of who ranks them."""
    lessons = [*ATTACKS][:2] if size == "quick" else [*ATTACKS]
    models = {lesson: taught(known, "mlp", lesson, ATTACKS[lesson], epochs=30, seed=seed) for lesson in lessons}
    found = {}
    for lesson, model in models.items():
        maps = Maps(*(gradient_sizes(model, part.inputs).flatten(1) for part in (known.learned, known.tested)))
        found[lesson] = ([maps], accuracy_of(model, known.tested))
    for name, draws in (("random", RANDOM_MAPS[size]), ("sobel", 1)):
        seeds = [seed_for(seed, "draw", run) if run else seed for run in range(draws)]
        found[name] = ([_control(name, models[STANDARD], known, one) for one in seeds], float("nan"))
    return found


def _control(name: str, model: TorchClassifier, known: KnownSet, seed: int) -> Maps:
    parts = (known.learned, known.tested)
    answers = [explainer(name).explain(model, part.inputs, seed=seed).as_attribution() for part in parts]
    return Maps(*(one.feature_values.flatten(1) for one in answers))


class _Fit:
    """Trains a fresh network of the same kind on what is left of the inputs."""

    def __init__(self, known: KnownSet) -> None:
        self._known = known

    def __call__(self, inputs: Tensor, targets: Tensor, seed: int) -> TorchClassifier:
        module = fresh(self._known, "mlp", seed)
        with construction(seed):
            train(module, inputs, targets, replace(RETRAINED, seed=seed), "retraining")
        return TorchClassifier(module.eval(), len(self._known.class_names))
