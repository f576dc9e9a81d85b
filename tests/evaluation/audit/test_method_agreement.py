import math

import pytest
import torch
from planned_rows import NAN, rows

from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.evaluation.audit.method_agreement import agreement_matrix, pair_label


def agreeing(first, second, values):
    return rows(pair_label(first, second), values, "agreement")


def test_two_agree_by_their_mean_over_items_with_its_interval():
    found = agreement_matrix(agreeing("a", "b", [0.2, 0.6, NAN, 0.7]), ["a", "b"]).of("a", "b")
    assert found.mean == pytest.approx(0.5)
    assert found.items == 3
    assert found.interval == Scores("m", "a", torch.tensor([0.2, 0.6, 0.7], dtype=torch.float64), True).interval()


def test_the_matrix_is_symmetric_with_ones_on_its_diagonal_whichever_way_round_the_rows_name_two():
    made = agreeing("b", "a", [0.2, 0.4]) + agreeing("b", "c", [-0.5, -0.5])
    found = agreement_matrix(made, ["a", "b", "c"])
    assert found.of("b", "a").mean == found.of("a", "b").mean == pytest.approx(0.3)
    means = torch.tensor(found.means())
    assert torch.equal(means.isnan(), means.isnan().T)
    assert torch.equal(means.nan_to_num(), means.nan_to_num().T)
    assert means.diagonal().tolist() == [1, 1, 1]
    assert math.isnan(found.means()[0][2])
    assert [(one.first, one.second) for one in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_rows_of_metrics_and_of_single_draws_are_passed_over():
    made = agreeing("a", "b", [0.5]) + rows("a", [9.0]) + rows("a|b", [9.0], "agreement", "draw 0")
    assert agreement_matrix(made, ["a", "b"]).of("a", "b").mean == 0.5


def test_a_label_with_the_sign_between_labels_and_a_label_that_nobody_has_are_refused():
    with pytest.raises(InputError, match="must not contain"):
        pair_label("a|b", "c")
    with pytest.raises(InputError, match="knows a, b"):
        agreement_matrix([], ["a", "b"]).of("a", "c")
