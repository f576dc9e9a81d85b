"""Correlations of contributions with falls of the score, against closed forms and the definition in slow loops."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_models import linear, mapped, rows_of, scored_by
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.protocols import Metric
from xaivision.core.random import generator
from xaivision.core.sharing import sharing
from xaivision.engines.regions import grid_regions
from xaivision.evaluation.faithfulness_correlation import FaithfulnessCorrelation, MuFidelity
from xaivision.evaluation.faithfulness_estimate import FaithfulnessEstimate
from xaivision.evaluation.sensitivity_n import SensitivityN
from xaivision.explainers.controls import Sobel

WEIGHTS = (2.0, -1.0, 0.5, 3.0, -0.25, 1.5)
X = rows_of((1.0, 2.0, -1.0, 0.5, 4.0, 1.0))
B = rows_of((0.5, 0.0, 1.0, -1.0, 2.0, 0.0))
CONTRIBUTIONS = (X - B) * torch.tensor(WEIGHTS, dtype=torch.float64)
ALL = pytest.mark.parametrize("judge", [FaithfulnessCorrelation, MuFidelity, FaithfulnessEstimate, SensitivityN])


def value(judge: type[Metric], values: Tensor, model: FunctionClassifier | None = None, **more: Any) -> float:
    asked = linear(WEIGHTS, 0.7) if model is None else model
    return float(judge(**{"baseline": B, **more}).evaluate(asked, mapped(asked, X, values)).values)


def picture_model(weights: Tensor) -> FunctionClassifier:
    return scored_by(lambda images: (images * weights).flatten(1).sum(1), domain="image")


@ALL
def test_exact_contributions_of_a_linear_model_score_one_and_reversed_minus_one(judge: type[Metric]) -> None:
    assert value(judge, CONTRIBUTIONS) == pytest.approx(1, abs=1e-9)
    assert value(judge, -CONTRIBUTIONS) == pytest.approx(-1, abs=1e-9)
    assert value(judge, 1000 * CONTRIBUTIONS) == pytest.approx(1, abs=1e-9)


@ALL
def test_a_picture_whose_score_is_linear_scores_one(judge: type[Metric]) -> None:
    weights = torch.randn(1, 2, 10, 12, generator=generator(5), dtype=torch.float64)
    images = torch.rand(3, 2, 10, 12, generator=generator(6), dtype=torch.float64)
    found = judge(baseline="black").evaluate(model := picture_model(weights), mapped(model, images, images * weights))
    assert found.values.tolist() == pytest.approx([1, 1, 1], abs=1e-9)


@ALL
def test_an_edge_map_of_a_model_that_ignores_edges_scores_near_zero(judge: type[Metric]) -> None:
    weights = torch.randn(1, 1, 12, 12, generator=generator(5), dtype=torch.float64)
    images = torch.rand(8, 1, 12, 12, generator=generator(6), dtype=torch.float64)
    model = picture_model(weights)
    truth = judge().evaluate(model, mapped(model, images, images * weights)).values
    edges = judge().evaluate(model, Sobel().explain(model, images, 0)).values
    assert edges.mean().abs() < 0.3
    assert (truth > edges + 0.3).all()


@ALL
def test_slopes_taken_for_contributions_do_not_score_one(judge: type[Metric]) -> None:
    assert value(judge, rows_of(WEIGHTS)) < 0.99


@ALL
@pytest.mark.parametrize("flat", [0.0, 0.1, -3e7])
def test_a_constant_map_has_no_value_where_sets_are_of_one_size(judge: type[Metric], flat: float) -> None:
    assert np.isnan(value(judge, torch.full_like(X, flat)))


@ALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_score_that_does_not_move_has_no_value(judge: type[Metric], dtype: torch.dtype) -> None:
    model = scored_by(lambda rows: (rows.sum(1) * 0 + 0.1) * (1 + torch.finfo(rows.dtype).eps * rows[:, 0]))
    explanation = mapped(model, X.to(dtype), CONTRIBUTIONS.to(dtype))
    assert judge(baseline=B).evaluate(model, explanation).values.isnan().all()


@ALL
def test_the_baseline_is_the_explanations_own_unless_another_is_named(judge: type[Metric]) -> None:
    model = scored_by(lambda rows: rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2 - rows[:, 3] * rows[:, 5] + rows[:, 4])
    own = mapped(model, X, CONTRIBUTIONS, baseline=B)
    none = mapped(model, X, CONTRIBUTIONS)
    assert torch.equal(judge().evaluate(model, own).values, judge(baseline=B).evaluate(model, none).values)
    assert not torch.equal(judge(baseline="zeros").evaluate(model, own).values, judge().evaluate(model, own).values)
    assert torch.equal(judge(baseline="zeros").evaluate(model, own).values, judge().evaluate(model, none).values)
    assert "no typical values" in judge().evaluate(model, none).notes[0]
    assert judge().evaluate(model, own).notes == ()


@ALL
def test_another_map_of_the_same_inputs_asks_the_model_nothing_in_one_job(judge: type[Metric]) -> None:
    calls = []
    model = scored_by(lambda rows: calls.append(len(rows)) or rows @ torch.tensor(WEIGHTS).to(rows))
    with sharing():
        first = judge(baseline=B).evaluate(model, mapped(model, X, CONTRIBUTIONS), seed=4)
        before = sum(calls)
        explanation = mapped(model, X, CONTRIBUTIONS.flip(1))
        explaining = sum(calls) - before
        second = judge(baseline=B).evaluate(model, explanation, seed=4)
        assert sum(calls) == before + explaining
        other = judge(baseline="zeros").evaluate(model, mapped(model, X, CONTRIBUTIONS), seed=4)
        assert sum(calls) > before + explaining
    alone = judge(baseline=B).evaluate(model, mapped(model, X, CONTRIBUTIONS.flip(1)), seed=4)
    assert torch.equal(second.values, alone.values)
    assert first.model_calls == second.model_calls == alone.model_calls == other.model_calls > 0


def slow_correlation(function: Any, values: list[float], size: int) -> float:
    """The definition: every set of this size, replaced in one row after another."""
    sums, falls = [], []
    for members in combinations(range(6), size):
        row = X.clone()
        for feature in members:
            row[0, feature] = B[0, feature]
        sums.append(sum(values[feature] for feature in members))
        falls.append(float(function(X)) - float(function(row)))
    return float(np.corrcoef(sums, falls)[0, 1])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=6, max_size=6, unique=True))
def test_few_features_are_judged_by_all_sets_as_the_definition_in_slow_loops_says(numbers: list[int]) -> None:
    def function(rows: Tensor) -> Tensor:
        return rows[:, 0] * rows[:, 1] + torch.sin(rows[:, 2] * rows[:, 3]) - rows[:, 4] ** 2 + rows[:, 5]

    model, values = scored_by(function), [float(number) for number in numbers]
    slow = {size: slow_correlation(function, values, size) for size in (1, 2, 3, 4, 5)}
    by_two = value(FaithfulnessCorrelation, rows_of(values), model, share=0.4)
    assert by_two == pytest.approx(slow[2], abs=1e-9)
    assert value(MuFidelity, rows_of(values), model, share=0.5) == pytest.approx(slow[3], abs=1e-9)
    assert value(FaithfulnessEstimate, rows_of(values), model) == pytest.approx(slow[1], abs=1e-9)
    mean = sum(slow.values()) / 5
    assert value(SensitivityN, rows_of(values), model) == pytest.approx(mean, abs=1e-9)


def test_a_product_of_two_features_has_the_closed_form() -> None:
    """f = x0 x1 from zeros: alone, each takes all of it; their Shapley values are halves, the third feature's is none."""
    model, ones = scored_by(lambda rows: rows[:, 0] * rows[:, 1]), torch.ones(1, 3, dtype=torch.float64)
    judged = mapped(model, ones, rows_of((0.5, 0.5, 0.0)), baseline=torch.zeros_like(ones))
    assert float(FaithfulnessEstimate().evaluate(model, judged).values) == pytest.approx(1, abs=1e-12)
    # Sets of two: sums 1, .5, .5, and the product is gone in all of them, so that only size 1 has a value.
    found = SensitivityN(largest=0.9).evaluate(model, judged)
    assert found.curves[0, 0] == pytest.approx(1, abs=1e-12)
    assert found.curves.isnan().tolist() == [[False, True]]
    assert found.curve_shares.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.details["sizes with a value"].tolist() == [1]
    assert found.values.tolist() == pytest.approx([1], abs=1e-12)


