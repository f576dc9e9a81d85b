"""LIME for tables: a linear model fitted to the scores of rows drawn around an input."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number
from xaivision.core.targets import Targets
from xaivision.engines.ridge import LinearFit, weighted_ridge
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.drawn_rows import BinRows, DrawnRows, NormalRows, column_name, name_bins
from xaivision.explainers.evaluations import with_evaluations


@dataclass(frozen=True, eq=False)
class LimeTabular:
    """Coefficients of a weighted ridge regression on `budget` rows drawn by what the columns of a `background` (N, F) are like.

    `discretize`: numbers fall into the quartiles of the background, and the local model is told of each column whether the
    row lies in the bin of the input. Values are then the effects of those bins, contributions to the change of the local
    model from other bins to these; a note of each input names the bins of its five largest values. Without, rows are normal
    around the background's means (`sample_around_instance`: around the input), and values are slopes in the columns' units:
    times the columns' standard deviations they are lime's own coefficients. `categorical`: numbers of the columns that hold
    codes, by default those that the model's schema knows categories of; they are drawn by their share, and their values are
    always effects. `kernel_width` None: 0.75 times the root of the number of columns. `alpha`: the penalty of the ridge.

    Inputs of a batch share their rows, so that the model is asked about them once (not around each input). All columns are
    in the fit: lime's default keeps `num_features` of them, by forward selection up to six and by size above.
    """

    about: ClassVar[About] = About(
        name="lime_tabular",
        answers="In a linear model of the scores around this row, what do its values, or the bins they lie in, do?",
        misleads="Columns are drawn one by one, so that many rows are unlike any real one. With bins a fit is poor even for a "
        "linear model, and says nothing of changes inside a bin; the kernel is so wide that local means little.",
        cost="5000 forwards by default, once for all inputs of a batch (around each input: for each)",
        source="Ribeiro et al., 2016, arXiv:1602.04938",
        needs=Access.SCORES,
        domains=("tabular",),
    )

    background: Tensor
    budget: int = 5000
    discretize: bool = True
    sample_around_instance: bool = False
    kernel_width: float | None = None
    alpha: float = 1.0
    categorical: Sequence[int] | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        check_positive_integer("budget", self.budget)
        check_number_from_zero("alpha", self.alpha)
        if self.kernel_width is not None:
            check_positive_number("kernel_width", self.kernel_width)
        if self.sample_around_instance and self.discretize:
            raise InputError(
                "`sample_around_instance` is for normal rows: bins have no place to be centered on. Set `discretize` to False."
            )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """(B, F) effects of bins, or slopes, with standard errors by chance of the draws and the local fit as R2.

        Raises: InputError, where the background has other columns, or the model gives no number for a perturbed row.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            background = fitting_background(q, self.background)
            _check_enough(self.budget, background.shape[1])
            categorical = self._categorical(q)
            rows: DrawnRows
            if self.discretize:
                rows = BinRows(q, background, categorical, self.budget)
            else:
                rows = NormalRows(q, background, categorical, self.budget, around=self.sample_around_instance)
                _doubt_mixed(q, categorical)
            fits = [self._fit(q, rows, index) for index in track(range(len(q.query)), "lime")]
            return _answer(q, fits, self, rows)

    def _fit(self, q: Question, rows: DrawnRows, index: int) -> LinearFit:
        told = rows.told(index)
        weights = told.weights(self.kernel_width)
        _doubt_few(q, weights, told.features.shape[1], index)
        return weighted_ridge(told.features, told.scores, weights, self.alpha)

    def _categorical(self, q: Question) -> tuple[int, ...]:
        columns = q.query.inputs.shape[1]
        if self.categorical is None:
            return tuple(column for column, words in enumerate(q.query.category_names) if words)
        wrong = [one for one in self.categorical if isinstance(one, bool) or not isinstance(one, int) or not 0 <= one < columns]
        if wrong:
            raise InputError(f"`categorical` must be numbers of columns, from 0 to {columns - 1}. Got {wrong[0]!r}.")
        return tuple(self.categorical)


def _answer(q: Question, fits: list[LinearFit], settings: LimeTabular, rows: DrawnRows) -> Attribution:
    inputs = q.query.inputs
    values = torch.stack([fit.coefficients for fit in fits]) / rows.unit
    errors = torch.stack([fit.standard_errors for fit in fits]) / rows.unit
    for index, bins in enumerate(rows.bins):
        name_bins(q, index, bins, values[index])
    known = bool(errors.isfinite().all())
    chance_doubts(q, values, errors if known else None, "budget")
    answer = q.attribution(
        values.to(inputs),
        "contribution" if settings.discretize else "slope",
        standard_error=errors.to(inputs) if known else None,
    )
    fit = torch.tensor([fit.fit for fit in fits], dtype=torch.float64, device="cpu")
    told = replace(answer, diagnostics=replace(answer.diagnostics, local_fit=fit))
    return with_evaluations(told, [settings.budget] * len(inputs))


def _doubt_mixed(q: Question, categorical: Sequence[int]) -> None:
    if categorical:
        names = ", ".join(column_name(q, column) for column in categorical)
        q.note(Note("warn", f"not slopes but effects of the input's own category: the values of {names}"))


def _doubt_few(q: Question, weights: Tensor, columns: int, index: int) -> None:
    """Far from the background the kernel leaves next to no rows: the fit is then the ridge's, not the model's."""
    near = float(weights.sum().square() / weights.square().sum())
    if near < columns + 1:
        text = (
            f"the kernel leaves as much as {near:.1f} rows near the input, for {columns} columns: it lies far from the background"
        )
        q.note(Note("warn", text, (index,)))


def _check_enough(budget: int, columns: int) -> None:
    if budget < columns + 2:
        raise InputError(f"`budget` must be at least {columns + 2} for {columns} columns. Got {budget}.")
