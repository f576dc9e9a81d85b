"""Measures how well the linear functions behind eight methods agree with a model of tables: makes the cross-table."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.core.requirements import unmet
from xaivision.core.sharing import sharing
from xaivision.core.targets import Targets
from xaivision.core.wrapping import classifier
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.grouping import column_players
from xaivision.engines.neighborhoods import Gaussian, Masks, Neighborhood, OneAbsent, Scales, perturbed
from xaivision.engines.smoothing import input_range
from xaivision.explainers.c_lime import CLime
from xaivision.explainers.cross_table import TOLD_APART, CrossTable
from xaivision.explainers.feature_ablation import FeatureAblation
from xaivision.explainers.input_x_gradient import InputXGradient
from xaivision.explainers.integrated_gradients import IntegratedGradients
from xaivision.explainers.kernel_shap import KernelShap
from xaivision.explainers.lfa import Lfa
from xaivision.explainers.linear_function import LinearFunction, PerturbedRows
from xaivision.explainers.saliency import Saliency
from xaivision.explainers.smooth_grad import SmoothGrad

# The eight methods of the paper, by their registered names; `lfa` by default is LIME, `feature_ablation` is occlusion.
METHODS: tuple[Any, ...] = (
    Lfa, KernelShap, FeatureAblation, IntegratedGradients, InputXGradient, CLime, SmoothGrad, Saliency,
)  # fmt: skip
# What the functions are measured on. Methods at a single point are measured near it. Masks play what the methods play.
TESTED_ON: dict[str, Neighborhood] = {
    "small steps": Gaussian(0.02),
    "larger steps": Gaussian(0.15),
    "masks": Masks("uniform"),
    "masks of all sizes": Masks("sizes"),
    "one absent": OneAbsent(),
    "scales": Scales(),
}
LEGEND = (
    "Small steps: random ones of all columns, 2 % of their range; larger steps: 15 %. Masks: about half of the features, drawn "
    "at random, at their baseline; of all sizes: any number of them. One absent: each in turn. Scales: all features together "
    "part of the way from the baseline."
)
# Perturbations that a loss is the mean over, and as many others that intercepts are fit on.
MEASURED = 512
# A model's score has so many units in the last place of rounding in it.
ROUNDED = 16


def cross_table(
    model: Classifier,
    inputs: Tensor,
    targets: Targets = None,
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
) -> CrossTable:
    """Losses of the eight methods on every neighborhood, the mean over the rows (B, F) of a table.

    Methods give weights and no intercept: each function has the one that suits it best on the neighborhood, fit on other draws
    than those that the loss is measured on. `settings` of methods, by name; as they are by default where none are given. `notes`
    say which are left out: those that need gradients where the model gives none, and lines in more columns than their budget
    is for.

    Raises: InputError, where the model is one of images: their masks play segments, their gradients pixels.
    """
    adapter = classifier(model)
    if adapter.domain != "tabular":
        raise InputError("`cross_table` compares functions of the columns of a table. Got a model of images.")
    made = {kind.about.name: kind(**(settings or {}).get(kind.about.name, {})) for kind in METHODS}
    adapter.check(inputs)
    fitting, notes = _fitting(adapter, made, inputs.shape[1])
    with adapter.held(), sharing():
        answers = {name: method.explain(adapter, inputs, targets, seed=seed) for name, method in fitting.items()}
        return _told(answers, _Tests(adapter, next(iter(answers.values())), seed), notes)


class _Tests:
    """Perturbed rows of the question that the methods answered, and the model's scores of them."""

    def __init__(self, model: ClassifierAdapter, asked: Attribution, seed: int) -> None:
        self._model, self._seed = model, seed
        self.query = asked.query
        inputs = asked.query.inputs
        self._players = column_players(model.groups, inputs.shape[1], asked.query.feature_names)
        self._baseline = reference_inputs("auto", inputs, generator(seed, "cross table"), model.typical)
        self._units = input_range(inputs, model.ranges).expand_as(inputs)

    def rows(self, row: int, around: Neighborhood, purpose: str) -> tuple[PerturbedRows, Tensor]:
        """Perturbed rows, and their scores (n,) in float64; those of another `purpose` are drawn by another chance."""
        adds = around.operator == "add"
        features = len(self._players) if adds else int(self._players.max()) + 1
        drawn = around.drawn(features, MEASURED, generator(self._seed, "cross table", purpose, repr(around)))
        steps = drawn.steps if adds else drawn.steps[:, self._players]
        one = self.query.inputs[row : row + 1]
        others = (self._units if adds else self._baseline)[row : row + 1]
        versions = perturbed(one, others, steps, around.operator)
        target = self.query.target.take(torch.full((len(versions),), row, device=versions.device))
        scores = target.of(self._model(versions)).double().cpu()
        baseline = self._baseline[row].double().cpu()
        factors = None if adds else steps
        return PerturbedRows(versions.double().cpu(), drawn.weights, drawn.complete, baseline, factors), scores


