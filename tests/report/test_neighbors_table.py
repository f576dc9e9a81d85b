import pytest
import torch

import xaivision as xv
from xaivision.core.errors import InputError
from xaivision.report.neighbors_table import MOST_COLUMNS, neighbors_of_row
from xaivision.report.wording import number


@pytest.fixture(scope="module")
def found():
    data, model = xv.load_dataset("wine"), xv.load_model("wine_logistic")
    row = data.train.inputs[5:6].clone()
    row[0, 12] += 300  # a known row but for its proline
    return xv.explain(model, row, "nearest_examples", background=data, k=2)


def test_the_column_that_sets_a_row_apart_comes_first_and_what_is_the_same_is_a_dot(found):
    told = neighbors_of_row(found)
    assert told.headings == ("", "this row", "1. case 5", f"2. case {int(found.indices[0, 1])}")
    name, here, first, _ = told.columns[0]
    assert (name, here) == ("proline", number(float(found.query.inputs[0, 12]), 4))
    assert first == number(float(found.examples[0, 0, 12]), 4) != here
    assert {row[2] for row in told.columns[1:]} == {"·"}
    assert (len(told.columns), told.more) == (13, 0)


def test_facts_say_how_alike_what_the_model_says_and_the_true_class_where_it_is_known(found):
    likeness, score = neighbors_of_row(found).facts
    assert likeness == ("distance", "", *(number(-float(one)) for one in found.similarity[0]))
    assert score[1:] == (number(float(found.query.scores[0])), *(number(float(one)) for one in found.example_scores[0]))
    classes = [f"grower {place}" for place in range(142)]
    assert neighbors_of_row(found, classes=classes).facts[2][2:] == ("grower 5", f"grower {int(found.indices[0, 1])}")


def test_of_many_columns_those_that_differ_least_are_left_out_and_counted():
    data, model = xv.load_dataset("uci_sonar"), xv.load_model("uci_sonar_logistic")
    found = xv.explain(model, data.test.inputs[:1], "nearest_examples", background=data, k=1)
    told = neighbors_of_row(found)
    assert (len(told.columns), told.more) == (MOST_COLUMNS, 60 - MOST_COLUMNS)
    strongest = found.maps[0, 0].argmin()
    assert told.columns[0][0] == data.schema.names[int(strongest)]


def test_pictures_are_refused():
    model = xv.classifier(lambda batch: batch[:, 0, 0, :2], domain="image", num_classes=2, score_unit="logit")
    found = xv.explain(model, torch.rand(1, 1, 4, 4), "nearest_examples", background=torch.rand(3, 1, 4, 4), k=1)
    with pytest.raises(InputError, match="rows of a table"):
        neighbors_of_row(found)
