"""S20: what surrogates of teachers that they can say must be."""

import numpy as np
import pytest
from surrogate_subjects import columns, linear_box, seen_by, table

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.surrogates.candidates import candidates_of
from xaivision.surrogates.fidelity import fidelity
from xaivision.surrogates.growing import KINDS, Growth, grown
from xaivision.surrogates.rankers import RankingQuestion, ranked


def test_a_linear_teacher_is_said_by_a_linear_surrogate_of_hardly_any_penalty():
    model = linear_box([1, -2, 0.5, 0, 0, 0])
    learned, held_out = seen_by(model, table(400)), seen_by(model, table(300, seed=1))
    found = grown("linear", learned.rows, learned.probabilities, range(6), Growth(strength=1e-8))
    told = fidelity(found.probabilities(held_out.rows), held_out)
    # Its weights are found step by step, until steps are small.
    assert told.r2.value == pytest.approx(1, abs=1e-6)
    assert told.agreement.value == 1


@pytest.mark.parametrize("weights", [[1, -2, 0.5, 0, 0, 0], [[2, 0, 1, 0, 0, 0], [0, 2, 0, 0, 0, 0], [-2, 0, 0, 2, 0, 0]]])
def test_a_tree_without_limits_says_what_was_said_of_every_row(weights):
    seen = seen_by(linear_box(weights), table(300))
    tree = grown("tree", seen.rows, seen.probabilities, range(6), Growth(depth=300, in_a_leaf=1))
    found = fidelity(tree.probabilities(seen.rows), seen)
    assert found.r2.value == pytest.approx(1, abs=1e-10)
    assert found.agreement.value == 1


@pytest.fixture
def constant():
    """A teacher who says the same of every row, and what was seen of it."""
    model = FunctionClassifier(lambda rows: np.tile([0.3, 0.7], (len(rows), 1)), 2, score_unit="probability", domain="tabular")
    return model, seen_by(model, table(60))


@pytest.mark.parametrize("ranking", ["permutation", "mutual_information", "tree_shapley"])
def test_of_a_constant_teacher_no_column_matters(constant, ranking):
    model, seen = constant
    question = RankingQuestion(model, seen, columns(6), candidates_of(seen.rows))
    assert not ranked(ranking, question).values.any()


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_constant_teacher_the_fit_is_defined(constant, kind):
    _, seen = constant
    assert fidelity(grown(kind, seen.rows, seen.probabilities, range(6)).probabilities(seen.rows), seen).r2.value == 1
