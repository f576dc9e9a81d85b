"""Grad-CAM: the maps of one layer, weighted by their mean gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.diagnostics import Note
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import LayerGradients
from xaivision.engines.activation_maps import channel_weighted_map, spread_over_input


@dataclass(frozen=True)
class GradCam:
    """One value for each position, (B, 1, H, W): a layer's maps weighted by their mean gradient, enlarged.

    `layer`: a submodule's name; None takes the last layer whose output is a map. Signed, as every result here;
    `positive_only` keeps what speaks for the class, as the paper does. On a network that ends in global average pooling
    and a linear layer the values sum to the logit without its bias.
    """

    about: ClassVar[About] = About(
        name="grad_cam",
        answers="Which regions does the last stage of the network count for this class?",
        misleads="It is as coarse as the layer, and says nothing of layers before it.",
        cost="2 forwards, 1 gradient from the layer on",
        source="Selvaraju et al., 2016, arXiv:1610.02391",
        needs=Access.GRADIENTS,
        domains=("image",),
    )

    layer: str | None = None
    positive_only: bool = False

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of regions to the score, (B, 1, H, W)."""
        with question(self, model, inputs, targets, seed=seed) as q:
            layer = q.torch_model.layer(self.layer, q.query.inputs)
            found = q.torch_model.layer_gradients(q.query.inputs, q.query.target, layer)
            _doubts(q, found, layer.name)
            maps = channel_weighted_map(found.activations, found.gradients.mean((2, 3)))
            if self.positive_only:
                maps = maps.clamp_min(0)
            height, width = q.query.inputs.shape[2:]
            return q.attribution(spread_over_input(maps, height, width).to(inputs), "contribution")


def _doubts(q: Question, found: LayerGradients, layer: str) -> None:
    if not found.fired:
        q.note(Note("refuse", f"the layer `{layer}` was not called in the forward pass"))
    elif found.cut:
        q.note(Note("refuse", f"the gradient is cut: the score does not depend differentiably on the layer `{layer}`"))
