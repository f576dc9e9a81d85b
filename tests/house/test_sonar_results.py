"""The committed results of the sonar trainings reach what was set, and agree with themselves."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
TRANSFER = json.loads((RESULTS / "sonar_transfer.json").read_text(encoding="utf-8"))
# The best of arXiv:2408.12837, on four classes of a mixture of its own.
PAPER = 0.9733
FOLDS = ("linear_layer_cross_validated", "cross_validated")


def wilson(right, count, z=1.959963984540054):
    middle, spread = (right + z**2 / 2) / (count + z**2), z / (count + z**2) * (right * (count - right) / count + z**2 / 4) ** 0.5
    return middle - spread, middle + spread


def test_the_fine_tuned_backbone_beats_the_paper_and_finds_the_large_classes():
    scores = TRANSFER["fixed_split"]["scores"]
    large = [one["right"] / one["count"] for one in scores["recalls"] if one["count"] >= 20]
    assert len(large) == 5
    assert scores["accuracy"] > PAPER
    assert sum(large) / 5 >= 0.95
    assert TRANSFER["fixed_split"]["recipe"]["tuned_blocks"] > 0


def test_the_settings_are_those_with_the_lower_validation_loss():
    losses = {json.dumps(one["settings"]): one["validation_loss"] for one in TRANSFER["selection"]}
    assert len(losses) == 2
    assert min(losses, key=losses.get) == json.dumps(TRANSFER["fixed_split"]["settings"])
    assert min(TRANSFER["fixed_split"]["tuning_losses"]) == min(losses.values())


@pytest.mark.parametrize("part", ["fixed_split", "linear_layer_alone", *FOLDS])
def test_recalls_and_intervals_follow_from_the_confusion(part):
    scores = TRANSFER[part].get("scores", TRANSFER[part])
    rows = scores["confusion"]
    for number, one in enumerate(scores["recalls"]):
        assert (one["right"], one["count"]) == (rows[number][number], sum(rows[number]))
        ends = one.get("interval") or (one["low"], one["high"])
        assert ends == pytest.approx(wilson(one["right"], one["count"]), abs=1e-9)
    right = sum(rows[number][number] for number in range(len(rows)))
    assert scores["accuracy"] == pytest.approx(right / sum(map(sum, rows)))


def test_the_whole_class_of_humans_was_cross_validated_by_the_fine_tuned_backbone_with_the_settings_of_the_fixed_split():
    folds, whole = TRANSFER["folds"]["cross_validated"], TRANSFER["cross_validated"]
    assert len(folds) == whole["folds"] == len({one["split_digest"] for one in folds}) == 5
    assert whole["of_each_fold"] == [one["accuracy"] for one in folds]
    summed = [
        [sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*(one["confusion"] for one in folds), strict=True)
    ]
    assert whole["confusion"] == summed
    # The linear layer comes first and counts as one loss: whoever tunes has more.
    assert all(1 < len(one["tuning_losses"]) <= 1 + TRANSFER["fixed_split"]["recipe"]["tuning_epochs"] for one in folds)


@pytest.mark.parametrize("part", FOLDS)
def test_the_folds_test_every_different_picture_once(part):
    counts = {one["name"]: one["count"] for one in TRANSFER[part]["recalls"]}
    assert counts == TRANSFER["data"]["balance"]
    assert counts["human"] == 22
    assert sum(counts.values()) == 2959


def test_what_the_page_says_of_the_folds_is_what_was_measured():
    tuned, frozen = (TRANSFER[name] for name in ("cross_validated", "linear_layer_cross_validated"))
    names = [one["name"] for one in tuned["recalls"]]
    humans = tuned["confusion"][names.index("human")]
    assert 0.5 < humans[names.index("human")] / sum(humans) < 0.6
    assert max((count, name) for name, count in zip(names, humans, strict=True) if name != "human")[1] == "ship"
    assert tuned["accuracy"] <= frozen["accuracy"]
    planes = [part["confusion"][names.index("plane")] for part in (tuned, frozen)]
    assert planes[0][names.index("plane")] < planes[1][names.index("plane")]
    assert planes[0][names.index("ship")] > planes[1][names.index("ship")]
    assert TRANSFER["fixed_split"]["scores"]["accuracy"] > TRANSFER["linear_layer_alone"]["scores"]["accuracy"]


PROTOTYPES = json.loads((RESULTS / "sonar_prototypes.json").read_text(encoding="utf-8"))


def test_prototypes_are_trained_in_less_than_twenty_minutes_on_the_features_that_the_linear_layer_has():
    assert {row["name"] for row in PROTOTYPES["rows"]} == {"linear", "proto_part", "rbf"}
    assert max(row["seconds"] for row in PROTOTYPES["rows"]) < 20 * 60
    assert (
        len({row["data_digest"] for row in PROTOTYPES["rows"]}) == len({row["split_digest"] for row in PROTOTYPES["rows"]}) == 1
    )


def test_putting_prototypes_on_patches_costs_least_in_the_last_cycle_and_those_of_an_rbf_network_hardly_anything():
    moved = {row["name"]: row["moved"] for row in PROTOTYPES["rows"]}
    assert {name: len(one) for name, one in moved.items()} == {"linear": 0, "proto_part": 5, "rbf": 3}
    assert moved["proto_part"][-1] == min(moved["proto_part"])
    assert max(moved["rbf"]) < 0.02


def test_an_rbf_network_is_within_three_points_of_the_linear_layer():
    found = {(row["name"], row["settings"]["class_weights"]): row["scores"]["balanced_accuracy"] for row in PROTOTYPES["rows"]}
    assert found["rbf", "balanced"] >= max(found["linear", "balanced"], found["linear", "none"]) - 0.03


@pytest.mark.parametrize("row", PROTOTYPES["rows"], ids=lambda row: f"{row['name']} {row['settings']['class_weights']}")
def test_recalls_of_prototypes_follow_from_the_confusion(row):
    rows = row["scores"]["confusion"]
    recalls = [rows[number][number] / sum(rows[number]) for number in range(len(rows))]
    assert row["scores"]["balanced_accuracy"] == pytest.approx(sum(recalls) / len(recalls))
    assert row["scores"]["accuracy"] == pytest.approx(sum(rows[n][n] for n in range(len(rows))) / sum(map(sum, rows)))


def test_those_of_proto_part_fall_short_of_the_linear_layer_most_on_planes_as_the_page_says():
    balanced = {row["name"]: row["scores"] for row in PROTOTYPES["rows"] if row["settings"]["class_weights"] == "balanced"}
    linear, prototypes = balanced["linear"], balanced["proto_part"]
    assert prototypes["balanced_accuracy"] < linear["balanced_accuracy"]
    large = [number for number, one in enumerate(linear["recalls"]) if one["count"] >= 20]
    lost = {linear["recalls"][n]["name"]: linear["recalls"][n]["share"] - prototypes["recalls"][n]["share"] for n in large}
    assert max(lost, key=lost.get) == "plane"
    names = [one["name"] for one in prototypes["recalls"]]
    called = prototypes["confusion"][names.index("plane")]
    others = {name: count for name, count in zip(names, called, strict=True) if name != "plane"}
    assert max(others, key=others.get) == "ship"
