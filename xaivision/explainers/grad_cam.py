"""Grad-CAM: the maps of one layer, weighted by their mean gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map, mean_weights
from xaivision.explainers.class_maps import map_answer
from xaivision.explainers.gradient_question import map_gradient_question


@dataclass(frozen=True)
class GradCam:
    """One value for each position, (B, 1, H, W): a layer's maps weighted by their mean gradient, enlarged.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". Signed, as every result here; `positive_only` keeps what speaks for the class, as the paper
    does. On a network that ends in global average pooling and a linear layer the values sum to the logit without its bias.
    """

    about: ClassVar[About] = About(
        name="grad_cam",
        answers="Which regions does the last stage of the network count for this class?",
        misleads=(
            "It is as coarse as the layer, and says nothing of layers before it. Where gradients differ from place to place, "
            "their mean credits places that the score does not depend on."
        ),
        cost="1 forward, with its gradient from the layer on",
        source="Selvaraju et al., 2016, arXiv:1610.02391",
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
            maps = channel_weighted_map(found.activations, mean_weights(found.gradients))
            return map_answer(q, maps, positive_only=self.positive_only)
