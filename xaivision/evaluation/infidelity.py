"""Infidelity: by how much slopes miss what noise does to the score."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer, check_positive_number
from xaivision.core.sharing import shared_scores, shared_work
from xaivision.engines.correlation import score_resolution
from xaivision.engines.noise_response import infidelity, noisy_scores, predicted_rises
from xaivision.engines.smoothing import NoisyCopies, input_range
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.region_moves import noise_of
from xaivision.evaluation.set_changes import asked_of


@dataclass(frozen=True, eq=False)
class _Asked:
    scores: Tensor


@dataclass(frozen=True)
class Infidelity:
    """Mean squared difference of the rise of the score that slopes predict and the one that is found, over noisy copies.

    `budget` copies with Gaussian noise, whose standard deviation is the share `noise` of each input's range, or of each
    column's where a schema knows them. `scaled`: a map is multiplied by the number from 0 that fits best first, so that its
    size does not count. What slopes miss by no more than scores and slopes are rounded by is nothing: exactly 0 for the
    gradient of a linear model, however it was computed. Contributions have no such meaning: slopes only.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="infidelity",
        answers="Do the slopes foretell what noise does to the score?",
        misleads="It is in squared score units: models cannot be compared by it, and a map of the wrong size loses to zeros.",
        cost="101 forwards by default, once for all maps of a job",
        source="Yeh et al., 2019, arXiv:1901.09392",
        higher_is_better=False,
        kinds=("slope",),
        faithfulness=True,
    )

    budget: int = 100
    noise: float = 0.1
    scaled: bool = False

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_number("noise", self.noise)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) infidelities from 0, in squared score units; undefined for inputs without a range and maps that are not finite.

        Raises: InputError, where one slope stands for several channels.
        """
        with measurement(self, model, explanation) as m:
            inputs, target = explanation.query.inputs, explanation.query.target
            _check_slopes(explanation)
            copies = NoisyCopies(
                inputs, self.noise * input_range(inputs, m.model.ranges), noise_of(inputs, seed, "infidelity"), self.budget
            )
            noisy, scores = self._scores(m, copies, seed), target.of(shared_scores(m.model, inputs)).double().cpu()[:, None]
            resolution = score_resolution(
                torch.cat([noisy, scores, _terms(copies, explanation.values)], 1), inputs.dtype, explanation.values.dtype
            )
            predicted = predicted_rises(copies, explanation.values)
            values = infidelity(predicted, noisy - scores, scaled=self.scaled, resolution=resolution)
            undefined = copies.scale.flatten(1).amax(1) == 0  # no range, no noise
            undefined |= ~explanation.values.flatten(1).isfinite().all(1)
            return m.scores(values.masked_fill(undefined.cpu(), torch.nan), f"squared {target.unit}")

    def _scores(self, m: Measurement, copies: NoisyCopies, seed: int) -> Tensor:
        target = m.explanation.query.target
        question = (self.budget, self.noise, seed, asked_of(target))

        def ask() -> _Asked:
            return _Asked(noisy_scores(m.model, copies, target))

        return shared_work(m.model, copies.inputs, self.about.name, question, ask).scores


def _terms(copies: NoisyCopies, slopes: Tensor) -> Tensor:
    """(B, 1) what the terms of a linear score with these slopes come to where none takes away from another."""
    sizes = slopes.double().abs() * (copies.inputs.double().abs() + copies.scale.double())
    return sizes.flatten(1).sum(1, keepdim=True).cpu()


def _check_slopes(explanation: Attribution) -> None:
    if explanation.values.shape != explanation.query.inputs.shape:
        raise InputError(
            f"`infidelity` needs a slope for each channel. `{explanation.method}` gives one for several. Use a method that "
            "gives each channel its own."
        )
