"""ProtoDash: the few known examples that, weighted, are most like an input."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.classifier import Classifier
from xaivision.core.examples import Examples
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.prototypes.kernels import gaussian_kernel, median_width
from xaivision.engines.prototypes.selection import Chosen
from xaivision.engines.prototypes.weighted_selection import proto_dash
from xaivision.explainers.example_space import (
    check_background,
    column_spread,
    fitting_background,
    represented,
    scores_of_examples,
)


@dataclass(frozen=True, eq=False)
class ProtoDash:
    """Up to `k` examples of a `background` (N, *S) with weights that are not negative, largest weight first.

    Similarity is a Gaussian of the distance, as wide as the background's median distance: of the input, each column of a table
    divided by its spread, or with `layer` of that layer's output. An example that adds nothing to those before it has the
    weight 0: neighbors that say the same are not shown twice, which `nearest_examples` does.
    """

    about: ClassVar[About] = About(
        name="proto_dash",
        answers="Which few known cases, with which weights, stand for this input together?",
        misleads="Weights say what stands for the input, not what the model counts. Name a layer for pictures.",
        cost="1 forward an example shown (with a layer: 1 an example of the background)",
        source="Gurumoorthy et al., 2017, arXiv:1707.01212",
        needs=Access.SCORES,
    )

    background: Tensor
    k: int = 3
    layer: str | None = None

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background, self.k)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Examples:
        """Examples (B, k, *S) with `weights` (B, k), and the similarity of each to the input."""
        with question(self, model, inputs, targets, seed=seed) as q:
            background = fitting_background(q, self.background)
            points, candidates = (part.detach().double().cpu() for part in represented(q, background, self.layer))
            width = median_width(candidates)
            kernel, alike = gaussian_kernel(candidates, candidates, width), gaussian_kernel(points, candidates, width)
            found = [_filled(proto_dash(kernel, row, self.k), row, self.k) for row in alike]
            indices = torch.tensor([one.indices for one in found], device=inputs.device)
            weights = torch.tensor([one.weights for one in found], dtype=torch.float64, device=inputs.device)
            examples = background[indices]
            return q.examples(
                examples,
                indices,
                alike.to(indices.device).gather(1, indices).to(q.query.inputs),
                weights=weights.to(q.query.inputs),
                example_scores=scores_of_examples(q, examples),
                spread=column_spread(background) if background.ndim == 2 else None,
            )


def _filled(chosen: Chosen, alike: Tensor, k: int) -> Chosen:
    """Largest weight first, and the most similar of the others, with no weight, where fewer than k got one."""
    weights = chosen.weights or ()
    order = sorted(range(len(weights)), key=lambda place: -weights[place])
    taken = [chosen.indices[place] for place in order]
    others = [index for index in alike.argsort(descending=True, stable=True).tolist() if index not in set(taken)]
    return Chosen(
        (*taken, *others[: k - len(taken)]), chosen.objective, (*(weights[place] for place in order), *[0.0] * (k - len(taken)))
    )
