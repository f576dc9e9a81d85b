"""The table of certificates in the docs: every metric on questions whose answer is a formula."""

import json

import pytest
import torch

from benchmarks.certificates import QUESTIONS, RESULT, ours
from benchmarks.linear_game import Game
from xaivision.evaluation.registry import METRICS, SANITY_CHECKS

# Certified by closed forms in tests of their own: each needs data, a second model, or a set of pictures with a known answer.
ELSEWHERE = {
    "f_fidelity",
    "road",
    "irof",
    "pixel_flipping",
    "roar",
    "kar",
    "sufficiency",
    "focus",
    "consistency",
    "data_randomization",
    "smooth_parameter_randomization",
    "relative_representation_stability",
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.metric} of {one.map}")
def test_the_value_is_that_of_the_formula(question):
    game = Game()
    assert ours(question, game) == pytest.approx(question.truth(game), abs=1e-6)


def test_every_metric_is_certified_here_or_by_name_elsewhere():
    asked = {question.metric for question in QUESTIONS}
    assert asked | ELSEWHERE == {*METRICS, *SANITY_CHECKS}
    assert not asked & ELSEWHERE


def test_a_wrong_map_does_not_get_the_value_of_the_right_one():
    game = Game()
    right = game.attribution("contributions")
    wrong = right.with_values(torch.roll(right.values, 1, -1))
    for name in ("deletion", "faithfulness_correlation", "sensitivity_n", "robust_fidelity"):
        question = next(one for one in QUESTIONS if one.metric == name)
        from xaivision.evaluation.registry import metric

        judge = metric(name, **question.settings)
        assert abs(float(judge.evaluate(game.model, wrong).values) - question.truth(game)) > 0.01


def test_the_table_in_the_docs_is_of_these_questions_and_its_own_column_is_right():
    rows = json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
    assert [(row["metric"], row["map"]) for row in rows] == [(one.metric, one.map) for one in QUESTIONS]
    assert all(row["ours"] == pytest.approx(row["truth"], abs=1e-6) for row in rows)
