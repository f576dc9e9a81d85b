"""RISE: what the score is on average when a position can be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, batch_size_of
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.engines.random_masks import MaskDraws, Presence, drawn_masks, enlarged, presence_effect
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.perturbed_scores import faded_scores
from xaivision.explainers.reference import baseline_of


@dataclass(frozen=True, eq=False)
class Rise:
    """The mean score of randomly masked inputs in which a position can be seen, less the mean score of all of them.

    `budget` masks an input. `grid`: cells a side; a cell can be seen with probability `share`, masks are enlarged smoothly
    and shifted at random. In a table every column is a cell. Hidden positions fade into the `baseline`. `centered` False
    leaves the mean score in, as the paper does: the same map, higher by a constant. Values are (B, 1, H, W), or (B, F).
    """

    about: ClassVar[About] = About(
        name="rise",
        answers="What is the score on average when this position can be seen, compared with any?",
        misleads="Maps are as coarse as the grid; few masks leave a pattern of chance. Values do not add up to the score.",
        cost="1 forward a mask (4,000 by default) + 1",
        source="Petsiuk, Das, Saenko, 2018, arXiv:1806.07421",
        needs=Access.SCORES,
    )

    budget: int = 4000
    grid: int = 7
    share: float = 0.5
    baseline: Baseline = "auto"
    centered: bool = True

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        check_positive_integer("grid", self.grid)
        if not 0 < self.share < 1:
            raise InputError(f"`share` must lie between 0 and 1, both excluded. Got {self.share}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions: changes of the mean score, in its unit."""
        with question(self, model, inputs, targets, seed=seed) as q:
            baseline = baseline_of(q, self.baseline)
            picture, grid = self._sizes(inputs)
            masks = drawn_masks(self.budget, grid, picture, self.share, q.generator("masks"))
            found = [self._effect(q, baseline, row, masks) for row in range(len(inputs))]
            values, errors = (torch.stack(parts).view(len(inputs), *picture) for parts in zip(*found, strict=True))
            middle = values.flatten(1).mean(1).view(-1, 1, 1)  # of the paper's map only what stands out counts
            chance_doubts(q, values if self.centered else values - middle, errors, "budget")
            shape = (len(inputs), *inputs.shape[1:]) if inputs.ndim == 2 else (len(inputs), 1, *picture)
            answer = q.attribution(
                values.view(shape).to(inputs),
                "contribution",
                baseline=baseline,
                standard_error=errors.view(shape).to(inputs),
            )
            return with_evaluations(answer, [self.budget] * len(inputs))

    def _sizes(self, inputs: Tensor) -> tuple[tuple[int, int], tuple[int, int]]:
        """Height and width of what is masked, and of the grid over it."""
        if inputs.ndim == 2:
            return (1, inputs.shape[1]), (1, inputs.shape[1])
        height, width = inputs.shape[2:]
        return (height, width), (min(self.grid, height), min(self.grid, width))

    def _effect(self, q: Question, baseline: Tensor, row: int, masks: MaskDraws) -> Presence:
        picture, grid = self._sizes(q.query.inputs)
        table = q.query.inputs.ndim == 2

        def parts() -> Iterator[tuple[Tensor, Tensor]]:
            size = batch_size_of(q.model, q.query.inputs)
            for start in track(range(0, self.budget, size), "masks"):
                seen = enlarged(masks, slice(start, start + size), grid, picture)
                yield seen.flatten(1), faded_scores(q, row, baseline[row], seen[:, 0] if table else seen)

        found = presence_effect(parts(), picture[0] * picture[1], self.centered)
        if not bool(found.values.isfinite().all()):
            raise InputError(f"`budget` must be large enough for every position to be seen. Got {self.budget}. Take 100 or more.")
        return found
