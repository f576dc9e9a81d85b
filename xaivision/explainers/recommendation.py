"""Which method for which question: ranked by what it recovers, and by how well it fits this model on that question."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from xaivision.core.access import Access
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.presenting import Presentable
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.explainers.cross_table import CrossTable, cross_table

Purpose = Literal["small change", "removal", "share"]
Features = Literal["continuous", "binary", "categorical"]


@dataclass(frozen=True)
class _Choice:
    """`recovers`: the kinds of features on which it gives back a model of its own class exactly."""

    method: str
    purpose: Purpose
    recovers: tuple[Features, ...]
    why: str
    needs: Access = Access.SCORES


# In the order of the paper's table within each purpose; where losses are measured they decide.
_CHOICES = (
    _Choice(
        "smooth_grad", "small change", ("continuous",), "it averages slopes over small steps around the input", Access.GRADIENTS
    ),
    _Choice("saliency", "small change", ("continuous",), "it is the slope at the input itself", Access.GRADIENTS),
    _Choice("c_lime", "small change", ("continuous",), "it fits a line to the scores of small steps and needs no gradients"),
    _Choice(
        "kernel_shap", "removal", ("binary",), "it fits removals of all sizes, and its values add up to the change of the score"
    ),
    _Choice("lime", "removal", ("binary",), "it fits removals of about half of the features"),
    _Choice("occlusion", "removal", ("binary",), "it removes one feature at a time"),
    _Choice("kernel_shap", "share", (), "its values add up, and features that do the same get the same"),
    _Choice("integrated_gradients", "share", (), "its values add up along the straight path from the baseline", Access.GRADIENTS),
    _Choice("input_x_gradient", "share", (), "it is the share that the slope at the input would give", Access.GRADIENTS),
)
# What the answer to each question is measured on.
_MEASURED_ON: dict[Purpose, str] = {"small change": "small steps", "removal": "masks", "share": "scales"}
# Names of the registry for the names of the paper. `lime_tabular` does not remove: it changes bins; `lfa` by default removes.
_REGISTERED = {
    "image": {"lime": "lime_image", "occlusion": "occlusion"},
    "tabular": {"lime": "lfa", "occlusion": "feature_ablation"},
}


@dataclass(frozen=True)
class Recommended:
    """`method`: its registered name. `loss`: of its linear function on the question's perturbations; None where not measured."""

    method: str
    why: str
    recovers: bool
    loss: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation(Presentable):
    """`methods`, best first for this `question` and no other; `caution`: what the order cannot say; `table`: all losses."""

    question: Purpose
    methods: tuple[Recommended, ...]
    caution: str
    table: CrossTable | None = None

    def _in_short(self) -> tuple[str, ...]:
        return (f"for the question of {self.question!r}", ", ".join(one.method for one in self.methods))


def recommend(
    model: Classifier, inputs: Tensor, question: Purpose = "removal", targets: Targets = None, *, seed: int = 0
) -> Recommendation:
    """The methods that answer a question about these inputs, in order, with reasons.

    `question` "small change": what happens when values change a little. "removal": what if this evidence were not there.
    "share": how the change of the score from the baseline is shared. Methods that recover a model of their own class for this
    kind of features come first, among them those whose linear function misses the model least on the question's
    perturbations (tables only).

    Raises: InputError, where the question is unknown.
    """
    if question not in _MEASURED_ON:
        raise InputError(f"`question` must be one of {', '.join(map(repr, _MEASURED_ON))}. Got {question!r}.")
    adapter = classifier(model)
    features = _features(adapter, inputs)
    table = cross_table(adapter, inputs, targets, seed=seed) if adapter.domain == "tabular" else None
    fitting = [choice for choice in _CHOICES if choice.purpose == question and adapter.access >= choice.needs]
    found = [_recommended(choice, adapter, features, table) for choice in fitting]
    ranked = sorted(found, key=lambda one: (not one.recovers, float("inf") if one.loss is None else one.loss))
    return Recommendation(question, tuple(ranked), _caution(question, features, ranked, table), table)


def _recommended(choice: _Choice, model: ClassifierAdapter, features: Features, table: CrossTable | None) -> Recommended:
    name = _REGISTERED[model.domain].get(choice.method, choice.method)
    loss = None
    if table is not None and choice.method in table.methods:
        column = table.neighborhoods.index(_MEASURED_ON[choice.purpose])
        loss = float(table.losses[table.methods.index(choice.method), column])
    return Recommended(name, choice.why, features in choice.recovers, loss)


def _features(model: ClassifierAdapter, inputs: Tensor) -> Features:
    """Categorical where any column holds codes of more than two categories, binary where all hold zeros and ones."""
    if model.domain == "image":
        return "continuous"
    names = model.schema.category_names if model.schema is not None else ()
    if any(len(categories) > 2 for categories in names):
        return "categorical"
    return "binary" if bool(((inputs == 0) | (inputs == 1)).all()) else "continuous"


def _caution(question: Purpose, features: Features, ranked: list[Recommended], table: CrossTable | None) -> str:
    """No method is best on all neighborhoods unless the model is linear: the order is for one question."""
    parts = [
        f"The order is for the question of {question!r}: no method fits best on all perturbations, unless the model is linear."
    ]
    if features == "categorical":
        parts.append("Some columns hold categories: none of these methods recovers a model of them exactly.")
    elif not any(one.recovers for one in ranked):
        parts.append(f"None of them gives back a linear model of {features} features itself; their values are shares.")
    if table is None:
        parts.append("For pictures the fit was not measured.")
    return " ".join(parts)
