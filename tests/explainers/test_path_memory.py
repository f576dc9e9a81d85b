"""Methods that ask about many versions of an input hold one batch of them at a time, and go on where memory runs out."""

import json

import pytest
import torch
from explainer_networks import drawn, image_classifier
from lone_process import told_and_peak

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

METHODS = {
    "integrated_gradients": {"steps": 20},
    "blur_integrated_gradients": {"steps": 20},
    "guided_integrated_gradients": {"steps": 20},
    "expected_gradients": {"background": drawn((3, 2, 8, 8), 9)},
    "smooth_grad": {"samples": 20},
    "smooth_grad_squared": {"samples": 20},
    "var_grad": {"samples": 20},
}

ASKED = """
import json, torch
torch.set_num_threads(1)
from xaivision.explainers.registry import explainer
from xaivision.models.registry import load_model
model = load_model("efficientnet_lite0")
photos = torch.rand((8, 3, 224, 224), generator=torch.Generator().manual_seed(0))
found = explainer("{name}", **{settings}).explain(model, photos, 0)
finite, gradients = bool(found.values.isfinite().all()), found.diagnostics.gradient_calls
print(json.dumps({{"gradients": gradients, "finite": finite}}))
"""


class Crowded(torch.nn.Module):
    """Runs out of memory above a number of inputs."""

    def __init__(self, module, most):
        super().__init__()
        self.module, self.most, self.refused, self.largest = module, most, 0, 0

    def forward(self, inputs):
        if len(inputs) > self.most:
            self.refused += 1
            raise torch.OutOfMemoryError("simulated")
        self.largest = max(self.largest, len(inputs))
        return self.module(inputs)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("most", [1, 2])
def test_a_batch_that_runs_out_of_memory_is_finished_in_smaller_ones_with_the_same_values(name, most):
    inputs, method = drawn((3, 2, 8, 8), 0), explainer(name, **METHODS[name])
    crowded = Crowded(image_classifier().model, most)
    found = method.explain(TorchClassifier(crowded, 3), inputs)
    assert crowded.refused > 0
    assert 0 < crowded.largest <= most
    expected = method.explain(image_classifier(), inputs)
    torch.testing.assert_close(found.values, expected.values, atol=1e-13, rtol=1e-9)
    assert found.diagnostics.gradient_calls == expected.diagnostics.gradient_calls


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("name", "settings"),
    [("integrated_gradients", {"steps": 256}), ("smooth_grad", {"samples": 64})],
    ids=["256 steps", "64 draws"],
)
def test_eight_photos_stay_under_three_gigabytes(name, settings):
    printed, gigabytes = told_and_peak(ASKED.format(name=name, settings=settings))
    told = json.loads(printed)
    assert told["finite"]
    assert told["gradients"] == 8 * next(iter(settings.values()))
    assert gigabytes < 3, f"{gigabytes:.2f} GB"
