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


def means(planted):
    return [sum(scores) / 5 for scores in zip(*(row["scores"] for row in trainings(planted)), strict=True)]


@pytest.mark.parametrize(("planted", "trainings_first"), [("hue", 5), ("texture", 3)])
def test_what_is_planted_comes_first_in_the_mean_and_in_as_many_trainings_as_the_page_says(planted, trainings_first):
    assert first(means(planted)) == planted
    assert [first(row["scores"]) for row in trainings(planted)].count(planted) == trainings_first


@pytest.mark.parametrize(("planted", "other", "share"), [("hue", "texture", 1 / 9), ("texture", "hue", 1 / 8)])
def test_where_a_property_tells_nothing_it_has_the_share_that_the_page_says(planted, other, share):
    number = CHANGES.index(planted)
    found = means(other)[number] / means(planted)[number]
    assert found < 0.25
    assert found == pytest.approx(share, abs=0.015)


def test_no_training_lost_its_backbone():
    assert min(row["accuracy"] for row in PLANTED["rows"]) >= 0.9
