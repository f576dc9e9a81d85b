"""Deletion and insertion against closed forms, a slow reference, and maps that must lose."""

from itertools import permutations
from math import exp

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_models import Columns, linear, mapped, rows_of, scored_by
from sklearn.linear_model import RidgeClassifier
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.protocols import Metric
from xaivision.core.random import generator
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.engines.filters import gaussian_blur
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.explainers.controls import InputMagnitude

WEIGHTS = (3.0, -1.0, 0.5, 2.0, -0.25)
X = rows_of((1.0, 2.0, -1.0, 0.5, 4.0))
B = rows_of((0.5, -1.0, 1.0, 0.0, 2.0))
CONTRIBUTIONS = (X - B) * torch.tensor(WEIGHTS, dtype=torch.float64)
BOTH = pytest.mark.parametrize("judge", [Deletion, Insertion])


def area(judge: type[Metric], values: Tensor, model: FunctionClassifier | None = None, **more: object) -> float:
    asked = linear(WEIGHTS, 0.7) if model is None else model
    found = judge(**{"baseline": B, "output": "score", **more}).evaluate(asked, mapped(asked, X, values))
    return float(found.values)


def slow_area(values: list[float], start: list[float], end: list[float], steps: int) -> float:
    """The definition in loops: replace the largest first, note the score after every step, add up trapezoids."""
    order = sorted(range(len(values)), key=lambda feature: -values[feature])
    counts = [round(len(values) * step / min(steps, len(values))) for step in range(min(steps, len(values)) + 1)]
    curve = []
    for count in counts:
        row = [end[feature] if feature in order[:count] else start[feature] for feature in range(len(values))]
        curve.append(sum(weight * value for weight, value in zip(WEIGHTS, row, strict=True)) + 0.7)
    shares = [count / len(values) for count in counts]
    return sum((curve[i] + curve[i + 1]) / 2 * (shares[i + 1] - shares[i]) for i in range(len(counts) - 1))


def test_deletion_of_an_additive_model_is_the_trapezoid_of_cumulative_sums_from_the_whole_input() -> None:
    found = Deletion(baseline=B, output="score").evaluate(linear(WEIGHTS, 0.7), mapped(linear(WEIGHTS, 0.7), X, CONTRIBUTIONS))
    whole = float(X @ torch.tensor(WEIGHTS, dtype=torch.float64)) + 0.7
    removed = [0.0, *CONTRIBUTIONS[0].sort(descending=True).values.cumsum(0).tolist()]
    curve = [whole - gone for gone in removed]
    assert found.curves[0].tolist() == pytest.approx(curve, abs=1e-12)
    assert float(found.values) == pytest.approx((sum(curve) - (curve[0] + curve[-1]) / 2) / 5, abs=1e-12)


def test_insertion_of_an_additive_model_is_the_trapezoid_of_cumulative_sums_from_the_baseline() -> None:
    model = linear(WEIGHTS, 0.7)
    found = Insertion(baseline=B, output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS))
    empty = float(B @ torch.tensor(WEIGHTS, dtype=torch.float64)) + 0.7
    curve = [empty + put for put in [0.0, *CONTRIBUTIONS[0].sort(descending=True).values.cumsum(0).tolist()]]
    assert found.curves[0].tolist() == pytest.approx(curve, abs=1e-12)
    assert float(found.values) == pytest.approx((sum(curve) - (curve[0] + curve[-1]) / 2) / 5, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 9))
def test_areas_equal_the_definition_in_slow_loops(order: list[int], steps: int) -> None:
    values = [float(rank) for rank in order]
    ours = area(Deletion, rows_of(values), steps=steps), area(Insertion, rows_of(values), steps=steps)
    x, b = X[0].tolist(), B[0].tolist()
    assert ours == pytest.approx((slow_area(values, x, b, steps), slow_area(values, b, x, steps)), abs=1e-12)


def test_true_contributions_are_the_best_of_all_orders_for_both() -> None:
    orders = [rows_of(order) for order in permutations(range(5))]
    deletions = [area(Deletion, order) for order in orders]
    insertions = [area(Insertion, order) for order in orders]
    assert area(Deletion, CONTRIBUTIONS) == pytest.approx(min(deletions), abs=1e-12)
    assert area(Insertion, CONTRIBUTIONS) == pytest.approx(max(insertions), abs=1e-12)
    assert sum(one < min(deletions) + 1e-9 for one in deletions) == 1
    assert sum(one > max(insertions) - 1e-9 for one in insertions) == 1


def test_a_reversed_ranking_is_the_worst_of_all_orders_for_both() -> None:
    orders = [rows_of(order) for order in permutations(range(5))]
    assert area(Deletion, -CONTRIBUTIONS) == pytest.approx(max(area(Deletion, order) for order in orders), abs=1e-12)
    assert area(Insertion, -CONTRIBUTIONS) == pytest.approx(min(area(Insertion, order) for order in orders), abs=1e-12)


