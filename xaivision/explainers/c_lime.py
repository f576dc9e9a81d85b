"""C-LIME: a line through the scores of copies with Gaussian noise."""

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.moments import blocks
from xaivision.engines.ridge import LinearFit, weighted_ridge
from xaivision.engines.smoothing import NoisyCopies, copies_in
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.noisy_copies import noisy_copies
from xaivision.explainers.perturbed_scores import finite
from xaivision.explainers.smooth_grad import SmoothGrad


@dataclass(frozen=True)
class CLime:
    """Slopes of the least-squares line, with an intercept, through the scores of `budget` copies with Gaussian noise.

    `noise` as `smooth_grad` has it: a share of each input's range, in a table whose schema knows the ranges of its columns, of
    each column's. With the same seed the copies are those of `smooth_grad`, and so are the slopes, up to what chance leaves:
    this is that method for models without gradients. A line has as many slopes as the input has values and needs more copies
    than that, so that it is for tables and small pictures.
    """

    about: ClassVar[About] = About(
        name="c_lime",
        answers="Which values, changed a little, change the score of inputs like this one most, for a model without gradients?",
        misleads="It describes the model around the input, not at it; a straight line through a bent score tells little, which "
        "the local fit shows.",
        cost="as many forwards as the budget (1000 by default), which must be larger than the number of values",
        source="Agarwal et al., 2021, arXiv:2102.10618",
        needs=Access.SCORES,
    )

    budget: int = 1000
    noise: float = 0.15

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        if SmoothGrad(self.budget, self.noise).noise == 0:
            raise InputError("`noise` must be above 0, a share of the input's range. Got 0.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs, with standard errors by chance of the draws and the local fit as R2.

        Raises: InputError, where the budget is too small for so many values, or the model gives no number for a noisy copy.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            _check_enough(self.budget, q.query.inputs)
            made = noisy_copies(q, SmoothGrad(self.budget, self.noise))
            noise = made.noise(range(self.budget))
            copies = made._replace(noise=lambda draws: noise[draws.start : draws.stop])
            rows = noise.flatten(1).double().cpu()
            fits = [_line(rows, scores) for scores in track(_scores_of_copies(q, copies), "c_lime")]
            return _answer(q, fits, copies.scale, self.budget)


def _scores_of_copies(q: Question, copies: NoisyCopies) -> Tensor:
    """(B, draws) the explained number of each copy, in float64 on the CPU."""
    inputs, target = q.query.inputs, q.query.target
    found = torch.empty(len(inputs), copies.draws, dtype=torch.float64, device="cpu")
    work = blocks(len(inputs), copies.draws, q.model.batches.size(inputs))
    for block in track(work, "noisy copies"):
        scores = target.take(block.rows).of(q.model(copies_in(block, copies))).double().cpu()
        part = scores.view(len(block.versions), -1).T
        found[block.inputs, block.versions.start : block.versions.stop] = part
    return found


def _line(rows: Tensor, scores: Tensor) -> LinearFit:
    finite(scores, "Take less `noise`")
    return weighted_ridge(rows, scores, torch.ones_like(scores), 0.0)


def _answer(q: Question, fits: list[LinearFit], scale: Tensor, budget: int) -> Attribution:
    """`scale` (B, 1, ...) or (B, F): a step of the noise in units of the input; where it is none, nothing was varied."""
    inputs = q.query.inputs
    steps = scale.double().cpu().expand(inputs.shape)
    doubt_unvaried(q, steps)
    units = torch.where(steps == 0, torch.inf, steps)
    values = torch.stack([fit.coefficients for fit in fits]).view(inputs.shape) / units
    errors = torch.stack([fit.standard_errors for fit in fits]).view(inputs.shape) / units
    chance_doubts(q, values, errors, "budget")
    answer = q.attribution(values.to(inputs), "slope", standard_error=errors.to(inputs))
    fit = torch.tensor([fit.fit for fit in fits], dtype=torch.float64, device="cpu")
    told = replace(answer, diagnostics=replace(answer.diagnostics, local_fit=fit))
    return with_evaluations(told, [budget] * len(inputs))


def doubt_unvaried(q: Question, steps: Tensor) -> None:
    still = ((steps == 0) & (steps != 0).flatten(1).any(1).view(-1, *[1] * (steps.ndim - 1))).flatten(1)
    for index in still.any(1).nonzero().flatten().tolist():
        text = f"{int(still[index].sum())} columns have no range and were not varied: their slopes are not known, and shown as 0"
        q.note(Note("warn", text, (index,)))


def _check_enough(budget: int, inputs: Tensor) -> None:
    values = prod(inputs.shape[1:])
    if budget < values + 2:
        raise InputError(
            f"`budget` must be at least {values + 2}: a line through {values} values needs more copies than that. Got {budget}. "
            "For larger pictures ask `smooth_grad`, whose slopes these come to, or `lime_image`."
        )
