"""The table of docs/narratives.md, and what the page says of it, on the committed results."""

import json
import sys

import pytest
from source_rules import ROOT

sys.path.insert(0, str(ROOT / "docs"))

import narrative_tables

RESULT = ROOT / "docs" / "results" / "segmented_objects.json"
METHODS = ("kernel_shap", "grad_cam")


@pytest.fixture(scope="module")
def sets():
    return json.loads(RESULT.read_text())["sets"]


def overlaps(one, method, part="iou"):
    return {row["segmenter"]: row[part]["mean"] for row in one["rows"] if row["method"] == method and row[part]}


@pytest.mark.parametrize("method", METHODS)
def test_merged_superpixels_are_worth_four_of_the_one_that_holds_the_point(sets, method):
    found = overlaps(sets["photos"], method)
    assert found["superpixel_merge"] > 4 * max(found["slic"], found["grid"])
    assert found["superpixel_merge"] > max(found["region_growing"], found["threshold"], found["mobile_sam"])


@pytest.mark.parametrize("method", METHODS)
def test_segment_anything_needs_the_right_point_and_the_largest_mask_agrees_best_with_whole_things(sets, method):
    found, random = overlaps(sets["photos"], method), overlaps(sets["photos"], method, "random_point_iou")
    assert found["mobile_sam"] > 1.5 * random["mobile_sam"]
    assert found["mobile_sam, x and y swapped"] < 1.3 * random["mobile_sam"]
    assert found["mobile_sam, last mask"] > found["mobile_sam"]


def test_with_kernel_shap_evidence_chooses_better_among_the_three_masks_on_every_set(sets):
    for name, one in sets.items():
        found = overlaps(one, "kernel_shap")
        assert found["mobile_sam, choose=evidence"] > 1.2 * found["mobile_sam"], name


def test_on_generated_sonar_merged_superpixels_find_what_counts_and_the_last_mask_of_segment_anything_is_the_picture(sets):
    rows = {row["segmenter"]: row for row in sets["simulated"]["rows"] if row["method"] == "kernel_shap"}
    merged, last = rows["superpixel_merge"], rows["mobile_sam, last mask"]
    assert merged["point_in_object"] == 1
    assert merged["iou"]["mean"] > 2 * rows["mobile_sam"]["iou"]["mean"] > 4 * last["iou"]["mean"]
    assert merged["sufficiency"]["mean"] < 0.05
    assert merged["deletion"]["mean"] > 0.5 + 10 * merged["shifted_deletion"]["mean"]
    assert last["deletion"]["mean"] - last["shifted_deletion"]["mean"] < 0.1
    assert next(row for row in sets["simulated"]["rows"] if row["method"] == "grad_cam")["point_in_object"] < 0.5


def test_on_generated_sonar_the_point_is_worth_so_many_random_ones_as_the_page_says(sets):
    rows = [row for row in sets["simulated"]["rows"] if row["method"] == "kernel_shap" and row["random_point_iou"]]
    worth = {row["segmenter"]: row["iou"]["mean"] / row["random_point_iou"]["mean"] for row in rows}
    known = {"grid": 11, "slic": 9, "region_growing": 7}
    assert {name: round(worth[name]) for name in known} == known
    others = {"threshold": 3.6, "superpixel_merge": 3.4, "mobile_sam": 2.9}
    assert {name: round(worth[name], 1) for name in others} == others
    merged = next(row for row in rows if row["segmenter"] == "superpixel_merge")
    assert merged["random_point_iou"]["mean"] == max(row["random_point_iou"]["mean"] for row in rows)
    assert narrative_tables._row(merged)[2] == f"{merged['random_point_iou']['mean']:.2f} (3.4 x)"


def test_of_drowned_victims_little_is_found_and_by_segment_anything_only_where_evidence_chooses(sets):
    found = overlaps(sets["victims"], "kernel_shap")
    assert sets["victims"]["area"] < 0.01
    assert sets["victims"]["rows"][0]["point_in_object"] < 0.5
    assert all(0.1 < found[name] < 0.3 for name in ("superpixel_merge", "region_growing", "threshold", "slic"))
    assert found["mobile_sam"] < 0.05
    assert found["mobile_sam, choose=evidence"] > 0.1
    assert {row["point_in_object"] for row in sets["victims"]["rows"] if row["method"] == "grad_cam"} == {0}


def test_on_debris_merged_superpixels_agree_best_and_evidence_chooses_better_than_segment_anything_itself(sets):
    found = overlaps(sets["debris"], "kernel_shap")
    assert found["superpixel_merge"] == max(found.values())
    assert 2 * found["mobile_sam"] < found["mobile_sam, choose=evidence"] < found["superpixel_merge"] / 2
    rows = {row["segmenter"]: row for row in sets["debris"]["rows"] if row["method"] == "kernel_shap"}
    assert rows["mobile_sam"]["point_in_object"] == 0.75
    assert rows["mobile_sam"]["deletion"]["mean"] - rows["mobile_sam"]["shifted_deletion"]["mean"] < 0.05


def test_the_table_has_a_part_for_each_set_and_method_best_first(sets):
    text = narrative_tables.objects(RESULT)
    for name, one in sets.items():
        for method in {row["method"] for row in one["rows"]}:
            assert f"**{narrative_tables.SETS[name]}, `{method}`**: {one['pictures']} pictures" in text
    first = text.split("\n\n")[1].splitlines()[2:]
    shown = [float(line.split("|")[2].split()[0]) for line in first]
    assert shown == sorted(shown, reverse=True)
    assert len(shown) >= 8
