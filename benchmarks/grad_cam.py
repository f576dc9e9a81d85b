"""Grad-CAM on photos, beside captum's and pytorch-grad-cam's and the forward passes alone."""

import torch
from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor
from torchvision.models import resnet18

from benchmarks.contest import LIMIT, Contest, hold, photo_and_model
from xaivision.core.heap import give_back_heap
from xaivision.core.modes import evaluating
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.grad_cam import GradCam
from xaivision.facade import load_sample_images

PHOTOS = 8
CLASS = 281


def main(quick: bool = False) -> list[list[object]]:
    photo, network = photo_and_model()
    rounds = 1 if quick else 15
    several = load_sample_images(["chelsea", "coffee", "camera", "rocket"], network).repeat(PHOTOS // 4, 1, 1, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        residual = TorchClassifier(resnet18(), 1000, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    rows = _hold("grad_cam", "EfficientNet-Lite0, one photo", network, photo, rounds)
    rows += _hold("grad_cam_batch", f"EfficientNet-Lite0, {PHOTOS} photos", network, several, rounds)
    return rows + _hold("grad_cam_resnet", "ResNet-18 with random weights, one photo", residual, photo, rounds)


def _hold(name: str, what: str, model: TorchClassifier, photos: Tensor, rounds: int) -> list[list[object]]:
    contest = Contest(
        name, "Grad-CAM", f"{what} of 224 pixels, against one forward pass without a graph", "ours at most 1.20 for one photo"
    )
    layer = dict(model.model.named_modules())[model.layer(None, photos[:1]).name]
    pixels = _InPixels(model)
    captum, other = LayerGradCam(pixels, layer), GradCAM(model=pixels, target_layers=[layer])

    def peer(work):
        give_back_heap()  # a peer runs on the allocator as it is
        with evaluating(model.model):
            work()

    contestants = {
        LIMIT: lambda: model(photos),
        "xaivision": lambda: GradCam().explain(model, photos, CLASS),
        "captum": lambda: peer(lambda: captum.attribute(photos.clone().requires_grad_(), target=CLASS)),
        "pytorch-grad-cam": lambda: peer(lambda: other(photos, [ClassifierOutputTarget(CLASS)] * len(photos))),
    }
    return hold(contest, contestants, rounds)


class _InPixels(torch.nn.Module):
    """The network as the peers take it: normalization inside."""

    def __init__(self, model: TorchClassifier) -> None:
        super().__init__()
        self.network, self.whole = model.model, model

    def forward(self, photos: Tensor) -> Tensor:
        return self.whole.forward(photos)
