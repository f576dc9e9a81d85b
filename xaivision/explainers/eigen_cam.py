"""Eigen-CAM: what the maps of one layer have most in common."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import first_component
from xaivision.explainers.class_maps import map_answer, refuse_contrasts
from xaivision.explainers.gradient_question import map_question


@dataclass(frozen=True)
class EigenCam:
    """One value for each position, (B, 1, H, W): a layer's maps projected on their first singular vector over channels.

    `layer`: a submodule's name, or itself; None takes the last map of a convolutional network, and of a transformer the tokens
    that enter its last attention. `layout` says how the layer's output is laid out, where that cannot be told: "channels_first",
    "channels_last" or "tokens". The class is not asked: every class gets the same map. A singular vector has no sign; it is
    chosen so that the values do not sum to less than zero. `positive_only` drops values below zero.
    """

    about: ClassVar[About] = About(
        name="eigen_cam",
        answers="Where is the layer most active in the pattern that dominates it, whatever the class?",
        misleads=(
            "It ignores the class: two classes get one map, and the salient object is shown even where the model answers "
            "something else."
        ),
        cost="1 forward",
        source="Muhammad, Yeasin, 2020, arXiv:2008.00299",
        needs=Access.ACTIVATIONS,
        domains=("image",),
        order_only=True,
    )

    layer: str | nn.Module | None = None
    layout: Layout | None = None
    positive_only: bool = False

    def __post_init__(self) -> None:
        check_layout(self.layout)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Activity of regions, (B, 1, H, W), in the units of the layer."""
        with map_question(self, model, inputs, targets, seed=seed) as (q, found):
            refuse_contrasts(q)
            maps = first_component(found.activations)
            return map_answer(q, maps, positive_only=self.positive_only)
