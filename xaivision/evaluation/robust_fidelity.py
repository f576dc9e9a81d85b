"""Robust fidelity: the score without a little of the named part, against the score without a little of the rest."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
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
from xaivision.engines.regions import grid_regions, region_ranks, sides_of
from xaivision.engines.robust_fidelity import Chances, Fidelities, Parts, robust_fidelity
from xaivision.engines.subset_draws import share_size
from xaivision.evaluation.faithfulness_correlation import check_share
from xaivision.evaluation.following import Output, check_output, followed
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.replacing import named_substitutes


@dataclass(frozen=True, eq=False)
class RobustFidelity:
    """Fid+ minus Fid-: how far the score falls without some of the named part, less how far it falls without some of the rest.

    The part is the highest attributed share of the elements, at each of `shares`; elements are columns, and of pictures the
    cells of a grid of at most `grid` times `grid`. For Fid+ each element of the part is replaced at the chance `alpha1`, for
    Fid- each of the rest stays at the chance `alpha2`; both are means over `budget` draws. So little is removed that the
    inputs look like those the model knows. `alpha1` 1 and `alpha2` 0 give the original fidelities, without chance.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="robust_fidelity",
        answers="Does the score fall more without a little of the named part than without a little of the rest?",
        misleads="Little is removed, so that differences are small: look at their standard errors.",
        cost="301 forwards by default",
        source="Zheng et al., 2024, arXiv:2310.01820",
        higher_is_better=True,
        faithfulness=True,
    )

    alpha1: float = 0.1
    alpha2: float = 0.9
    budget: int = 50
    shares: tuple[float, ...] = (0.1, 0.2, 0.4)
    grid: int = 14
    baseline: Baseline = "auto"
    output: Output = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_integer("grid", self.grid)
        check_output(self.output)
        _check_chance("alpha1", self.alpha1)
        _check_chance("alpha2", self.alpha2)
        if not isinstance(self.shares, tuple) or not self.shares:
            raise InputError(f"`shares` must be a tuple of shares of the elements. Got {self.shares!r}.")
        for share in self.shares:
            check_share("shares", share)

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) Fid+ minus Fid-, mean over the shares; the curve has it for each share. Undefined for maps that are not finite.

        `details`: "plus" and "minus" (B, n) for each share, "plus_error" and "minus_error" their standard errors over draws,
        "delta_error" that of the curve.
        """
        with measurement(self, model, explanation) as m:
            inputs = explanation.query.inputs
            target, unit = followed(m, self.output)
            others, notes = named_substitutes(m, self.baseline, seed)
            parts, draws = judged_parts(self, explanation, self.grid, seed)
            chances = [Chances(self.alpha1, self.alpha2)] * len(parts.sizes)
            found = robust_fidelity(m.model, (inputs, others), target, parts, chances, draws)
            return fidelity_scores(m, found, self.shares, unit, notes)


class JudgedShares(Protocol):
    """The settings that say which parts are judged: those of `shares` of the elements, by `budget` draws."""

    @property
    def shares(self) -> tuple[float, ...]: ...

    @property
    def budget(self) -> int: ...


def judged_parts(asked: JudgedShares, explanation: Attribution, grid: int, seed: int) -> tuple[Parts, Tensor]:
    """The highest attributed elements of each input, in the sizes of the shares, and the draws (budget, M) for all of them.

    A share of 1 is everything; one below takes at least one element, and leaves at least one.
    """
    values = explanation.feature_values.flatten(1)
    regions = grid_regions(sides_of(explanation.query.inputs), grid, grid)
    elements = int(regions.max()) + 1
    ranks = region_ranks(values, regions.expand(len(values), -1), generator(seed, "removal ties"))
    sizes = [elements if share == 1 else share_size(elements, share) for share in asked.shares]
    chance = generator(seed, "robust_fidelity")
    draws = torch.rand(asked.budget, elements, generator=chance, dtype=torch.float64, device="cpu")
    return Parts(ranks, regions, sizes), draws


def fidelity_scores(m: Measurement, found: Fidelities, shares: tuple[float, ...], unit: str, notes: tuple[str, ...]) -> Scores:
    """Fid+ minus Fid-, mean over the shares, with both and their errors in the details."""
    delta = found.delta
    delta[~m.explanation.values.flatten(1).isfinite().all(1).cpu()] = torch.nan
    details = {name: getattr(found, name) for name in ("plus", "minus", "plus_error", "minus_error", "delta_error")}
    curve_shares = torch.tensor(shares, dtype=torch.float64, device="cpu")
    return m.scores(delta.mean(1), unit, notes=notes, curves=delta, curve_shares=curve_shares, details=details)


def _check_chance(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"`{name}` must be a chance from 0 to 1. Got {value!r}.")
