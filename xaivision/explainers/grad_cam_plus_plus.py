"""Grad-CAM++: the maps of one layer, weighted by their positive gradients, small evidence counted in full."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map, exponential_weights
from xaivision.explainers.class_maps import doubt_unstable_weights, map_answer
from xaivision.explainers.gradient_question import map_gradient_question


@dataclass(frozen=True)
class GradCamPlusPlus:
    """One value for each position, (B, 1, H, W): a layer's maps with weights that count each object, however small.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". The weights are those of the exponential of the score, without the factor exp(score). They
    are never negative, so the values do not sum to the score; they are negative where the layer's maps are, and
    `positive_only` drops those, as the paper does.
    """

    about: ClassVar[About] = About(
        name="grad_cam_plus_plus",
        answers="Where are all the objects of this class, if there are several?",
        misleads=(
            "Only positive gradients count, so what speaks against the class is not seen, and maps of two classes are often "
            "alike. It assumes activations that are not negative."
        ),
        cost="1 forward, with its gradient from the layer on",
        source="Chattopadhyay et al., 2017, arXiv:1710.11063",
        needs=Access.GRADIENTS,
        domains=("image",),
        order_only=True,
    )

    layer: str | nn.Module | None = None
    layout: Layout | None = None
    positive_only: bool = False

    def __post_init__(self) -> None:
        check_layout(self.layout)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of regions to the score, (B, 1, H, W)."""
        with map_gradient_question(self, model, inputs, targets, seed=seed) as (q, found):
            weights = exponential_weights(found.activations, found.gradients)
            doubt_unstable_weights(q, weights.unstable, "the method assumes activations that are not negative")
            maps = channel_weighted_map(found.activations, weights.values)
            return map_answer(q, maps, positive_only=self.positive_only)
