"""The certified radius of inputs under a classifier by components."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError
from xaivision.core.layers import Layer
from xaivision.core.query import check_batch
from xaivision.core.targets import class_numbers
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.engines.prototypes.certificate import certified_radius
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.prototype_network import ENCODER, PrototypeNetwork, nearest


@dataclass(frozen=True, eq=False)
class Certificate:
    """`radii` (B,): no move shorter than this, in `space`, changes that the `classes` (B,) have the largest score.

    Negative where they have not. `space`: "standardized columns", in the L2 norm, where a radius is about the input itself; or
    "patches of the encoder", each of which may move by as much, where it is about what the encoder made of it.
    """

    radii: Tensor
    classes: Tensor
    space: str


def certified(model: Classifier, inputs: Tensor, classes: Tensor | None = None) -> Certificate:
    """How far each input may move before its class changes; `classes` (B,), None: those predicted.

    Raises: CapabilityError, where the model has no certificate; InputError, where inputs or classes do not fit.

    Source: Saralajew et al., 2024, arXiv:2412.15499.
    """
    adapter = classifier(model)
    if not isinstance(adapter, TorchClassifier) or not isinstance(adapter.model, PrototypeNetwork):
        raise CapabilityError(
            f'`certified` needs a model of prototypes. Got {adapter!r}. Train one with xv.train(..., model="rbf").'
        )
    network = adapter.model
    if network.prototypes.reach is None:
        raise CapabilityError(
            '`certified` needs a model whose detections fall with the distance at a known rate: "rbf" or "components". '
            f"Got one with {network.plan.squash} similarities, which has no certificate."
        )
    check_batch(adapter, inputs)
    found = adapter.layer_outputs(inputs, Layer(ENCODER))
    scores = found.all_scores
    chosen = (
        scores.argmax(1) if classes is None else class_numbers("classes", classes, (len(scores), scores.shape[1]), scores.device)
    )
    with torch.no_grad():
        present, absent = network.reasoning.present_and_absent()
        radii = certified_radius(_logarithms(network, found.activations), present, absent, network.prototypes.reach, chosen)
    if isinstance(network.encoder, TableEncoder):
        radii = radii / network.encoder.metric.stretch.detach()
        return Certificate(radii.to(inputs.device), chosen.to(inputs.device), "standardized columns")
    return Certificate(radii.to(inputs.device), chosen.to(inputs.device), "patches of the encoder")


def _logarithms(network: PrototypeNetwork, places: Tensor) -> Tensor:
    """(B, P) those of the detections, by the distances themselves: far from everything a detection is too small for a float."""
    scale = network.prototypes.scale
    assert scale is not None  # noqa: S101 - asked before
    return -nearest(network.prototypes.distances(places)).double() / scale.double()
