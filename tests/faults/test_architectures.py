"""On torchvision's architectures no method is wrong without a word; the table in the docs says what they are told."""

import json

import pytest

from benchmarks.architectures import ARCHITECTURES, RESULT, row
from xaivision.core.access import Access
from xaivision.explainers.preflight import SILENT_GAP, draws_a_map
from xaivision.explainers.registry import EXPLAINERS

STORED = {one["architecture"]: one for one in json.loads(RESULT.read_text(encoding="utf-8"))["rows"]}
FAMILIES = (
    "resnet", "vgg", "densenet", "squeezenet", "inception", "googlenet", "mobilenet_v2", "mobilenet_v3", "efficientnet",
    "regnet", "convnext", "vit", "swin", "maxvit",
)  # fmt: skip


def silent(findings):
    """Findings that pass for right and miss more of their sum than they may; no reason beside the standing excuses that."""
    return [
        one for one in findings
        if one["standing"] in ("valid", "repaired") and one["gap"] is not None and not one["gap"] <= SILENT_GAP
    ]  # fmt: skip


def test_the_table_in_the_docs_knows_every_architecture_and_every_method():
    assert set(STORED) == set(ARCHITECTURES)
    assert len(STORED) >= 16
    assert all(any(name.startswith(family) for name in STORED) for family in FAMILIES)
    methods = {
        name
        for name, kind in EXPLAINERS.items()
        if kind.about.needs >= Access.ACTIVATIONS
        and not kind.about.control
        and "image" in kind.about.domains
        and not kind.about.opens
        and draws_a_map(kind)
    }
    for one in STORED.values():
        assert {finding["method"] for finding in one["findings"]} == methods, one["architecture"]


def test_no_cell_of_the_table_is_a_silent_gap():
    assert SILENT_GAP == 1e-2
    for one in STORED.values():
        assert silent(one["findings"]) == [], one["architecture"]


@pytest.mark.parametrize("standing", ["valid", "repaired"])
@pytest.mark.parametrize("gap", [0.0101, 0.02, float("inf"), float("nan")])
@pytest.mark.parametrize("reasons", [[], ["its sum misses 2.0% of the map's magnitude"]])
def test_a_row_of_the_table_with_a_gap_that_passes_for_right_is_found(standing, gap, reasons):
    measured = next(one for one in STORED["resnet18"]["findings"] if one["method"] == "integrated_gradients")
    doctored = {**measured, "standing": standing, "gap": gap, "reasons": reasons}
    assert silent([measured, doctored]) == [doctored]


@pytest.mark.parametrize("told", [{"standing": "doubtful"}, {"standing": "refused"}, {"gap": 0.01}, {"gap": None}])
def test_a_gap_that_is_told_or_within_the_limit_is_not_silent(told):
    assert silent([{"method": "m", "standing": "valid", "reasons": [], "gap": 0.02, **told}]) == []


def test_whatever_is_not_valid_says_why():
    for one in STORED.values():
        for finding in one["findings"]:
            assert finding["reasons"] or finding["standing"] == "valid", (one["architecture"], finding["method"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_is_told_what_the_table_says(name):
    fresh = row(name)
    assert silent(fresh["findings"]) == []
    told = {one["method"]: one["standing"] for one in fresh["findings"]}
    assert told == {one["method"]: one["standing"] for one in STORED[name]["findings"]}
