"""Grad-CAM on photos, beside captum's and pytorch-grad-cam's and the forward passes alone."""

from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor

from benchmarks.contest import COLD, LIMIT, OURS, Contest, after_a_pause, hold, photo_and_model
from benchmarks.networks import InPixels, random_resnet
from benchmarks.peers import Peer
from benchmarks.timing import Work, in_a_row
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.grad_cam import GradCam
from xaivision.facade import load_sample_images

PHOTOS = 8
IN_A_ROW = 5  # of one photo; a batch fills the caches with its own
CLASS = 282
# What is measured, and the layer that peers are told to take, as their users would.
CONTESTS = {
    "grad_cam": ("EfficientNet-Lite0, one photo", "_bn1"),
    "grad_cam_batch": (f"EfficientNet-Lite0, {PHOTOS} photos", "_bn1"),
    "grad_cam_resnet": ("ResNet-18 with random weights, one photo", "layer4"),
}
PEERS = (COLD, "captum", "captum, channels last", "pytorch-grad-cam", "pytorch-grad-cam, channels last")


def main(quick: bool = False) -> list[list[object]]:
    return [row for name in CONTESTS for row in _hold(name, quick)]


def _hold(name: str, quick: bool) -> list[list[object]]:
    model, photos = _model_and_photos(name)
    contest = Contest(
        name,
        "Grad-CAM",
        f"{CONTESTS[name][0]} of 224 pixels, against one forward pass without a graph",
        "ours at most 1.20 for one photo",
    )
    contestants = {
        LIMIT: _often(lambda: model(photos), photos),
        OURS: _often(lambda: GradCam().explain(model, photos, CLASS), photos),
        **{peer: Peer("grad_cam", name, peer, quick=quick) for peer in PEERS},
    }
    return hold(contest, contestants, rounds=1 if quick else 7)


def peer(contest: str, name: str, _quick: bool) -> Work:
    """What the process of this contestant runs."""
    model, photos = _model_and_photos(contest)
    return _often(_once(contest, name, model, photos), photos)


def _once(contest: str, name: str, model: TorchClassifier, photos: Tensor) -> Work:
    if name == COLD:
        return after_a_pause(lambda: GradCam().explain(model, photos, CLASS))
    network = InPixels(model, channels_last="channels last" in name)
    layer = dict(network.network.named_modules())[CONTESTS[contest][1]]
    if name.startswith("captum"):
        captum = LayerGradCam(network, layer)
        return lambda: captum.attribute(photos, target=CLASS)
    other = GradCAM(model=network, target_layers=[layer])
    return lambda: other(photos, [ClassifierOutputTarget(CLASS)] * len(photos))


def _often(work: Work, photos: Tensor) -> Work:
    return in_a_row(work, IN_A_ROW) if len(photos) == 1 else work


def _model_and_photos(contest: str) -> tuple[TorchClassifier, Tensor]:
    photo, lite = photo_and_model()
    if contest == "grad_cam_batch":
        photo = load_sample_images(["chelsea", "coffee", "camera", "rocket"], lite).repeat(PHOTOS // 4, 1, 1, 1)
    return (random_resnet() if contest == "grad_cam_resnet" else lite), photo