def test_deleting_least_first_is_inserting_most_first_backwards_on_any_model() -> None:
    model = scored_by(lambda rows: torch.sin(rows[:, 0] * rows[:, 1]) + rows[:, 2] * rows[:, 3] - rows[:, 4] ** 2)
    values = rows_of((0.3, -2.0, 1.0, 0.1, 5.0))
    inserted = Insertion(baseline=B, output="score").evaluate(model, mapped(model, X, values))
    deleted = Deletion(baseline=B, output="score").evaluate(model, mapped(model, X, -values))
    assert inserted.curves[0].tolist() == pytest.approx(deleted.curves[0].flip(0).tolist(), abs=1e-12)


def test_most_first_and_least_first_add_up_to_both_ends_on_an_additive_model() -> None:
    ends = float((X + B) @ torch.tensor(WEIGHTS, dtype=torch.float64)) + 2 * 0.7
    for judge in (Deletion, Insertion):
        assert area(judge, CONTRIBUTIONS) + area(judge, -CONTRIBUTIONS) == pytest.approx(ends, abs=1e-12)


@BOTH
def test_a_score_that_is_linear_in_the_share_replaced_has_area_one_half(judge: type[Metric]) -> None:
    model = scored_by(lambda rows: rows.mean(1))
    ones = torch.ones(1, 12, dtype=torch.float64)
    values = torch.randn(1, 12, generator=generator(0), dtype=torch.float64)
    for steps in (1, 4, 5, 12, 50):
        found = judge(baseline="black", output="score", steps=steps).evaluate(model, mapped(model, ones, values))
        assert float(found.values) == pytest.approx(0.5, abs=1e-12)


def test_a_constant_map_removes_in_no_particular_order() -> None:
    model = linear((1.0, 0.0, 0.0, 0.0, 0.0))
    ones = torch.ones(1, 5, dtype=torch.float64)
    flat = mapped(model, ones, torch.full((1, 5), 3.0, dtype=torch.float64))
    judge = Deletion(baseline="black", output="score")
    areas = [float(judge.evaluate(model, flat, seed=seed).values) for seed in range(300)]
    assert areas[:20] == [float(judge.evaluate(model, flat, seed=seed).values) for seed in range(20)]
    # The one feature that matters is removed first, second, ... fifth equally often: .1, .3, ... .9.
    shares = [sum(abs(one - expected) < 1e-9 for one in areas) / 300 for expected in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert sum(shares) == pytest.approx(1)
    assert all(abs(share - 0.2) < 0.1 for share in shares)


def test_ties_are_broken_alike_for_every_input_of_a_batch() -> None:
    model = linear((1.0, 2.0, 4.0, 8.0))
    ones = torch.ones(6, 4, dtype=torch.float64)
    found = Deletion(baseline="black", output="score").evaluate(model, mapped(model, ones, ones), seed=2)
    assert len(found.values.unique()) == 1


@BOTH
def test_more_steps_than_features_are_one_step_a_feature(judge: type[Metric]) -> None:
    model = linear(WEIGHTS)
    explanation = mapped(model, X, CONTRIBUTIONS)
    one_each = judge(baseline=B, output="score", steps=5).evaluate(model, explanation)
    many = judge(baseline=B, output="score", steps=500).evaluate(model, explanation)
    assert torch.equal(one_each.curves, many.curves)
    assert many.curves.shape == (1, 6)
    assert many.model_calls == 6


@BOTH
def test_curves_run_from_one_end_to_the_other(judge: type[Metric]) -> None:
    model = linear(WEIGHTS)
    found = judge(baseline=B, output="score", steps=3).evaluate(model, mapped(model, X, CONTRIBUTIONS))
    ends = [float(model(X)[0, 0]), float(model(B)[0, 0])]
    assert found.curves.shape == (1, 4)
    assert found.curves[0, [0, -1]].tolist() == pytest.approx(ends if judge is Deletion else ends[::-1], abs=1e-12)


@BOTH
def test_logits_are_read_as_probabilities_unless_scores_are_asked_for(judge: type[Metric]) -> None:
    model = linear(WEIGHTS, 0.7)
    explanation = mapped(model, X, CONTRIBUTIONS)
    scores = judge(baseline=B, output="score").evaluate(model, explanation)
    chances = judge(baseline=B).evaluate(model, explanation)
    expected = [1 / (1 + exp(-score)) for score in scores.curves[0].tolist()]  # the other class scores 0
    assert chances.curves[0].tolist() == pytest.approx(expected, abs=1e-12)
    assert "probability" in chances.unit
    assert "logit" in scores.unit


@BOTH
def test_probabilities_are_taken_as_they_are(judge: type[Metric]) -> None:
    model = scored_by(lambda rows: rows.mean(1), score_unit="probability")
    ones = torch.ones(1, 4, dtype=torch.float64)
    found = judge(baseline="black").evaluate(model, mapped(model, ones, ones))
    assert found.curves[0].sort().values.tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=1e-12)


