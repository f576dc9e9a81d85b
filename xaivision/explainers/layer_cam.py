"""LayerCAM: the maps of one layer, each cell weighted by its gradient where that is positive."""

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
class LayerCam:
    """One value for each position, (B, 1, H, W): a layer's maps times their positive gradients, cell by cell.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". Made for shallow layers too, which have to be named. Negative gradients count nothing by
    definition, so the values do not sum to the score; they are negative where the layer's maps are, and `positive_only` drops
    those, as the paper does.
    """

    about: ClassVar[About] = About(
        name="layer_cam",
        answers="Where does a layer, a shallow one too, show what would raise this class?",
        misleads=(
            "What speaks against the class is left out, so a region may be lit for two classes at once; the values do not add "
            "up to the score."
        ),
        cost="1 forward, with its gradient from the layer on",
        source=(
            "Jiang et al., LayerCAM: Exploring hierarchical class activation maps for localization, IEEE TIP 2021, DOI "
            "10.1109/TIP.2021.3089943"
        ),
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
            maps = channel_weighted_map(found.activations, found.gradients.clamp_min(0))
            return map_answer(q, maps, positive_only=self.positive_only)
