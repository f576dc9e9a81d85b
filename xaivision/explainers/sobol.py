"""Sobol: the share of the score's variance that goes with a segment or column."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

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
from xaivision.engines.grouping import Groups
from xaivision.engines.segments import SegmentsSetting
from xaivision.engines.sobol_indices import (
    FEWEST_POINTS,
    MOST_PLAYERS,
    Order,
    SobolIndices,
    points_within,
    runs_needed,
    sobol_design,
    sobol_indices,
)
from xaivision.explainers.doubts import chance_doubts
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.perturbed_scores import faded_scores
from xaivision.explainers.players import player_labels
from xaivision.explainers.reference import baseline_of


@dataclass(frozen=True, eq=False)
class Sobol:
    """Sobol indices: the share of the score's variance that a player causes when all fade at random.

    Players are the `segments` of a picture (`Grid(8, 8)` for the paper's), the columns of a table or its `groups`. Each fades
    towards the `baseline` by a strength of its own, drawn evenly from [0, 1] by a scrambled Sobol sequence. `order`: "total"
    counts what a player does together with others, "first" what it does alone. `budget`: evaluations an input, of which
    one more than there are players make one point of the sample ("first": two more). Every position of a player has its index.
    """

    about: ClassVar[About] = About(
        name="sobol",
        answers="Which share of the score's variance goes with this segment or column, when all fade in and out at random?",
        misleads="It has no sign: what speaks against the target counts like what speaks for it. Total shares of players that "
        "act together are counted for each, and sum to more than 1; a large segment has more to vary than a small one.",
        cost="as many forwards as `budget` (2,048 by default) + 1",
        source="Fel et al., 2021, arXiv:2111.04138; estimators of Jansen, 1999, and Saltelli et al., 2010, "
        "doi:10.1016/j.cpc.2009.09.018",
        needs=Access.SCORES,
        order_only=True,
    )

    budget: int = 2048
    order: Order = "total"
    segments: SegmentsSetting = "slic"
    groups: Groups | None = None
    baseline: Baseline = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("budget", self.budget)
        if self.order not in get_args(Order):
            raise InputError(f"`order` must be 'total' or 'first'. Got {self.order!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Shares (B, 1, H, W), or (B, F), with standard errors.

        Raises: InputError, where the budget buys less than two points, or there are too many players for a Sobol sequence.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            labels = player_labels(q, self.segments, self.groups)
            baseline = baseline_of(q, self.baseline)
            points = [self._points(int(mine.max()) + 1) for mine in labels]
            found = [self._indices(q, baseline, labels[row], row, points[row]) for row in range(len(inputs))]
            values, errors = (_placed(parts, labels).to(inputs) for parts in zip(*found, strict=True))
            chance_doubts(q, values, errors, "budget")
            answer = q.attribution(values, "contribution", baseline=baseline, standard_error=errors)
            counts = [runs_needed(points[row], len(found[row].values), self.order) for row in range(len(inputs))]
            return with_evaluations(replace(answer, players=labels), counts)

    def _points(self, players: int) -> int:
        if players > MOST_PLAYERS:
            raise InputError(f"`sobol` takes at most {MOST_PLAYERS} segments, columns or groups. Got {players}. Give `groups`.")
        points = points_within(self.budget, players, self.order)
        if points < FEWEST_POINTS:
            least = runs_needed(FEWEST_POINTS, players, self.order)
            raise InputError(
                f"`budget` must be at least {least} for {players} players. Got {self.budget}. Fewer players need less."
            )
        return points

    def _indices(self, q: Question, baseline: Tensor, labels: Tensor, row: int, points: int) -> SobolIndices:
        players = int(labels.max()) + 1
        design = sobol_design(points, players, q.generator("design"))
        runs, size = runs_needed(points, players, self.order), batch_size_of(q.model, q.query.inputs)

        def scored() -> Iterator[Tensor]:
            for start in track(range(0, runs, size), "runs"):
                strengths = design.strengths(slice(start, min(start + size, runs)))
                yield faded_scores(q, row, baseline[row], strengths[:, labels.cpu()])

        return sobol_indices(torch.cat(list(scored())), points, self.order)


def _placed(values: tuple[Tensor, ...], labels: Tensor) -> Tensor:
    """(B, 1, H, W), or (B, F): at every position the number of its player."""
    placed = torch.stack([mine.to(where.device)[where] for mine, where in zip(values, labels, strict=True)])
    return placed if labels.ndim == 2 else placed[:, None]
