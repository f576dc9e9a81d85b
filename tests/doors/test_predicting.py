import math

import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.predicting import top_classes

NAMES = ("cat", "cup", "rocket")


def given(unit, rows):
    return xv.classifier(
        lambda inputs: torch.tensor(rows)[: len(inputs)], domain="tabular", num_classes=3, score_unit=unit, class_names=NAMES
    )


def test_classes_come_best_first_with_names_scores_and_probabilities():
    ((first, second),) = top_classes(given("logit", [[0.0, math.log(3), -50.0]]), torch.zeros(1, 2), 2)
    assert (first.number, first.name, second.name) == (1, "cup", "cat")
    assert first.score == pytest.approx(math.log(3))
    assert (first.probability, second.probability) == (pytest.approx(0.75), pytest.approx(0.25))


def test_probabilities_of_a_model_that_gives_them_are_its_own():
    ((first, *_),) = top_classes(given("probability", [[0.2, 0.1, 0.7]]), torch.zeros(1, 2))
    assert (first.name, first.probability) == ("rocket", pytest.approx(0.7))


def test_no_more_classes_than_the_model_has_and_a_row_for_each_input():
    found = top_classes(given("logit", [[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]), torch.zeros(2, 2), 10)
    assert [[one.name for one in row] for row in found] == [["cat", "cup", "rocket"], ["rocket", "cup", "cat"]]


def test_classes_that_tie_come_in_their_order():
    many = xv.classifier(lambda inputs: torch.ones(1, 300), domain="tabular", num_classes=300, score_unit="logit")
    ((*found,),) = top_classes(many, torch.zeros(1, 2), 20)
    assert [one.number for one in found] == list(range(20))


@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_a_number_of_classes_that_is_none_is_refused(k):
    with pytest.raises(InputError, match="`k` must be a positive integer"):
        top_classes(given("logit", [[1.0, 2.0, 3.0]]), torch.zeros(1, 2), k)


def test_margins_stand_for_no_probability(monkeypatch):
    model = given("logit", [[1.0, 2.0, 3.0]])
    monkeypatch.setattr(type(model), "gives_probabilities", property(lambda self: False))
    assert [one.probability for one in top_classes(model, torch.zeros(1, 2))[0]] == [None] * 3
