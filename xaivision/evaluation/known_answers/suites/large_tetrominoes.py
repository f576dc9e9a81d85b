"""Networks of large tetrominoes: 64 times as many pixels as the small ones, and no more pictures to learn from."""

from collections.abc import Mapping

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.data.known_answers.tetrominoes import Background, Scenario
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.models.construction import construction
from xaivision.models.known_answers.conditioned_teaching import NormalizedTeaching, WhitenedTeaching
from xaivision.models.known_answers.known_models import known_model
from xaivision.models.known_answers.plain_networks import cnn
from xaivision.models.training import Recipe

# What is faint in white noise is found by averaging, in smooth noise by what is sharper than the noise.
PERCEPTRON = Recipe(12, 64, 3e-4, 1e-1)
ON_WAVES, WITH_NORMS = WhitenedTeaching(Recipe(6, 64, 1e-3, 1e-2)), NormalizedTeaching(Recipe(8, 64, 5e-3, 1e-2))
# Units before the last layer: whether two signs are the same is told by places that no filter sees together.
HIDDEN = 32


def large_models(known: KnownSet, scenario: Scenario, background: Background) -> Mapping[str, TorchClassifier]:
    """By its kind each network that has been taught the set.

    A linear model learns the linear scenario alone: in all others the mean picture of both classes is the same, or nearly so.
    """
    shape = known.tested.inputs.shape[1:]
    with construction(0):
        network = cnn((shape[0], shape[1], shape[2]), len(known.class_names), hidden=HIDDEN, halving="mean")
    found: dict[str, TorchClassifier] = {}
    if scenario == "linear":
        found["linear"] = known_model("linear", known, RECIPES["linear"])
    teach, lesson = (ON_WAVES, "on waves") if background == "correlated" else (None, "")
    found["mlp"] = known_model("mlp", known, PERCEPTRON, teach, lesson)
    found["cnn"] = known_model("cnn", known, WITH_NORMS.recipe, WITH_NORMS, "with norms", module=network)
    return found
