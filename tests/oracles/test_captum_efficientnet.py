"""The same question put to captum about a real classifier and a real photo."""

import copy

import captum.attr
import pytest
import skimage.data
import torch
from torch import nn
from torchvision.transforms.v2 import functional as pictures

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer
from xaivision.models import load_model


@pytest.fixture(scope="module")
def model():
    return load_model("efficientnet_lite0")


@pytest.fixture(scope="module")
def cat():
    photo = torch.from_numpy(skimage.data.chelsea()).permute(2, 0, 1).float() / 255
    return pictures.center_crop(pictures.resize(photo, [256], antialias=True), [224, 224]).clamp(0, 1)[None]


class Normalized(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module((x - 0.498) / 0.502)


def relative(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


def test_saliency_of_a_photo_is_captums(model, cat):
    # In float64: in float32 some of the many kinks lie on the other side after rounding, and slopes differ by a thousandth.
    module, cat = copy.deepcopy(model.model).double(), cat.double()
    found = explainer("saliency").explain(TorchClassifier(module, 1000, mean=[0.498] * 3, std=[0.502] * 3), cat)
    target = int(found.query.targets)
    assert model.class_names[target] in ("tabby", "tiger cat", "Egyptian cat")
    expected = captum.attr.Saliency(Normalized(module).eval()).attribute(cat.clone().requires_grad_(), target, abs=False)
    assert relative(found.values, expected) < 1e-10


def test_grad_cam_of_a_photo_is_captums_enlarged_times_the_cells_share_of_a_pixel(model, cat):
    found = explainer("grad_cam").explain(model, cat)
    layer = model.model.get_submodule(model.layer(None, cat).name)
    small = (
        captum.attr.LayerGradCam(Normalized(model.model).eval(), layer)
        .attribute(cat.clone().requires_grad_(), found.query.targets)
        .detach()
    )
    assert small.shape == (1, 1, 7, 7)
    expected = captum.attr.LayerAttribution.interpolate(small, (224, 224), interpolate_mode="bilinear") * 49 / 224**2
    assert relative(found.values, expected) < 1e-5
    assert float(found.values.sum()) == pytest.approx(float(small.sum()), rel=1e-4)  # 224 is 32 times 7
