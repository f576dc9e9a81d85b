"""Measures of counterfactuals on sets whose every number is known."""

import pytest
import torch

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.evaluation.counterfactual_quality import counterfactual_quality

# Class 1 where the first column is above 1. Spreads of the background: 1, 2, and nothing.
MODEL = FunctionClassifier(
    lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1), 2, score_unit="logit", domain="tabular", array="torch"
)
BACKGROUND = torch.tensor([[1.0, 0.0, 5.0], [3.0, 4.0, 5.0], [1.0, 0.0, 5.0], [3.0, 4.0, 5.0]])
ROWS = torch.zeros(3, 3)
FOUND = torch.tensor(
    [
        [[2.0, 0.0, 0.0], [2.0, 4.0, 3.0]],
        [[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ]
)
HELD = torch.tensor([[True, True], [True, False], [False, False]])


def quality(found=FOUND, held=HELD):
    result = Counterfactuals(
        asked(MODEL, ROWS),
        Origin("probe"),
        Diagnostics(),
        counterfactuals=found,
        goals=torch.ones(3, dtype=torch.int64),
        scores=torch.zeros(3, 2),
        found=held,
    )
    return {name: scores.values.tolist() for name, scores in counterfactual_quality(MODEL, result, BACKGROUND).items()}


def test_each_measure_is_what_it_is_by_hand():
    told = quality()
    assert told["validity"] == [1.0, 0.5, 0.0]
    # The change in standard deviations: 2; 2 + 2 + 3 (a constant column counts as it is); 3 + 2.
    assert told["proximity_l1"][:2] == [(2 + 7) / 2, 5.0]
    assert told["proximity_l2"][:2] == pytest.approx([(2 + 17**0.5) / 2, 13**0.5])
    assert told["sparsity"][:2] == [2.0, 2.0]
    assert told["redundancy"][:2] == [(0 + 2) / 2, 1.0]
    assert told["diversity"][0] == pytest.approx(1 - (1 / (1 + 5)) ** 2)
    assert told["diversity"][1] == 0.0
    # Two of the four rows of the background are of class 1.
    assert told["neighbor_agreement"][:2] == [0.5, 0.5]
    assert told["distance_to_class"][1] == pytest.approx(5.0)


def test_what_was_not_found_has_no_measure_but_validity():
    told = quality()
    for name, values in told.items():
        assert values[2] == 0 if name == "validity" else values[2] != values[2]


def test_a_claim_that_does_not_flip_is_not_valid():
    assert quality(found=torch.zeros(3, 3, 3)[:, :2].clone())["validity"] == [0.0, 0.0, 0.0]


def test_a_background_of_other_columns_is_refused():
    result = Counterfactuals(
        asked(MODEL, ROWS), Origin("probe"), Diagnostics(), FOUND, torch.ones(3, dtype=torch.int64), torch.zeros(3, 2), HELD
    )
    with pytest.raises(InputError, match="`background` must be rows with the columns of the counterfactuals"):
        counterfactual_quality(MODEL, result, BACKGROUND[:, :2])
