"""One input put to one of shap's explainers, and its answer as shap gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.targets import TargetScore
from xaivision.explainers.captum_module import as_found
from xaivision.explainers.cv2_removals import INPAINTINGS
from xaivision.explainers.operations_seen import ExplainedNumber
from xaivision.explainers.own_copy import own_copy
from xaivision.explainers.shap_call import ShapAlgorithm
from xaivision.explainers.tree_games import output_weights

# What the constructors take; the other settings go to the call.
MAKING = frozenset(["model_output", "feature_perturbation", "local_smoothing"])
MASKING = frozenset(["mask_value", "clustering"])


@dataclass(frozen=True, eq=False)
class Asked:
    """One input (1, *S) with the number to explain of it, and what the algorithm needs to know."""

    model: Any
    one: Tensor
    target: TargetScore
    background: Tensor | None
    settings: Mapping[str, Any]

    def named(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in self.settings.items() if name in names}

    def numbers(self, given: Tensor) -> Tensor:
        """(n,) the explained number of versions of the one input."""
        return self.target.take(torch.zeros(len(given), dtype=torch.long, device="cpu")).of(self.model(given))

    def of_rows(self, rows: np.ndarray) -> np.ndarray:
        """The same of rows (n, F), as shap asks."""
        numbers: np.ndarray = self.numbers(torch.from_numpy(np.ascontiguousarray(rows)).to(self.one)).double().cpu().numpy()
        return numbers


@dataclass(frozen=True, eq=False)
class ShapAnswer:
    """`values` of the shape of one input; `base`: what shap says they add up from."""

    values: Tensor
    base: float | None = None


def answer(shap: ModuleType, algorithm: ShapAlgorithm, asked: Asked) -> ShapAnswer:
    """What shap answers about this input, unchanged."""
    if algorithm.sees == "module":
        return _of_module(getattr(shap, algorithm.kind), asked)
    if algorithm.kind == "TreeExplainer":
        return _of_trees(shap, asked)
    if algorithm.kind == "LinearExplainer":
        return _of_coefficients(shap, asked)
    if algorithm.kind in ("KernelExplainer", "SamplingExplainer"):
        return _by_samples(getattr(shap, algorithm.kind), asked)
    if asked.one.ndim == 4:
        return _of_picture(shap, asked)
    return _by_masks(shap, algorithm, asked)


def _rows(given: Tensor | None) -> np.ndarray:
    rows: np.ndarray = np.zeros((0, 0)) if given is None else given.detach().double().cpu().numpy()
    return rows


def _independent(shap: ModuleType, background: Tensor | None) -> Any:
    """All of the background: shap would take 100 rows of it."""
    rows = _rows(background)
    return shap.maskers.Independent(rows, max_samples=len(rows))


def _by_samples(kind: Any, asked: Asked) -> ShapAnswer:
    explainer = kind(asked.of_rows, _rows(asked.background))
    values = explainer.shap_values(_rows(asked.one), silent=True, **asked.settings)
    return ShapAnswer(torch.from_numpy(np.asarray(values)).view(-1), float(explainer.expected_value))


def _by_masks(shap: ModuleType, algorithm: ShapAlgorithm, asked: Asked) -> ShapAnswer:
    kind, rest = getattr(shap, algorithm.kind), {name: value for name, value in asked.settings.items() if name not in MASKING}
    if asked.background is None:
        raise InputError("`partition` of shap needs a `background` (N, F) for a table, which absent columns are taken from.")
    if algorithm.kind == "PartitionExplainer":
        clustering = asked.settings.get("clustering", "correlation")
        clustering = _rows(clustering) if isinstance(clustering, Tensor) else clustering
        masker = shap.maskers.Partition(_rows(asked.background), max_samples=len(asked.background), clustering=clustering)
        explainer = kind(asked.of_rows, masker)
    elif algorithm.kind == "PermutationExplainer":
        # Left alone it would start NumPy's generator anew, from nowhere.
        explainer = kind(asked.of_rows, _independent(shap, asked.background), seed=int(np.random.randint(2**31)))  # noqa: NPY002
    else:
        explainer = kind(asked.of_rows, _independent(shap, asked.background))
    found = explainer(_rows(asked.one), silent=True, **rest)
    return ShapAnswer(torch.from_numpy(found.values[0]), float(np.ravel(found.base_values)[0]))


def _of_picture(shap: ModuleType, asked: Asked) -> ShapAnswer:
    """Pictures go to shap as (H, W, C); in 256 levels where it inpaints, which it does on whole numbers only."""
    if asked.background is not None:
        raise InputError("`partition` of shap hides pixels of a picture by `mask_value`, not by a `background`. Leave it out.")
    given = asked.settings.get("mask_value", 0.0)
    levels = 255.0 if isinstance(given, str) and given in INPAINTINGS else 1.0
    picture = _rows(asked.one.movedim(1, 3)) * levels
    picture = np.rint(picture) if levels > 1 else picture
    named = isinstance(given, str)
    value = (
        given
        if named
        else np.broadcast_to(_rows(torch.as_tensor(given).expand(asked.one.shape[1:]).movedim(0, 2)), picture[0].shape)
    )
    masker = shap.maskers.Image(value, picture[0].shape if named else None)

    def numbers(pictures: np.ndarray) -> np.ndarray:
        return asked.of_rows(np.moveaxis(pictures / levels, 3, 1))

    explainer = shap.PartitionExplainer(numbers, masker)
    found = explainer(picture, silent=True, **asked.named("max_evals", "batch_size", "fixed_context"))
    return ShapAnswer(torch.from_numpy(found.values[0]).movedim(2, 0), float(np.ravel(found.base_values)[0]))


def _of_trees(shap: ModuleType, asked: Asked) -> ShapAnswer:
    masker = None if asked.background is None else _independent(shap, asked.background)
    explainer = shap.TreeExplainer(asked.model.model, masker, **asked.named(*MAKING))
    values = explainer.shap_values(_rows(asked.one), **asked.named("approximate", "tree_limit", "check_additivity"))
    of_probability = "probability" in (explainer.model.tree_output, asked.settings.get("model_output"))
    return _combined(values[0], explainer.expected_value, "probability" if of_probability else "margin", asked)


def _of_coefficients(shap: ModuleType, asked: Asked) -> ShapAnswer:
    explainer = shap.LinearExplainer(asked.model.model, _independent(shap, asked.background))
    return _combined(explainer.shap_values(_rows(asked.one))[0], explainer.expected_value, "margin", asked)


def _combined(values: np.ndarray, base: Any, unit: Any, asked: Asked) -> ShapAnswer:
    """Values (F,) or (F, K), each of an output of the estimator, as those of the explained number."""
    table, bases = values.reshape(len(values), -1), np.ravel(base)
    weights = output_weights("shap", asked.model, unit, table.shape[1], asked.target)[0]
    return ShapAnswer(torch.from_numpy(table @ weights), float(bases @ weights))


def _of_module(kind: Any, asked: Asked) -> ShapAnswer:
    # shap writes `x` and `y` on layers, and deletes what was there.
    model = own_copy(asked.model) if kind.__name__ == "DeepExplainer" else asked.model
    column = NumberColumn(model, asked.target)
    background: Any = asked.background
    with torch.inference_mode(False), torch.enable_grad(), as_found(column):
        explainer = kind(column, background.clone(), **asked.named(*MAKING, "batch_size"))
        values = explainer.shap_values(asked.one.detach().clone(), **asked.named("check_additivity", "nsamples", "rseed"))
    return ShapAnswer(torch.from_numpy(np.asarray(values)).view(asked.one.shape[1:]))


class NumberColumn(ExplainedNumber):
    """The explained number as (n, 1), which shap's explainers of modules ask for, with no way to a model's state."""

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs)[:, None]

    def eval(self) -> "NumberColumn":
        """Itself: the classifier sees to the mode."""
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Nothing: the gradients of the model's weights are their owner's."""