class _Measured(NamedTuple):
    """On one neighborhood: squared errors (methods, n), the mean over the rows; `undefined` (methods,) rows; the `variance` of
    the scores; and how far they are rounded.
    """

    squares: Tensor
    weights: Tensor
    complete: bool
    undefined: Tensor
    variance: float
    rounding: float

    @property
    def losses(self) -> Tensor:
        return self.squares @ self.weights / self.weights.sum()

    @property
    def standard_errors(self) -> Tensor:
        return self._error(self.squares - self.losses[:, None])

    @property
    def differences(self) -> Tensor:
        """(methods, methods) below how much two losses are not told apart."""
        apart = self.squares[:, None] - self.squares
        chance = self._error(apart - (self.losses[:, None] - self.losses)[..., None])
        larger = torch.maximum(self.losses[:, None], self.losses)
        return TOLD_APART * chance + 2 * larger.sqrt() * self.rounding + self.rounding**2

    def _error(self, apart: Tensor) -> Tensor:
        if self.complete:
            return apart[..., 0] * 0  # NaN stays NaN
        count = len(self.weights)
        return ((self.weights * apart).square().sum(-1) * count / (count - 1)).sqrt() / self.weights.sum()


def _told(answers: Mapping[str, Attribution], tests: "_Tests", notes: tuple[str, ...]) -> CrossTable:
    """What the functions of these answers miss on each neighborhood."""
    rows = len(tests.query)
    functions = [[LinearFunction(answer, row) for answer in answers.values()] for row in range(rows)]
    found = {name: _measured(functions, tests, around) for name, around in track(TESTED_ON.items(), "neighborhoods")}
    undefined = torch.stack([one.undefined for one in found.values()], 1)
    return CrossTable(
        tuple(answers),
        tuple(found),
        torch.stack([one.losses for one in found.values()], 1),
        torch.stack([one.standard_errors for one in found.values()], 1),
        torch.stack([one.differences for one in found.values()]),
        torch.tensor([one.variance for one in found.values()], dtype=torch.float64, device="cpu"),
        undefined,
        rows,
        tests.query.unit,
        LEGEND,
        (*_undefined_notes(tuple(answers), tuple(found), undefined, rows), *notes),
    )


def _measured(functions: list[list[LinearFunction]], tests: "_Tests", around: Neighborhood) -> "_Measured":
    total, undefined, variance, largest = torch.zeros((), device="cpu"), torch.zeros((), device="cpu"), 0.0, 0.0
    for row, lines in enumerate(functions):
        rows, scores = tests.rows(row, around, "loss")
        known, told = (rows, scores) if rows.complete else tests.rows(row, around, "intercept")
        starts = [float(known.weights @ (told - line.rises(known)) / known.weights.sum()) for line in lines]
        squares = torch.stack([(scores - start - line.rises(rows)).square() for start, line in zip(starts, lines, strict=True)])
        total = total + squares / len(functions)
        undefined = undefined + squares.isnan().any(1).long()
        shares = rows.weights / rows.weights.sum()
        variance += float(shares @ (scores - shares @ scores).square()) / len(functions)
        largest = max(largest, float(scores.abs().max()))
    rounding = ROUNDED * torch.finfo(tests.query.inputs.dtype).eps * largest
    return _Measured(total, rows.weights, rows.complete, undefined.long(), variance, rounding)


def _fitting(model: ClassifierAdapter, methods: dict[str, Any], columns: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The methods that answer on this model, and why the others do not."""
    blind = [name for name, one in methods.items() if unmet(one.about, model)]
    players = columns if model.groups is None else len(model.groups)
    needed = {Lfa: players + 2, CLime: columns + 2}
    wide = [name for name, one in methods.items() if type(one) in needed and one.budget < needed[type(one)]]
    notes = []
    if blind:
        notes.append(f"Left out, because the model gives no gradients: {', '.join(blind)}.")
    if wide:
        notes.append(f"Left out, because a line in {columns} columns needs a larger budget than theirs: {', '.join(wide)}.")
    return {name: one for name, one in methods.items() if name not in (*blind, *wide)}, tuple(notes)


def _undefined_notes(methods: tuple[str, ...], neighborhoods: tuple[str, ...], undefined: Tensor, rows: int) -> tuple[str, ...]:
    said: dict[tuple[str, ...], list[str]] = {}
    for place, name in enumerate(neighborhoods):
        none = tuple(
            f"{method} ({int(count)} of {rows} rows)" for method, count in zip(methods, undefined[:, place], strict=True) if count
        )
        if none:
            said.setdefault(none, []).append(name)
    return tuple(
        f"Undefined on {' and '.join(names)}: {', '.join(none)}. A contribution says nothing of the slope of a column that "
        "equals its baseline, nor of columns that are hidden together."
        for none, names in said.items()
    )
