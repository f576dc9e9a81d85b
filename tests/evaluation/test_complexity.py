"""Entropy and effective complexity against their closed forms and their definitions."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_models import linear, mapped, rows_of, scored_by

from xaivision.core.errors import InputError
from xaivision.evaluation.complexity import EffectiveComplexity, Entropy, counted, entropy

AMOUNTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=12)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_one_feature_that_carries_all_has_no_entropy(n: int) -> None:
    assert float(entropy(rows_of([0.0] * (n - 1) + [5.0]))) == pytest.approx(0, abs=1e-12)
    assert float(counted(rows_of([0.0] * (n - 1) + [5.0]), 0.01)) == 1


@pytest.mark.parametrize("n", [1, 2, 7, 64])
@pytest.mark.parametrize("amount", [0.0, 0.1, 1e-300, 1e308])
def test_features_that_count_alike_have_the_logarithm_of_their_number(n: int, amount: float) -> None:
    assert float(entropy(rows_of([amount] * n))) == pytest.approx(math.log(n), abs=1e-12)
    assert float(counted(rows_of([amount] * n), 0.5)) == (n if amount else 0)


@pytest.mark.parametrize("k", range(1, 9))
def test_k_equal_features_of_eight_have_the_logarithm_of_k(k: int) -> None:
    row = rows_of([2.5] * k + [0.0] * (8 - k))
    assert float(entropy(row)) == pytest.approx(math.log(k), abs=1e-12)
    assert float(counted(row, 0.0)) == k


@settings(max_examples=80, deadline=None)
@given(AMOUNTS)
def test_entropy_is_the_sum_over_features_of_share_times_surprise(amounts: list[float]) -> None:
    total = math.fsum(amounts)
    shares = [amount / total for amount in amounts if amount / total > 0] if total else [1 / len(amounts)] * len(amounts)
    expected = -sum(share * math.log(share) for share in shares)
    assert float(entropy(rows_of(amounts))) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(AMOUNTS, st.floats(0, 0.99))
def test_features_count_above_the_share_of_the_largest(amounts: list[float], threshold: float) -> None:
    expected = sum(amount > threshold * max(amounts) for amount in amounts)
    assert float(counted(rows_of(amounts), threshold)) == expected


def test_the_threshold_is_of_each_inputs_own_map() -> None:
    model = linear((1.0, 1.0, 1.0, 1.0))
    values = rows_of((1, -1, 0.5, 0.001), (1e6, 1e6, 1.0, 0.0), (0, 0, 0, 0))
    found = EffectiveComplexity().evaluate(model, mapped(model, torch.ones(3, 4, dtype=torch.float64), values))
    assert found.values.tolist() == [3, 2, 0]
    assert not found.higher_is_better


def test_entropy_reads_absolute_values_input_by_input_and_says_its_share() -> None:
    model = linear((1.0, 1.0, 1.0, 1.0))
    values = rows_of((0, 0, 0, -3), (1, -1, 1, -1), (0, 0, 2, -2))
    found = Entropy().evaluate(model, mapped(model, torch.ones(3, 4, dtype=torch.float64), values))
    assert found.values.tolist() == pytest.approx([0, math.log(4), math.log(2)], abs=1e-12)
    assert found.details["share of the largest"].tolist() == pytest.approx([0, 1, 0.5], abs=1e-12)


def test_a_feature_of_an_image_is_a_position_summed_over_channels() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images = torch.full((1, 2, 2, 2), 0.5, dtype=torch.float64)
    values = torch.zeros_like(images)
    values[0, :, 0, 0] = torch.tensor([3.0, 1.0])
    values[0, :, 1, 1] = torch.tensor([4.0, -4.0])
    assert float(Entropy().evaluate(model, mapped(model, images, values)).values) == pytest.approx(0, abs=1e-12)
    assert float(EffectiveComplexity().evaluate(model, mapped(model, images, values)).values) == 1


@pytest.mark.parametrize("judge", [Entropy(), EffectiveComplexity()], ids=["entropy", "effective complexity"])
def test_a_constant_map_scores_the_worst_there_is(judge: Entropy | EffectiveComplexity) -> None:
    model, ones = linear((1.0, 2.0, 3.0)), torch.ones(1, 3, dtype=torch.float64)
    flat = judge.evaluate(model, mapped(model, ones, 7 * ones))
    for values in (rows_of((0.0, 9.0, 0.0)), rows_of((0.0, 9.0, 5.0))):
        assert float(judge.evaluate(model, mapped(model, ones, values)).values) < float(flat.values)
    assert flat.model_calls == 0


@pytest.mark.parametrize("threshold", [-0.1, 1, True, float("nan"), "0.1"])
def test_a_threshold_that_is_no_share_is_refused(threshold: object) -> None:
    with pytest.raises(InputError, match="`threshold` must be a share"):
        EffectiveComplexity(threshold)  # type: ignore[arg-type]
