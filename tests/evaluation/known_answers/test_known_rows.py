"""Who is ahead of whom, by how much, and what a suite says of it in one line."""

import math
from dataclasses import replace

import pytest
import torch

from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.known_answer import KnownAnswer
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.known_row import KnownRow, rows_of
from xaivision.evaluation.known_answers.suite_summary import method_lines

INPUTS = 6
CONTROLS = {"random": 0.5, "sobel": 0.7, "input_magnitude": 0.6, "constant": 0.5}


def asked() -> KnownQuestion:
    model = TorchClassifier(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2)), 2)
    truth = torch.ones(INPUTS, 4, 4, dtype=torch.bool)
    return KnownQuestion(
        "a set", "a model", model, torch.zeros(INPUTS, 1, 4, 4), torch.zeros(INPUTS).long(), truth, "association", "", 1.0
    )


def told(method: str, mean: float, *, control: bool = False, draws: list[float] | None = None) -> KnownAnswer:
    """An answer with an AUC around this mean on every input, the same steps for all methods."""
    around = [mean + 0.01 * step for step in (-1, 1, -1, 1, -1, 1)]
    drawn = {} if draws is None else {"auc": [draws for _ in around]}
    return KnownAnswer(method, control, {"auc": around}, {"auc": [1 - one for one in around]}, {"auc": [0.4] * INPUTS}, drawn)


def controls() -> list[KnownAnswer]:
    return [told(name, mean, control=True) for name, mean in CONTROLS.items()]


def row_of(answer: KnownAnswer, others: list[KnownAnswer]) -> KnownRow:
    return next(row for row in rows_of("suite", asked(), [answer, *others]) if row.method == answer.method)


@pytest.mark.parametrize(("mean", "ahead"), [(0.8, True), (0.65, False), (0.55, False), (0.3, False)])
def test_a_method_is_clear_only_of_all_controls_together(mean, ahead):
    row = row_of(told("method", mean), controls())
    assert row.clear_of(["random", "sobel", "input_magnitude"]) == ahead
    assert {one.control: one.mean for one in row.ahead} == pytest.approx(
        {**{name: mean - own for name, own in CONTROLS.items()}, "shifted by a cell": mean - 0.4}
    )
    assert row.clear_of(["random"]) == (mean > 0.5)


def test_ahead_of_the_mean_of_chance_but_not_of_its_best_draw_is_not_clearly_ahead():
    draws = [0.4, 0.5, 0.6]
    chance = told("random", 0.5, control=True, draws=draws)
    assert not row_of(told("method", 0.59), [chance]).clear_of(["random"])
    assert row_of(told("method", 0.61), [chance]).clear_of(["random"])
    (margin,) = (one for one in row_of(told("method", 0.61), [chance]).ahead if one.control == "random")
    assert margin.interval == pytest.approx((0.01, 0.21))


def test_a_row_says_what_was_asked_and_what_the_answer_is_worth_where_it_must_fail():
    row = row_of(told("method", 0.8), controls())
    assert (row.suite, row.set_name, row.model_name, row.definition) == ("suite", "a set", "a model", "association")
    assert (row.mean, row.reversed_truth, row.shifted) == pytest.approx((0.8, 0.2, 0.4))
    assert row.interval[0] < 0.8 < row.interval[1]
    assert not row.control


def test_a_method_that_did_not_answer_has_no_row():
    refused = KnownAnswer("method", False, refusal="it cannot")
    assert {row.method for row in rows_of("suite", asked(), [refused, *controls()])} == set(CONTROLS)


@pytest.mark.parametrize(("mean", "clear"), [(0.8, 1), (0.65, 0), (0.62, 0)])
def test_a_summary_counts_as_clear_who_is_ahead_of_chance_of_edges_and_of_the_input(mean, clear):
    rows = rows_of("suite", asked(), [told("method", mean), *controls()])
    assert method_lines(rows)[0].scores["auc"].clear == clear


def test_the_best_is_first_and_controls_are_last_the_best_of_them_first():
    answers = [told("worse", 0.3), told("best", 0.9), told("good", 0.75), *controls()]
    lines = method_lines(rows_of("suite", asked(), answers))
    assert [line.method for line in lines][:5] == ["best", "good", "worse", "sobel", "input_magnitude"]


def test_a_method_without_a_number_is_behind_those_that_have_one():
    answers = [told("silent", math.nan), told("worse", 0.05)]
    assert [line.method for line in method_lines(rows_of("suite", asked(), answers))] == ["worse", "silent"]


def test_the_interval_of_a_single_question_is_that_of_its_row_and_of_more_that_over_them():
    row = row_of(told("method", 0.8), [])
    (line,) = method_lines([row])
    assert line.scores["auc"].interval == row.interval
    others = [replace(row, set_name=str(number), mean=mean) for number, mean in enumerate((0.7, 0.72, 0.74, 0.76))]
    found = method_lines(others)[0].scores["auc"]
    assert (found.mean, found.questions) == (pytest.approx(0.73), 4)
    assert 0.6 < found.interval[0] < 0.73 < found.interval[1] < 0.8
