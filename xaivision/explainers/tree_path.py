"""Tree path: the patches that a tree over patches looked at, each with what the score loses without it."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.tree_walks import effect_maps, tree_network, walked


@dataclass(frozen=True)
class TreePath:
    """The effect of each patch of the walk: by how much the score falls when it shows the mean of all training patches, while
    the walk looks at the same places. Zero at all other patches, which nothing was asked of.
    """

    about: ClassVar[About] = About(
        name="tree_path",
        answers="Which patches did the tree look at, one after the other, and what does the score lose without each?",
        misleads=(
            "A token of a deep layer has seen the whole picture: its cell is where it comes from, not all that it shows. Where "
            "the model begins its walks at an embedding of the whole picture, the patches may be decoration: see its card."
        ),
        cost="2 forwards (3 where walks begin at the picture's embedding)",
        source="Lao et al., 2024, arXiv:2401.17050; the effects are ours",
        needs=Access.WEIGHTS,
        domains=("image",),
        opens=True,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Attribution (B, 1, H, W), in the unit of the target's score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            adapter, network = tree_network(self.about.name, q.model)
            walk, _, effects = walked(adapter, network, inputs, q.query.target)
            cells = effect_maps(walk.patches, effects, network.encoder.grid)
            height, width = inputs.shape[2:]
            return q.attribution(spread_over_input(cells, height, width).to(inputs), "contribution")
