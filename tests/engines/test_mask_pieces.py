import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.engines.mask_pieces import mask_pieces
from xaivision.engines.mask_runs import mask_of_runs, run_lengths


def marked(*places, shape=(20, 40)):
    mask = torch.zeros(shape, dtype=torch.bool)
    for rows, columns in places:
        mask[rows, columns] = True
    return mask


def test_pieces_touch_nowhere_and_the_largest_is_told():
    large, small = (slice(2, 12), slice(3, 15)), (slice(14, 18), slice(30, 35))
    found = mask_pieces(marked(large, small))
    assert found.count == 2
    assert torch.equal(found.largest, marked(large))
    assert mask_pieces(marked((slice(2, 4), slice(2, 4)), (slice(4, 6), slice(4, 6)))).count == 1  # a corner is enough


def test_specks_are_no_pieces_and_an_empty_mask_has_none():
    found = mask_pieces(marked((slice(2, 13), slice(3, 15)), (19, 39)))  # one pixel of 133
    assert found.count == 1
    empty = mask_pieces(marked())
    assert empty.count == 0
    assert not empty.largest.any()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_runs_tell_a_mask_and_give_it_back(share):
    mask = torch.rand(7, 11, generator=torch.Generator().manual_seed(0)) < share
    assert torch.equal(mask_of_runs(run_lengths(mask), (7, 11)), mask)


def test_runs_are_counted_from_what_lies_outside():
    assert run_lengths(marked((1, slice(1, 3)), shape=(2, 4))) == "5 2 1"
    assert run_lengths(marked((0, slice(0, 2)), shape=(2, 4))) == "0 2 6"
    with pytest.raises(InputError, match=r"must add up to 8 pixels\. Got 7\."):
        mask_of_runs("5 2", (2, 4))
