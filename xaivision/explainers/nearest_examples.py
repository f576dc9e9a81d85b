"""Nearest examples: the cases of a reference set that the model, or the eye, takes for the same."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.examples import Examples
from xaivision.core.layers import Layer
from xaivision.core.query import PIXEL_SLACK
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.neighbors import nearest


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

    def __post_init__(self) -> None:
        check_positive_integer("k", self.k)
        if not isinstance(self.background, Tensor) or not self.background.ndim:
            raise InputError(f"`background` must be a tensor (N, *S), one example a row. Got {type(self.background).__name__}.")
        if not bool(self.background.isfinite().all()):
            raise InputError("`background` must be finite. Got values that are NaN or infinite. Remove or impute them first.")
        if self.k > len(self.background):
            raise InputError(f"`k` must be from 1 to the {len(self.background)} examples of the background. Got {self.k}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Examples:
        """Examples (B, k, *S), nearest first. Without `layer`, `maps` holds what each feature adds to minus the distance."""
        with question(self, model, inputs, targets, seed=seed) as q:
            background = self._checked_background(q)
            points, candidates = self._represented(q, background)
            indices, distances = nearest(points, candidates, self.k)
            examples = background[indices]
            scores = q.model(examples.flatten(0, 1))
            rows = torch.arange(len(examples), device=scores.device).repeat_interleave(self.k)
            return q.examples(
                examples,
                indices,
                -distances,
                example_scores=q.query.target.take(rows).of(scores).view(indices.shape),
                maps=self._maps(points, candidates, indices, q) if self.layer is None else None,
            )

    def _checked_background(self, q: Question) -> Tensor:
        background = self.background.detach().to(q.query.inputs)
        if background.shape[1:] != q.query.inputs.shape[1:]:
            raise InputError(
                f"`background` must hold inputs of shape {tuple(q.query.inputs.shape[1:])}. Got {tuple(background.shape[1:])}."
            )
        low, high = float(background.min()), float(background.max())
        if q.model.domain == "image" and (low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK):
            raise InputError(f"`background` must hold images in [0, 1]. Got values from {low:.4g} to {high:.4g}.")
        return background

    def _represented(self, q: Question, background: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and background as vectors to measure distances between."""
        if self.layer is not None:
            return self._of_layer(q, background)
        spread = _spread(background) if background.ndim == 2 else background.new_ones(())
        return (q.query.inputs / spread).flatten(1), (background / spread).flatten(1)

    def _of_layer(self, q: Question, background: Tensor) -> tuple[Tensor, Tensor]:
        layer: Layer = q.torch_model.layer(self.layer, q.query.inputs)
        points = q.torch_model.activations(q.query.inputs, layer)
        candidates = q.torch_model.activations(background, layer)
        if points is None or candidates is None:
            q.note(Note("refuse", f"the layer `{layer.name}` was not called in the forward pass"))
            return q.query.inputs.flatten(1), background.flatten(1)
        return points.flatten(1), candidates.flatten(1)

    def _maps(self, points: Tensor, candidates: Tensor, indices: Tensor, q: Question) -> Tensor:
        """What each feature adds to minus the distance: its squared difference, as a share of the distance."""
        squared = (points[:, None] - candidates[indices]) ** 2
        distance = squared.sum(-1, keepdim=True).sqrt()
        shares = torch.where(distance > 0, squared / distance.clamp_min(torch.finfo(squared.dtype).tiny), 0)
        return -shares.view(*indices.shape, *q.query.inputs.shape[1:])


def _spread(background: Tensor) -> Tensor:
    """(F,) standard deviation of each column, 1 where it is constant: there rounding gives 1e-8 or so, not 0."""
    constant = (background == background[0]).all(0)
    return background.std(0, correction=0).masked_fill(constant, 1)
