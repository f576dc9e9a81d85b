"""The probe of batch sizes: what it measures, what it takes, and that nothing is left changed where it fails."""

import time

import pytest
import torch

import xaivision as xv
from xaivision.core.batch_probe import BatchProbe, probe_batch_size
from xaivision.core.batching import Batcher
from xaivision.core.errors import InputError

# Seconds that a call takes, and each input in it.
CALL, INPUT = 0.02, 0.001


def slow_model(most=None, asked=None):
    """A model with a price for a call and one for an input, which holds at most so many; `asked` is told of every batch."""

    def score(batch):
        if most is not None and len(batch) > most:
            raise MemoryError
        if asked is not None:
            asked.append(len(batch))
        time.sleep(CALL + INPUT * len(batch))
        return torch.stack((batch.sum(1), -batch.sum(1)), 1)

    return xv.FunctionClassifier(score, 2, score_unit="logit", domain="tabular", array="torch", batch_size=7)


def test_the_smallest_size_within_five_percent_of_the_fastest_is_the_best():
    assert BatchProbe({1: 2.0, 8: 1.04, 16: 1.0, 32: 1.3}).best == 8
    assert BatchProbe({1: 2.0, 8: 1.06, 16: 1.0, 32: 1.3}).best == 16


def test_it_measures_what_an_input_takes_and_the_model_keeps_the_best():
    asked = []
    model = slow_model(asked=asked)
    found = probe_batch_size(model, torch.rand(3, 4), sizes=(64, 1, 8))
    assert asked == [1] * 4 + [8] * 4 + [64] * 4
    for size in (1, 8, 64):
        assert (CALL + INPUT * size) / size <= found.seconds[size] < 2 * (CALL + INPUT * size) / size
    assert found.best == model.batches.size(torch.rand(200, 4)) == 64
    asked.clear()
    model(torch.rand(100, 4))
    assert asked == [64, 36]
    assert str(found).startswith("64 inputs a batch (an input takes, in batches of 1: ")


def test_it_tries_from_a_sixteenth_to_four_times_what_the_model_takes():
    model = slow_model()
    model.batches = Batcher(16)
    assert list(probe_batch_size(model, torch.rand(3, 4)).seconds) == [1, 2, 4, 8, 16, 32, 64]
    model.batches = Batcher(3)
    assert list(probe_batch_size(model, torch.rand(3, 4)).seconds) == [1, 3, 6, 12]


def test_it_ends_at_the_first_size_that_does_not_fit():
    found = probe_batch_size(slow_model(most=10), torch.rand(3, 4), sizes=(1, 8, 16, 32))
    assert list(found.seconds) == [1, 8]  # 16 went on in halves


@pytest.mark.parametrize("sizes", [(), (0, 2), (2.5,)])
def test_wrong_sizes_are_one_sentence_and_change_nothing(sizes):
    model = slow_model()
    with pytest.raises(InputError, match=r"`sizes` must hold|`batch_size` must be a positive integer"):
        probe_batch_size(model, torch.rand(3, 4), sizes=sizes)
    assert model.batches.size(torch.rand(100, 4)) == 7


def test_where_nothing_fits_or_the_model_fails_its_own_size_stays():
    model = slow_model(most=10)
    with pytest.raises(InputError, match="one that fits in memory"):
        probe_batch_size(model, torch.rand(3, 4), sizes=(16, 32))
    assert model.batches.size(torch.rand(100, 4)) == 7
    with pytest.raises(MemoryError):
        probe_batch_size(slow_model(most=0), torch.rand(3, 4), sizes=(1,))
    assert isinstance(model.batches, Batcher)
