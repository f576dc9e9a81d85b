"""Counts of draws, and the bounds that follow from them."""

from math import log

import pytest
import torch

from xaivision.engines.rules import kl_bounds, tally

FIRST, SECOND = (1,), (2, 3)


def told(asked, hits):
    """What a pass asks for, once it was answered with these hits."""
    helpings = next(asked)
    with pytest.raises(StopIteration):
        asked.send(tally.Outcome(torch.tensor(hits, dtype=torch.float64), torch.tensor(hits, dtype=torch.float64) / 2))
    return helpings


def check_draws_add_up_over_passes_for_each_conjunction():
    found = tally.Tally(100)
    assert [tuple(one) for one in told(found.draws_of([FIRST, SECOND], 10), [9.0, 4.0])] == [(FIRST, 10), (SECOND, 10)]
    told(found.draws_of([FIRST], 30), [21.0])
    assert (found.count(FIRST), found.count(SECOND), found.count((7,))) == (40, 10, 0)
    assert found.shares([SECOND, FIRST]).tolist() == [0.4, 0.75]
    assert found.leanings([SECOND, FIRST]).tolist() == [0.2, 0.375]
    assert found.knows(SECOND)
    assert not found.knows((7,))
    assert found.draws == 50
    assert not found.spent
    told(found.draws_of([SECOND], 50), [50.0])
    assert found.spent


def test_draws_add_up_over_passes_for_each_conjunction():
    check_draws_add_up_over_passes_for_each_conjunction()


def test_nothing_is_asked_about_no_conjunction():
    assert list(tally.Tally(10).draws_of([], 5)) == []


def check_bounds_narrow_with_the_draws_of_each():
    found, level = tally.Tally(1000), log(20)
    told(found.draws_of([FIRST], 10), [8.0])
    told(found.draws_of([SECOND], 100), [80.0])
    low, high = found.bounds([FIRST, SECOND], level)
    share = torch.full((2,), 0.8, dtype=torch.float64)
    each = level / torch.tensor([10.0, 100.0], dtype=torch.float64)
    assert torch.equal(low, kl_bounds.lower_bound(share, each))
    assert torch.equal(high, kl_bounds.upper_bound(share, each))
    assert low[0] < low[1] < 0.8 < high[1] < high[0]
    assert torch.equal(found.leaning_bounds([FIRST, SECOND], level)[0], kl_bounds.lower_bound(share / 2, each))


def test_bounds_narrow_with_the_draws_of_each():
    check_bounds_narrow_with_the_draws_of_each()
