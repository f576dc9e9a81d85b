import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from core_subjects import Probe

from xaivision.core.origin import Origin, library_versions, plain_settings, told_settings


@dataclass(frozen=True)
class Method:
    setting: Any
    other: int = 3


@pytest.mark.parametrize(
    ("setting", "plain"),
    [
        (None, None),
        (True, True),
        (2, 2),
        (0.5, 0.5),
        ("auto", "auto"),
        (torch.zeros(2, 3), {"tensor": [2, 3], "sha256": "a4ea0ca616d7"}),
        (np.zeros((4,)), {"tensor": [4], "sha256": "547926771246"}),
        (np.int64(2), 2),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        ((1, (2.0, "a")), [1, [2.0, "a"]]),
        ({"a": (1,), 2: np.int64(3)}, {"a": [1], "2": 3}),
        (Method(1, 2), {"name": "Method", "setting": 1, "other": 2}),
        (Path("a"), repr(Path("a"))),
    ],
    ids=repr,
)
def test_settings_become_plain_values_that_json_holds(setting, plain):
    found = plain_settings(Method(setting))
    assert found == {"setting": plain, "other": 3}
    assert type(found["setting"]) is type(plain)
    assert json.loads(json.dumps(found)) == found


def test_a_method_inside_a_setting_is_named_as_its_card_says():
    assert plain_settings(Method(Probe(len)))["setting"]["name"] == "probe"


def test_what_is_no_dataclass_has_no_settings():
    assert plain_settings(object()) == {}


@dataclass(frozen=True, eq=False)
class Holding:
    background: Any
    budget: int = 5

    __repr__ = told_settings


@pytest.mark.parametrize(
    "other",
    [torch.ones(100, 60) * 2, torch.ones(60, 100), torch.ones(100, 60).double(), torch.ones(100, 60, dtype=torch.bfloat16)],
    ids=["values", "shape", "dtype", "half"],
)
def test_two_backgrounds_are_told_apart_and_the_same_one_is_known_again(other):
    one = torch.ones(100, 60)
    assert plain_settings(Holding(one)) == plain_settings(Holding(one.T.clone().T)) == plain_settings(Holding(one.clone()))
    assert repr(Holding(one)) == repr(Holding(one.clone()))
    assert plain_settings(Holding(one)) != plain_settings(Holding(other))
    assert repr(Holding(one)) != repr(Holding(other))


def test_a_method_that_holds_a_background_is_told_by_its_shape_and_checksum():
    said = repr(Holding(torch.zeros(2, 3)))
    digits = plain_settings(Holding(torch.zeros(2, 3)))["background"]["sha256"]
    assert said == f"Holding(background=tensor(2, 3; sha256 {digits}), budget=5)"
    inside = repr(Holding({"a": [np.zeros(1)], "b": (torch.zeros(()),)}))
    assert re.fullmatch(
        r"Holding\(background=\{'a': \[tensor\(1; sha256 \w{12}\)\], 'b': \(tensor\(; sha256 \w{12}\),\)\}, budget=5\)", inside
    )


def test_the_versions_are_those_installed():
    found = library_versions()
    assert found["torch"] == version("torch")
    assert found["numpy"] == version("numpy")
    assert isinstance(Origin("a").library_versions, Mapping)
    assert Origin("a").library_versions == found


def test_an_origin_tells_a_background_by_its_shape_and_the_first_digits():
    settings = plain_settings(Holding(torch.zeros(2, 3)))
    assert repr(Origin("expected_gradients", settings)).startswith(
        "Origin(expected_gradients, [background=tensor(2, 3; a4ea0c), budget=5], seed 0"
    )


def test_an_origin_names_itself_on_one_line_however_long_its_settings_are():
    long = Origin(
        "owen", {"hierarchy": [[list(range(50))]], **{f"setting{number}": 1 for number in range(9)}}, 3, model="Model()"
    )
    said = repr(long)
    assert said.startswith("Origin(owen, [hierarchy=[[[0, 1, 2, 3, ")
    assert said.endswith("setting0=1, setting1=1, setting2=1, ...], seed 3, Model())")
    assert len(said) < 150
    assert repr(Origin("saliency")) == "Origin(saliency, seed 0)"
