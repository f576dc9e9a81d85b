"""Measures of agreement: their relations to each other, and slow loops over their definitions."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_models import linear, mapped, rows_of, scored_by
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.errors import InputError, UnknownNameError
from xaivision.core.random import generator
from xaivision.evaluation.agreement import (
    AGREEMENTS,
    agreement_matrix,
    feature_agreement,
    rank_agreement,
    rank_correlation,
    sign_agreement,
    signed_rank_agreement,
    structural_similarity,
    top_k_iou,
    usual_k,
)

TOP = (feature_agreement, rank_agreement, sign_agreement, signed_rank_agreement)
ROWS = torch.ones(3, 8, dtype=torch.float64)
PICTURES = torch.full((3, 1, 8, 9), 0.5, dtype=torch.float64)
DISTINCT = st.permutations(range(1, 7)).flatmap(
    lambda sizes: st.lists(st.booleans(), min_size=6, max_size=6).map(
        lambda signs: [float(size if sign else -size) for size, sign in zip(sizes, signs, strict=True)]
    )
)


def table_map(values: Tensor, inputs: Tensor | None = None, targets: int = 0) -> Attribution:
    inputs = torch.ones_like(values) if inputs is None else inputs
    return mapped(linear((1.0,) * values.shape[1]), inputs, values, targets=targets)


def picture_map(values: Tensor) -> Attribution:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    return mapped(model, PICTURES[: len(values)], values)


def noise(seed: int) -> Tensor:
    return torch.randn(3, 8, generator=generator(seed), dtype=torch.float64)


@pytest.mark.parametrize("name", AGREEMENTS)
def test_a_map_agrees_with_itself_and_with_its_multiples(name: str) -> None:
    pictures = torch.randn(3, 1, 8, 9, generator=generator(1), dtype=torch.float64)
    for by in (1.0, 7.5):
        found = AGREEMENTS[name](picture_map(pictures), picture_map(by * pictures), None)
        assert found.tolist() == pytest.approx([1, 1, 1], abs=1e-12)
        assert found.dtype == torch.float64


@pytest.mark.parametrize("measure", TOP)
@pytest.mark.parametrize("k", [1, 3, 8])
def test_a_map_with_zeros_and_ties_agrees_with_itself_exactly(measure: Callable[..., Tensor], k: int) -> None:
    map_ = table_map(rows_of((0, 0, 0, 1, 1, 1, -1, 0), (2,) * 8, (0, 0, 0, 0, 0, 0, 0, 5)))
    assert measure(map_, map_, k).tolist() == [1.0, 1.0, 1.0]


def test_a_map_and_its_negative_share_features_and_ranks_and_no_sign() -> None:
    map_, negative = table_map(noise(1)), table_map(-noise(1))
    assert feature_agreement(map_, negative, 3).tolist() == [1.0] * 3
    assert rank_agreement(map_, negative, 3).tolist() == [1.0] * 3
    assert sign_agreement(map_, negative, 3).tolist() == [0.0] * 3
    assert signed_rank_agreement(map_, negative, 3).tolist() == [0.0] * 3
    assert top_k_iou(map_, negative, 3).tolist() == [0.0] * 3
    assert rank_correlation(map_, negative).tolist() == pytest.approx([-1.0] * 3, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=2, max_size=2), st.integers(1, 6))
def test_ranks_and_signs_agree_at_most_as_often_as_features(two: list[list[int]], k: int) -> None:
    first, second = (table_map(rows_of(row)) for row in two)
    features, ranks, signs, both = (float(measure(first, second, k)) for measure in TOP)
    if features == features:
        assert both <= min(ranks, signs) + 1e-12
        assert max(ranks, signs) <= features + 1e-12
        assert both >= 0
        assert features <= 1
    else:
        assert not any(two[0] + two[1])


@settings(max_examples=60, deadline=None)
@given(DISTINCT, DISTINCT, st.integers(1, 6))
def test_shares_are_those_of_a_slow_loop(first: list[float], second: list[float], k: int) -> None:
    mine, theirs = (sorted(range(6), key=lambda i, row=row: -abs(row[i]))[:k] for row in (first, second))
    shared = [i for i in mine if i in theirs]
    same_rank = [i for i in shared if mine.index(i) == theirs.index(i)]
    expected = (
        shared,
        same_rank,
        [i for i in shared if first[i] * second[i] > 0],
        [i for i in same_rank if first[i] * second[i] > 0],
    )
    maps = table_map(rows_of(first)), table_map(rows_of(second))
    for measure, found in zip(TOP, expected, strict=True):
        assert float(measure(*maps, k)) == pytest.approx(len(found) / k, abs=1e-12)
    named = [{i for i in sorted(range(6), key=lambda i, row=row: -row[i])[:k] if row[i] > 0} for row in (first, second)]
    union = named[0] | named[1]
    iou = len(named[0] & named[1]) / len(union) if union else float("nan")
    assert float(top_k_iou(*maps, k)) == pytest.approx(iou, abs=1e-12, nan_ok=True)


def test_the_likeness_of_pictures_is_that_of_scikit_image() -> None:
    from skimage.metrics import structural_similarity as ssim

    first, second = (torch.randn(3, 1, 8, 9, generator=generator(seed), dtype=torch.float64) for seed in (4, 5))
    found = structural_similarity(picture_map(first), picture_map(second))
    for index in range(3):
        one, other = (map_[index, 0] / map_[index, 0].abs().max() for map_ in (first, second))
        expected = ssim((one.numpy() + 1) * 127.5, (other.numpy() + 1) * 127.5, win_size=7, data_range=255)
        assert float(found[index]) == pytest.approx(float(expected), abs=1e-9)
    with pytest.raises(InputError, match="SSIM is for pictures"):
        structural_similarity(table_map(noise(1)), table_map(noise(2)))


@pytest.mark.parametrize("name", AGREEMENTS)
def test_neither_order_nor_neighbors_in_the_batch_matter(name: str) -> None:
    first, second = (torch.randn(3, 1, 8, 9, generator=generator(seed), dtype=torch.float64) for seed in (2, 3))
    second[1] = first[1] + 0.1 * second[1]
    together = AGREEMENTS[name](picture_map(first), picture_map(second), 20)
    assert together.tolist() == pytest.approx(AGREEMENTS[name](picture_map(second), picture_map(first), 20).tolist(), abs=1e-12)
    for index in range(3):
        chosen = slice(index, index + 1)
        alone = AGREEMENTS[name](picture_map(first[chosen]), picture_map(second[chosen]), 20)
        assert float(alone) == pytest.approx(float(together[index]), abs=1e-12)
    assert together[1] > together[[0, 2]].max()  # the pair that is alike


@pytest.mark.parametrize("name", AGREEMENTS)
@pytest.mark.parametrize("spoiler", [float("nan"), float("inf")])
def test_a_map_that_is_not_finite_agrees_with_none(name: str, spoiler: float) -> None:
    clean = torch.randn(3, 1, 8, 9, generator=generator(2), dtype=torch.float64)
    spoiled = clean.clone()
    spoiled[1, 0, 2, 2] = spoiler
    assert AGREEMENTS[name](picture_map(clean), picture_map(spoiled), None).isnan().tolist() == [False, True, False]
    assert AGREEMENTS[name](picture_map(spoiled), picture_map(clean), None).isnan().tolist() == [False, True, False]


@pytest.mark.parametrize("name", AGREEMENTS)
def test_maps_that_say_nothing_agree_on_nothing(name: str) -> None:
    zero = torch.zeros(1, 1, 8, 9, dtype=torch.float64)
    assert bool(AGREEMENTS[name](picture_map(zero), picture_map(zero), None).isnan())


def test_features_that_are_zero_are_named_by_no_map() -> None:
    one, two = table_map(rows_of((3, 0, 0, 0))), table_map(rows_of((3, 2, 0, 0)))
    assert float(feature_agreement(one, two, 3)) == 0.5
    assert float(top_k_iou(one, two, 3)) == 0.5


def test_one_feature_in_ten_counts_and_at_least_five() -> None:
    assert [usual_k(features) for features in (3, 5, 30, 100, 50176)] == [3, 5, 5, 10, 5018]


def test_the_matrix_holds_every_pair_and_is_symmetric() -> None:
    maps = [table_map(noise(seed)) for seed in range(3)]
    for name, measure in AGREEMENTS.items():
        if name == "structural_similarity":
            continue
        found = agreement_matrix(maps, name, 4)
        assert found.shape == (3, 3, 3)
        assert torch.equal(found, found.transpose(1, 2))
        assert found[:, 0, 2].tolist() == measure(maps[0], maps[2], 4).tolist()
        assert found.diagonal(dim1=1, dim2=2).flatten().tolist() == pytest.approx([1.0] * 9, abs=1e-12)
    assert agreement_matrix([], "top_k_iou").shape == (0, 0, 0)
    with pytest.raises(UnknownNameError, match="`feature_agreemnt` is not a known measure of agreement"):
        agreement_matrix(maps, "feature_agreemnt")


@pytest.mark.parametrize("name", AGREEMENTS)
def test_maps_of_other_questions_are_refused(name: str) -> None:
    map_ = table_map(noise(1))
    for other in (
        table_map(noise(1), inputs=2 * ROWS),
        table_map(noise(1), targets=1),
        table_map(noise(1)[:2]),
        table_map(noise(1)[:, :4]),
    ):
        with pytest.raises(InputError, match="must be of the same inputs and targets"):
            AGREEMENTS[name](map_, other, None)


@pytest.mark.parametrize(("k", "complaint"), [(0, "`k` must be a positive integer"), (9, "at most the number of features, 8")])
def test_a_wrong_k_is_refused(k: int, complaint: str) -> None:
    for measure in (*TOP, top_k_iou):
        with pytest.raises(InputError, match=complaint):
            measure(table_map(noise(1)), table_map(noise(2)), k)
