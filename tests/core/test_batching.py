import weakref

import pytest
import torch
from core_subjects import convnet, drawn, linear
from counted_rows import CountsRows
from hypothesis import given
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB
from torch import nn

from xaivision.core.batching import PATIENCE, TABLE_VALUES_PER_CPU_BATCH, VALUES_PER_CPU_BATCH, Batcher, is_out_of_memory
from xaivision.core.classifier import batch_size_of
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import metered
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier


class Crowded(nn.Module):
    """Runs out of memory above a number of rows, and remembers every batch that it was offered."""

    def __init__(self, module, most, error):
        super().__init__()
        self.module, self.most, self.error = module, most, error
        self.offered = []

    def forward(self, inputs):
        self.offered.append(len(inputs))
        if len(inputs) > self.most:
            raise self.error
        return self.module(inputs)


ROWS = drawn(10, 4)
TARGETS = torch.arange(10) % 3
TOO_MUCH = torch.OutOfMemoryError("simulated")


def crowded(most, error=TOO_MUCH, size=None):
    module = Crowded(linear(), most, error)
    return module, TorchClassifier(module, 3, domain="tabular", batch_size=size)


def test_sixteen_photos_fit_in_a_batch_and_as_many_more_as_they_are_smaller():
    assert Batcher().size(torch.zeros(1, 3, 224, 224)) == 16
    assert Batcher().size(torch.zeros(1, 3, 112, 112)) == 64
    assert Batcher().size(torch.zeros(1, 1, 8, 8)) == Batcher().size(torch.zeros(1, 3, 32, 32)) == 128
    assert Batcher().size(torch.zeros(1, 60)) == VALUES_PER_CPU_BATCH // 60
    assert Batcher().size(torch.zeros(1, 3, 1, 1).expand(1, 3, 4096, 4096)) == 1


def test_estimators_of_tables_get_more_rows_in_a_call_than_networks():
    rows = torch.eye(2, 20_000)
    estimator = SklearnClassifier(GaussianNB().fit(rows.numpy(), [0, 1]))
    assert estimator.batches.size(rows) == TABLE_VALUES_PER_CPU_BATCH // 20_000 == 1204
    assert TorchClassifier(linear(), 3, domain="tabular").batches.size(rows) == VALUES_PER_CPU_BATCH // 20_000


def test_an_accelerator_gets_more_at_once():
    class OnAccelerator:
        device, shape = torch.device("cuda"), (1, 3, 224, 224)

    assert Batcher().size(OnAccelerator()) == 256


def test_a_given_size_holds_for_every_shape():
    assert Batcher(5).size(torch.zeros(1, 3, 224, 224)) == Batcher(5).size(torch.zeros(1, 2)) == 5


@pytest.mark.parametrize("size", [0, -1, 2.5, "8"])
def test_a_size_that_is_no_positive_integer_is_refused(size):
    with pytest.raises(InputError, match=f"`batch_size` must be a positive integer. Got {size!r}"):
        Batcher(size)


@given(count=st.integers(1, 40), size=st.integers(1, 45))
def test_the_parts_are_consecutive_and_cover_every_input_once(count, size):
    parts = Batcher(size).run(lambda part: part, torch.zeros(count, 2))
    assert [index for part in parts for index in range(count)[part]] == list(range(count))
    assert max(part.stop - part.start for part in parts) == min(size, count)


def test_a_batch_that_runs_out_of_memory_is_halved_and_nothing_is_lost():
    module, model = crowded(most=3)
    assert torch.equal(model(ROWS), linear()(ROWS))
    assert module.offered == [10, 5, 2, 2, 2, 2, 2]


def test_the_smaller_size_is_remembered_for_this_shape_and_purpose_only():
    module, model = crowded(most=3)
    model(ROWS)
    module.offered.clear()
    model(ROWS)
    assert module.offered == [2] * 5
    assert batch_size_of(model, ROWS) == model.batches.size(ROWS) == 2
    assert model.batches.size(ROWS, "gradients") > 10
    assert model.batches.size(torch.zeros(1, 5)) > 10


def test_gradients_and_maps_survive_running_out_of_memory():
    module, model = crowded(most=2)
    expected = TorchClassifier(linear(), 3, domain="tabular").gradients(ROWS, TargetScore(TARGETS))
    assert torch.equal(model.gradients(ROWS, TargetScore(TARGETS)).values, expected.values)
    assert module.offered == [10, 5, 2, 2, 2, 2, 2]
    photos = drawn(4, 3, 8, 8, dtype=torch.float64)
    maps = TorchClassifier(Crowded(convnet(dtype=torch.float64), 1, TOO_MUCH), 3)
    plain = TorchClassifier(convnet(dtype=torch.float64), 3)
    found = maps.layer_gradients(photos, TargetScore(TARGETS[:4]), maps.layer("module.3", photos))
    right = plain.layer_gradients(photos, TargetScore(TARGETS[:4]), plain.layer("3", photos))
    assert torch.allclose(found.gradients, right.gradients, rtol=1e-10, atol=1e-14)


