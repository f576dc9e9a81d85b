"""The Gini index against its closed forms and its definition by pairs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_models import linear, mapped, rows_of, scored_by

from xaivision.evaluation.sparseness import Sparseness, gini

AMOUNTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=12)


def one_gini(*amounts: float) -> float:
    return float(gini(rows_of(amounts)))


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_one_feature_that_carries_all_gives_one_less_than_n_over_n(n: int) -> None:
    assert one_gini(*[0.0] * (n - 1), 5.0) == pytest.approx((n - 1) / n, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
@pytest.mark.parametrize("amount", [0.0, 0.1, 1e-300, 1e300])
def test_features_that_count_alike_give_zero(n: int, amount: float) -> None:
    assert one_gini(*[amount] * n) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("k", range(1, 9))
def test_k_equal_features_of_n_give_one_minus_their_share(k: int) -> None:
    assert one_gini(*[2.5] * k, *[0.0] * (8 - k)) == pytest.approx(1 - k / 8, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(AMOUNTS)
def test_it_is_the_mean_difference_of_all_pairs_over_twice_the_mean(amounts: list[float]) -> None:
    n, total = len(amounts), sum(amounts)
    differences = sum(abs(one - other) for one in amounts for other in amounts)
    expected = differences / (2 * n * total) if total else 0.0
    assert one_gini(*amounts) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_order_does_not_matter(amounts: list[float], shuffler: object) -> None:
    shuffled = list(amounts)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert one_gini(*shuffled) == pytest.approx(one_gini(*amounts), abs=1e-12)


def test_each_input_is_measured_by_itself_and_sign_does_not_count() -> None:
    model = linear((1.0, 1.0, 1.0, 1.0))
    values = rows_of((0, 0, 0, -3), (1, -1, 1, -1), (0, 0, 0, 0))
    found = Sparseness().evaluate(model, mapped(model, torch.ones(3, 4, dtype=torch.float64), values))
    assert found.values.tolist() == pytest.approx([0.75, 0.0, 0.0], abs=1e-12)
    assert found.undefined == 0


def test_a_feature_of_an_image_is_a_position_summed_over_channels() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.full((1, 2, 2, 2), 0.5, dtype=torch.float64)
    values = torch.zeros_like(images)
    values[0, :, 0, 0] = torch.tensor([3.0, 1.0])
    values[0, :, 1, 1] = torch.tensor([4.0, -4.0])
    found = Sparseness().evaluate(model, mapped(model, images, values))
    assert float(found.values) == pytest.approx(0.75, abs=1e-12)


def test_a_constant_map_scores_the_worst_there_is() -> None:
    model = linear((1.0, 2.0, 3.0))
    ones = torch.ones(1, 3, dtype=torch.float64)
    spike = Sparseness().evaluate(model, mapped(model, ones, rows_of((0.0, 9.0, 0.1))))
    flat = Sparseness().evaluate(model, mapped(model, ones, 7 * ones))
    assert flat.higher_is_better
    assert float(flat.values) == pytest.approx(0, abs=1e-12)
    assert spike.values > 0.6


def test_it_asks_the_model_nothing() -> None:
    model = linear((1.0, 2.0))
    ones = torch.ones(1, 2, dtype=torch.float64)
    assert Sparseness().evaluate(model, mapped(model, ones, ones)).model_calls == 0
