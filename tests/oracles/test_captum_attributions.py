"""The same question put to captum: a network with normalization, batch statistics, pooling and a softmax-free head."""

import captum.attr
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import explainer

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
PRECISIONS = pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
TARGETS = torch.tensor([3, 0])


class Normalized(nn.Module):
    """What captum is asked about: the module with the classifier's normalization in front."""

    def __init__(self, module, mean=(0.0,), std=(1.0,)):
        super().__init__()
        self.module = module
        self.mean, self.std = (torch.tensor(part, dtype=torch.float64).view(1, -1, 1, 1) for part in (list(mean), list(std)))

    def forward(self, x):
        return self.module((x - self.mean.to(x)) / self.std.to(x))


def network():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(8 * 4 * 3, 4),
    )


def drawn(shape, seed, dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def image_pair(dtype=torch.float64, seed=0):
    """(our classifier, captum's module, two photos)."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = network().to(dtype).eval()
    with torch.no_grad():
        module[1].running_mean.copy_(drawn((6,), 1) - 0.5)
        module[1].running_var.copy_(drawn((6,), 2) + 0.5)
    return TorchClassifier(module, 4, mean=MEAN, std=STD), Normalized(module, MEAN, STD), drawn((2, 3, 16, 12), 3, dtype)


def table_pair(dtype=torch.float64):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(9, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)).to(dtype).eval()
    return TorchClassifier(module, 4, domain="tabular"), module, drawn((2, 9), 4, dtype)


PAIRS = pytest.mark.parametrize("pair", [image_pair, table_pair], ids=["image", "table"])


def asked(inputs):
    """A copy that captum may mark; it warns where it has to do so itself."""
    return inputs.clone().requires_grad_()


def same(found, expected, tolerance):
    """Equal up to a share of the largest value."""
    expected = expected.detach()
    assert found.dtype == expected.dtype
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance * float(expected.abs().max()))


@PAIRS
@PRECISIONS
def test_saliency_is_captums_without_the_absolute_value(pair, dtype, tolerance):
    model, module, inputs = pair(dtype)
    expected = captum.attr.Saliency(module).attribute(asked(inputs), TARGETS, abs=False)
    same(explainer("saliency").explain(model, inputs, TARGETS).values, expected, tolerance)


@PAIRS
@PRECISIONS
def test_input_x_gradient_is_captums(pair, dtype, tolerance):
    model, module, inputs = pair(dtype)
    expected = captum.attr.InputXGradient(module).attribute(asked(inputs), TARGETS)
    same(explainer("input_x_gradient").explain(model, inputs, TARGETS).values, expected, tolerance)


def integrated_by_captum(module, inputs, baseline, steps, method):
    method_of_captum = captum.attr.IntegratedGradients(module)
    return method_of_captum.attribute(asked(inputs), baseline, TARGETS, n_steps=steps, method=method)


@PAIRS
@PRECISIONS
@pytest.mark.parametrize("steps", [2, 8, 32])
def test_integrated_gradients_are_captums_by_the_midpoint_rule(pair, dtype, tolerance, steps):
    """In powers of two: captum rounds nodes and weights to float32, which keeps these."""
    model, module, inputs = pair(dtype)
    baseline = drawn(inputs.shape, 5, dtype) / 2
    found = explainer("integrated_gradients", steps=steps, baseline=baseline).explain(model, inputs, TARGETS)
    same(found.values, integrated_by_captum(module, inputs, baseline, steps, "riemann_middle"), tolerance)


@PAIRS
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-7)])
@pytest.mark.parametrize("steps", [1, 7, 32])
def test_integrated_gradients_are_captums_by_gauss_legendre_to_the_rounding_of_its_weights(pair, dtype, tolerance, steps):
    model, module, inputs = pair(dtype)
    baseline = drawn(inputs.shape, 5, dtype) / 2
    found = explainer("integrated_gradients", steps=steps, rule="gauss_legendre", baseline=baseline).explain(
        model, inputs, TARGETS
    )
    same(found.values, integrated_by_captum(module, inputs, baseline, steps, "gausslegendre"), tolerance)


@PAIRS
@PRECISIONS
def test_smooth_grad_without_noise_is_captums_noise_tunnel(pair, dtype, tolerance):
    model, module, inputs = pair(dtype)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(module))
    expected = tunnel.attribute(asked(inputs), nt_type="smoothgrad", nt_samples=3, stdevs=0.0, target=TARGETS, abs=False)
    same(explainer("smooth_grad", samples=3, noise=0.0).explain(model, inputs, TARGETS).values, expected, tolerance)


@PRECISIONS
@pytest.mark.parametrize("layer", ["0", "2", "5"])
def test_grad_cam_is_captums_enlarged_times_the_cells_share_of_a_pixel(dtype, tolerance, layer):
    model, module, inputs = image_pair(dtype)
    small = captum.attr.LayerGradCam(module, module.module[int(layer)]).attribute(asked(inputs), TARGETS)
    height, width = small.shape[2:]
    enlarged = captum.attr.LayerAttribution.interpolate(small, (16, 12), interpolate_mode="bilinear")
    expected = enlarged * (height * width) / (16 * 12)
    same(explainer("grad_cam", layer=layer).explain(model, inputs, TARGETS).values, expected, tolerance)


def test_grad_cam_of_positive_values_is_captums_with_relu():
    model, module, inputs = image_pair()
    small = captum.attr.LayerGradCam(module, module.module[5]).attribute(asked(inputs), TARGETS, relu_attributions=True)
    enlarged = captum.attr.LayerAttribution.interpolate(small, (16, 12), interpolate_mode="bilinear")
    found = explainer("grad_cam", positive_only=True).explain(model, inputs, TARGETS)
    assert 0 < float((small == 0).double().mean()) < 1
    same(found.values, enlarged * 12 / 192, 1e-10)


def occluded_by_captum(module, inputs, baseline, window, stride):
    sides, steps = ((3, window, window), (3, stride, stride)) if inputs.ndim == 4 else ((window,), (stride,))
    found = captum.attr.Occlusion(module).attribute(inputs, sides, steps, baseline, TARGETS)
    assert found.dtype == torch.float32  # whatever the inputs are
    return (found[:, :1] if inputs.ndim == 4 else found).to(inputs)  # all channels are hidden together, and get the same


def areas(extents, window, stride):
    """The smallest and the largest window over each position, in pixels; windows at the edge are cut."""
    smallest, largest = torch.full(extents, torch.inf), torch.zeros(extents)
    starts = [range(0, max(0, extent - window) + stride, stride) for extent in extents]
    for top in starts[0]:
        for left in starts[1] if len(extents) == 2 else [None]:
            place = (slice(top, top + window),) if left is None else (slice(top, top + window), slice(left, left + window))
            area = float(smallest[place].numel())
            smallest[place], largest[place] = smallest[place].clamp(max=area), largest[place].clamp(min=area)
    return smallest, largest


@PAIRS
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-7)])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_occlusion_side_by_side_times_the_area_of_each_window_is_captums(pair, dtype, tolerance, window):
    """Also at the edge, where windows are cut: captum gives a pixel its window's drop, ours a share of that."""
    model, module, inputs = pair(dtype)
    baseline = drawn(inputs.shape, 5, dtype) / 2
    expected = occluded_by_captum(module, inputs, baseline, window, window)
    found = explainer("occlusion", window=window, stride=window, baseline=baseline).explain(model, inputs, TARGETS)
    area, same_area = areas(inputs.shape[2:] if inputs.ndim == 4 else inputs.shape[1:], window, window)
    assert torch.equal(area, same_area)
    same(found.values * area.to(dtype), expected, tolerance)


@given(st.integers(1, 6), st.data(), st.sampled_from([image_pair, table_pair]))
@settings(max_examples=12, deadline=None)
def test_overlapping_occlusion_times_the_area_is_captums_wherever_all_windows_of_a_pixel_are_alike(window, data, pair):
    stride = data.draw(st.integers(1, window))
    model, module, inputs = pair()
    baseline = drawn(inputs.shape, 5) / 2
    expected = occluded_by_captum(module, inputs, baseline, window, stride)
    found = explainer("occlusion", window=window, stride=stride, baseline=baseline).explain(model, inputs, TARGETS).values
    smallest, largest = areas(inputs.shape[2:] if inputs.ndim == 4 else inputs.shape[1:], window, stride)
    alike = smallest == largest
    assert alike.any()
    same((found * largest)[..., alike], expected[..., alike], 1e-7)
