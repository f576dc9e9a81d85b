"""Monotonicity, monotonicity correlation and non-sensitivity, against closed forms and slow loops."""

from itertools import permutations

import pytest
import torch
from linear_models import linear, mapped, rows_of, scored_by
from scipy.stats import spearmanr
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.protocols import Metric
from xaivision.core.random import generator
from xaivision.core.sharing import sharing
from xaivision.evaluation.monotonicity import Monotonicity, MonotonicityCorrelation, NonSensitivity

X = rows_of((1.0, 2.0, -1.0, 0.5, 4.0))
ONES = torch.ones(1, 5, dtype=torch.float64)
MOVED = pytest.mark.parametrize("judge", [MonotonicityCorrelation, NonSensitivity])


def convex(rows: Tensor) -> Tensor:
    """The score of 0, 1, 2 where the first is in: it falls where the second comes without the first."""
    return rows[:, 0] * (1 + rows[:, 1]) - 0.5 * rows[:, 1] + rows[:, 2]


def test_a_score_that_never_falls_is_monotone_and_one_that_falls_once_is_not() -> None:
    judge, up = Monotonicity(baseline="zeros", output="score"), linear((1.0, 2.0, 3.0, 0.0, 5.0))
    assert judge.evaluate(up, mapped(up, ONES, rows_of((1.0, 2.0, 3.0, 0.0, 5.0)))).values.tolist() == [1]
    down = linear((1.0, 2.0, -0.1, 4.0, 5.0))
    found = judge.evaluate(down, mapped(down, ONES, rows_of((1.0, 2.0, 3.0, 4.0, 5.0))))
    assert found.values.tolist() == [0]
    assert found.details["steps without a fall"].tolist() == [0.8]
    assert found.curves[0].tolist() == pytest.approx([0.0, 1.0, 3.0, 2.9, 6.9, 11.9])


def test_every_order_of_three_features_is_judged_as_the_definition_in_slow_loops_says() -> None:
    model = scored_by(convex)
    ones, verdicts = torch.ones(1, 3, dtype=torch.float64), []
    for sizes in permutations((1.0, -2.0, 3.0)):
        row, last, monotone = torch.zeros(1, 3, dtype=torch.float64), 0.0, True
        for feature in sorted(range(3), key=lambda feature: abs(sizes[feature])):
            row[0, feature] = 1
            monotone &= float(convex(row)) >= last
            last = float(convex(row))
        found = Monotonicity(baseline="zeros", output="score").evaluate(model, mapped(model, ones, rows_of(sizes)))
        assert found.values.tolist() == [float(monotone)]
        verdicts.append(monotone)
    assert set(verdicts) == {True, False}


def test_steps_start_from_the_baseline_and_end_at_the_input() -> None:
    model = linear((1.0, 2.0, 3.0, 4.0, 5.0))
    found = Monotonicity(steps=2, baseline=X - 1, output="score").evaluate(model, mapped(model, X, X))
    assert found.curves.shape == (1, 3)
    assert found.curves[0, [0, -1]].tolist() == pytest.approx([float(model(X - 1)[0, 0]), float(model(X)[0, 0])])
    assert found.model_calls == 3


def test_falls_by_rounding_are_none() -> None:
    model = scored_by(lambda rows: 3.0 - torch.finfo(rows.dtype).eps * rows.sum(1))
    for dtype in (torch.float32, torch.float64):
        explanation = mapped(model, ONES.to(dtype), ONES.to(dtype))
        assert Monotonicity(baseline="zeros", output="score").evaluate(model, explanation).values.tolist() == [1]


def test_a_linear_model_moves_as_its_weights_say_whatever_their_sign() -> None:
    weights = (3.0, -2.0, 1.0, 0.5, -0.1)
    model = linear(weights)
    judge = MonotonicityCorrelation(samples=300)
    for sign in (1, -1):
        assert judge.evaluate(model, mapped(model, X, sign * rows_of(weights))).values.tolist() == pytest.approx([1], abs=1e-12)
    turned = rows_of((0.1, 0.5, 1.0, 2.0, 3.0))
    assert judge.evaluate(model, mapped(model, X, turned)).values.tolist() == pytest.approx([-1], abs=1e-12)


def test_the_correlation_is_scipys_of_sums_over_cells() -> None:
    weights = torch.zeros(1, 4, 4, dtype=torch.float64)
    weights[0, :2, :2], weights[0, :2, 2:], weights[0, 2:, :2] = 1.0, 3.0, 2.0
    model = scored_by(lambda images: (images * weights).flatten(1).sum(1), domain="image")
    images = torch.rand(1, 1, 4, 4, generator=generator(0), dtype=torch.float64)
    values = torch.randn(1, 1, 4, 4, generator=generator(1), dtype=torch.float64)
    found = MonotonicityCorrelation(samples=100, grid=2).evaluate(model, mapped(model, images, values))
    cells = [float(values[0, 0, down : down + 2, right : right + 2].sum().abs()) for down in (0, 2) for right in (0, 2)]
    assert float(found.values) == pytest.approx(spearmanr(cells, [1, 3, 2, 0]).statistic, abs=1e-12)
    assert found.model_calls == 1 + 4 * 100


def test_non_sensitivity_counts_the_features_on_one_side_only() -> None:
    model = linear((2.0, 0.0, 0.0, 1.0, 0.0))
    judge = NonSensitivity()
    for values, expected in (
        ((2.0, 0.0, 0.0, 1.0, 0.0), 0.0),
        ((-5.0, 0.0, 1e-7, 7.0, 0.0), 0.0),  # a millionth of a percent is none
        ((2.0, 1.0, 0.0, 1.0, 0.0), 0.2),
        ((2.0, 1.0, 0.0, 0.0, 0.0), 0.4),
        ((0.0, 1.0, 1.0, 0.0, 1.0), 1.0),
        ((0.0, 0.0, 0.0, 0.0, 0.0), 0.4),
        ((1.0, 1.0, 1.0, 1.0, 1.0), 0.6),
    ):
        assert judge.evaluate(model, mapped(model, X, rows_of(values))).values.tolist() == pytest.approx([expected])


def test_a_cell_whose_attributions_cancel_has_some_all_the_same() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.rand(1, 1, 2, 2, generator=generator(0), dtype=torch.float64)
    values = torch.tensor([[[[1.0, -1.0], [1.0, -1.0]]]], dtype=torch.float64)
    assert NonSensitivity(grid=1).evaluate(model, mapped(model, images, values)).values.tolist() == [0]


@MOVED
def test_both_ask_the_model_once_for_all_maps_of_a_job(judge: type[Metric]) -> None:
    calls = []
    model = scored_by(lambda rows: calls.append(len(rows)) or rows.square().sum(1))
    first, second = (mapped(model, X, values) for values in (X, X.flip(1)))
    with sharing():
        MonotonicityCorrelation().evaluate(model, first)
        before = sum(calls)
        shared = judge().evaluate(model, second)
        assert sum(calls) == before
    alone = judge().evaluate(model, second)
    assert torch.equal(shared.values, alone.values)
    assert shared.model_calls == alone.model_calls == 1 + 5 * 10


@MOVED
@pytest.mark.parametrize("name", ["samples", "noise", "grid"])
def test_settings_that_mean_nothing_are_refused(judge: type[Metric], name: str) -> None:
    with pytest.raises(InputError, match=f"`{name}` must be a positive"):
        judge(**{name: 0})


def test_a_threshold_and_steps_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="`threshold` must be a positive number"):
        NonSensitivity(threshold=0)
    with pytest.raises(InputError, match="`steps` must be a positive integer"):
        Monotonicity(steps=0)
