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
