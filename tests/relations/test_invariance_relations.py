"""G10 to G14 of the literature's relations: what a map must not depend on. In float64 where nothing else is said."""

import copy

import pytest
import torch
from relation_networks import GRADIENT_METHODS, close, dense, drawn, seeded, table, values
from torch import nn
from torch.nn import functional as F

from xaivision.core.random import generator
from xaivision.core.registered import setting_names
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.registry import EXPLAINERS, explainer, missing_settings

# Every method meets float32 as well in the slow tests.
TYPES = [(torch.float64, 1e-12), pytest.param(torch.float32, 1e-6, marks=pytest.mark.slow)]


def pooled(stride=2):
    """Convolutions, global average pooling, and a linear head."""
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=stride, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 4),
    )


@pytest.mark.parametrize("name", ["grad_cam", "hires_cam", "x_grad_cam"])
@pytest.mark.parametrize("size", [(8, 12), (9, 13)])
@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_g10_pooled_maps_sum_to_the_logit_without_its_bias_also_enlarged(stride, dtype, tolerance, size, name):
    module = seeded(lambda: pooled(stride)).to(dtype)
    model, inputs = TorchClassifier(module, 4), drawn((3, 3, *size), 1).to(dtype)
    found = explainer(name).explain(model, inputs, [0, 3, 1])
    assert found.values.shape == (3, 1, *size)
    biases = module[4].bias[[0, 3, 1]].detach()
    close(found.values.sum((1, 2, 3)), found.query.scores - biases, tolerance)


def test_g10_pooled_grad_cam_is_the_class_activation_map_over_the_number_of_cells():
    module = seeded(lambda: pooled(1))
    inputs = drawn((2, 3, 6, 5), 1)
    with torch.no_grad():
        maps = module[:2](inputs)
        cam = torch.einsum("bchw,c->bhw", maps, module[4].weight[2])[:, None]
    close(values("grad_cam", TorchClassifier(module, 4), inputs, 2), cam / 30, 1e-14)
    close(values("hires_cam", TorchClassifier(module, 4), inputs, 2), cam / 30, 1e-14)


def test_g10_pooled_layer_cam_is_grad_cam_without_what_its_negative_weights_give():
    module = seeded(lambda: pooled(1))
    inputs = drawn((2, 3, 6, 5), 1)
    with torch.no_grad():
        maps = module[:2](inputs)
        cam = torch.einsum("bchw,c->bhw", maps, module[4].weight[2].clamp_min(0))[:, None]
    close(values("layer_cam", TorchClassifier(module, 4), inputs, 2), cam / 30, 1e-14)


def test_g10_pooled_ablation_weighs_each_channel_by_what_it_contributes():
    module = seeded(lambda: pooled(1))
    inputs = drawn((2, 3, 6, 5), 1)
    with torch.no_grad():
        maps = module[:2](inputs)
        drops = maps.mean((2, 3)) * module[4].weight[2]
        expected = (maps * drops[:, :, None, None]).sum(1, keepdim=True)
    close(values("ablation_cam", TorchClassifier(module, 4), inputs, 2), expected, 1e-13)


def test_g11_without_noise_smooth_grad_is_saliency():
    model, inputs = table(seeded(lambda: dense(8, 16, 3)), 3), drawn((4, 8), 0)
    close(values("smooth_grad", model, inputs, noise=0.0, samples=5), values("saliency", model, inputs), 1e-14)


class Quadratic(nn.Module):
    """Scores (x'Ax, -x'Ax)."""

    def __init__(self, matrix):
        super().__init__()
        self.matrix = nn.Parameter(matrix)

    def forward(self, x):
        form = ((x @ self.matrix) * x).sum(1)
        return torch.stack([form, -form], 1)


def quadratic():
    """(model, its symmetric matrix, one input, the standard deviation of `smooth_grad`'s default noise)."""
    matrix = drawn((5, 5), 0) - 0.5
    matrix, inputs = matrix + matrix.T, drawn((1, 5), 1)
    return table(Quadratic(matrix)), matrix, inputs, 0.15 * float(inputs.max() - inputs.min())


