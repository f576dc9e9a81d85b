"""Score-CAM: the maps of one layer, weighted by the score of the input seen through each."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.settings import check_positive_integer
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map
from xaivision.engines.channel_scores import masked_scores, placed, softmax_weights, strongest_channels
from xaivision.explainers.class_maps import doubt_left_out_channels, map_answer
from xaivision.explainers.gradient_question import map_question


@dataclass(frozen=True)
class ScoreCam:
    """One value for each position, (B, 1, H, W): a layer's maps weighted by a softmax of the scores they leave.

    Each channel, enlarged and stretched to [0, 1], is multiplied with the input; the softmax over channels of the target's
    scores gives its weight. `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a
    transformer the tokens that enter its last attention. `layout` says how the layer's output is laid out, where that cannot
    be told: "channels_first", "channels_last" or "tokens". `channels`: only as many, those with the largest activations; the
    verdict says so. Weights are never negative and sum to 1; `positive_only` drops values below zero, as the paper does.
    """

    about: ClassVar[About] = About(
        name="score_cam",
        answers="Which regions, shown alone, keep the score of this class up?",
        misleads=(
            "Softmax makes a few channels take all the weight when scores are logits, and evens all out when they are "
            "probabilities. Masked pictures are unlike those the model was trained on."
        ),
        cost="1 forward a channel of the layer (1,280 for EfficientNet-Lite0) + 1",
        source="Wang et al., 2019, arXiv:1910.01279",
        needs=Access.ACTIVATIONS,
        domains=("image",),
        order_only=True,
    )

    stands_on: ClassVar[str] = "eigen_cam"  # a preflight asks that: the same layer at the price of one pass

    layer: str | nn.Module | None = None
    layout: Layout | None = None
    positive_only: bool = False
    channels: int | None = None

    def __post_init__(self) -> None:
        check_layout(self.layout)
        if self.channels is not None:
            check_positive_integer("channels", self.channels)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Activity of regions, (B, 1, H, W), in the units of the layer."""
        with map_question(self, model, inputs, targets, seed=seed) as (q, found):
            channels = strongest_channels(found.activations, self.channels)
            doubt_left_out_channels(q, found.activations, channels)
            scores = masked_scores(q.torch_model, q.query.inputs, q.query.target, found.activations, channels)
            weights = placed(softmax_weights(scores), channels, found.activations)
            maps = channel_weighted_map(found.activations, weights)
            return map_answer(q, maps, positive_only=self.positive_only)
