"""Shapley interactions as an explainer: matrices beside the values, budgets, doubts, and what a saved result keeps."""

import pytest
import torch
from black_boxes import DOUBLE, draws, table_model, wavy

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.image_format import ImageFormat
from xaivision.explainers.exact_shapley import ExactShapley
from xaivision.explainers.shapley_interactions import ShapleyInteractions
from xaivision.report.files import load, save

QUARTERS = (torch.arange(6)[:, None] // 3) * 2 + torch.arange(6) // 3


def product():
    return table_model(lambda rows: rows[:, 0] * rows[:, 1] + 3 * rows[:, 2])


def test_a_product_of_two_columns_is_shared_between_the_pair():
    rows = torch.tensor([[2.0, 3.0, 1.0]], dtype=DOUBLE)
    found = ShapleyInteractions(baseline="zeros").explain(product(), rows, 0)
    expected = torch.tensor([[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 3.0]], dtype=DOUBLE)
    assert torch.allclose(found.interactions[0], expected, rtol=0, atol=1e-12)
    assert found.values.tolist() == [[3.0, 3.0, 3.0]]
    assert "interactions (3, 3)" in repr(found)


@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
@pytest.mark.parametrize("columns", [6, 12])
def test_rows_of_the_matrices_sum_to_the_values(columns, dtype):
    rows = draws(3, columns, seed=1).to(dtype)
    found = ShapleyInteractions(budget=200, background=draws(4, columns, seed=2).to(dtype)).explain(wavy(columns), rows, 0)
    for matrix, values in zip(found.interactions, found.values, strict=True):
        assert matrix.dtype == dtype
        assert torch.allclose(matrix, matrix.T, rtol=0, atol=0)
        assert torch.allclose(matrix.sum(1), values, rtol=0, atol=1e-6)
    assert float(found.diagnostics.completeness_gap.abs().max()) < 1e-6


def test_exact_values_are_those_of_exact_shapley():
    rows = draws(2, 8, seed=1)
    found = ShapleyInteractions(baseline="zeros").explain(wavy(8), rows, 0)
    assert torch.allclose(found.values, ExactShapley(baseline="zeros").explain(wavy(8), rows, 0).values, rtol=0, atol=1e-12)
    assert found.verdict.status == "ok"
    assert found.diagnostics.notes[0].text == "all 256 coalitions were scored: the interactions are exact"


def test_segments_of_a_picture_are_players():
    def scores(images):
        means = torch.as_tensor(images)[:, 0]
        found = means[:, 0, 0] * means[:, 5, 5]
        return torch.stack((found, -found), 1).numpy()

    model = FunctionClassifier(scores, 2, score_unit="logit", domain="image", image_format=ImageFormat(1, 6, 6))
    found = ShapleyInteractions(segments=QUARTERS, baseline="black").explain(model, torch.ones(1, 1, 6, 6), 0)
    matrix = found.interactions[0]
    assert matrix.shape == (4, 4)
    assert float(matrix[0, 3]) == pytest.approx(0.5)
    assert torch.allclose(found.player_values[0], matrix.sum(1), atol=1e-6)


def test_few_coalitions_of_a_rough_score_are_doubted():
    rows = draws(1, 12, seed=1)
    rough = table_model(lambda rows: torch.sin(50 * rows.double() @ draws(12, seed=8)))
    found = ShapleyInteractions(budget=200).explain(rough, rows, 0)
    assert found.verdict.status == "warn"
    assert any("the interactions are mostly chance" in reason for reason in found.verdict.reasons)


def test_an_answer_does_not_depend_on_its_neighbors():
    rows = draws(3, 12, seed=5)
    together = ShapleyInteractions(budget=300).explain(wavy(12), rows, 0)
    alone = ShapleyInteractions(budget=300).explain(wavy(12), rows[1:2], 0)
    assert torch.equal(together.interactions[1], alone.interactions[0])


def test_a_budget_that_is_too_small_is_refused_with_the_least():
    with pytest.raises(InputError, match=r"`budget` must be at least 190 for the interactions of 12 players. Got 100\."):
        ShapleyInteractions(budget=100).explain(wavy(12), draws(1, 12), 0)
    with pytest.raises(InputError, match="`budget` must be a positive integer"):
        ShapleyInteractions(budget=0)


def test_a_saved_result_keeps_its_matrices(tmp_path):
    found = ShapleyInteractions().explain(wavy(5), draws(2, 5), 0)
    back = load(save(found, tmp_path / "x"))
    assert all(torch.equal(*pair) for pair in zip(found.interactions, back.interactions, strict=True))
    assert repr(back) == repr(found)