def test_g11_quadratic_smooth_grad_is_the_gradient_at_the_mean_of_the_noisy_copies():
    model, matrix, inputs, scale = quadratic()
    samples = 400
    answer = explainer("smooth_grad", samples=samples).explain(model, inputs, 0, seed=3)
    draws = torch.stack([torch.randn(5, generator=generator(3, "noisy copies", draw)) for draw in range(samples)]).double()
    close(answer.values, 2 * (inputs + scale * draws.mean(0)) @ matrix, 1e-12)
    standard_error = scale * (2 * matrix).norm(dim=0) / samples**0.5
    assert ((answer.values - 2 * inputs @ matrix).abs() <= 5 * standard_error).all()
    # Its own error is known to 1 in sqrt(2 * samples), one standard deviation.
    assert ((answer.diagnostics.standard_error / standard_error - 1).abs() <= 5 / (2 * samples) ** 0.5).all()


def test_g11_quadratic_var_grad_is_the_noise_times_the_squared_norm_of_a_row():
    model, matrix, inputs, scale = quadratic()
    answer = explainer("var_grad", samples=2000).explain(model, inputs, 0, seed=3)
    expected = scale**2 * (2 * matrix).square().sum(0)
    assert ((answer.values - expected).abs() <= 5 * answer.diagnostics.standard_error).all()
    # The gradients are normal here, so that the error of their variance has a closed form too.
    normal = expected * (2 / 2000) ** 0.5
    torch.testing.assert_close(answer.diagnostics.standard_error[0], normal, rtol=0.2, atol=0)


def test_g11_quadratic_smooth_grad_squared_is_the_square_of_the_gradient_plus_the_variance():
    model, matrix, inputs, scale = quadratic()
    answer = explainer("smooth_grad_squared", samples=2000).explain(model, inputs, 0, seed=3)
    expected = (2 * inputs @ matrix) ** 2 + scale**2 * (2 * matrix).square().sum(0)
    assert ((answer.values - expected).abs() <= 5 * answer.diagnostics.standard_error).all()


def test_g11_without_noise_nothing_varies_and_the_squares_are_those_of_the_gradient():
    model, inputs = table(seeded(lambda: dense(8, 16, 3)), 3), drawn((4, 8), 0)
    close(values("var_grad", model, inputs, noise=0.0, samples=5), torch.zeros(4, 8).double(), 1e-14)
    squared = values("saliency", model, inputs) ** 2
    close(values("smooth_grad_squared", model, inputs, noise=0.0, samples=5), squared, 1e-14)
    based = values("smooth_grad", model, inputs, noise=0.0, samples=5, base="input_x_gradient")
    close(based, values("input_x_gradient", model, inputs), 1e-14)


def reparametrized(module):
    """The same function: hidden units in another order, each scaled up before its ReLU and down after it."""
    copied = copy.deepcopy(module)
    first, last = copied[0], copied[2]
    order, scale = torch.randperm(first.out_features, generator=generator(0)), 0.5 + drawn((first.out_features,), 9)
    with torch.no_grad():
        first.weight.copy_(first.weight[order] * scale[:, None])
        first.bias.copy_(first.bias[order] * scale)
        last.weight.copy_(last.weight[:, order] / scale)
    return copied


