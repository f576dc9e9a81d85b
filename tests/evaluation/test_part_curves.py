"""Pixel flipping, region perturbation, selectivity and IROF, against cumulative sums of additive models and slow loops."""

from typing import Any

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
from xaivision.engines.baselines import reference_inputs
from xaivision.engines.regions import patch_regions
from xaivision.evaluation.irof import Irof
from xaivision.evaluation.pixel_flipping import PixelFlipping
from xaivision.evaluation.region_perturbation import RegionPerturbation, Selectivity

WEIGHTS = (2.0, -1.0, 0.5, 3.0, 1.5)
X = rows_of((1.0, 2.0, -1.0, 0.5, 1.0))
B = rows_of((0.5, 0.0, 1.0, -1.0, 0.0))
CONTRIBUTIONS = (X - B) * torch.tensor(WEIGHTS, dtype=torch.float64)
ALL = pytest.mark.parametrize("judge", [PixelFlipping, RegionPerturbation, Selectivity, Irof])
IMAGES = torch.rand(2, 2, 5, 6, generator=generator(1), dtype=torch.float64)
VALUES = torch.randn(2, 2, 5, 6, generator=generator(2), dtype=torch.float64)


def value(judge: type[Metric], values: Tensor, **more: Any) -> float:
    model = linear(WEIGHTS, 7.0)
    return float(judge(**{"baseline": B, "output": "score", **more}).evaluate(model, mapped(model, X, values)).values)


def expected(values: list[float], judge: type[Metric]) -> float:
    """The definition: one column after another, the largest first, on the model that is known."""
    order = sorted(range(5), key=lambda feature: -values[feature])
    falls = [0.0]
    for feature in order:
        falls.append(falls[-1] + float(CONTRIBUTIONS[0, feature]))
    start = float(X @ torch.tensor(WEIGHTS, dtype=torch.float64)) + 7.0
    curve = [start - fall for fall in falls]
    area = (sum(curve) - (curve[0] + curve[-1]) / 2) / 5
    if judge is RegionPerturbation:
        return sum(falls) / 6
    return 1 - area / start if judge is Irof else area


@ALL
@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(5)))
def test_columns_of_an_additive_model_go_as_the_definition_in_slow_loops_says(judge: type[Metric], order: list[int]) -> None:
    values = [float(rank) for rank in order]
    assert value(judge, rows_of(values)) == pytest.approx(expected(values, judge), abs=1e-9)


@ALL
def test_true_contributions_beat_every_shuffle_and_reversed_ones_lose_to_all(judge: type[Metric]) -> None:
    sign = 1 if judge.about.higher_is_better else -1
    best, worst = (sign * value(judge, size * CONTRIBUTIONS) for size in (3, -1))
    others = [sign * value(judge, CONTRIBUTIONS[:, torch.randperm(5, generator=generator(seed))]) for seed in range(20)]
    assert max(others) <= best + 1e-9
    assert min(others) >= worst - 1e-9
    assert best > worst + 0.1


@ALL
def test_a_map_without_order_lies_between_best_and_worst(judge: type[Metric]) -> None:
    sign = 1 if judge.about.higher_is_better else -1
    best, flat, worst = (sign * value(judge, values) for values in (CONTRIBUTIONS, torch.zeros_like(X), -CONTRIBUTIONS))
    assert worst < flat < best


def picture_model(weights: Tensor) -> FunctionClassifier:
    return scored_by(lambda images: (images * weights).flatten(1).sum(1) + 5, domain="image")


def slow_curve(regions: Tensor, values: Tensor, others: Tensor, *, mean: bool = False) -> list[float]:
    """The score of one picture as its parts go, the part with the largest sum or mean of values first."""
    parts = range(int(regions.max()) + 1)
    key = torch.mean if mean else torch.sum
    order = sorted(parts, key=lambda part: -float(key(values.sum(0)[regions == part])))
    picture, curve = IMAGES[0].clone(), []
    for part in (None, *order):
        if part is not None:
            picture[:, regions == part] = others[:, regions == part]
        curve.append(float((picture * PICTURE_WEIGHTS).sum() + 5))
    return curve


PICTURE_WEIGHTS = torch.randn(2, 5, 6, generator=generator(3), dtype=torch.float64)


