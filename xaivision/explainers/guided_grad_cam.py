"""Guided Grad-CAM: guided backpropagation, weighted by the positive part of Grad-CAM."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from torch import Tensor, nn
from torch.nn import functional as F

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.layer_layout import Layout, check_layout
from xaivision.core.targets import Targets
from xaivision.engines.activation_maps import channel_weighted_map, mean_weights
from xaivision.explainers.gradient_question import doubt_slope, map_gradient_question
from xaivision.explainers.operations_seen import Subject
from xaivision.explainers.rectified_gradients import rectified_gradients

Interpolation = Literal["nearest", "bilinear"]


@dataclass(frozen=True)
class GuidedGradCam:
    """Guided backpropagation times the positive part of a layer's Grad-CAM map, enlarged: fine detail in coarse regions.

    `layer`: a submodule's name, or itself; None takes the last layer whose output is a map. `layout` says how its output is laid
    out, where that cannot be told. `interpolation`: how the map is enlarged; "nearest" is captum's default,
    "bilinear" the paper's.
    """

    about: ClassVar[About] = About(
        name="guided_grad_cam",
        answers="Which details lie in the regions that speak for the target?",
        misleads="The details are those of guided backpropagation, which hardly depend on the weights or the target; only the "
        "regions do. Where Grad-CAM is negative everywhere the map is zero.",
        cost="1 forward, with its gradient from the layer on, + 1 gradient (the first time 2 gradients of the first input "
        "more, 2 forwards where activations work in place, 8 and 2 forwards where the model is repaired)",
        source="Selvaraju et al., 2016, arXiv:1610.02391",
        needs=Access.WEIGHTS,
        domains=("image",),
    )

    layer: str | nn.Module | None = None
    layout: Layout | None = None
    interpolation: Interpolation = "nearest"

    def __post_init__(self) -> None:
        check_layout(self.layout)
        if self.interpolation not in get_args(Interpolation):
            names = ", ".join(map(repr, get_args(Interpolation)))
            raise InputError(f"`interpolation` must be one of {names}. Got {self.interpolation!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs, scaled by the map of the layer.

        Raises: CapabilityError, where the model has no ReLU, or one that cannot be repaired.
        """
        with map_gradient_question(self, model, inputs, targets, seed=seed) as (q, found):
            doubt_slope(q, None)
            maps = channel_weighted_map(found.activations, mean_weights(found.gradients)).clamp_min(0)
            smooth = {"align_corners": False} if self.interpolation == "bilinear" else {}
            regions = F.interpolate(maps, q.query.inputs.shape[2:], mode=self.interpolation, **smooth)
            details = rectified_gradients(Subject.of(q), "GuidedBackprop").values
            return q.attribution(regions.to(q.query.inputs) * details, "slope")
