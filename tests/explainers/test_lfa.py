"""Local function approximation: eight presets against eight methods, what is known of their errors, and what is refused."""

from itertools import product

import numpy as np
import pytest
import torch
from explainer_networks import Columns, drawn, linear_classifier, table_classifier
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.neighborhoods import Gaussian, Masks, OneAbsent, Scales
from xaivision.explainers import moved_inputs
from xaivision.explainers.lfa import Lfa
from xaivision.explainers.lfa_presets import lfa_presets
from xaivision.explainers.registry import explainer


def tanh6():
    """A small network that is far from linear, in double precision."""
    chance = torch.Generator().manual_seed(3)
    module = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 2)).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=chance, dtype=torch.float64) / 1.5)
    return TorchClassifier(module, 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


ROWS = drawn((2, 6), 4) + 0.25


@pytest.mark.parametrize(
    ("preset", "method", "settings"),
    [
        ("kernel_shap", "exact_shapley", {}),
        ("feature_ablation", "feature_ablation", {}),
        ("saliency", "saliency", {}),
        ("input_x_gradient", "input_x_gradient", {}),
        ("integrated_gradients", "integrated_gradients", {"steps": 200, "baseline": "typical"}),
    ],
)
def test_a_preset_is_the_method_to_rounding(preset, method, settings):
    budget = settings.get("steps", 64)
    found = lfa_presets(budget)[preset].explain(tanh6(), ROWS, 1)
    expected = explainer(method, **settings).explain(tanh6(), ROWS, 1)
    assert found.kind == expected.kind
    torch.testing.assert_close(found.values, expected.values, atol=1e-9, rtol=0)


def test_the_shapley_kernel_with_every_mask_gives_shapley_values():
    """A1: the regression against the definition by enumeration."""
    found = lfa_presets(64)["kernel_shap"].explain(tanh6(), ROWS, 1)
    expected = explainer("exact_shapley").explain(tanh6(), ROWS, 1)
    assert (found.values - expected.values).abs().max() < 1e-9


def test_lime_is_weighted_least_squares_over_all_masks():
    model, row = tanh6(), ROWS[:1]
    found = lfa_presets(64)["lfa"].explain(model, row, 1)
    masks = torch.tensor(list(product([0.0, 1.0], repeat=6)), dtype=torch.float64)
    distances = 1 - (masks.sum(1) / 6).sqrt()
    roots = (-distances.square() / (2 * 0.25**2)).exp().sqrt()
    design = torch.cat([masks, torch.ones(64, 1).double()], 1) * roots[:, None]
    solution = torch.linalg.lstsq(design, (model(masks * row)[:, 1] * roots)[:, None]).solution[:6, 0]
    torch.testing.assert_close(found.values[0], solution, atol=1e-9, rtol=0)


def test_c_lime_and_smooth_grad_come_together_and_wide_steps_leave_the_gradient():
    """A2, A3: the same expectation by scores and by gradients; it nears the gradient as steps get small."""
    model, row = tanh6(), ROWS[:1]
    presets = lfa_presets(40_000)
    lime, smooth = (presets[name].explain(model, row, 1).values[0] for name in ("c_lime", "smooth_grad"))
    assert float(torch.cosine_similarity(lime, smooth, 0)) > 0.999
    assert float((lime - smooth).norm() / smooth.norm()) < 0.02
    gradient = presets["saliency"].explain(model, row, 1).values[0]
    errors = []
    for noise in (1.0, 0.3, 0.1, 0.03):
        near = Lfa(Gaussian(noise), "gradient_matching", budget=4000).explain(model, row, 1).values[0]
        errors.append(float((near - gradient).norm() / gradient.norm()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.1


def test_the_path_shrinks_to_input_times_gradient():
    model, row = tanh6(), ROWS[:1]
    expected = lfa_presets()["input_x_gradient"].explain(model, row, 1).values
    errors = []
    for low in (0.0, 0.5, 0.8, 0.95, 0.99):
        near = Lfa(Scales(low, 1.0), "gradient_matching", budget=400).explain(model, row, 1).values
        errors.append(float((near - expected).norm() / expected.norm()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.02


def test_on_a_linear_model_slopes_are_its_weights_and_contributions_their_products():
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5], dtype=torch.float64)
    row = torch.tensor([[1.0, 2.0, -3.0, 0.5]], dtype=torch.float64)
    for name, preset in lfa_presets(64).items():
        found = preset.explain(linear_classifier(weights, 0.7), row, 0)
        expected = weights if found.kind == "slope" else weights * row[0]
        assert (found.values[0] - expected).abs().max() < 1e-9, name


def test_masks_of_a_picture_play_segments():
    weights = drawn((1, 8, 8), 1)
    labels = (torch.arange(8)[:, None] // 4) * 4 + torch.arange(8) // 2
    inputs = drawn((1, 1, 8, 8), 2)
    found = Lfa(Masks("uniform"), budget=300, segments=labels).explain(linear_classifier(weights), inputs, 0)
    for label in range(8):
        expected = float((weights[0] * inputs[0, 0])[labels == label].sum())
        assert float(found.values[0, 0][labels == label].sum()) == pytest.approx(expected, abs=1e-9)


def test_what_no_mask_can_see_is_not_seen():
    """f = sum of sin(w x) with w x a multiple of pi: masks find nothing, slopes do."""
    module = nn.Sequential(nn.Linear(3, 3, bias=False), _Sines()).double()
    with torch.no_grad():
        module[0].weight.copy_(torch.diag(torch.tensor([1.0, 2.0, 3.0]).double() * torch.pi))
    model, row = TorchClassifier(module, 2, domain="tabular"), torch.ones(1, 3).double()
    presets = lfa_presets(64)
    assert presets["kernel_shap"].explain(model, row, 0).values.abs().max() < 1e-12
    assert presets["saliency"].explain(model, row, 0).values.norm() > 10


class _Sines(nn.Module):
    def forward(self, x):
        total = x.sin().sum(1, keepdim=True)
        return torch.cat([total, -total], 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lfa(loss="l1"), "`loss` must be 'squared_error' or 'gradient_matching'. Got 'l1'"),
        (lambda: Lfa(model_class="tree"), "`model_class` must be 'linear'"),
        (lambda: Lfa("mask"), "Did you mean `masks`"),
        (lambda: Lfa(3), "`neighborhood` must be one such as"),
        (lambda: Lfa(Masks(), "gradient_matching"), "needs steps that can be varied continuously"),
        (lambda: Lfa("scales"), "cannot tell apart what is scaled together"),
        (lambda: Lfa("shapley_masks", budget=1).explain(table_classifier(), drawn((1, 4), 0)), "coalitions|evaluations|budget"),
        (lambda: Gaussian(operator="multiply"), "`operator` must be 'add' for normal steps"),
        (lambda: Scales(0.5, 0.2), "in order between 0 and 1"),
        (lambda: Masks("euclidean"), "`kernel` must be one of 'cosine', 'shapley', 'uniform', 'sizes'"),
        (lambda: Lfa("one_absent"), "must be 'linear_without_intercept' with `OneAbsent`"),
        (lambda: Lfa("shapley_masks", model_class="linear_without_intercept"), "must be 'linear' with Shapley masks"),
        (lambda: Lfa(Gaussian(0.0)), "`noise` must be above 0. Got 0"),
        (
            lambda: Lfa(Gaussian(), budget=10).explain(linear_classifier(drawn((3, 64, 64), 1)), drawn((1, 3, 64, 64), 0)),
            "at most 10000 values.*Got 12288. Take `Masks`",
        ),
        (
            lambda: Lfa(Gaussian(), budget=4).explain(table_classifier(), drawn((1, 4), 0)),
            "`budget` must be at least 6",
        ),
    ],
)
def test_choices_that_make_no_sense_are_one_clear_sentence(make, words):
    with pytest.raises(InputError, match=words):
        make()


def test_one_absent_takes_one_evaluation_a_column():
    found = Lfa(OneAbsent(), model_class="linear_without_intercept").explain(tanh6(), ROWS[:1], 1)
    assert found.diagnostics.model_calls == 2 + 6
    assert not found.diagnostics.standard_error.any()


@pytest.mark.parametrize(
    "lfa",
    [
        Lfa(Masks("uniform"), budget=40),
        Lfa(Masks("cosine"), model_class="linear_without_intercept", budget=40),
        Lfa(Masks("shapley"), budget=40),
        Lfa(Gaussian(0.5), budget=40),
        Lfa(Gaussian(0.5), "gradient_matching", budget=40),
    ],
    ids=["masks", "no intercept", "shapley", "values", "gradients"],
)
def test_other_draws_move_the_values_as_the_standard_error_says(lfa):
    """Over 60 draws: the spread of the values, and the root mean square of the errors that each draw states."""
    model, row = tanh6(), ROWS[:1]
    found = [lfa.explain(model, row, 1, seed=seed) for seed in range(60)]
    spread = torch.stack([one.values[0] for one in found]).std(0)
    stated = torch.stack([one.diagnostics.standard_error[0] for one in found]).square().mean(0).sqrt()
    ratio = float(stated.norm() / spread.norm())
    assert 0.75 < ratio < 1.35


def test_where_nothing_is_left_to_chance_the_standard_error_is_zero_and_a_rule_has_none():
    model, row = tanh6(), ROWS[:1]
    for around in (Masks("uniform"), Masks("cosine"), Masks("sizes")):
        assert not Lfa(around, budget=64).explain(model, row, 1).diagnostics.standard_error.any()
        assert Lfa(around, budget=63).explain(model, row, 1).diagnostics.standard_error.all()
    assert lfa_presets(64)["kernel_shap"].explain(model, row, 1).diagnostics.standard_error.max() < 1e-12
    assert not lfa_presets()["saliency"].explain(model, row, 1).diagnostics.standard_error.any()
    assert lfa_presets(9)["integrated_gradients"].explain(model, row, 1).diagnostics.standard_error is None


class _Ripples(nn.Module):
    """A score that noise moves up and down, with no trend for a line to find."""

    def forward(self, x):
        total = (200 * x).cos().sum(1, keepdim=True)
        return torch.cat([total, -total], 1)


@pytest.mark.parametrize("loss", ["squared_error", "gradient_matching"])
def test_a_map_within_its_noise_is_doubted_and_a_clear_one_is_not(loss):
    rippled = TorchClassifier(_Ripples(), 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    for model, doubted in ((rippled, True), (tanh6(), False)):
        found = Lfa(Gaussian(0.3), loss, budget=200).explain(model, ROWS[:1], 0)
        assert ("mostly chance" in str(found.verdict)) == doubted


def test_masks_with_nothing_to_find_are_doubted():
    """What is left of ten coins' parity has no linear part."""
    parity = lambda rows: np.stack([rows.round().sum(1) % 2, rows[:, 0]], 1)  # noqa: E731
    model = FunctionClassifier(parity, 2, score_unit="logit", domain="tabular")
    found = Lfa(Masks("uniform"), budget=60).explain(model, torch.ones(1, 10).double(), 0)
    assert "mostly chance" in str(found.verdict)


def test_the_model_class_is_honored_where_it_makes_a_difference():
    model, row = tanh6(), ROWS[:1]
    for around in (Masks("uniform"), Gaussian(0.3)):
        free, tied = (Lfa(around, "squared_error", kind, 64).explain(model, row, 1).values for kind in CLASSES)
        assert (free - tied).abs().max() > 1e-3


CLASSES = ("linear", "linear_without_intercept")


def test_the_whole_way_from_the_baseline_adds_up_and_part_of_it_does_not_claim_to():
    whole = Lfa(Scales(), "gradient_matching", budget=400).explain(tanh6(), ROWS, 1)
    assert whole.diagnostics.completeness_gap.abs().max() < 1e-4
    assert torch.equal(whole.baseline, torch.zeros_like(ROWS))
    coarse = Lfa(Scales(), "gradient_matching", budget=1).explain(_steep(), ROWS, 1)
    assert "does not add up" in str(coarse.verdict)
    part = Lfa(Scales(0.9, 1.0), "gradient_matching", budget=400).explain(tanh6(), ROWS, 1)
    assert part.diagnostics.completeness_gap is None


def _steep():
    module = nn.Sequential(nn.Linear(6, 2), nn.Sigmoid()).double()
    with torch.no_grad():
        module[0].weight.fill_(3.0)
        module[0].bias.fill_(-1.0)
    return TorchClassifier(module, 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize("loss", ["squared_error", "gradient_matching"])
def test_perturbed_inputs_are_held_a_batch_at_a_time(loss, monkeypatch):
    """However large the budget, and with the same answer whatever the batch."""
    largest, made = [], moved_inputs.perturbed

    def watched(*arguments):
        versions = made(*arguments)
        largest.append(len(versions))
        return versions

    monkeypatch.setattr(moved_inputs, "perturbed", watched)
    lfa = Lfa(Gaussian(0.3), loss, budget=500)
    small, large = (lfa.explain(in_batches(size), ROWS, 1) for size in (6, 300))
    assert max(largest[: len(largest) // 2]) <= 6
    torch.testing.assert_close(small.values, large.values, atol=1e-10, rtol=1e-10)
    torch.testing.assert_close(small.diagnostics.standard_error, large.diagnostics.standard_error, atol=1e-10, rtol=1e-10)


def in_batches(size):
    return TorchClassifier(tanh6().model, 2, domain="tabular", schema=Columns(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), batch_size=size)


def test_columns_without_a_range_are_said_to_be_unvaried():
    schema = Columns(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    schema.ranges = (1.0, 1.0, 0.0, 1.0, 1.0, 1.0)
    model = TorchClassifier(tanh6().model, 2, domain="tabular", schema=schema)
    found = Lfa(Gaussian(0.1), budget=50).explain(model, ROWS[:1], 1)
    assert "1 columns have no range" in str(found.verdict)
    assert found.values[0, 2] == 0
