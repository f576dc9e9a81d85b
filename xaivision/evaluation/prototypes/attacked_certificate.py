"""Attacks on certified radii: whether any input inside one has another class."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.layers import Layer
from xaivision.core.presenting import in_short
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.core.settings import check_positive_integer, check_positive_number
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.core.wrapping import classifier
from xaivision.engines.prototypes.attack import flips_inside
from xaivision.models.prototypes.certifying import Certificate, certified
from xaivision.models.prototypes.encoders import TableEncoder
from xaivision.models.prototypes.prototype_network import ENCODER, pooled
from xaivision.models.prototypes.prototype_plan import network_of

CHUNK = 256
# How far an attack goes.
STEPS = 40


@dataclass(frozen=True, eq=False, repr=False)
class AttackedCertificate:
    """`certificate`: the radii (B,) that were attacked, at `share` of their length; `flips` (R, B): which of R attacks on each
    input found another class inside.

    Inputs without a radius, which are not of the class that was asked for, are not attacked: `attacked` (B,).
    """

    certificate: Certificate
    share: float
    flips: Tensor
    attacked: Tensor

    def __repr__(self) -> str:
        """One line: how many attacks there were, and how many found another class."""
        return in_short(self, f"{self.found} of {self.attacks} attacks at {self.share:g} of the radius found another class")

    @property
    def attacks(self) -> int:
        """How many there were."""
        return len(self.flips) * int(self.attacked.sum())

    @property
    def found(self) -> int:
        """How many of these found another class; with a share of less than 1 of a certified radius none may."""
        return int(self.flips.sum())


def attack_certificate(
    model: Classifier,
    inputs: Tensor,
    classes: Tensor | None = None,
    *,
    share: float = 0.999,
    attacks: int = 3,
    seed: int = 0,
) -> AttackedCertificate:
    """Whether any of several attacks of projected gradient descent leads to another class within `share` of a certified radius.

    `classes` (B,), None: those predicted. The attack is where the certificate is: on standardized columns, or on the places of
    the encoder's map, each of which moves as far; in float64, and it knows the model. With a share above 1 it tells how much
    larger the true radius may be. Costs a forward pass an input, and 40 passes of the prototype layer an attack.

    Raises: as `certified`; InputError, where a number is out of range.

    Source: Madry et al., 2017, arXiv:1706.06083.
    """
    check_positive_number("share", share)
    check_positive_integer("attacks", attacks)
    with torch.inference_mode(False):  # the caller may be in it; no gradient could be taken there
        certificate = certified(model, inputs, classes)
        attacked = certificate.radii.cpu() > 0
        points, scores = _attackable(_torch_classifier(model), inputs)
        drawn = torch.randn(
            attacks, points.shape[1], generator=generator(seed, "attacks on radii"), dtype=torch.float64, device="cpu"
        )
        flips = torch.zeros(attacks, len(points), dtype=torch.bool, device="cpu")
        far, labels = (share * certificate.radii).to(points.device), certificate.classes.to(points.device)
        for rows in track(torch.split(attacked.nonzero().flatten(), CHUNK), "attacks"):
            at = rows.to(points.device)
            flips[:, rows] = flips_inside(scores, points[at], far[at], labels[at], drawn.to(points.device), STEPS).cpu()
    return AttackedCertificate(certificate, share, flips, attacked)


def _torch_classifier(model: Classifier) -> TorchClassifier:
    adapter = classifier(model)
    assert isinstance(adapter, TorchClassifier)  # noqa: S101 - what is certified is one
    return adapter


def _attackable(adapter: TorchClassifier, inputs: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """(B, D, ...) the points that the certificate is about, and what gives scores (B, K) of such points, both in float64."""
    network = network_of(adapter)
    layer, reasoning = (deepcopy(part).double() for part in (network.prototypes, network.reasoning))
    if isinstance(network.encoder, TableEncoder):
        metric = deepcopy(network.encoder.metric).double()
        with torch.no_grad():
            rows = network.encoder.features(adapter.prepared(inputs))
        return rows.double(), lambda points: reasoning(pooled(layer(metric(points))))
    places = adapter.layer_outputs(inputs, Layer(ENCODER)).activations
    return places.to(adapter.device).double(), lambda points: reasoning(pooled(layer(points)))
