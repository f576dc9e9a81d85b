import dataclasses
import math

import pytest

from xaivision.core.diagnostics import Diagnostics, Note


@pytest.mark.parametrize(
    ("inputs", "concerned"), [(None, [0, 1, 2]), ((1,), [1]), ((0, 2), [0, 2]), ((), [])], ids=["all", "one", "two", "none"]
)
def test_a_note_concerns_the_inputs_that_it_names_and_all_where_it_names_none(inputs, concerned):
    note = Note("warn", "doubt", inputs)
    assert [index for index in range(3) if note.concerns(index)] == concerned


def test_nothing_is_claimed_that_was_not_measured():
    nothing = dataclasses.asdict(Diagnostics())
    assert math.isnan(nothing.pop("load"))
    assert nothing == {
        "model_calls": 0,
        "gradient_calls": 0,
        "seconds": 0.0,
        "completeness_gap": None,
        "standard_error": None,
        "interval_factor": None,
        "evaluations": None,
        "local_fit": None,
        "notes": (),
    }


def test_a_diagnosis_cannot_be_changed_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Diagnostics().model_calls = 1
