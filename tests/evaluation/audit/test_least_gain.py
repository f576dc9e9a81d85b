"""The least gain of the sanity checks, beside networks that have learned: who passes is whom the literature says to.

Source: Adebayo et al., 2018, arXiv:1810.03292: Guided Backpropagation fails, gradients and Grad-CAM pass.
"""

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.registry import sanity_check
from xaivision.explainers.registry import explainer

LEARNED, ASKED = 1500, 24


@pytest.fixture(scope="module")
def digits() -> tuple[TorchClassifier, torch.Tensor]:
    """A network that tells nine of ten digits apart, and pictures that it has not seen."""
    data = load_digits()
    pictures, labels = torch.tensor(data.images / 16).float()[:, None], torch.tensor(data.target)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        convolutions = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()
        network = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(32 * 64, 64), nn.ReLU(), nn.Linear(64, 10))
        optimizer = torch.optim.Adam(network.parameters(), 3e-3)
        for step in range(240):
            rows = torch.arange(50) + 50 * step % LEARNED
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(pictures[rows]), labels[rows]).backward()
            optimizer.step()
    unseen = slice(LEARNED, LEARNED + ASKED)
    network.eval()
    assert (network(pictures[unseen]).argmax(1) == labels[unseen]).double().mean() >= 0.9
    return TorchClassifier(network, 10), pictures[unseen]


def kept(digits, name: str, check: str = "parameter_randomization") -> float:
    """What the check gives on average, over pictures and three draws of weights."""
    model, pictures = digits
    method = explainer(name)
    found = method.explain(model, pictures)
    return sum(sanity_check(check).evaluate(model, method, found, seed=seed).mean for seed in range(3)) / 3


@pytest.mark.parametrize(
    ("name", "most"),
    [("saliency", 0.25), ("smooth_grad", 0.25), ("input_x_gradient", 0.25), ("integrated_gradients", 0.25), ("grad_cam", 0.45)],
)
@pytest.mark.slow
def test_maps_that_depend_on_the_model_lose_more_than_half(digits, name, most):
    check = sanity_check("parameter_randomization")
    assert kept(digits, name) < most < 1 - check.least_gain


@pytest.mark.parametrize("name", ["guided_backprop", "sobel"])
@pytest.mark.slow
def test_maps_that_show_the_picture_keep_more_than_half(digits, name):
    assert kept(digits, name) > 1 - sanity_check("parameter_randomization").least_gain


@pytest.mark.slow
def test_the_disorder_of_maps_tells_nobody_apart_and_decides_nothing(digits):
    rises = {
        name: kept(digits, name, "efficient_parameter_randomization")
        for name in ("input_x_gradient", "grad_cam", "guided_backprop", "sobel")
    }
    assert rises["sobel"] == 0
    assert min(rises["input_x_gradient"], rises["grad_cam"]) < rises["guided_backprop"]
    assert sanity_check("efficient_parameter_randomization").about.asks_again == ""


def test_over_stages_half_as_much_has_to_go():
    gains = [sanity_check("parameter_randomization", order=order).least_gain for order in ("all", "bottom_up", "independent")]
    assert gains == [0.5, 0.25, 0.25]
    assert sanity_check("smooth_parameter_randomization").least_gain == 0.25
