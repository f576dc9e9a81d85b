"""Metrics of localization on maps about which everything is known: perfect, reversed, even, and those of controls."""

from typing import Any

import numpy as np
import pytest
import torch
from linear_models import linear, mapped, rows_of, scored_by
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.protocols import Metric
from xaivision.core.random import generator
from xaivision.evaluation.localization_auc import LocalizationAuc
from xaivision.evaluation.pointing_game import PointingGame
from xaivision.evaluation.relevance_localization import AttributionLocalization, RelevanceMass, RelevanceRank
from xaivision.evaluation.top_k_intersection import TopKIntersection
from xaivision.explainers.controls import Sobel

ALL = (PointingGame, RelevanceMass, RelevanceRank, TopKIntersection, AttributionLocalization, LocalizationAuc)
# 12 of 48 positions: the even map's share.
MASK = torch.zeros(6, 8, dtype=torch.float64)
MASK[1:4, 2:6] = 1
PICTURES = torch.rand(4, 1, 6, 8, generator=generator(3), dtype=torch.float64)
# For each metric what a perfect map, an even one, and one that lies on everything else score.
EXTREMES = {
    PointingGame: (1.0, 0.25, 0.0),
    RelevanceMass: (1.0, 0.25, 0.0),
    RelevanceRank: (1.0, 0.25, 0.0),
    TopKIntersection: (1.0, 0.25, 0.0),
    AttributionLocalization: (4.0, 1.0, 0.0),
    LocalizationAuc: (1.0, 0.5, 0.0),
}


def pictures_model() -> FunctionClassifier:
    return scored_by(lambda images: images.flatten(1).sum(1), domain="image")


def score(metric: Metric, values: Tensor) -> list[float]:
    inputs = PICTURES[:1].expand(len(values), -1, -1, -1)
    found: list[float] = metric.evaluate(pictures_model(), mapped(pictures_model(), inputs, values)).values.tolist()
    return found


@pytest.mark.parametrize("kind", ALL)
def test_perfect_even_and_reversed_maps_score_what_their_definition_says(kind: Any) -> None:
    perfect, even, reversed_ = MASK, torch.ones_like(MASK), 1 - MASK
    found = score(kind(masks=MASK), torch.stack([perfect, even, reversed_])[:, None])
    assert found == pytest.approx(EXTREMES[kind], abs=1e-12)
    assert kind.about.higher_is_better


@pytest.mark.parametrize("kind", ALL)
def test_a_map_of_the_object_beats_chance_and_chance_beats_its_negative(kind: Any) -> None:
    metric = kind(masks=MASK)
    draws = torch.randn(40, 1, 6, 8, generator=generator(5), dtype=torch.float64)
    best = (2 * MASK - 1 + 0.01 * torch.rand(6, 8, generator=generator(6), dtype=torch.float64))[None, None]
    chance = sum(score(metric, draws)) / len(draws)
    assert score(metric, best)[0] > chance > score(metric, -best)[0]


@pytest.mark.parametrize("kind", ALL)
def test_an_edge_map_is_no_better_than_chance_where_the_object_has_no_edges(kind: Any) -> None:
    picture = torch.full((1, 1, 6, 8), 0.5, dtype=torch.float64)
    picture[..., 5, :] = 0.0
    model = pictures_model()
    edges = kind(masks=MASK).evaluate(model, Sobel().explain(model, picture, 0))
    assert float(edges.values) < EXTREMES[kind][1]


@pytest.mark.parametrize("kind", ALL)
def test_each_input_has_its_own_mask(kind: Any) -> None:
    first, second = MASK, MASK.roll(3, 1)
    values = torch.randn(2, 1, 6, 8, generator=generator(8), dtype=torch.float64)
    found = score(kind(masks=torch.stack([first, second])), values)
    assert found == score(kind(masks=first), values[:1]) + score(kind(masks=second), values[1:])
    assert found[1:] != score(kind(masks=first), values[1:]) or kind in (PointingGame, TopKIntersection)


@pytest.mark.parametrize("kind", ALL)
def test_a_mask_of_nothing_leaves_the_score_undefined(kind: Any) -> None:
    found = score(kind(masks=torch.stack([torch.zeros_like(MASK), MASK])), torch.stack([MASK, MASK])[:, None])
    assert [value != value for value in found] == [True, False]


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("make", [Tensor.bool, Tensor.int, Tensor.float, Tensor.numpy], ids=["bool", "int", "float", "numpy"])
def test_masks_come_in_any_type(kind: Any, make: Any) -> None:
    assert score(kind(masks=make(MASK)), MASK[None, None]) == pytest.approx([EXTREMES[kind][0]], abs=1e-12)


@pytest.mark.parametrize("kind", ALL)
def test_tables_have_masks_of_columns(kind: Any) -> None:
    model = linear((1.0, 2.0, 3.0, 4.0))
    map_ = mapped(model, torch.ones(2, 4, dtype=torch.float64), rows_of((0, 0, 3, 0), (3, 3, 0, 3)))
    found = kind(masks=torch.tensor([0, 0, 1, 0])).evaluate(model, map_).values.tolist()
    assert found == pytest.approx([EXTREMES[kind][0], 0.0], abs=1e-12)


