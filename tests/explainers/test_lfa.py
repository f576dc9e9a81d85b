"""Local function approximation: eight presets against eight methods, the cross-table, and recommendations."""

from itertools import product

import pytest
import torch
from explainer_networks import Columns, drawn, linear_classifier, table_classifier
from torch import nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.neighborhoods import Gaussian, Masks, OneAbsent, Scales
from xaivision.explainers.cross_table import cross_table
from xaivision.explainers.lfa import Lfa
from xaivision.explainers.lfa_presets import lfa_presets
from xaivision.explainers.recommendation import recommend
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
        ("occlusion", "feature_ablation", {}),
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
    found = lfa_presets(64)["lime"].explain(model, row, 1)
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


def test_each_fit_is_best_on_its_own_neighborhood():
    """No free lunch: what fits one neighborhood is off on another."""
    table = cross_table(tanh6(), ROWS[:1], 1, budget=4000)
    frame = table.to_frame()
    assert frame.shape == (8, 5)
    assert table.best_on("larger steps") in ("c_lime", "smooth_grad"), "the same function, by scores and by gradients"
    assert frame.loc["kernel_shap", "larger steps"] > 2 * frame.loc["c_lime", "larger steps"]
    assert frame.loc["saliency", "masks"] > 5 * frame["masks"].min()
    assert table.best_on("masks") in ("lime", "kernel_shap")


def test_the_cross_table_of_a_linear_model_holds_no_loss():
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5], dtype=torch.float64)
    table = cross_table(linear_classifier(weights, 0.7), torch.tensor([[1.0, 2.0, -3.0, 0.5]], dtype=torch.float64), 0, budget=64)
    assert table.losses.abs().max() < 1e-18


def test_questions_are_answered_by_methods_that_fit_them():
    small, removal = (recommend(tanh6(), ROWS[:1], question, 1) for question in ("small change", "removal"))
    assert {one.method for one in small.methods} == {"smooth_grad", "saliency", "c_lime"}
    assert all(one.recovers for one in small.methods)
    losses = [one.loss for one in small.methods]
    assert losses == sorted(losses)
    assert {one.method for one in removal.methods} == {"kernel_shap", "lfa", "feature_ablation"}
    assert "no method fits best on all perturbations" in removal.caution
    assert "small change" not in removal.caution


def test_a_model_without_gradients_is_offered_no_gradients():
    model = FunctionClassifier(lambda rows: rows @ [[1.0, -1.0], [2.0, 0.0]], 2, score_unit="logit", domain="tabular")
    found = recommend(model, drawn((1, 2), 0), "small change", 0)
    assert [one.method for one in found.methods] == ["c_lime"]
    with pytest.raises(CapabilityError):
        lfa_presets()["smooth_grad"].explain(model, drawn((1, 2), 0), 0)


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
        (lambda: Masks("euclidean"), "`kernel` must be one of 'cosine', 'shapley', 'uniform'"),
        (lambda: recommend(table_classifier(), drawn((1, 4), 0), "why"), "`question` must be one of 'small change'"),
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