@BOTH
def test_margins_are_followed_as_scores_and_are_no_probabilities(judge: type[Metric]) -> None:
    fitted = RidgeClassifier().fit([[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.8, 0.3]], [0, 1, 0, 1])
    model = SklearnClassifier(fitted)
    explanation = mapped(model, rows_of((0.9, 0.2)), rows_of((2.0, 1.0)), targets=0)
    found = judge(baseline="black").evaluate(model, explanation)
    assert torch.equal(found.curves, judge(baseline="black", output="score").evaluate(model, explanation).curves)
    assert "margin" in found.unit
    with pytest.raises(InputError, match="`output` 'probability' needs a model that gives probabilities"):
        judge(baseline="black", output="probability").evaluate(model, explanation)


@BOTH
def test_the_score_of_the_target_is_followed(judge: type[Metric]) -> None:
    model = linear(WEIGHTS)
    found = judge(baseline=B, output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS, targets=1))
    assert found.curves.abs().max() == 0


@BOTH
def test_a_table_is_replaced_by_the_typical_values_of_its_schema(judge: type[Metric]) -> None:
    model = linear(WEIGHTS, schema=Columns(tuple(B[0].tolist())))
    explanation = mapped(model, X, CONTRIBUTIONS)
    assert torch.equal(judge().evaluate(model, explanation).curves, judge(baseline=B).evaluate(model, explanation).curves)


@BOTH
def test_in_a_table_without_typical_values_zeros_take_their_place_and_that_is_said(judge: type[Metric]) -> None:
    model = linear(WEIGHTS)
    found = judge().evaluate(model, mapped(model, X, CONTRIBUTIONS))
    zeros = judge(baseline="zeros").evaluate(model, mapped(model, X, CONTRIBUTIONS))
    assert torch.equal(found.values, zeros.values)
    assert found.notes[0].startswith("no typical values of the columns are known, so the baseline is zeros")
    assert zeros.notes == ()
    with pytest.raises(InputError, match="needs a table whose schema knows typical values"):
        judge(baseline="typical").evaluate(model, mapped(model, X, CONTRIBUTIONS))


def image_model(function: object) -> FunctionClassifier:
    return scored_by(function, domain="image")  # type: ignore[arg-type]


def test_a_feature_of_an_image_is_a_position_with_all_its_channels() -> None:
    model = image_model(lambda images: images[:, 0, 0, 0] + 2 * images[:, 1, 0, 0] + 4 * images[:, 1, 1, 1])
    ones = torch.ones(1, 2, 2, 2, dtype=torch.float64)
    by_channel = torch.zeros_like(ones)
    by_channel[0, 1, 0, 0] = 1.0
    by_channel[0, :, 1, 1] = 0.75  # 1.5 over its channels: this position goes first
    by_position = by_channel.sum(1, keepdim=True)
    for values in (by_channel, by_position):
        found = Deletion(output="score").evaluate(model, mapped(model, ones, values))
        assert found.curves[0, :3].tolist() == [7.0, 3.0, 0.0]
        assert found.curves.shape == (1, 5)


def test_insertion_starts_from_the_blurred_picture_and_deletion_ends_in_black() -> None:
    model = image_model(lambda images: images[:, 0, 1, 2] - images[:, 1, 0, 0])
    images = torch.rand(2, 2, 5, 6, generator=generator(3), dtype=torch.float64)
    explanation = mapped(model, images, images)
    blurred, whole = model(gaussian_blur(images))[:, 0], model(images)[:, 0]
    inserted = Insertion(output="score").evaluate(model, explanation).curves
    deleted = Deletion(output="score").evaluate(model, explanation).curves
    assert torch.allclose(inserted[:, 0], blurred, rtol=0, atol=1e-12)
    assert torch.allclose(inserted[:, -1], whole, rtol=0, atol=1e-12)
    assert torch.allclose(deleted[:, 0], whole, rtol=0, atol=1e-12)
    assert deleted[:, -1].abs().max() == 0


