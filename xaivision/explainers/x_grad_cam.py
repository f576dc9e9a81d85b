"""XGrad-CAM: the maps of one layer, weighted by the gradients of the places where they are active."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map, share_weights
from xaivision.explainers.class_maps import doubt_unstable_weights, map_answer
from xaivision.explainers.gradient_question import map_gradient_question


@dataclass(frozen=True)
class XGradCam:
    """One value for each position, (B, 1, H, W): a layer's maps, weighted by their gradients' mean over their activations.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". Signed; `positive_only` keeps what speaks for the class, as the paper does. The values sum to
    that of activations times gradients, as HiResCAM's do: the score, where the layers after it are linear between kinks and
    have no biases. A channel that sums to zero counts nothing.
    """

    about: ClassVar[About] = About(
        name="x_grad_cam",
        answers="Which regions does the last stage count for this class, so that they add up to what its maps contribute?",
        misleads=(
            "It is as coarse as the layer. The weights divide by each channel's sum: where activations of both signs cancel "
            "they explode, which the verdict says."
        ),
        cost="1 forward, with its gradient from the layer on",
        source="Fu et al., 2020, arXiv:2008.02312",
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
            weights = share_weights(found.activations, found.gradients)
            doubt_unstable_weights(q, weights.unstable, "channels whose activations of both signs cancel")
            maps = channel_weighted_map(found.activations, weights.values)
            return map_answer(q, maps, positive_only=self.positive_only)
