"""Do features that a map gives more weight do more to the score?"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer, check_positive_number
from xaivision.engines.baselines import Baseline
from xaivision.engines.correlation import score_resolution
from xaivision.engines.ranking import spearman
from xaivision.engines.regions import (
    even_counts,
    grid_regions,
    ranked_below,
    region_ranks,
    region_sums,
    sides_of,
    single_regions,
)
from xaivision.engines.replaced_scores import replaced_scores
from xaivision.evaluation.following import Output, check_output, followed
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.region_moves import region_moves
from xaivision.evaluation.replacing import named_substitutes


@dataclass(frozen=True, eq=False)
class Monotonicity:
    """1 where the score never falls while features are put into the baseline, lowest absolute attribution first, and else 0.

    `steps`: at most so many, of several features each where there are more. Falls that rounding alone may make are none.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="monotonicity",
        answers="Does the score never fall while features are put in, the least important first?",
        misleads="Evidence against the class makes the score fall under the best of maps; many steps make one fall likely.",
        cost="33 forwards by default",
        source="Arya et al., 2019, arXiv:1909.03012",
        higher_is_better=True,
    )

    steps: int = 32
    baseline: Baseline = "auto"
    output: Output = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("steps", self.steps)
        check_output(self.output)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) 1 or 0; the curve is that of the score. `details` "steps without a fall" (B,): their share.

        Undefined for maps that are not finite.
        """
        with measurement(self, model, explanation) as m:
            scores, unit, notes = self._curves(m, seed)
            falls = (scores[:, :-1] - scores[:, 1:]) > score_resolution(scores, explanation.query.inputs.dtype)[:, None]
            values = (~falls.any(1)).double()
            spoiled = ~explanation.values.flatten(1).isfinite().all(1).cpu() | scores.isnan().any(1)
            shares = torch.linspace(0, 1, scores.shape[1], dtype=torch.float64, device="cpu")
            return m.scores(
                values.masked_fill(spoiled, torch.nan),
                f"1 where the {unit} never falls",
                notes=notes,
                curves=scores,
                curve_shares=shares,
                details={"steps without a fall": (~falls).double().mean(1)},
            )

    def _curves(self, m: Measurement, seed: int) -> tuple[Tensor, str, tuple[str, ...]]:
        """(B, n + 1) scores from the baseline to the input, their unit, and what is to be said of the baseline."""
        inputs = m.explanation.query.inputs
        start, notes = named_substitutes(m, self.baseline, seed)
        target, unit = followed(m, self.output)
        small = -m.explanation.feature_values.flatten(1).abs()
        ranks = region_ranks(small, single_regions(sides_of(inputs)).expand(len(small), -1), generator(seed, "removal ties"))
        counts = even_counts(ranks, min(self.steps, ranks.shape[1]))
        scores = replaced_scores(m.model, start, inputs, target, counts.shape[1], ranked_below(ranks, counts))
        return scores, unit, notes


@dataclass(frozen=True)
class _Moved:
    """Settings of metrics that move one feature at a time.

    Features are columns, and of pictures the cells of a grid of at most `grid` times `grid`. Gaussian noise, `samples` draws,
    moves one of them; `noise` is its standard deviation as a share of the input's range, or of each column's where known.
    """

    samples: int = 10
    noise: float = 0.3
    grid: int = 7

    def __post_init__(self) -> None:
        check_positive_integer("samples", self.samples)
        check_positive_number("noise", self.noise)
        check_positive_integer("grid", self.grid)

    def _regions(self, explanation: Attribution) -> Tensor:
        return grid_regions(sides_of(explanation.query.inputs), self.grid, self.grid)

    def _moves(self, m: Measurement, seed: int) -> Tensor:
        return region_moves(m, self._regions(m.explanation), self.samples, self.noise, seed)


@dataclass(frozen=True)
class MonotonicityCorrelation(_Moved):
    """Spearman correlation of the absolute attribution of each feature with the mean squared change that noise in it makes.

    Features are columns, and of pictures the cells of a grid of at most `grid` times `grid`, whose attributions are summed.
    Gaussian noise, `samples` draws, moves one of them; `noise` is its standard deviation as a share of the input's range, or of
    each column's where known.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="monotonicity_correlation",
        answers="Do features with larger attributions move the score more?",
        misleads="The sign is not looked at; what a feature does far from its value is not either.",
        cost="10 forwards for each column, 491 for pictures by default, once for all maps of a job",
        source="Nguyen, Rodriguez Martinez, 2020, arXiv:2007.07584",
        higher_is_better=True,
    )

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) correlations from -1 to 1; undefined where the map or the changes are the same for all features."""
        with measurement(self, model, explanation) as m:
            sums = region_sums(explanation.feature_values.flatten(1), self._regions(explanation)).abs().cpu()
            moves = self._moves(m, seed)
            found = [spearman(mine, done) for mine, done in zip(sums, moves, strict=True)]
            return m.scores(torch.tensor(found, dtype=torch.float64, device="cpu"), "Spearman correlation")


@dataclass(frozen=True)
class NonSensitivity(_Moved):
    """The share of features that have no attribution although noise in them moves the score, or have one although it does not.

    A feature has none where the absolute attributions in it sum to no more than `threshold` times the largest such sum.
    Features are columns, and of pictures the cells of a grid of at most `grid` times `grid`. Gaussian noise, `samples` draws,
    moves one of them; `noise` is its standard deviation as a share of the input's range, or of each column's where known.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="non_sensitivity",
        answers="Are the features without attribution those that the score does not depend on?",
        misleads="A map that is nowhere zero is perfect for a model that looks everywhere.",
        cost="10 forwards for each column, 491 for pictures by default, once for all maps of a job",
        source="Nguyen, Rodriguez Martinez, 2020, arXiv:2007.07584",
        higher_is_better=False,
    )

    threshold: float = 1e-5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive_number("threshold", self.threshold)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; undefined for maps that are not finite."""
        with measurement(self, model, explanation) as m:
            sums = region_sums(explanation.feature_values.flatten(1).abs(), self._regions(explanation)).cpu()
            without = sums <= self.threshold * sums.amax(1, keepdim=True)
            moves = self._moves(m, seed)
            values = (without != (moves == 0)).double().mean(1)
            undefined = ~(sums.isfinite().all(1) & moves.isfinite().all(1))
            return m.scores(values.masked_fill(undefined, torch.nan), "share of the features")
