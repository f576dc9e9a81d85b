"""HiResCAM: the maps of one layer, each cell weighted by its own gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map
from xaivision.explainers.class_maps import map_answer
from xaivision.explainers.gradient_question import map_gradient_question


@dataclass(frozen=True)
class HiresCam:
    """One value for each position, (B, 1, H, W): a layer's maps times their gradients, cell by cell, summed over channels.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". Signed; `positive_only` keeps what speaks for the class. Where the layers after it are linear
    the values sum to the score without the biases; where they are linear between kinks, without what the biases contribute
    here. After global average pooling it is Grad-CAM.
    """

    about: ClassVar[About] = About(
        name="hires_cam",
        answers="What does each place of the last stage contribute to this class, by its own gradient?",
        misleads=(
            "It is as coarse as the layer. Gradients at single places are noisier than their mean, and behind nonlinear "
            "layers the contributions need not add up."
        ),
        cost="1 forward, with its gradient from the layer on",
        source="Draelos, Carin, 2020, arXiv:2011.08891",
        needs=Access.GRADIENTS,
        domains=("image",),
    )

    layer: str | nn.Module | None = None
    layout: Layout | None = None
    positive_only: bool = False

    def __post_init__(self) -> None:
        check_layout(self.layout)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of regions to the score, (B, 1, H, W)."""
        with map_gradient_question(self, model, inputs, targets, seed=seed) as (q, found):
            maps = channel_weighted_map(found.activations, found.gradients)
            return map_answer(q, maps, positive_only=self.positive_only)
