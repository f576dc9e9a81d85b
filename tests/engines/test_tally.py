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


def check_no_more_is_asked_for_than_is_left():
    """Of ten draws three conjunctions get three each, and the one that is left goes to the first."""
    found, third = tally.Tally(10), (4,)
    assert [one.draws for one in told(found.draws_of([FIRST, SECOND, third], 5), [3.0, 3.0, 3.0])] == [3, 3, 3]
    assert [tuple(one) for one in told(found.draws_of([SECOND, third], 5), [1.0])] == [(SECOND, 1)]
    assert (found.draws, found.spent) == (10, True)
    assert list(found.draws_of([FIRST], 5)) == []


def test_no_more_is_asked_for_than_is_left():
    check_no_more_is_asked_for_than_is_left()


def check_without_an_answer_nothing_is_counted_and_nothing_more_asked():
    found = tally.Tally(100)
    asked = found.proof_of(FIRST, 50, 0.1)
    next(asked)
    with pytest.raises(StopIteration) as end:
        asked.send(None)
    assert end.value.value == (0.0, 0.0)
    assert (found.draws, found.tried, found.spent, found.over) == (0, 0, True, True)
    assert list(found.draws_of([FIRST], 5)) == []
    low, high = found.bounds([FIRST], 1.0)  # nothing is known
    assert (float(low), float(high)) == (pytest.approx(0, abs=1e-6), pytest.approx(1))


def test_without_an_answer_nothing_is_counted_and_nothing_more_asked():
    check_without_an_answer_nothing_is_counted_and_nothing_more_asked()


def test_nothing_is_asked_about_no_conjunction():
    assert list(tally.Tally(10).draws_of([], 5)) == []


def check_a_proof_counts_new_draws_alone_and_each_one_more_asks_for_more():
    found, hits, delta = tally.Tally(1000), torch.tensor([0.9], dtype=torch.float64), 0.1
    told(found.draws_of([FIRST], 100), [100.0])
    for number, levels in ((1, log(2 / delta)), (2, log(6 / delta)), (3, log(12 / delta))):
        proof = found.proof_of(FIRST, 200, delta)
        assert [tuple(one) for one in next(proof)] == [(FIRST, 200)]
        with pytest.raises(StopIteration) as end:
            proof.send(tally.Outcome(200 * hits, 200 * hits))
        share, low = end.value.value
        assert share == 0.9
        assert low == float(kl_bounds.lower_bound(hits, torch.full_like(hits, levels / 200)))
        assert (found.proofs, found.draws, found.tried) == (number, 100 + 200 * number, 1)


def test_a_proof_counts_new_draws_alone_and_each_one_more_asks_for_more():
    check_a_proof_counts_new_draws_alone_and_each_one_more_asks_for_more()


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
