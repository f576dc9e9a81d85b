"""Pixel flipping: how low the score lies while pixels are inverted, the most important first."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import even_counts, sides_of, single_regions
from xaivision.evaluation.following import Output, check_output
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.part_curves import part_curves, part_ranks
from xaivision.evaluation.replacing import named_substitutes


@dataclass(frozen=True, eq=False)
class PixelFlipping:
    """Area under the score while pixels are flipped, bright to dark and dark to bright, highest attribution first.

    The curve starts at the input itself. Where a `baseline` is given it takes the place of the flipped values; columns of
    tables cannot be flipped and take their typical values.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="pixel_flipping",
        answers="Does the score fall quickly when the pixels named most important are inverted?",
        misleads="An inverted pixel is new evidence, not missing evidence, and gray ones stay as they are.",
        cost="33 forwards by default",
        source="Bach et al., 2015, doi:10.1371/journal.pone.0130140",
        higher_is_better=False,
        faithfulness=True,
        replaces_by="flipped",
    )

    steps: int = 32
    baseline: Baseline | None = None
    output: Output = "score"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("steps", self.steps)
        check_output(self.output)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas, in score units."""
        with measurement(self, model, explanation) as m:
            ranks = part_ranks(m, single_regions(sides_of(explanation.query.inputs)), seed)
            counts = even_counts(ranks, min(self.steps, ranks.shape[1]))
            others, notes = self._flipped(m, seed)
            found = part_curves(m, ranks, counts, others, self.output)
            unit = f"mean {found.unit} over the share of features flipped"
            return m.scores(found.area, unit, notes=notes, curves=found.scores, curve_shares=found.shares[0])

    def _flipped(self, m: Measurement, seed: int) -> tuple[Tensor, tuple[str, ...]]:
        if self.baseline is None and m.model.domain == "image":
            return 1 - m.explanation.query.inputs, ()
        return named_substitutes(m, "auto" if self.baseline is None else self.baseline, seed)
