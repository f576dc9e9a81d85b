import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from core_subjects import Probe

from xaivision.core.origin import Origin, library_versions, plain_settings


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
        (torch.zeros(2, 3), {"tensor": [2, 3]}),
        (np.zeros((4,)), {"tensor": [4]}),
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


def test_the_versions_are_those_installed():
    found = library_versions()
    assert found["torch"] == version("torch")
    assert found["numpy"] == version("numpy")
    assert isinstance(Origin("a").library_versions, Mapping)
    assert Origin("a").library_versions == found


def test_an_origin_names_itself_on_one_line_however_long_its_settings_are():
    long = Origin(
        "owen", {"hierarchy": [[list(range(50))]], **{f"setting{number}": 1 for number in range(9)}}, 3, model="Model()"
    )
    said = repr(long)
    assert said.startswith("Origin(owen, [hierarchy=[[[0, 1, 2, 3, ")
    assert said.endswith("setting0=1, setting1=1, setting2=1, ...], seed 3, Model())")
    assert len(said) < 150
    assert repr(Origin("saliency")) == "Origin(saliency, seed 0)"
