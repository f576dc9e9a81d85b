"""What every metric and sanity check must score: each input by itself, by rank or by size as defined, undefined as NaN."""

import math
from dataclasses import replace
from math import prod

import pytest
import torch
from contract_evaluators import RULES, Judge, rows
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.evaluation.registry import METRICS
from xaivision.explainers.occlusion import Occlusion

SAME = 1e-9


def assert_same_scores(first: Tensor, second: Tensor) -> None:
    assert torch.allclose(first, second, rtol=SAME, atol=SAME, equal_nan=True)


def test_an_input_alone_scores_what_it_scores_in_a_batch(judge: Judge) -> None:
    subject = judge.subject()
    explanation = judge.explanation(subject, batch=4)
    together = judge.scores(subject, explanation, seed=3)
    for index in range(4):
        alone = judge.scores(subject, rows(explanation, slice(index, index + 1)), seed=3)
        assert_same_scores(alone.values, together.values[index : index + 1])
        for name, numbers in alone.details.items():
            assert_same_scores(numbers, together.details[name][index : index + 1])
        if together.curves is not None:
            assert_same_scores(alone.curves, together.curves[index : index + 1])


def test_one_finite_number_for_each_input_in_float64(judge: Judge) -> None:
    subject = judge.subject()
    found = judge.scores(subject, judge.explanation(subject))
    assert found.metric == judge.evaluator
    assert found.method == judge.explainer().about.name
    assert found.values.shape == (3,)
    assert found.values.dtype == torch.float64
    assert found.values.device.type == "cpu"
    assert found.values.isfinite().all()
    assert found.undefined == 0
    assert found.higher_is_better == judge.about.higher_is_better
    assert found.unit
    assert all(len(numbers) == 3 for numbers in found.details.values())


def test_the_same_seed_gives_the_same_bits(judge: Judge) -> None:
    first, second = judge.subject(), judge.subject()
    ours = judge.scores(first, judge.explanation(first), seed=7)
    theirs = judge.scores(second, judge.explanation(second), seed=7)
    assert torch.equal(ours.values, theirs.values)


def test_scale_of_the_map_matters_exactly_where_it_should(judge: Judge) -> None:
    subject = judge.subject()
    explanation = judge.explanation(subject)
    once = judge.scores(subject, explanation).values
    for factor in (0.125, 1024.0):
        scaled = judge.scores(subject, explanation.with_values(factor * explanation.values)).values
        if judge.rules.scale_free:
            assert_same_scores(scaled, once)
        else:
            assert not torch.isclose(scaled, once).any()


def test_a_zero_map_has_a_defined_score(judge: Judge) -> None:
    subject = judge.subject()
    explanation = judge.explanation(subject)
    values = judge.scores(subject, explanation.with_values(torch.zeros_like(explanation.values))).values
    if judge.rules.of_zero is None:
        assert values.isfinite().all()
    else:
        assert_same_scores(values, torch.full((3,), judge.rules.of_zero, dtype=torch.float64))


@pytest.mark.parametrize(
    "spoiler", [float("nan"), *(pytest.param(sign * float("inf"), marks=pytest.mark.slow) for sign in (1, -1))]
)
def test_a_map_that_is_not_finite_is_undefined_and_counted(judge: Judge, spoiler: float) -> None:
    subject = judge.subject()
    explanation = judge.explanation(subject)
    values = explanation.values.clone()
    values[1].view(-1)[2] = spoiler
    clean, spoiled = judge.scores(subject, explanation), judge.scores(subject, explanation.with_values(values))
    assert spoiled.values.isnan().tolist() == [False, True, False]
    assert spoiled.undefined == 1
    assert math.isfinite(spoiled.mean)
    assert_same_scores(spoiled.values[::2], clean.values[::2])


@pytest.mark.parametrize("name", [name for name, rules in RULES.items() if rules.ranks])
def test_a_true_map_beats_chance_and_chance_beats_the_true_map_reversed(name: str) -> None:
    true, model = linear_truth(METRICS[name].about)
    judge = METRICS[name](output="score", baseline="black") if name in ("deletion", "insertion") else METRICS[name]()
    sign = 1 if judge.about.higher_is_better else -1

    def goodness(values: Tensor) -> Tensor:
        found: Scores = judge.evaluate(model, true.with_values(values))
        return sign * found.values

    noise = torch.randn(20, *true.values.shape[1:], generator=generator(0, "noise"), dtype=torch.float64)
    size = true.values.std() / 4
    chance = torch.stack([goodness((size * draw).expand_as(true.values)) for draw in noise]).mean(0)
    assert (goodness(true.values) > chance).all()
    assert (chance > goodness(-true.values)).all()


def test_ranks_are_excused_with_a_reason_only() -> None:
    assert all(rules.ranks != bool(rules.because) for rules in RULES.values())


def linear_truth(about: AboutEvaluator) -> tuple[Attribution, FunctionClassifier]:
    """A linear model, of tables where the metric judges them and else of pictures, and the truth about it.

    Exact contributions, weight times distance from zero, or where the metric judges slopes only, the weights.
    """
    one = (8,) if "tabular" in about.domains else (1, 8, 8)
    weights = torch.randn(prod(one), 3, generator=generator(1, "weights"), dtype=torch.float64)
    model = FunctionClassifier(
        lambda x: x.flatten(1) @ weights, 3, score_unit="logit", domain="tabular" if len(one) == 1 else "image", array="torch"
    )
    draw = torch.randn if len(one) == 1 else torch.rand
    inputs = draw(5, *one, generator=generator(2, "inputs"), dtype=torch.float64)
    if len(one) == 3:
        inputs *= (torch.arange(64) % 2 + torch.arange(64) // 8 % 2 == 0).view(8, 8)  # points on black: neighbors are zero
    found = Occlusion(baseline="black").explain(model, inputs, targets=1)
    slopes = weights[:, 1].view(one).expand_as(inputs)
    if "contribution" in about.kinds:
        return replace(found, values=inputs * slopes), model
    return replace(found, values=slopes.clone(), kind="slope"), model
