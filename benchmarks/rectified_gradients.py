"""Guided backpropagation, deconvolution and guided Grad-CAM on one photo, beside captum's and the passes they need.

Each of ours carries the scores that it explains, which captum does not hand out: so captum is asked twice, for its map alone
and for the map and the scores, which take a forward pass of their own.

A plain pass does not rectify. What the methods need are passes with their rule at every ReLU: those are measured, too, with
the rule as a function of torch's own autograd, which is the cheapest way that there is.
"""

from copy import copy, deepcopy
from typing import Any

import captum.attr
import torch
from torch import Tensor, nn

from benchmarks.contest import LIMIT, OURS, Contest, hold
from benchmarks.limit import forwards, gradients
from benchmarks.networks import InPixels, random_resnet
from benchmarks.peers import Peer
from benchmarks.timing import Work, in_a_row
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer
from xaivision.facade import load_sample_images

IN_A_ROW = 5
CLASS = 282
METHODS = {"guided_backprop": "GuidedBackprop", "deconvolution": "Deconvolution", "guided_grad_cam": "GuidedGradCam"}
# What needs another pass for the maps of a layer.
OF_A_LAYER = ("guided_grad_cam",)
# A name with this at its end is the contest of the method on several photos at once.
BATCH, PHOTOS = "_batch", 8
CONTESTS = (*METHODS, f"guided_backprop{BATCH}", f"deconvolution{BATCH}")
ALONE, WITH_SCORES = "captum, the map alone", "captum, and the scores"
RULED = "the passes with the rule at every ReLU"


class Rectified(torch.autograd.Function):
    """ReLU in place, whose gradient loses its negative part; `gated`: and what the ReLU cut off on the way forth."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, gated: bool) -> Tensor:
        ctx.mark_dirty(given.clamp_(min=0))
        ctx.save_for_backward(*([given] if gated else []))
        return given

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        rectified = gradient.clamp(min=0)
        for fired in ctx.saved_tensors:
            rectified = torch.ops.aten.threshold_backward(rectified, fired, 0)
        return rectified, None


class RectifiedReLU(nn.Module):
    """What stands for a ReLU where the method is nothing but a pass."""

    def __init__(self, gated: bool) -> None:
        super().__init__()
        self.gated = gated

    def forward(self, given: Tensor) -> Tensor:
        out: Tensor = Rectified.apply(given, self.gated)
        return out


def ruled(model: TorchClassifier, method: str) -> TorchClassifier:
    """The classifier over a copy of its network whose plain gradient is the method's."""
    network = deepcopy(model.model)
    for path, part in list(network.named_modules()):
        if isinstance(part, nn.ReLU):
            network.set_submodule(path, RectifiedReLU(gated=method != "deconvolution"))
    found = copy(model)
    found.model = network
    return found


def main(quick: bool = False) -> list[list[object]]:
    return [row for name in CONTESTS for row in _hold(name, quick)]


def _hold(name: str, quick: bool) -> list[list[object]]:
    model, photos = _model_and_photos(name)
    method = name.removesuffix(BATCH)
    told = f"{len(photos)} photos of 224 pixels at once" if name.endswith(BATCH) else "one photo of 224 pixels"
    contest = Contest(
        name,
        method.replace("_", " ").capitalize(),
        f"ResNet-18 with random weights, {told}, against {_told(method)}one forward and backward pass",
        "ours at most 1.10 of the passes with the rule, and at most captum's time for the map and the scores",
    )
    ours, with_rule = explainer(method), ruled(model, method)
    contestants = {
        LIMIT: in_a_row(lambda: _passes(model, photos, method), IN_A_ROW),
        RULED: in_a_row(lambda: _passes(with_rule, photos, method), IN_A_ROW),
        OURS: in_a_row(lambda: ours.explain(model, photos, [CLASS] * len(photos)), IN_A_ROW),
        **{who: Peer("rectified_gradients", name, who, quick=quick) for who in (ALONE, WITH_SCORES)},
    }
    return hold(contest, contestants, rounds=1 if quick else 7)


def peer(contest: str, name: str, _quick: bool) -> Work:
    """What the process of this contestant runs."""
    model, photos = _model_and_photos(contest)
    network = InPixels(model)
    method = _captums(contest.removesuffix(BATCH), network)
    leaf = photos.clone().requires_grad_()

    def asked() -> None:
        if name == WITH_SCORES:
            with torch.no_grad():
                network(photos)
        method.attribute(leaf, target=CLASS)

    return in_a_row(asked, IN_A_ROW)


def _captums(method: str, network: InPixels) -> Any:
    made = getattr(captum.attr, METHODS[method])
    return made(network, network.network.layer4) if method == "guided_grad_cam" else made(network)


def _told(method: str) -> str:
    return "one forward pass and " if method in OF_A_LAYER else ""


def _passes(model: TorchClassifier, photos: Tensor, method: str) -> None:
    if method in OF_A_LAYER:
        forwards(model, photos, len(photos), len(photos))
    gradients(model, photos, len(photos), len(photos))


def _model_and_photos(contest: str) -> tuple[TorchClassifier, Tensor]:
    model = random_resnet()
    photo = load_sample_images(["chelsea"], model)
    return model, photo.repeat(PHOTOS if contest.endswith(BATCH) else 1, 1, 1, 1)