def test_large_values_that_the_model_ignores_lose_to_what_it_uses() -> None:
    model = linear((5.0, 4.0, 0.0, 0.0, 0.0))
    inputs = rows_of((0.1, 0.2, 3.0, 5.0, 4.0))
    magnitude = InputMagnitude().explain(model, inputs, 0)
    truth = mapped(model, inputs, inputs * rows_of((5.0, 4.0, 0.0, 0.0, 0.0)))
    deletion, insertion = Deletion(baseline="black", output="score"), Insertion(baseline="black", output="score")
    assert deletion.evaluate(model, magnitude).values > deletion.evaluate(model, truth).values + 0.5
    assert insertion.evaluate(model, magnitude).values < insertion.evaluate(model, truth).values - 0.5


def test_a_model_without_a_finite_score_leaves_the_value_undefined() -> None:
    model = scored_by(lambda rows: rows.sum(1).sqrt())
    inputs = rows_of((1.0, 2.0), (1.0, -3.0))
    found = Deletion(baseline="black", output="score").evaluate(model, mapped(model, inputs, inputs))
    assert found.values.isnan().tolist() == [False, True]


@BOTH
def test_a_map_that_is_not_finite_has_no_value_and_its_neighbors_keep_theirs(judge: type[Metric]) -> None:
    model, inputs = linear(WEIGHTS), X.expand(3, 5)
    values = CONTRIBUTIONS.repeat(3, 1)
    values[1, 2], values[2] = float("nan"), float("inf")
    found = judge(baseline=B, output="score").evaluate(model, mapped(model, inputs, values)).values
    alone = judge(baseline=B, output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS)).values
    assert found.isnan().tolist() == [False, True, True]
    assert float(found[0]) == pytest.approx(float(alone), abs=1e-12)


@BOTH
def test_each_input_of_a_batch_is_followed_by_its_own_target(judge: type[Metric]) -> None:
    scales = torch.tensor([1.0, 10.0], dtype=torch.float64)
    model = FunctionClassifier(lambda rows: rows * scales, 2, score_unit="logit", domain="tabular", array="torch")
    inputs, targets = rows_of((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), [0, 1, 1]
    metric = judge(output="score", baseline="zeros")
    together = metric.evaluate(model, mapped(model, inputs, inputs, targets=targets))
    assert together.higher_is_better == (judge is Insertion)
    for row, target in enumerate(targets):
        alone = metric.evaluate(model, mapped(model, inputs[row : row + 1], inputs[row : row + 1], targets=target))
        assert torch.equal(together.curves[row], alone.curves[0])


@BOTH
def test_chance_is_that_of_the_seed(judge: type[Metric]) -> None:
    """The order of ties, and what noise puts in."""
    model = image_model(lambda images: images[:, 0].flatten(1) @ torch.arange(12.0, dtype=torch.float64))
    images = torch.rand(2, 1, 3, 4, generator=generator(4), dtype=torch.float64)
    ties, noise = judge(output="score"), judge(output="score", baseline="noise")
    for metric, values in ((ties, torch.ones_like(images)), (noise, images)):
        first, again, other = (metric.evaluate(model, mapped(model, images, values), seed=seed).curves for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


@BOTH
def test_curves_are_kept_in_float64_over_the_shares_that_were_done(judge: type[Metric]) -> None:
    model = linear(WEIGHTS)
    found = judge(steps=3, baseline="zeros").evaluate(model, mapped(model, X.float(), CONTRIBUTIONS.float()))
    assert found.curve_shares.tolist() == pytest.approx([0, 0.4, 0.6, 1])
    assert found.curves.dtype == torch.float64
    assert found.unit == "mean probability over the share of features replaced"
    assert judge(output="score").evaluate(model, mapped(model, X, CONTRIBUTIONS)).unit.startswith("mean logit over")


def test_insertion_starts_from_the_baseline_that_it_is_given() -> None:
    model = image_model(lambda images: images.sum((1, 2, 3)))
    images = torch.rand(2, 2, 5, 6, generator=generator(3), dtype=torch.float64)
    for baseline, start in (("black", 0.0), ("mean", None), (torch.full((2, 5, 6), 0.5, dtype=torch.float64), 30.0)):
        found = Insertion(output="score", baseline=baseline).evaluate(model, mapped(model, images, images)).curves[:, 0]
        expected = images.sum((1, 2, 3)) if start is None else torch.full((2,), start, dtype=torch.float64)
        assert torch.allclose(found, expected, rtol=0, atol=1e-9)


@BOTH
@pytest.mark.parametrize("steps", [0, -3, 2.5, True, "8", None])
def test_steps_that_are_no_positive_integer_are_refused(judge: type[Metric], steps: object) -> None:
    with pytest.raises(InputError, match=r"`steps` must be a positive integer\. Got "):
        judge(steps=steps)


@BOTH
def test_an_unknown_output_is_refused(judge: type[Metric]) -> None:
    with pytest.raises(InputError, match=r"`output` must be 'auto', 'probability' or 'score'. Got 'logits'\."):
        judge(output="logits")
