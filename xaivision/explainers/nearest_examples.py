"""Nearest examples: the cases of a reference set that the model, or the eye, takes for the same."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.examples import Examples
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.neighbors import nearest
from xaivision.explainers.example_space import (
    check_background,
    column_spread,
    fitting_background,
    represented,
    scores_of_examples,
)


@dataclass(frozen=True, eq=False)
class NearestExamples:
    """The `k` nearest inputs of a `background` (N, *S), with the similarity: minus the Euclidean distance.

    Distance is measured in the input, each column of a table divided by its spread in the background; with `layer`, in
    that layer's output, flattened. The model's score of the target on each example says whether it agrees.
    """

    about: ClassVar[About] = About(
        name="nearest_examples",
        answers="Which known cases are most like this one, and does the model score them alike?",
        misleads="Near in pixels is not near in meaning: name a layer for pictures. The nearest case may still be far.",
        cost="1 forward an example shown (with a layer: 1 an example of the background)",
        source="Caruana et al., Case-based explanation of non-case-based learning methods, AMIA 1999",
        needs=Access.SCORES,
    )

    background: Tensor
    k: int = 3
    layer: str | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background, self.k)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Examples:
        """Examples (B, k, *S), nearest first. Without `layer`, `maps` holds what each feature adds to minus the distance."""
        with question(self, model, inputs, targets, seed=seed) as q:
            background = fitting_background(q, self.background)
            points, candidates = represented(q, background, self.layer)
            indices, distances = nearest(points, candidates, self.k)
            examples = background[indices]
            return q.examples(
                examples,
                indices,
                -distances,
                example_scores=scores_of_examples(q, examples),
                spread=column_spread(background) if background.ndim == 2 else None,
                maps=self._maps(points, candidates, indices, q) if self.layer is None else None,
            )

    def _maps(self, points: Tensor, candidates: Tensor, indices: Tensor, q: Question) -> Tensor:
        """What each feature adds to minus the distance: its squared difference, as a share of the distance."""
        squared = (points[:, None] - candidates[indices]) ** 2
        distance = squared.sum(-1, keepdim=True).sqrt()
        shares = torch.where(distance > 0, squared / distance.clamp_min(torch.finfo(squared.dtype).tiny), 0)
        return -shares.view(*indices.shape, *q.query.inputs.shape[1:])
