"""The losses of the cross-table: what they are measured on, where they are undefined, and their errors by chance."""

from itertools import product

import pytest
import torch
from explainer_networks import Columns, drawn, image_classifier, linear_classifier, table_classifier
from test_lfa import ROWS, tanh6
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.neighborhoods import Masks
from xaivision.explainers import cross_losses
from xaivision.explainers.cross_losses import cross_table
from xaivision.explainers.registry import EXPLAINERS, explainer

ADDED = ("small steps", "larger steps")
SHARES = ("lfa", "kernel_shap", "feature_ablation", "integrated_gradients", "input_x_gradient")


def test_each_fit_is_best_on_its_own_neighborhood():
    """No free lunch: what fits one neighborhood is off on another."""
    table = cross_table(tanh6(), ROWS[:1], 1, settings={"c_lime": {"budget": 4000}, "smooth_grad": {"samples": 4000}})
    frame = table.to_frame()
    assert frame.shape == (8, 6)
    assert {"c_lime", "smooth_grad"} <= set(table.best_on("larger steps")), "the same function, by scores and by gradients"
    assert frame.loc["kernel_shap", "larger steps"] > 2 * frame.loc["c_lime", "larger steps"]
    assert frame.loc["saliency", "masks"] > 5 * frame["masks"].min()
    assert set(table.best_on("masks")) <= {"lfa", "kernel_shap"}
    assert table.best_on("one absent") == ("feature_ablation",)
    assert frame.loc["feature_ablation", "one absent"] < 1e-20


def test_the_methods_are_registered_and_answer_as_they_do_by_default():
    table = cross_table(tanh6(), ROWS[:1], 1)
    assert set(table.methods) < set(EXPLAINERS)
    assert [kind.about.name for kind in cross_losses.METHODS] == list(table.methods)


def test_a_linear_model_is_missed_by_none_and_all_are_alike():
    weights = torch.tensor([2.0, -1.0, 0.0, 0.5], dtype=torch.float64)
    table = cross_table(linear_classifier(weights, 0.7), torch.tensor([[1.0, 2.0, -3.0, 0.5]], dtype=torch.float64), 0)
    assert table.losses.abs().max() < 1e-18
    assert all(len(table.best_on(name)) == 8 for name in table.neighborhoods)
    assert not table.undefined.any()


def test_a_column_that_equals_its_baseline_leaves_shares_undefined_where_it_moves():
    """Not a loss that takes its slope for zero. On masks it never moves, and all losses are defined."""
    rows = ROWS.clone()
    rows[0, 2] = 0.0
    table = cross_table(tanh6(), rows, 1)
    frame = table.to_frame()
    assert frame.loc[list(SHARES), list(ADDED)].isna().to_numpy().all()
    assert frame.drop(columns=list(ADDED)).notna().to_numpy().all()
    assert frame.loc[["saliency", "smooth_grad", "c_lime"]].notna().to_numpy().all()
    counts = dict(zip(table.methods, table.undefined.tolist(), strict=True))
    assert counts == {name: [1, 1, 0, 0, 0, 0] if name in SHARES else [0] * 6 for name in table.methods}
    assert any("kernel_shap (1 of 2 rows)" in note and "equals its baseline" in note for note in table.notes)
    assert not cross_table(tanh6(), ROWS, 1).notes
    assert set(table.best_on("small steps")) <= {"saliency", "smooth_grad", "c_lime"}


class _OneHot(Columns):
    """Three columns of one category, and two of numbers."""

    def __init__(self):
        super().__init__(0.0, 0.0, 1.0, 0.3, 0.3)
        self.groups = {"color": (0, 1, 2), "column 3": (3,), "column 4": (4,)}


class _OfColors(nn.Module):
    """Linear in the category as a whole and in the numbers, but not in the columns of the category."""

    def forward(self, x):
        color = 5 * x[:, 0] * (1 - x[:, 1]) * (1 - x[:, 2]) + 2 * x[:, 2] * (1 - x[:, 0])
        total = color + 3 * x[:, 3] - x[:, 4]
        return torch.stack([total, -total], 1)


def test_columns_of_a_group_are_hidden_together_as_the_methods_hide_them():
    model = TorchClassifier(_OfColors(), 2, domain="tabular", schema=_OneHot())
    row = torch.tensor([[1.0, 0.0, 0.0, 0.9, 0.1]], dtype=torch.float64)
    frame = cross_table(model, row, 0).to_frame()
    linear = frame.loc[["lfa", "kernel_shap", "feature_ablation"], ["masks", "masks of all sizes", "one absent", "scales"]]
    # Everything that is hidden or kept whole is met exactly; scales move the category's columns part of the way.
    assert linear.drop(columns="scales").to_numpy().max() < 1e-18
    assert frame.loc[["lfa", "kernel_shap", "feature_ablation"], list(ADDED)].isna().to_numpy().all()