class Refactored(nn.Module):
    """The same function with functions instead of modules, its first layer in two halves."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        first, last = self.module[0], self.module[2]
        half = first.out_features // 2
        parts = [
            F.linear(x, first.weight[rows], first.bias[rows]).clamp_min(0) for rows in (slice(None, half), slice(half, None))
        ]
        return (
            sum(part @ last.weight[:, rows].T for part, rows in zip(parts, (slice(None, half), slice(half, None)), strict=True))
            + last.bias
        )


@pytest.mark.parametrize("name", [*GRADIENT_METHODS, "occlusion"])
@pytest.mark.parametrize("rewrite", [reparametrized, Refactored])
def test_g12_invariance_the_same_function_written_otherwise_has_the_same_map(name, rewrite):
    module, inputs = seeded(lambda: dense(8, 16, 3)), drawn((4, 8), 0)
    settings = {"baseline": "black"} if name in ("integrated_gradients", "occlusion") else {}
    original, other = (values(name, table(part, 3), inputs, 1, **settings) for part in (module, rewrite(module)))
    close(other, original, 1e-12)


@pytest.mark.parametrize("name", [*GRADIENT_METHODS, "occlusion", "grad_cam"])
def test_g12_invariance_a_normalization_merged_into_its_convolution_changes_nothing(name):
    def make():
        return nn.Sequential(
            nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(20, 3)
        )

    module = seeded(make)
    with torch.no_grad():
        for part, seed in ((module[1].running_mean, 1), (module[1].running_var, 2), (module[1].weight, 3), (module[1].bias, 4)):
            part.copy_(drawn((5,), seed) + 0.2)
    merged = copy.deepcopy(module)
    merged[0] = torch.nn.utils.fuse_conv_bn_eval(module[0], module[1])
    merged[1] = nn.Identity()
    inputs = drawn((2, 2, 8, 8), 0)
    settings = {"layer": "2"} if name == "grad_cam" else {}
    original, other = (values(name, TorchClassifier(part, 3), inputs, 1, **settings) for part in (module, merged))
    close(other, original, 1e-12)


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_g12_sensitivity_an_input_that_is_not_read_gets_exactly_zero(name):
    module = seeded(lambda: dense(8, 16, 16, 3))
    with torch.no_grad():
        module[0].weight[:, [2, 5]] = 0
    settings = {"baseline": "black"} if name == "integrated_gradients" else {}
    found = values(name, table(module, 3), drawn((4, 8), 0), **settings)
    assert not found[:, [2, 5]].any()
    assert found[:, [0, 1, 3, 4, 6, 7]].all()


def test_g12_sensitivity_a_column_that_is_not_read_is_not_missed_when_hidden():
    module = seeded(lambda: dense(8, 16, 16, 3))
    with torch.no_grad():
        module[0].weight[:, [2, 5]] = 0
    # Hidden and whole inputs are scored in batches of different sizes, which may round the last bit otherwise.
    assert values("occlusion", table(module, 3), drawn((4, 8), 0), baseline="black")[:, [2, 5]].abs().max() < 1e-15


@pytest.mark.parametrize("name", [*GRADIENT_METHODS[:3], "occlusion"])
def test_g12_symmetry_inputs_that_play_the_same_part_get_the_same(name):
    module, inputs = seeded(lambda: dense(8, 16, 16, 3)), drawn((4, 8), 0)
    with torch.no_grad():
        module[0].weight[:, 5] = module[0].weight[:, 2]
    inputs[:, 5] = inputs[:, 2]
    settings = {"baseline": "black"} if name in ("integrated_gradients", "occlusion") else {}
    found = values(name, table(module, 3), inputs, **settings)
    close(found[:, 5], found[:, 2], 1e-14)


def small_images(activation=nn.ReLU, dtype=torch.float64, softmax=False):
    """A network with max pooling, whose regions equal to the baseline are a known trap."""

    def make():
        parts = [nn.Conv2d(2, 5, 3), activation(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(45, 3)]
        return nn.Sequential(*parts, *([nn.Softmax(1)] if softmax else []))

    return TorchClassifier(seeded(make).to(dtype), 3, score_unit="probability" if softmax else "logit")


@pytest.mark.parametrize("name", [*GRADIENT_METHODS, "occlusion", "grad_cam"])
def test_g13_shift_a_constant_on_all_logits_changes_no_map_and_probabilities_give_others(name):
    model, inputs = small_images(), drawn((3, 2, 8, 8), 0)
    shifted = TorchClassifier(copy.deepcopy(model.model), 3)
    with torch.no_grad():
        shifted.model[4].bias += 7.5
    original = values(name, model, inputs, 1)
    close(values(name, shifted, inputs, 1), original, 1e-12)
    assert (values(name, small_images(softmax=True), inputs, 1) - original).abs().max() > 1e-3 * original.abs().max()


@pytest.mark.parametrize("name", [*GRADIENT_METHODS, "occlusion", "grad_cam"])
def test_g13_probabilities_maps_of_all_classes_sum_to_nothing(name):
    model, inputs = small_images(softmax=True), drawn((3, 2, 8, 8), 0)
    settings = {"steps": 20} if name == "integrated_gradients" else {}
    maps = [values(name, model, inputs, target, **settings) for target in range(3)]
    assert min(float(part.abs().max()) for part in maps) > 1e-5
    close(sum(maps), torch.zeros_like(maps[0]), 1e-12)


def batch(dtype):
    """Different photos, one all black, one flat, one twice."""
    inputs = drawn((6, 2, 8, 8), 0).to(dtype)
    inputs[1] = 0
    inputs[2] = 0.5
    inputs[3, :, :4] = 0
    inputs[5] = inputs[0]
    return inputs


def needed(name, inputs):
    """Settings that this method has no default for, or none that fits these inputs."""
    if "background" in missing_settings(EXPLAINERS[name], ()):
        return {"background": drawn((9, *inputs.shape[1:]), 7)}
    if name == "captum":
        return {"method": "FeatureAblation"}
    known = setting_names(EXPLAINERS[name])
    if inputs.ndim == 2:
        parts = {"hierarchy": [[0, 1, 2], [3, 4]]} if "hierarchy" in known else {}
        return {"baseline": "zeros", **parts} if "baseline" in known else {}
    return {"segments": HALVES_AND_QUARTERS} if "segments" in known else {}


# Eight tiles: on pictures of one color no segmenter finds any.
HALVES_AND_QUARTERS = (torch.arange(8)[:, None] // 4) * 4 + torch.arange(8) // 2
# Methods that give no map but examples, counterfactuals or rules, those that read the attention of transformers and those that
# read trees, of which there are none here, and whole packages: the contracts ask all of them on models of their own, also
# whether an input alone gets what it gets in a batch.
OTHERS = (
    "nearest_examples",
    "prototype_matches",
    "tree_path",
    "proto_dash",
    "random_counterfactuals",
    "nearest_unlike_neighbors",
    "genetic_counterfactuals",
    "gradient_counterfactuals",
    "growing_spheres",
    "face",
    "decision_boundary",
    "deletion_robust_counterfactuals",
    "object_counterfactuals",
    "attribute_counterfactuals",
    "pixel_counterfactuals",
    "nearest_unlike_picture",
    "anchors",
    "composite",
    "attention_rollout",
    "transformer_attribution",
    "tree_shap",
    "partition_shap",
    "shap",
    "lime_package",
)


@pytest.mark.parametrize(
    "name", [name for name, made in EXPLAINERS.items() if "image" in made.about.domains and name not in OTHERS]
)
@pytest.mark.parametrize("targets", [None, [2, 0, 1, 1, 0, 2]], ids=["predicted", "given"])
@pytest.mark.parametrize(("dtype", "tolerance"), TYPES)
def test_g14_batch_every_image_gets_the_map_it_gets_alone(name, targets, dtype, tolerance):
    model, inputs = small_images(dtype=dtype), batch(dtype)
    method = explainer(name, **needed(name, inputs))
    together = method.explain(model, inputs, targets)
    for i in range(6):
        alone = method.explain(model, inputs[i : i + 1], None if targets is None else targets[i])
        # The constant picture ties in every pooling window: in float32 the last bit, which depends on the kernel that a processor
        # has for a batch of this size, says which of the equal values gets the gradient.
        tied = dtype is torch.float32 and inputs[i].flatten(1).std(1).max() == 0
        close(together.values[i], alone.values[0], float("inf") if tied else tolerance)
        assert together.verdicts[i].status == alone.verdict.status
    close(together.values[5], together.values[0], tolerance if targets is None else float("inf"))


@pytest.mark.parametrize(
    "name", [name for name, made in EXPLAINERS.items() if "tabular" in made.about.domains and name not in OTHERS]
)
@pytest.mark.parametrize(("dtype", "tolerance"), TYPES)
def test_g14_batch_every_row_gets_the_values_it_gets_alone(name, dtype, tolerance):
    model, inputs = table(seeded(lambda: dense(8, 16, 16, 3)).to(dtype), 3, batch_size=7), drawn((5, 8), 0).to(dtype)
    method = explainer(name, **needed(name, inputs))
    together = method.explain(model, inputs)
    for i in range(5):
        alone = method.explain(model, inputs[i : i + 1])
        close(together.values[i], alone.values[0], tolerance)


@pytest.mark.parametrize("layer", [None, "4"])
def test_g14_batch_every_image_gets_the_neighbors_it_gets_alone(layer):
    model, inputs, background = small_images(), batch(torch.float64), drawn((9, 2, 8, 8), 7)
    together = explainer("nearest_examples", background=background, layer=layer).explain(model, inputs)
    for i in range(6):
        alone = explainer("nearest_examples", background=background, layer=layer).explain(model, inputs[i : i + 1])
        assert torch.equal(together.indices[i], alone.indices[0])
        close(together.similarity[i], alone.similarity[0], 1e-12)
        close(together.example_scores[i], alone.example_scores[0], 1e-12)
