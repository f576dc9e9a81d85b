"""Patches that go one after another: how far the score falls on average, and how low it lies."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import even_counts, patch_regions, sides_of
from xaivision.evaluation.following import Output, check_output
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.part_curves import part_curves, part_ranks
from xaivision.evaluation.replacing import named_substitutes


@dataclass(frozen=True, eq=False)
class RegionPerturbation:
    """AOPC: the mean fall of the score over the steps, while square patches turn to noise, highest sum of attributions first.

    Patches are of `patch` pixels a side, those at the far ends cut off; columns stand for themselves. The mean is over at most
    `steps` patches, one a step, and the input itself. Noise is uniform and the same for every input; tables take their
    typical values.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="region_perturbation",
        answers="Does the score fall far while the patches named most important turn to noise?",
        misleads="Falls are in score units: models cannot be compared by them. Noise is what the model never saw.",
        cost="a forward for each patch, 101 at most by default",
        source="Samek et al., 2017, arXiv:1509.06321",
        higher_is_better=True,
        faithfulness=True,
        replaces_by="noise",
    )

    patch: int = 9
    steps: int = 100
    baseline: Baseline | None = None
    output: Output = "score"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("patch", self.patch)
        check_positive_integer("steps", self.steps)
        check_output(self.output)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) mean falls; the curve is that of the score."""
        with measurement(self, model, explanation) as m:
            ranks = part_ranks(m, patch_regions(sides_of(explanation.query.inputs), self.patch), seed)
            steps = min(self.steps, int(ranks.max()) + 1)
            counts = torch.arange(steps + 1, device="cpu").expand(len(ranks), -1)
            named: Baseline = "noise" if m.model.domain == "image" else "auto"
            others, notes = named_substitutes(m, named if self.baseline is None else self.baseline, seed)
            found = part_curves(m, ranks, counts, others, self.output)
            falls = found.scores[:, :1] - found.scores
            unit = f"fall of the {found.unit}, mean over steps"
            return m.scores(falls.mean(1), unit, notes=notes, curves=found.scores, curve_shares=found.shares[0])


@dataclass(frozen=True, eq=False)
class Selectivity:
    """Area under the score while square patches are replaced by the baseline, highest sum of attributions first.

    Patches are of `patch` pixels a side, those at the far ends cut off; columns stand for themselves. At most `steps` steps.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="selectivity",
        answers="Does the score fall quickly when the patches named most important are taken away?",
        misleads="Patches have edges of their own, and black ones are what the model never saw.",
        cost="33 forwards by default",
        source="Montavon, Samek, Mueller, 2018, arXiv:1706.07979",
        higher_is_better=False,
        faithfulness=True,
    )

    patch: int = 8
    steps: int = 32
    baseline: Baseline = "auto"
    output: Output = "score"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("patch", self.patch)
        check_positive_integer("steps", self.steps)
        check_output(self.output)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas, in score units."""
        with measurement(self, model, explanation) as m:
            ranks = part_ranks(m, patch_regions(sides_of(explanation.query.inputs), self.patch), seed)
            counts = even_counts(ranks, min(self.steps, int(ranks.max()) + 1))
            others, notes = named_substitutes(m, self.baseline, seed)
            found = part_curves(m, ranks, counts, others, self.output)
            unit = f"mean {found.unit} over the share of patches replaced"
            return m.scores(found.area, unit, notes=notes, curves=found.scores, curve_shares=found.shares[0])