def test_patches_go_by_their_sums_with_all_channels() -> None:
    model = picture_model(PICTURE_WEIGHTS)
    regions = patch_regions((5, 6), 2).view(5, 6)
    black = slow_curve(regions, VALUES[0], torch.zeros(2, 5, 6, dtype=torch.float64))
    found = Selectivity(patch=2, steps=9).evaluate(model, mapped(model, IMAGES, VALUES))
    assert found.curves[0].tolist() == pytest.approx(black, abs=1e-9)
    assert float(found.values[0]) == pytest.approx((sum(black) - (black[0] + black[-1]) / 2) / 9, abs=1e-9)
    noise = reference_inputs("noise", IMAGES, generator(4, "removal baseline"))[0]
    curve = slow_curve(regions, VALUES[0], noise)
    found = RegionPerturbation(patch=2, steps=4).evaluate(model, mapped(model, IMAGES, VALUES), seed=4)
    assert found.curves[0].tolist() == pytest.approx(curve[:5], abs=1e-9)
    assert float(found.values[0]) == pytest.approx(curve[0] - sum(curve[:5]) / 5, abs=1e-9)
    assert found.curve_shares.tolist() == pytest.approx([step / 9 for step in range(5)])


def test_flipped_pixels_are_inverted() -> None:
    model = picture_model(PICTURE_WEIGHTS)
    curve = slow_curve(torch.arange(30).view(5, 6), VALUES[0], 1 - IMAGES[0])
    found = PixelFlipping(steps=30).evaluate(model, mapped(model, IMAGES, VALUES))
    assert found.curves[0].tolist() == pytest.approx(curve, abs=1e-9)


def test_segments_go_by_their_means_and_turn_to_the_mean_color() -> None:
    model = picture_model(PICTURE_WEIGHTS)
    regions = torch.tensor([[0, 0, 0, 0, 0, 1]] * 2 + [[2, 2, 2, 3, 3, 3]] * 3)
    colors = IMAGES[0].mean((1, 2), keepdim=True).expand(2, 5, 6)
    curve = slow_curve(regions, VALUES[0], colors, mean=True)
    judge = Irof(segments=regions, steps=4, output="score")
    found = judge.evaluate(model, mapped(model, IMAGES, VALUES))
    assert found.curves[0].tolist() == pytest.approx([score / curve[0] for score in curve], abs=1e-9)
    area = (sum(curve) - (curve[0] + curve[-1]) / 2) / 4 / curve[0]
    assert float(found.values[0]) == pytest.approx(1 - area, abs=1e-9)


def test_pictures_of_different_numbers_of_segments_have_the_steps_they_have_alone() -> None:
    model = picture_model(PICTURE_WEIGHTS)
    regions = torch.stack([torch.arange(30).view(5, 6) % 3, torch.arange(30).view(5, 6)])
    both = Irof(segments=regions, output="score").evaluate(model, mapped(model, IMAGES, VALUES))
    for row in (0, 1):
        alone = Irof(segments=regions[row], output="score").evaluate(
            model, mapped(model, IMAGES[row : row + 1], VALUES[row : row + 1])
        )
        assert float(alone.values) == pytest.approx(float(both.values[row]), abs=1e-12)
        assert torch.allclose(alone.curves[0], both.curves[row], rtol=0, atol=1e-12)
    few = Irof(segments=regions[0], steps=3, output="score").evaluate(model, mapped(model, IMAGES[:1], VALUES[:1]))
    assert both.curves[0].unique().tolist() == pytest.approx(few.curves[0].unique().tolist(), abs=1e-12)


def test_a_score_that_is_not_above_zero_cannot_be_lost() -> None:
    model = linear(WEIGHTS, -50.0)
    found = Irof(baseline=B, output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert found.values.isnan().all()


@ALL
@pytest.mark.parametrize("steps", [0, 2.5, True])
def test_steps_that_are_no_positive_integer_are_refused(judge: type[Metric], steps: object) -> None:
    with pytest.raises(InputError, match=r"`steps` must be a positive integer\. Got "):
        judge(steps=steps)


@ALL
def test_an_unknown_output_is_refused(judge: type[Metric]) -> None:
    with pytest.raises(InputError, match=r"`output` must be 'auto', 'probability' or 'score'\. Got 'logits'\."):
        judge(output="logits")
