"""How far removal leads off the data: closed forms of the measure, and what moves it."""

import math

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.random import generator
from xaivision.evaluation.audit.removal_shift import _entropy, removal_shift
from xaivision.evaluation.audit.used_removals import replacing


def summing(unit="logit"):
    """Two classes, as sure of the first as the sum of the row is large."""

    def score(rows):
        total = rows.sum(1, keepdims=True)
        margins = torch.cat([torch.as_tensor(total), -torch.as_tensor(total)], 1)
        return (margins.softmax(1) if unit == "probability" else margins).numpy()

    return FunctionClassifier(score, 2, score_unit=unit, domain="tabular")


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed, "shift"), dtype=torch.float64)


def shift(inputs, remove, **others):
    return removal_shift(summing(), inputs, {"it": remove}, **others)["it"]


def unchanged(inputs):
    return lambda numbers, gone: inputs[numbers]


def test_what_changes_nothing_cannot_be_told_apart():
    inputs = normal(20, 4)
    found = shift(inputs, unchanged(inputs))
    assert found.auc == pytest.approx(0.5)
    assert found.inputs == 20
    assert not found.shifted


def test_zeros_make_the_model_less_sure_and_large_values_more():
    inputs = torch.ones(10, 4, dtype=torch.float64) + 0.01 * normal(10, 4)
    less = shift(inputs, replacing(inputs, torch.zeros_like(inputs)))
    more = shift(inputs, replacing(inputs, 5 * inputs))
    assert (less.auc, less.interval, less.shifted) == (1, (1, 1), True)
    assert (more.auc, more.interval, more.shifted) == (0, (0, 0), True)


def test_of_two_normal_samples_the_auc_is_that_of_the_normal_curve():
    count, step = 700, 0.8
    inputs = 2 + normal(count, 1)[:, :1].expand(count, 4) / 4 * 0.5
    spread = 0.5

    def lower(numbers, gone):
        return inputs[numbers] - step * spread / 4

    expected = 0.5 * (1 + math.erf(step / 2))  # two normal numbers of one spread, this many spreads apart: Phi(step / sqrt 2)
    found = shift(inputs, lower)
    error = (found.interval[1] - found.interval[0]) / 4
    assert found.auc == pytest.approx(expected, abs=3 * max(error, (expected * (1 - expected) / count) ** 0.5))
    assert found.interval[0] < found.auc < found.interval[1]


def test_half_of_the_features_go_the_same_ones_for_every_input():
    inputs, seen = torch.ones(6, 8, dtype=torch.float64), []

    def spying(numbers, gone):
        seen.extend(zip(numbers.tolist(), gone, strict=True))
        return inputs[numbers]

    shift(inputs, spying)
    assert all(int(gone.sum()) == 4 for _, gone in seen)
    choices = {tuple(gone.tolist()) for _, gone in seen}
    assert len(choices) == 2
    for number in range(6):
        assert {tuple(gone.tolist()) for other, gone in seen if other == number} == choices


def test_probabilities_and_logits_say_the_same():
    inputs = normal(15, 4)
    remove = replacing(inputs, torch.zeros_like(inputs))
    one, other = (removal_shift(summing(unit), inputs, {"it": remove})["it"] for unit in ("logit", "probability"))
    assert one == other


def test_unsure_is_a_large_entropy_of_the_probabilities():
    chances = torch.tensor([[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]], dtype=torch.float64)
    expected = [1.5 * math.log(2), 0]
    assert _entropy(chances, "probability").tolist() == pytest.approx(expected)
    assert _entropy(chances.log(), "logit")[:1].tolist() == pytest.approx(expected[:1])


def test_one_input_has_no_interval_and_nothing_is_claimed_of_it():
    inputs = torch.ones(1, 4, dtype=torch.float64)
    found = shift(inputs, replacing(inputs, 0 * inputs))
    assert found.auc == 1
    assert math.isnan(found.interval[0])
    assert not found.shifted


def test_the_same_seed_gives_the_same_numbers_and_an_operator_the_same_beside_others():
    inputs = normal(12, 6)
    operators = {"zeros": replacing(inputs, 0 * inputs), "nine": replacing(inputs, 0 * inputs + 9)}
    both = removal_shift(summing(), inputs, operators, 3)
    assert both == removal_shift(summing(), inputs, operators, 3)
    assert both["nine"] == removal_shift(summing(), inputs, {"nine": operators["nine"]}, 3)["nine"]
