"""Every registered method on every tiny model. A method that is added later is covered without new code, unless it has a
setting without a default or draws at random: then it needs a line in a table here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import pytest
import torch
from contract_patch_trees import PATCH_TREES
from contract_prototypes import PROTOTYPES
from contract_regressions import REGRESSIONS, lesson
from contract_subjects import SIDE, SUBJECTS, TRANSFORMERS, TREES, Subject
from torch import Tensor

from xaivision.core.explanation import Explanation
from xaivision.core.narrative import Narrative
from xaivision.core.protocols import Explainer
from xaivision.core.requirements import unmet
from xaivision.core.rules import Rule, Rules
from xaivision.explainers.counterfactuals.attributes import Attributes
from xaivision.explainers.registry import EXPLAINERS, missing_settings
from xaivision.models.generators.segment_layers import SegmentLayers


def tiles(subject: Subject, side: int = 3) -> Mapping[str, Any]:
    """Nine tiles of a tiny picture, on which no segmenter finds eight segments; nothing for tables."""
    if len(subject.one) == 1:
        return {}
    parts = torch.arange(SIDE) * side // SIDE
    return {"segments": side * parts[:, None] + parts}


def lime_settings(subject: Subject) -> Mapping[str, Any]:
    """Few samples, and a local model that fits: slopes of tables, tiles of pictures."""
    if len(subject.one) == 1:
        return {"background": subject.inputs(40, seed=9), "settings": {"num_samples": 60, "discretize_continuous": False}}
    map_of_tiles = tiles(subject)["segments"].numpy()
    return {"settings": {"num_samples": 60, "segmentation_fn": lambda _image: map_of_tiles}}


def parts_of_a_hierarchy(subject: Subject) -> Mapping[str, Any]:
    """A background for tables, whose columns are grouped by it; pictures are halved."""
    return {"background": subject.inputs(5, seed=9)} if len(subject.one) == 1 else {}


def reachable(subject: Subject) -> Mapping[str, Any]:
    """Rows of every class of a tiny model, and few counterfactuals to be found."""
    return {"background": 100 * subject.inputs(60, seed=9) - 49.5, "total_CFs": 2}


def easy_rules(subject: Subject) -> Mapping[str, Any]:
    """Rules that need not be precise, few draws, and tiles of pictures."""
    known = {"background": 100 * subject.inputs(60, seed=9) - 49.5} if len(subject.one) == 1 else {}
    return {**known, **tiles(subject, 2), "threshold": 0.3, "samples": 20, "most_samples": 2000 if known else 200, "beam_size": 1}


def few_words(subject: Subject) -> Mapping[str, Any]:
    """Parts of a composite that cost little."""
    rows = 100 * subject.inputs(60, seed=9) - 49.5
    few = {"local_rows": 200, "discretize": False, "samples": 100, "most_samples": 2000}
    return {"background": rows, "threshold": 0.3, **few}


def layers(subject: Subject) -> SegmentLayers:
    """Tiles as layers."""
    return SegmentLayers(**tiles(subject, 2))


def first_attributes(subject: Subject) -> Attributes:
    """Brightness and contrast of the first three tiles."""
    numbers = (3, 4, 8, 9, 13, 14) if subject.one[0] == 1 else (3, 4, 9, 10, 15, 16)
    generator = layers(subject)
    directions = generator.encode(subject.inputs(1)[0]).directions if len(subject.one) == 3 else ()
    nothing = torch.zeros(len(numbers), dtype=torch.float64)
    return Attributes(
        generator, numbers, tuple(directions[n] for n in numbers if directions), nothing, nothing, nothing, 1.0, 0.0
    )


# Values for the settings that have no default, or none that suits tiny inputs.
SETTINGS: Mapping[str, Callable[[Subject], Mapping[str, Any]]] = {
    "nearest_examples": lambda subject: {"background": subject.inputs(9, seed=9)},
    "random_counterfactuals": lambda subject: {**reachable(subject), "sample_size": 100},
    "nearest_unlike_neighbors": reachable,
    "genetic_counterfactuals": lambda subject: {**reachable(subject), "maxiterations": 3},
    "gradient_counterfactuals": lambda subject: {**reachable(subject), "maxiterations": 10},
    "growing_spheres": lambda subject: {**reachable(subject), "sample_size": 100},
    "face": lambda subject: {"background": 100 * subject.inputs(150, seed=9) - 49.5, "total_CFs": 2, "fraction": 1.0},
    "decision_boundary": lambda subject: {**reachable(subject), "samples": 200},
    "deletion_robust_counterfactuals": lesson,
    "composite": few_words,
    # Four tiles: every edit of them is asked about in batches of two.
    "object_counterfactuals": lambda subject: {"generator": layers(subject), "vary": ["style"], "most_edits": 3},
    "attribute_counterfactuals": lambda subject: {"attributes": first_attributes(subject)},
    "pixel_counterfactuals": lambda _subject: {"steps": 60},
    "nearest_unlike_picture": lambda subject: {"background": subject.inputs(60, seed=9)},
    "proto_dash": lambda subject: {"background": subject.inputs(9, seed=9)},
    "anchors": easy_rules,
    "expected_gradients": lambda subject: {"background": subject.inputs(9, seed=9)},
    "deep_lift_shap": lambda subject: {"background": subject.inputs(4, seed=9)},
    # The default 200 steps take one gradient after the other.
    "guided_integrated_gradients": lambda _subject: {"steps": 40},
    "captum": lambda _subject: {"method": "FeatureAblation", "settings": {"perturbations_per_eval": 32}},
    "feature_ablation": tiles,
    "exact_shapley": lambda subject: tiles(subject, 2),
    # Less than there are coalitions, or nothing would be drawn.
    "kernel_shap": lambda subject: {**tiles(subject), "budget": 50},
    "permutation_shap": lambda subject: {**tiles(subject), "budget": 50},
    "owen": lambda subject: {**tiles(subject), **({"hierarchy": [[0, 1], [2, [3, 4]]]} if len(subject.one) == 1 else {})},
    "shapley_interactions": lambda subject: tiles(subject, 2),
    "partition_shap": lambda subject: {**parts_of_a_hierarchy(subject), "budget": 40},
    "tree_shap": lambda subject: {"background": subject.inputs(7, seed=9)},
    "shap": lambda subject: {"algorithm": "partition", **parts_of_a_hierarchy(subject), "settings": {"max_evals": 30}},
    "lime_image": lambda subject: {**tiles(subject), "budget": 60},
    "superpixel_lime": lambda subject: {**tiles(subject), "budget": 60},
    "lime_tabular": lambda subject: {"background": subject.inputs(40, seed=9), "budget": 60, "discretize": False},
    "lime_package": lime_settings,
    "c_lime": lambda subject: {"budget": prod(subject.one) + 40},
    "lfa": lambda subject: {"budget": 40, **tiles(subject)},
    "rise": lambda _subject: {"budget": 60, "grid": 3},
    "sobol": lambda subject: {**tiles(subject), "budget": 600},
}
# Methods whose answer depends on the seed; all others must not depend on it.
DRAWN_AT_RANDOM = (
    "anchors",
    "decision_boundary",
    "composite",
    "random_counterfactuals",
    "genetic_counterfactuals",
    "gradient_counterfactuals",
    "growing_spheres",
    "c_lime",
    "lfa",
    "lime_tabular",
    "lime_package",
    "lime_image",
    "superpixel_lime",
    "kernel_shap",
    "permutation_shap",
    "random",
    "rise",
    "smooth_grad",
    "smooth_grad_squared",
    "sobol",
    "var_grad",
)
# Methods that change the gradient at ReLU and refuse a network without it, or add up with such activations only: they get
# the same networks with ReLU.
RECTIFYING = ("guided_backprop", "deconvolution", "guided_grad_cam", "full_grad")
# Methods that turn pictures into those of another class: they get the same networks with classes that all can be reached.
TURNING = ("object_counterfactuals", "attribute_counterfactuals", "pixel_counterfactuals", "nearest_unlike_picture")
# What searches say of an input for which they found nothing: on these networks, whose weights are drawn, that may be.
FINDS_NOTHING: Mapping[str, str] = {
    **dict.fromkeys(TURNING, "not found|the generator's own version of this picture is decided otherwise"),
    "anchors": "no rule is sure to hold the prediction|no rule was found: none is known to hold|no condition is needed: each of",
}
# Methods that read attention, and refuse a network without it: they get transformers for the convolutional networks.
ATTENDING = ("attention_rollout", "transformer_attribution")
# Methods that read decision trees, and refuse all else.
READING_TREES = ("tree_shap",)


# Methods that read prototypes, and refuse all else.
READING_PROTOTYPES = ("prototype_matches",)
# Methods that train a model of two classes again, and refuse what has not learned what they are told.
TRAINING_AGAIN = ("deletion_robust_counterfactuals",)
# Methods that read trees over patches, and refuse all else.
READING_PATCH_TREES = ("tree_path",)

# Every method and metric meets these in the default tests: a network for pictures and one for tables. The others are asked like
# one of them; a few methods meet them by default, all of them in the slow tests.
MET_BY_ALL = ("cnn3", "mlp")
MEETING_ALL = (
    "occlusion", "permutation_shap", "lime_tabular", "tree_shap", "saliency", "integrated_gradients", "grad_cam", "random",
    "deletion", "completeness", "parameter_randomization",
)  # fmt: skip


def marks_of(name: str, kind: str, dtype: torch.dtype = torch.float64) -> Any:
    """Slow, where another kind of model, or the type whose tolerance shows more, stands for this one in the default tests of
    the named method or metric.
    """
    stood_for = kind not in MET_BY_ALL or dtype != torch.float64
    return pytest.mark.slow if stood_for and name not in MEETING_ALL else ()


@dataclass(frozen=True)
class Case:
    """One method and one model."""

    method: str
    kind: str

    def __str__(self) -> str:
        return f"{self.method}-{self.kind}"

    @property
    def about(self) -> Any:
        return EXPLAINERS[self.method].about

    @property
    def random(self) -> bool:
        return self.method in DRAWN_AT_RANDOM

    def subject(self, dtype: torch.dtype = torch.float64, seed: int = 0) -> Subject:
        if self.method in RECTIFYING and self.kind.startswith("cnn"):
            return SUBJECTS[self.kind](dtype, seed, rectified=True)
        if self.method in TURNING and self.kind.startswith("cnn"):
            return SUBJECTS[self.kind](dtype, seed, balanced=True)
        if self.method in ATTENDING and self.kind in TRANSFORMERS:
            return TRANSFORMERS[self.kind](dtype, seed)
        if self.method in READING_PROTOTYPES and self.kind in PROTOTYPES:
            return PROTOTYPES[self.kind](dtype, seed)
        if self.method in READING_PATCH_TREES and self.kind in PATCH_TREES:
            return PATCH_TREES[self.kind](dtype, seed)
        if self.method in TRAINING_AGAIN and self.kind in REGRESSIONS:
            return REGRESSIONS[self.kind](dtype, seed)
        if self.method in READING_TREES and self.kind in TREES:
            return TREES[self.kind](dtype, seed)
        return SUBJECTS[self.kind](dtype, seed)

    def explainer(self, subject: Subject) -> Explainer:
        return made(self.method, subject)

    def fits(self) -> bool:
        return not unmet(self.about, self.subject().model)


def made(method: str, subject: Subject) -> Explainer:
    """The method with the settings it needs."""
    given = SETTINGS[method](subject) if method in SETTINGS else {}
    if missing := missing_settings(EXPLAINERS[method], given):
        pytest.fail(f"`{method}` has settings without a default, {missing}: give them in SETTINGS, {__file__}")
    return EXPLAINERS[method](**given)


def numbers_of(rules: tuple[Rule, ...]) -> list[float]:
    """Everything that the first rule says, filled up to the same length; the same number all along where there is none."""
    if not rules:
        return [-3.0] * 33
    rule = rules[0]
    ends = [(one.feature, one.low, one.high) for one in rule.conditions]
    told = [float(-1 if number is None else number) for end in ends for number in end]
    return [rule.precision, rule.precision_bound, rule.coverage, *told, *[-2.0] * (30 - len(told))]


# What is told of the examples' own set has no row for an input.
OF_THE_SET = ("spread",)


def answers(explanation: Explanation) -> dict[str, Tensor]:
    """Every tensor that the explanation answers with, and the scores it was asked about."""
    found = {part.name: getattr(explanation, part.name) for part in fields(explanation)}  # type: ignore[arg-type]
    tensors = {name: value for name, value in found.items() if isinstance(value, Tensor) and name not in OF_THE_SET}
    if "costs" in tensors:  # nan where none was found, and nan is not equal to itself
        tensors["costs"] = tensors["costs"].nan_to_num(-1.0)
    if isinstance(explanation, Rules):
        tensors["rules"] = torch.tensor([numbers_of(rules) for rules in explanation.rules], dtype=torch.float64)
    if isinstance(explanation, Narrative):
        tensors["attribution"] = explanation.attribution.values
    return {**tensors, "scores of the query": explanation.query.scores}


CASES = [Case(method, kind) for method in EXPLAINERS for kind in SUBJECTS]
FITTING = [case for case in CASES if case.fits()]
MISFITS = [case for case in CASES if not case.fits()]
# One model for each method: for manners that have nothing to do with the kind of model.
ONE_EACH = [next(case for case in FITTING if case.method == method) for method in EXPLAINERS]
