"""Two numbers that differ are never told in the same words."""

import numpy as np
import pytest
import torch

from xaivision.core.generator import Code, Direction, code_words
from xaivision.core.telling_apart import told_apart

WORDS = "{:.{}g}".format


def test_as_many_digits_as_tell_them_apart_and_no_more():
    assert told_apart(519.84, 519.76, WORDS, 4) == ("519.84", "519.76")
    assert told_apart(1.0, 2.0, WORDS, 4) == ("1", "2")
    assert told_apart(519.8, 519.8, WORDS, 4) == (f"{519.8:.17g}",) * 2  # none can


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_step_of_one_bit_is_told(kind):
    before = kind(519.8)
    after = np.nextafter(before, kind(1000))
    first, second = told_apart(float(before), float(after), WORDS, 4)
    assert first != second
    assert (kind(first), kind(second)) == (before, after)


def test_a_small_edit_of_a_code_is_told():
    code = Code(torch.tensor([2.351]).double(), (Direction("value", "attribute", "attribute 1", -4.0, 4.0),))
    assert code_words(code, torch.tensor([2.354]).double()) == ("attribute 1: value 2.351 \N{RIGHTWARDS ARROW} 2.354",)


def test_what_has_moved_is_told_by_how_far_and_which_way():
    down = Direction("down", "position", "segment 6", -30.0, 30.0, 1.0, unit="px", ways=("up", "down"))
    code = lambda value: Code(torch.tensor([value]).double(), (down,))  # noqa: E731 - one line, used twice
    assert code_words(code(0.0), torch.tensor([-28.0])) == ("segment 6: moved 28 px up",)
    assert code_words(code(0.0), torch.tensor([3.0])) == ("segment 6: moved 3 px down",)
    assert code_words(code(5.0), torch.tensor([-28.0])) == ("segment 6: 5 px down \N{RIGHTWARDS ARROW} 28 px up",)
    assert code_words(code(5.0), torch.tensor([0.0])) == ("segment 6: 5 px down \N{RIGHTWARDS ARROW} 0 px",)
