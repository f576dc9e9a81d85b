"""Sensitivity-n: do contributions sum to the fall of the score, for sets of every size?"""

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
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import sides_of, single_regions
from xaivision.engines.subset_draws import sizes_up_to, subsets_of_size
from xaivision.evaluation.faithfulness_correlation import UNIT, check_share
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.set_changes import SetChanges, set_changes


@dataclass(frozen=True, eq=False)
class SensitivityN:
    """The mean, over sizes n, of the correlation of summed contributions with the fall of the score over random sets of size n.

    At most `sizes` different sizes, evenly from one feature to the share `largest` of them, each with `budget` sets, or all
    there are where they are fewer. Features are columns, or single positions of a picture with all their channels. The curve
    is the correlation by size. `baseline` None: that of the explanation, and "auto" where it names none. Correlations are
    over the sets of one input, as the definition says, and 1 for a linear model and its exact contributions.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="sensitivity_n",
        answers="Do contributions follow the fall of the score for sets of every size?",
        misleads="Of many features a few random ones hardly move the score, so that small sizes show noise.",
        cost="801 forwards by default, once for all maps of a job",
        source="Ancona et al., 2018, arXiv:1711.06104",
        higher_is_better=True,
        kinds=("contribution",),
        faithfulness=True,
    )

    budget: int = 100
    sizes: int = 8
    largest: float = 0.8
    baseline: Baseline | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_integer("sizes", self.sizes)
        check_share("largest", self.largest)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) mean correlations from -1 to 1 over the sizes that have one; undefined where none has.

        `details` "sizes with a value" (B,): at how many sizes both the map and the score vary over the sets.
        """
        with measurement(self, model, explanation) as m:
            regions = single_regions(sides_of(explanation.query.inputs))
            sizes = sizes_up_to(len(regions), self.largest, self.sizes)
            groups = [self._sets(len(regions), size, seed) for size in sizes]
            found = set_changes(m, regions, torch.cat(groups), self.baseline, seed)
            curves = _by_size(found, [len(group) for group in groups])
            return m.scores(
                curves.nanmean(1),
                f"{UNIT}, mean over sizes",
                notes=found.notes,
                curves=curves,
                curve_shares=torch.tensor(sizes, dtype=torch.float64, device="cpu") / len(regions),
                details={"sizes with a value": curves.isfinite().sum(1).double()},
            )

    def _sets(self, players: int, size: int, seed: int) -> Tensor:
        return subsets_of_size(players, size, self.budget, generator(seed, "sensitivity_n", size))


def _by_size(found: SetChanges, counts: list[int]) -> Tensor:
    """(B, sizes) the correlation over each run of so many sets."""
    ends = torch.tensor(counts).cumsum(0).tolist()
    return torch.stack([found.correlation(slice(end - count, end)) for count, end in zip(counts, ends, strict=True)], 1)
