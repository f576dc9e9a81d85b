import dataclasses
import math

import pytest
import torch

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


def test_a_diagnosis_names_itself_on_one_line_whatever_it_holds():
    assert repr(Diagnostics()) == "Diagnostics(0 model calls, 0 gradient calls, 0 s)"
    full = Diagnostics(
        model_calls=12,
        gradient_calls=3,
        seconds=0.12345,
        completeness_gap=torch.tensor([0.1, -0.25]),
        standard_error=torch.zeros(2, 3, 64, 64),
        evaluations=torch.tensor([5, 7]),
        local_fit=torch.tensor([0.9, 0.5]),
        notes=(Note("warn", "doubt " * 100), Note("ok", "fine"), Note("warn", "more")),
    )
    assert repr(full) == (
        "Diagnostics(12 model calls, 3 gradient calls, 0.123 s, completeness gap up to 0.25, standard error (2, 3, 64, 64), "
        "evaluations up to 7, local fit from 0.5, notes: 2 warn and 1 ok)"
    )


@pytest.mark.parametrize(
    ("inputs", "said"),
    [(None, "doubt"), ((3,), "input 3: doubt"), ((0, 3), "inputs 0, 3: doubt"), (range(7), "inputs 0, 1, 2, 3, 4, ...: doubt")],
)
def test_a_note_in_words_says_which_inputs_it_is_about(inputs, said):
    assert str(Note("warn", "doubt", None if inputs is None else tuple(inputs))) == said
