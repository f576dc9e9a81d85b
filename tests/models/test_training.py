import pytest
import torch
from torch import nn

from xaivision.core.errors import Cancelled
from xaivision.core.progress import CancelToken, reporting
from xaivision.models.construction import construction
from xaivision.models.training import Recipe, train

RECIPE = Recipe(epochs=40, batch_size=16, learning_rate=0.1, weight_decay=0.0)


@pytest.fixture
def data():
    inputs = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    return inputs, (inputs[:, 0] > inputs[:, 1]).long()


def trained(data, recipe=RECIPE):
    with construction(0):
        module = nn.Linear(2, 2)
    train(module, *data, recipe, "training")
    return module


def test_a_separable_set_is_learned(data):
    inputs, targets = data
    assert float((trained(data)(inputs).argmax(1) == targets).double().mean()) > 0.97


def test_weights_are_the_same_each_time_and_others_with_another_seed(data):
    first = trained(data).weight
    torch.rand(3)
    assert torch.equal(first, trained(data).weight)
    assert not torch.equal(first, trained(data, Recipe(40, 16, 0.1, 0.0, seed=1)).weight)


def test_weights_do_not_depend_on_the_callers_modes(data):
    first = trained(data).weight.detach()
    with torch.inference_mode():
        inside = trained(data).weight
    with torch.no_grad():
        without = trained(data).weight
    assert torch.equal(first, inside)
    assert torch.equal(first, without)


def test_sums_are_made_on_one_thread(data):
    threads, during = torch.get_num_threads(), set()

    class Watched(nn.Linear):
        def forward(self, rows):
            during.add(torch.get_num_threads())
            return super().forward(rows)

    torch.set_num_threads(2)
    try:
        train(Watched(2, 2), *data, RECIPE, "training")
    finally:
        torch.set_num_threads(threads)
    assert during == {1}


def test_random_state_and_number_of_threads_are_as_they_were(data):
    before = torch.get_rng_state()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        module = trained(data)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), before)
    assert not module.training


def test_each_epoch_is_reported_and_can_be_cancelled(data):
    token, seen = CancelToken(), []

    class Bar:
        def start(self, what, total):
            seen.append((what, total))
            return self

        def advance(self):
            seen.append("epoch")
            if len(seen) == 4:
                token.cancel()

        def finish(self):
            seen.append("finish")

    threads = torch.get_num_threads()
    with pytest.raises(Cancelled), reporting(Bar(), token):
        trained(data)
    assert seen == [("training", 40), "epoch", "epoch", "epoch", "finish"]
    assert torch.get_num_threads() == threads
