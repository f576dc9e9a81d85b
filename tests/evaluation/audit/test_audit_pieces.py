import pytest

from xaivision.core.errors import Cancelled, InputError
from xaivision.evaluation.audit.pieces import in_pieces, sentence


def halves(chosen: tuple[int, ...]) -> list[float]:
    if 3 in chosen:
        raise InputError("three is odd.")
    return [item / 2 for item in chosen]


def test_what_works_for_all_is_asked_once():
    calls = []
    found = in_pieces([2, 4], lambda chosen: (calls.append(chosen), halves(chosen))[1])
    assert calls == [(2, 4)]
    assert found.answers == (((2, 4), [1.0, 2.0]),)
    assert not found.errors


def test_one_item_that_fails_takes_no_other_along():
    found = in_pieces([2, 3, 4], halves)
    assert found.answers == (((2,), [1.0]), ((4,), [2.0]))
    assert found.errors == {3: "three is odd."}


def test_nothing_is_asked_about_nothing():
    assert in_pieces([], halves).answers == ()


def test_cancelling_is_no_failure_of_an_item():
    def cancel(chosen):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        in_pieces([1, 2], cancel)


def test_what_a_model_raises_is_told_on_one_line_with_its_type():
    assert sentence(ValueError("a\n  b")) == "the model raised ValueError: a b"
    assert sentence(InputError("Give more.")) == "Give more."


def test_whoever_may_be_at_fault_is_named():
    assert in_pieces([1], lambda chosen: 1 / 0, "the method").errors == {
        1: "the method raised ZeroDivisionError: division by zero"
    }
    assert in_pieces([1, 2], lambda chosen: 1 / 0, "the method").errors[2].startswith("the method raised")
    assert in_pieces([1], lambda chosen: 1 / 0).errors[1].startswith("the model raised")
