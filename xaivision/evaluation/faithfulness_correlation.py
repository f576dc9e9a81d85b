"""Do the contributions of random sets of features follow the fall of the score without them?"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.baselines import Baseline
from xaivision.engines.regions import grid_regions, sides_of, single_regions
from xaivision.engines.subset_draws import share_size, subsets_of_size
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.set_changes import set_changes

UNIT = "Pearson correlation"


def check_share(name: str, value: object) -> None:
    """Raises: InputError, where the setting is no share above 0 and below 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise InputError(f"`{name}` must be a number above 0 and below 1. Got {value!r}.")


@dataclass(frozen=True, eq=False)
class FaithfulnessCorrelation:
    """Pearson correlation of the summed contributions of random sets with the fall of the score when the set is replaced.

    Each set holds the same `share` of the features: columns, or single positions of a picture with all their channels. There
    are `budget` of them, or all there are where they are fewer. `baseline` None: that of the explanation, and "auto" where it
    names none. 1 for a linear model and its exact contributions from the same baseline.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="faithfulness_correlation",
        answers="Do the contributions of random sets of features follow the fall of the score without them?",
        misleads="Exact contributions counted from another baseline fail, and scattered pixels make inputs the model never saw.",
        cost="101 forwards by default, once for all maps of a job",
        source="Bhatt, Weller, Moura, 2020, arXiv:2005.00631",
        higher_is_better=True,
        kinds=("contribution",),
        faithfulness=True,
    )

    budget: int = 100
    share: float = 0.2
    baseline: Baseline | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_share("share", self.share)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) correlations from -1 to 1; undefined where the map or the score does not vary over the sets."""
        with measurement(self, model, explanation) as m:
            return set_correlation(m, single_regions(sides_of(explanation.query.inputs)), self, seed)


@dataclass(frozen=True, eq=False)
class MuFidelity:
    """As `faithfulness_correlation`, with the cells of a grid of at most `grid` times `grid` for the features of pictures.

    Cells are replaced as a whole, so that a set hides something a model can see. The columns of a table stand for themselves.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="mu_fidelity",
        answers="Do the contributions of random sets of cells of a grid follow the fall of the score without them?",
        misleads="It knows nothing of what happens inside a cell, and replaced cells have edges of their own.",
        cost="201 forwards by default, once for all maps of a job",
        source="Bhatt, Weller, Moura, 2020, arXiv:2005.00631; on a grid as in Fel et al., 2022, arXiv:2206.04394",
        higher_is_better=True,
        kinds=("contribution",),
        faithfulness=True,
    )

    budget: int = 200
    share: float = 0.2
    grid: int = 9
    baseline: Baseline | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_integer("grid", self.grid)
        check_share("share", self.share)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) correlations from -1 to 1; undefined where the map or the score does not vary over the sets."""
        with measurement(self, model, explanation) as m:
            regions = grid_regions(sides_of(explanation.query.inputs), self.grid, self.grid)
            return set_correlation(m, regions, self, seed)


def set_correlation(m: Measurement, regions: Tensor, asked: FaithfulnessCorrelation | MuFidelity, seed: int) -> Scores:
    """The correlation over random sets of the regions (P,), all of one size."""
    players = int(regions.max()) + 1
    chance = generator(seed, m.about.name)
    sets = subsets_of_size(players, share_size(players, asked.share), asked.budget, chance)
    found = set_changes(m, regions, sets, asked.baseline, seed)
    return m.scores(found.correlation(), UNIT, notes=found.notes)