def test_sensitivity_n_averages_its_curve_and_counts_what_it_asks() -> None:
    model = scored_by(lambda rows: torch.tanh(rows).sum(1) ** 2 + rows[:, 0])
    rows = torch.rand(2, 40, generator=generator(3), dtype=torch.float64) + 0.5
    found = SensitivityN(budget=30, sizes=4, baseline="zeros").evaluate(model, mapped(model, rows, rows))
    assert found.curves.shape == (2, 4)
    assert (found.curve_shares * 40).tolist() == pytest.approx([1, 11, 22, 32])
    assert torch.allclose(found.values, found.curves.mean(1), rtol=0, atol=1e-12)
    assert found.model_calls == 2 * (1 + 4 * 30)


def test_cells_of_a_grid_go_as_a_whole_with_all_channels() -> None:
    images = torch.rand(2, 3, 7, 9, generator=generator(1), dtype=torch.float64)
    values = torch.randn(2, 3, 7, 9, generator=generator(2), dtype=torch.float64)
    model = scored_by(lambda pictures: (pictures.sum(1).flatten(1) ** 2).sum(1), domain="image")
    found = FaithfulnessEstimate(grid=3, baseline="black").evaluate(model, mapped(model, images, values))
    regions = grid_regions((7, 9), 3, 3).view(7, 9)
    for picture, mine, correlation in zip(images, values, found.values.tolist(), strict=True):
        sums = [float(mine[:, regions == cell].sum()) for cell in range(9)]
        falls = [float((picture.sum(0)[regions == cell] ** 2).sum()) for cell in range(9)]
        assert correlation == pytest.approx(float(np.corrcoef(sums, falls)[0, 1]), abs=1e-9)
    assert found.model_calls == 2 * 10


@pytest.mark.parametrize("share", [0, 1, -0.1, True, "half", float("nan")])
def test_a_share_that_is_none_or_all_is_refused(share: object) -> None:
    for judge, name in ((FaithfulnessCorrelation, "share"), (MuFidelity, "share"), (SensitivityN, "largest")):
        with pytest.raises(InputError, match=f"`{name}` must be a number above 0 and below 1. Got"):
            judge(**{name: share})


@pytest.mark.parametrize(
    ("judge", "name"),
    [(FaithfulnessCorrelation, "budget"), (MuFidelity, "grid"), (FaithfulnessEstimate, "grid"), (SensitivityN, "sizes")],
)
def test_counts_that_are_no_positive_integer_are_refused(judge: type[Metric], name: str) -> None:
    with pytest.raises(InputError, match=f"`{name}` must be a positive integer. Got 0"):
        judge(**{name: 0})
