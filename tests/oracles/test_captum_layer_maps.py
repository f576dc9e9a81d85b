"""Maps of a layer beside what captum makes of the same layer: its gradient times activation, and its ablation of channels."""

import captum.attr
import pytest
import torch
from torch import nn

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.activation_maps import spread_over_input
from xaivision.explainers.registry import explainer

TARGETS = torch.tensor([3, 0])


def drawn(shape, seed):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(192, 4),
        ).double()


@pytest.mark.parametrize("layer", ["0", "1", "4"])
def test_hires_cam_is_captums_gradient_times_activation_summed_over_channels(layer):
    net, inputs = network(), drawn((2, 3, 16, 12), 1)
    expected = captum.attr.LayerGradientXActivation(net, net[int(layer)]).attribute(inputs, TARGETS).sum(1, keepdim=True)
    found = explainer("hires_cam", layer=layer).explain(TorchClassifier(net, 4), inputs, TARGETS).values
    torch.testing.assert_close(found, spread_over_input(expected.detach(), 16, 12), atol=1e-12, rtol=0)


@pytest.mark.parametrize("layer", ["1", "4"])
def test_ablation_cam_weighs_channels_by_captums_ablation_of_them(layer):
    net, inputs = network(), drawn((2, 3, 16, 12), 1)
    model = TorchClassifier(net, 4)
    maps = model.layer_gradients(inputs, TargetScore(TARGETS), model.layer(layer, inputs)).activations
    channels = torch.arange(maps.shape[1]).view(1, -1, 1, 1).expand(1, *maps.shape[1:])
    drops = captum.attr.LayerFeatureAblation(net, net[int(layer)]).attribute(inputs, target=TARGETS, layer_mask=channels)
    expected = (drops.to(maps) * maps).sum(1, keepdim=True)
    found = explainer("ablation_cam", layer=layer).explain(model, inputs, TARGETS).values
    torch.testing.assert_close(found, spread_over_input(expected, 16, 12), atol=1e-6, rtol=0)  # captum's drops are float32
