"""Ablation-CAM: the maps of one layer, weighted by what the score loses without each."""

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
from xaivision.engines.channel_scores import ablated_scores, placed, strongest_channels
from xaivision.explainers.class_maps import doubt_left_out_channels, map_answer
from xaivision.explainers.gradient_question import map_question


@dataclass(frozen=True)
class AblationCam:
    """One value for each position, (B, 1, H, W): a layer's maps weighted by the drop of the score without each of them.

    Each channel of the layer is set to zero in turn. `layer`: a submodule's name, or itself; None takes the last map of a
    convolutional network, and of a transformer the tokens that enter its last attention. `layout` says how the layer's output
    is laid out, where that cannot be told: "channels_first", "channels_last" or "tokens". `channels`: only as many, those with
    the largest activations; the verdict says so. The paper divides the drops by the score, which would turn the map over
    where the score is negative: here they are not divided. Signed; `positive_only` keeps what speaks for the class, as the
    paper does.
    """

    about: ClassVar[About] = About(
        name="ablation_cam",
        answers="Which regions hold the features that the score would lose most without?",
        misleads=(
            "A feature that others stand in for seems to be worth nothing, and a channel set to zero may be a state that the "
            "network never was in."
        ),
        cost="1 forward a channel of the layer, from the layer on where the network allows it, + 6",
        source="Desai, Ramaswamy, Ablation-CAM, WACV 2020, DOI 10.1109/WACV45572.2020.9093360",
        needs=Access.ACTIVATIONS,
        domains=("image",),
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
        """Contributions of regions, (B, 1, H, W), in units of the score times those of the layer."""
        with map_question(self, model, inputs, targets, seed=seed) as (q, found):
            channels = strongest_channels(found.activations, self.channels)
            doubt_left_out_channels(q, found.activations, channels)
            without = ablated_scores(q.torch_model, q.query.inputs, q.query.target, found.where, found.outputs, channels)
            drops = q.query.scores.double().cpu()[:, None] - without
            maps = channel_weighted_map(found.activations, placed(drops, channels, found.activations))
            return map_answer(q, maps, positive_only=self.positive_only)