def test_an_intercept_is_fit_on_other_draws_than_the_loss_is_measured_on(monkeypatch):
    asked = []
    rows = cross_losses._Tests.rows

    def watched(self, row, around, purpose):
        found = rows(self, row, around, purpose)
        asked.append((repr(around), purpose, found[0]))
        return found

    monkeypatch.setattr(cross_losses._Tests, "rows", watched)
    model = TorchClassifier(_wide(), 2, domain="tabular", schema=Columns(*[0.0] * 12))
    cross_table(model, drawn((1, 12), 3) + 0.2, 0)
    drawn_twice = {name for name, purpose, found in asked if purpose == "intercept"}
    assert drawn_twice == {name for name, _, found in asked if not found.complete}
    for name in drawn_twice:
        fit, measured = ({tuple(one) for one in found.versions.tolist()} for around, _, found in asked if around == name)
        assert len(fit & measured) < 0.3 * len(measured)


def _wide():
    from explainer_networks import seeded

    return seeded(lambda: nn.Sequential(nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 2)))


def test_a_loss_is_that_of_the_function_with_its_best_intercept():
    """By hand, for a model of two columns whose masks are all there are."""
    product_of_both = lambda rows: rows @ [[0.0], [0.0]] + (rows[:, :1] * rows[:, 1:])  # noqa: E731
    both = lambda rows: __import__("numpy").concatenate([product_of_both(rows), rows[:, :1]], 1)  # noqa: E731
    model = FunctionClassifier(both, 2, score_unit="logit", domain="tabular", schema=Columns(0.0, 0.0))
    table = cross_table(model, torch.tensor([[1.0, 2.0]], dtype=torch.float64), 0)
    scores = torch.tensor([a * b * 2.0 for a, b in product((0, 1), repeat=2)])
    told = {"kernel_shap": (1.0, 1.0), "feature_ablation": (2.0, 2.0)}
    for method, (first, second) in told.items():
        left = scores - torch.tensor([a * first + b * second for a, b in product((0, 1), repeat=2)])
        expected = float((left - left.mean()).square().mean())
        assert table.to_frame().loc[method, "masks"] == pytest.approx(expected, abs=1e-12)
    assert float(table.variances[2]) == pytest.approx(float(scores.var(correction=0)))


def test_standard_errors_are_those_of_the_draws():
    """Over 40 seeds of the draws, for a method that draws nothing itself."""
    found = [cross_table(tanh6(), ROWS, 1, seed=seed) for seed in range(40)]
    place = found[0].methods.index("saliency"), found[0].neighborhoods.index("larger steps")
    spread = float(torch.stack([one.losses[place] for one in found]).std())
    stated = float(torch.stack([one.standard_errors[place] for one in found]).mean())
    assert 0.7 < stated / spread < 1.4
    exhausted = [found[0].neighborhoods.index(name) for name in ("masks", "one absent", "scales")]
    assert not found[0].standard_errors[:, exhausted].any()


def test_what_is_left_out_is_said():
    model = FunctionClassifier(lambda rows: rows @ [[1.0, -1.0], [2.0, 0.0]], 2, score_unit="logit", domain="tabular")
    table = cross_table(model, drawn((1, 2), 0), 0)
    assert set(table.methods) == {"lfa", "kernel_shap", "feature_ablation", "c_lime"}
    (note,) = table.notes
    assert note.startswith("Left out, because the model gives no gradients: integrated_gradients, input_x_gradient")
    short = cross_table(tanh6(), ROWS[:1], 1, settings={"c_lime": {"budget": 7}, "lfa": {"budget": 7}})
    assert "a line in 6 columns needs a larger budget than theirs: lfa, c_lime." in short.notes[0]


def test_settings_reach_their_method():
    few, many = (cross_table(tanh6(), ROWS[:1], 1, settings={"c_lime": {"noise": noise}}) for noise in (0.01, 1.0))
    row = few.methods.index("c_lime")
    assert float(few.losses[row, 0]) < 0.1 * float(many.losses[row, 0])
    assert torch.equal(few.losses[:row], many.losses[:row])


def test_pictures_are_refused():
    with pytest.raises(InputError, match="compares functions of the columns of a table"):
        cross_table(image_classifier(), drawn((1, 2, 8, 8), 0))


def test_a_batch_is_the_mean_of_its_rows():
    model = table_classifier()
    rows = drawn((3, 4), 5)
    together = cross_table(model, rows, 0)
    apart = torch.stack([cross_table(model, row[None], 0).losses for row in rows]).mean(0)
    exact = [together.methods.index(name) for name in ("saliency", "feature_ablation", "kernel_shap", "input_x_gradient")]
    torch.testing.assert_close(together.losses[exact], apart[exact], atol=1e-9, rtol=1e-6)


def test_the_masks_of_all_sizes_are_in_the_table():
    assert cross_losses.TESTED_ON["masks of all sizes"] == Masks("sizes")
    assert explainer("lfa").around == Masks("cosine")