def test_channels_are_summed_before_positions_are_compared() -> None:
    model = scored_by(lambda images: images.flatten(1).sum(1), domain="image")
    images, values = torch.full((1, 2, 2, 2), 0.5, dtype=torch.float64), torch.zeros(1, 2, 2, 2, dtype=torch.float64)
    values[0, :, 0, 0] = torch.tensor([3.0, 1.0])
    values[0, :, 1, 1] = torch.tensor([9.0, -9.0])
    mask = torch.tensor([[1, 0], [0, 0]])
    assert PointingGame(masks=mask).evaluate(model, mapped(model, images, values)).values.tolist() == [1.0]


def test_a_near_miss_is_a_hit_within_the_tolerance() -> None:
    values = torch.zeros(1, 1, 6, 8, dtype=torch.float64)
    values[0, 0, 5, 5] = 1.0  # two rows below the mask
    assert score(PointingGame(masks=MASK), values) == [0.0]
    assert score(PointingGame(masks=MASK, tolerance=1.9), values) == [0.0]
    assert score(PointingGame(masks=MASK, tolerance=2), values) == [1.0]
    model = linear((1.0, 2.0))
    with pytest.raises(InputError, match=r"`tolerance` is for images. Got 3 for a table"):
        PointingGame(masks=torch.tensor([0, 1]), tolerance=3).evaluate(model, mapped(model, rows_of((1, 1)), rows_of((1, 2))))


def test_the_share_of_the_k_largest_is_taken_of_k() -> None:
    values = torch.arange(48, dtype=torch.float64).view(1, 1, 6, 8)  # the largest in the mask are 29, 28, 27, 26
    assert score(TopKIntersection(masks=MASK, k=18), values) == [0.0]
    assert score(TopKIntersection(masks=MASK, k=20), values) == pytest.approx([2 / 20], abs=1e-12)
    assert score(TopKIntersection(masks=MASK, k=48), values) == pytest.approx([0.25], abs=1e-12)
    with pytest.raises(InputError, match=r"`k` must be at most the number of features, 48\. Got 49"):
        score(TopKIntersection(masks=MASK, k=49), values)


def test_mass_without_the_weight_of_the_area_is_relevance_mass() -> None:
    values = torch.randn(5, 1, 6, 8, generator=generator(7), dtype=torch.float64)
    plain, mass = score(AttributionLocalization(masks=MASK, area_weight=False), values), score(RelevanceMass(masks=MASK), values)
    assert plain == mass
    assert score(AttributionLocalization(masks=MASK), values) == pytest.approx([4 * share for share in mass], abs=1e-12)


def test_the_weight_is_that_of_each_inputs_own_mask() -> None:
    one = torch.zeros_like(MASK)
    one[0, 0] = 1
    found = score(AttributionLocalization(masks=torch.stack([MASK, one])), torch.stack([MASK, one])[:, None])
    assert found == pytest.approx([4.0, 48.0], abs=1e-12)


def test_one_position_in_fifty_counts_where_none_are_named() -> None:
    model = linear((1.0,) * 100)
    values, mask = torch.arange(100.0, dtype=torch.float64)[None], torch.zeros(100)
    mask[[99, 97]] = 1  # the largest value, and the third
    found = TopKIntersection(masks=mask).evaluate(model, mapped(model, torch.ones_like(values), values))
    assert found.values.tolist() == [0.5]
    assert found.unit == "share of the 2 largest"


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("masks", "complaint"),
    [
        (torch.ones(1, 6, 7), r"`masks` must have the shape \(1, 6, 8\), or \(6, 8\) for all inputs. Got \(1, 6, 7\)"),
        (torch.ones(1, 1, 6, 8), "must have the shape"),
        (0.5 * torch.ones(6, 8), "`masks` must hold 0 and 1. Got 0.5. Threshold them"),
        (torch.full((6, 8), torch.nan), "`masks` must hold 0 and 1. Got nan"),
        ([[1, 0], [0, 1]], "`masks` must be a tensor, 1 where what should be found is. Got list"),
    ],
)
def test_masks_that_do_not_fit_are_refused(kind: Any, masks: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        score(kind(masks=masks), MASK[None, None])


@pytest.mark.parametrize(
    ("kind", "settings", "complaint"),
    [
        (PointingGame, {"tolerance": -1}, "`tolerance` must be a number from 0"),
        (PointingGame, {"tolerance": np.nan}, "`tolerance` must be a number from 0"),
        (TopKIntersection, {"k": 0}, "`k` must be a positive integer"),
        (AttributionLocalization, {"area_weight": 2}, "`area_weight` must be True or False"),
    ],
)
def test_wrong_settings_are_refused(kind: Any, settings: Any, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        kind(masks=MASK, **settings)


@pytest.mark.parametrize("kind", ALL)
def test_a_mask_that_marks_nothing_is_told_with_the_inputs_it_belongs_to(kind: Any) -> None:
    masks = torch.stack([MASK, 0 * MASK, MASK, 0 * MASK])
    explanation = mapped(pictures_model(), PICTURES, MASK[None, None].expand(4, -1, -1, -1))
    found = kind(masks=masks).evaluate(pictures_model(), explanation)
    assert found.values.isnan().tolist() == [False, True, False, True]
    assert found.notes == ("the mask of 2 of 4 inputs (1, 3) marks nothing: there is nothing to find, and no value",)
    assert kind(masks=MASK).evaluate(pictures_model(), explanation).notes == ()
