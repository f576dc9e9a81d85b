"""IROF: how much of the score is lost while segments go, the most important first."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import even_counts, sides_of, single_regions
from xaivision.engines.segments import SegmentsSetting, segment_labels
from xaivision.evaluation.following import Output, check_output
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.part_curves import part_curves, part_ranks
from xaivision.evaluation.replacing import named_substitutes


@dataclass(frozen=True, eq=False)
class Irof:
    """Area over the curve of the target's probability, as a share of that of the input, while segments turn to the mean color.

    The segment with the highest mean attribution goes first, so that large ones have no advantage. `steps`: at most so many,
    of several segments each where there are more. Columns of tables are segments of their own and take their typical values.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="irof",
        answers="How much of the score is lost early while the segments named most important are taken away?",
        misleads="Where segments do not follow what the model sees, no order of them is good.",
        cost="33 forwards by default",
        source="Rieger, Hansen, 2020, arXiv:2003.08747",
        higher_is_better=True,
        faithfulness=True,
        replaces_by="mean",
    )

    segments: SegmentsSetting = "slic"
    steps: int = 32
    baseline: Baseline | None = None
    output: Output = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("steps", self.steps)
        check_output(self.output)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas from 0 to 1 where the score never rises; undefined where the input's own score is not above 0."""
        with measurement(self, model, explanation) as m:
            regions, doubts = self._regions(m)
            ranks = part_ranks(m, regions, seed, mean=True)
            # Pictures have their own numbers of segments, which must not decide on the steps of others.
            steps = min(self.steps, ranks.shape[1])
            named: Baseline = "mean" if m.model.domain == "image" else "auto"
            others, notes = named_substitutes(m, named if self.baseline is None else self.baseline, seed)
            found = part_curves(m, ranks, even_counts(ranks, steps), others, self.output)
            start = found.scores[:, :1]
            curves = torch.where(start > 0, found.scores / start, torch.nan)
            lost = 1 - torch.trapezoid(curves, found.shares)
            unit = f"share of the {found.unit} lost, mean over the share of segments replaced"
            shares = torch.linspace(0, 1, steps + 1, dtype=torch.float64, device="cpu")
            return m.scores(lost, unit, notes=(*doubts, *notes), curves=curves, curve_shares=shares)

    def _regions(self, m: Measurement) -> tuple[Tensor, tuple[str, ...]]:
        inputs = m.explanation.query.inputs
        if m.model.domain != "image":
            return single_regions(sides_of(inputs)), ()
        found = segment_labels(self.segments, inputs)
        return found.labels, tuple(note.text for note in found.notes)
