"""The committed results of prototypes say what the page says of them."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
TABLES = json.loads((RESULTS / "table_prototypes.json").read_text(encoding="utf-8"))["rows"]
PLANTED = json.loads((RESULTS / "planted_characteristics.json").read_text(encoding="utf-8"))
CHANGES = PLANTED["changes"]


def trainings(planted):
    return [row for row in PLANTED["rows"] if row["planted"] == planted]


def first(scores):
    return CHANGES[scores.index(max(scores))]


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row["table"])
def test_the_rbf_network_is_within_three_points_of_logistic_regression_on_every_split(row):
    network, linear = (sum(one) / len(row["splits"]) for one in zip(*row["splits"], strict=True))
    assert (row["network"], row["logistic_regression"]) == pytest.approx((network, linear))
    assert row["points"] == pytest.approx(100 * (network - linear))
    assert row["interval"][0] <= row["points"] <= row["interval"][1]
    assert row["interval"][0] >= -3
    assert min(one - other for one, other in row["splits"]) >= -0.03


def test_all_three_tables_are_there():
    assert [row["table"] for row in TABLES] == ["wine", "breast_cancer", "uci_sonar"]


def test_a_planted_texture_comes_first_in_every_training_and_a_planted_hue_in_one_of_five():
    assert [first(row["scores"]) for row in trainings("texture")] == ["texture"] * 5
    said = [first(row["scores"]) for row in trainings("hue")]
    assert (said.count("hue"), said.count("contrast")) == (1, 4)


def test_a_planted_hue_comes_first_among_prototypes_of_the_class_that_the_turn_takes_to_the_other():
    hue = CHANGES.index("hue")
    for row in trainings("hue"):
        red, yellow = row["classes"]
        assert first(red) == "hue"
        assert yellow[hue] < red[hue] / 2


def test_no_training_lost_its_backbone():
    assert min(row["accuracy"] for row in PLANTED["rows"]) >= 0.9