class Memory:
    """Work whose batches fit up to `most` inputs, which may change; remembers what it was offered."""

    def __init__(self, most):
        self.most, self.offered = most, []

    def __call__(self, part):
        held = part.stop - part.start
        self.offered.append(held)
        if held > self.most:
            raise TOO_MUCH
        return list(range(part.start, part.stop))


def run(batcher, memory, count):
    """Sizes that were offered for this many inputs; every input must be worked on once."""
    memory.offered.clear()
    worked = [index for part in batcher.run(memory, torch.zeros(count, 2)) for index in part]
    assert worked == list(range(count))
    return list(memory.offered)


def test_a_shortage_that_has_passed_is_forgotten_step_by_step():
    batcher, memory = Batcher(8), Memory(most=2)
    assert run(batcher, memory, 8) == [8, 4, 2, 2, 2, 2]
    memory.most = 8
    assert run(batcher, memory, 2 * (PATIENCE - 4)) == [2] * (PATIENCE - 4)
    assert run(batcher, memory, 4 * PATIENCE + 16) == [4] * PATIENCE + [8, 8]
    assert run(batcher, memory, 8 * 100) == [8] * 100


def test_a_shortage_that_lasts_is_tried_again_ever_more_rarely():
    batcher, memory = Batcher(8), Memory(most=4)
    offered = run(batcher, memory, 4 * (PATIENCE + 2 * PATIENCE + 4 * PATIENCE) + 8)
    tries = [index for index, held in enumerate(offered) if held == 8]
    assert tries == [0, PATIENCE + 1, 3 * PATIENCE + 2, 7 * PATIENCE + 3]
    assert set(offered) == {8, 4}


def test_batches_that_are_not_full_say_nothing_about_larger_ones():
    batcher, memory = Batcher(8), Memory(most=4)
    run(batcher, memory, 8)
    for _ in range(3 * PATIENCE):
        assert run(batcher, memory, 3) == [3]
    assert batcher.size(torch.zeros(1, 2)) == 4


def test_growing_back_is_for_the_shape_and_purpose_that_ran_out():
    batcher, memory = Batcher(8), Memory(most=4)
    run(batcher, memory, 8)
    inputs = torch.zeros(8 * PATIENCE, 2)
    memory.most = 8
    batcher.run(memory, inputs, "gradients")
    batcher.run(memory, torch.zeros(8 * PATIENCE, 3))
    assert batcher.size(inputs) == 4


def test_the_same_calls_are_split_in_the_same_way():
    histories = []
    for _ in range(2):
        batcher, memory, history = Batcher(16), Memory(most=5), []
        for count in (3, 40, 200, 7, 90):
            history += run(batcher, memory, count)
            memory.most = 11 if count == 200 else 5
        histories.append(history)
    assert histories[0] == histories[1]
    assert max(histories[0]) == 16


def test_a_single_input_that_does_not_fit_raises():
    module, model = crowded(most=0, size=4)
    with pytest.raises(torch.OutOfMemoryError, match="simulated"):
        model(ROWS)
    assert module.offered == [4, 2, 1]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("host"),
        RuntimeError("CUDA out of memory. Tried to allocate"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=str,
)
def test_every_way_of_saying_out_of_memory_is_understood(error):
    module, model = crowded(most=5, error=error)
    assert torch.equal(model(ROWS), linear()(ROWS))
    assert module.offered == [10, 5, 5]


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory"), KeyError("x")], ids=repr)
def test_other_errors_pass_through_at_once(error):
    module, model = crowded(most=3, error=error)
    with pytest.raises(type(error)) as raised:
        model(ROWS)
    assert raised.value is error
    assert module.offered == [10]
    assert not is_out_of_memory(error)


def test_the_tensors_that_did_not_fit_are_gone_before_the_next_try():
    first_try, alive = [], []

    def work(part):
        alive.extend(tensor() is not None for tensor in first_try)
        tensor = torch.zeros(3)
        if part.stop - part.start > 1:
            first_try.append(weakref.ref(tensor))
            raise torch.OutOfMemoryError("simulated")
        return part

    assert len(Batcher(2).run(work, torch.zeros(2, 1))) == 2
    assert alive == [False, False]


def test_inputs_are_counted_once_however_often_they_had_to_be_tried():
    with metered() as meter:
        crowded(most=3)[1](ROWS)
        crowded(most=3)[1].gradients(ROWS, TargetScore(TARGETS))
    assert (meter.model_calls, meter.gradient_calls) == (10, 10)


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_functions_are_asked_in_batches_too(size):
    counts = CountsRows(linear())
    model = FunctionClassifier(counts, 3, score_unit="logit", domain="tabular", array="torch", batch_size=size)
    assert torch.allclose(model(ROWS), linear()(ROWS))
    assert counts.rows == 10
    assert max(counts.batches) == min(size, 10)
