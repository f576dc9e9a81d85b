"""Objects whose place is known: pasted on scenes, crosses of twins, and what lies on the seafloor of simulated sonar pictures."""

from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from torch import Tensor

from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.pasted_objects import Label, pasted_objects
from xaivision.data.known_answers.twins import twin_pictures
from xaivision.data.registry import load_dataset
from xaivision.evaluation.known_answers.known_question import KnownQuestion, questions_of
from xaivision.evaluation.known_answers.suite import INPUTS, Asking, Size, Suite
from xaivision.evaluation.known_answers.suites.given import given_of
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.registry import load_model
from xaivision.models.training import Recipe

RECIPE = Recipe(15, 64, 4e-3, 1e-2)
SONAR = "sonar48"


def _pasted(label: Label, size: Size, seed: int) -> list[KnownQuestion]:
    known = pasted_objects(label, seed=seed)
    return questions_of(known, {"cnn": known_model("cnn", known, RECIPE)}, INPUTS[size], given_of(known))


def _twins(size: Size, seed: int) -> list[KnownQuestion]:
    known = twin_pictures(seed=seed)
    return questions_of(known, {"cnn": known_model("cnn", known, RECIPE)}, INPUTS[size], given_of(known))


def _sonar(size: Size, _seed: int) -> list[KnownQuestion]:
    """The named data set and its model: object and shadow, where there is one."""
    data, model = load_dataset(SONAR), load_model(f"{SONAR}_convnet")
    rows, truth = data.split.test, cast(Tensor, data.truth)  # which this set has
    # An echo and its shadow tell the class together; what is neither was drawn without regard to it.
    known = KnownSet(
        SONAR,
        data.train,
        Part(data.inputs[rows], data.targets[rows]),
        truth[rows].bool(),
        "association",
        "the object and the shadow that it throws",
        data.class_names,
        cell=6,
    )
    given = given_of(known)
    seabed = data.inputs[data.targets == 0].mean() * torch.ones_like(data.inputs[0])
    return questions_of(known, {"convnet": model}, INPUTS[size], {**given, "baseline": seabed})


def _askings(size: Size, seed: int) -> Sequence[Asking]:
    labels: tuple[Label, ...] = ("object",) if size == "quick" else ("object", "scene")
    asked = [Asking(f"pasted objects, {label}", partial(_pasted, label, size, seed)) for label in labels]
    if size == "quick":
        return asked
    return [*asked, Asking("twin pictures", partial(_twins, size, seed)), Asking(SONAR, partial(_sonar, size, seed))]


OBJECTS = Suite(
    "objects",
    "Objects pasted on scenes (BAM), twins of which one bears another cross, and simulated sonar with its masks",
    "Yang, Kim, BAM, 2019, arXiv:1907.09701; Wilming et al., GECOBench, 2024, arXiv:2406.11547",
    "association",
    _askings,
)
