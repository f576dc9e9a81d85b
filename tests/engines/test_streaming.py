import pytest
import torch
from engine_networks import drawn, gradient_of, image_classifier, table_classifier
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import Cancelled
from xaivision.core.metering import metered
from xaivision.core.progress import CancelToken, reporting
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines import streaming


def check_pairs_cover_everything_once_in_order(inputs, versions, size):
    found = streaming.pairs(inputs, versions, size)
    asked = [pair for part in found for pair in zip(part.inputs.tolist(), part.versions.tolist(), strict=True)]
    assert asked == [(i, v) for i in range(inputs) for v in range(versions)]
    assert all(len(part.inputs) == size for part in found[:-1])
    assert 1 <= len(found[-1].inputs) <= size


def check_summed_gradients_are_the_weighted_sum_of_single_ones(seed, batch_size):
    model = table_classifier(batch_size=batch_size)
    inputs, weights, shifts = drawn((3, 5), seed), drawn((4,), seed + 1), drawn((4, 5), seed + 2)
    targets = torch.tensor([2, 0, 1])
    found = streaming.summed_gradients(
        model, inputs, TargetScore(targets), weights, lambda part: inputs[part.inputs] + shifts[part.versions], "test"
    )
    expected = torch.zeros_like(inputs)
    for i in range(3):
        for v in range(4):
            expected[i] += weights[v] * gradient_of(model, inputs[i] + shifts[v], int(targets[i]))
    torch.testing.assert_close(found.values, expected, atol=1e-13, rtol=0)
    assert not found.cut


@given(st.integers(1, 7), st.integers(1, 9), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_pairs_cover_everything_once_in_order(inputs, versions, size):
    check_pairs_cover_everything_once_in_order(inputs, versions, size)


@given(st.integers(0, 10**6), st.integers(1, 13))
@settings(max_examples=15, deadline=None)
def test_summed_gradients_are_the_weighted_sum_of_single_ones(seed, batch_size):
    check_summed_gradients_are_the_weighted_sum_of_single_ones(seed, batch_size)


def test_streamed_scores_are_those_of_each_version_asked_alone():
    model = image_classifier(batch_size=4)
    inputs = drawn((2, 2, 6, 6), 0)
    make = lambda part: inputs[part.inputs] * (part.versions + 1).view(-1, 1, 1, 1) / 5  # noqa: E731
    found = list(streaming.streamed_scores(model, inputs, 5, make, "test"))
    assert [len(scores) for _, scores in found] == [4, 4, 2]
    scores = torch.cat([scores for _, scores in found]).view(2, 5, 3)
    for i in range(2):
        for v in range(5):
            torch.testing.assert_close(scores[i, v], model(inputs[i : i + 1] * (v + 1) / 5)[0], atol=1e-13, rtol=0)


def test_one_batch_at_a_time_is_made_and_no_more_than_the_classifier_takes():
    made = []

    def make(part):
        made.append(len(part.inputs))
        return inputs[part.inputs]

    model, inputs = table_classifier(batch_size=3), drawn((2, 5), 0)
    stream = streaming.streamed_scores(model, inputs, 4, make, "test")
    next(stream)
    assert made == [3]
    assert sum(len(scores) for _, scores in stream) == 5
    assert made == [3, 3, 2]


def test_gradients_are_counted_once_each():
    model, inputs = table_classifier(batch_size=3), drawn((2, 5), 0)
    with metered() as meter:
        streaming.summed_gradients(
            model, inputs, TargetScore(torch.tensor([0, 1])), torch.ones(7), lambda p: inputs[p.inputs], "test"
        )
    assert (meter.gradient_calls, meter.model_calls) == (14, 0)


def test_a_model_without_a_gradient_is_told_as_cut_with_zero_sums():
    class Steps(torch.nn.Module):
        def forward(self, x):
            return torch.stack([x.round().sum(1).detach(), -x.sum(1).detach()], 1)

    model = TorchClassifier(Steps(), 2, domain="tabular")
    inputs = drawn((2, 3), 0)
    found = streaming.summed_gradients(
        model, inputs, TargetScore(torch.tensor([0, 1])), torch.ones(2), lambda p: inputs[p.inputs], "test"
    )
    assert found.cut
    assert not found.values.any()


def test_sums_of_float32_gradients_are_kept_in_float64():
    module = torch.nn.Linear(4, 2)
    inputs = drawn((2, 4), 0).float()
    found = streaming.summed_gradients(
        TorchClassifier(module, 2, domain="tabular"),
        inputs,
        TargetScore(torch.tensor([0, 1])),
        torch.ones(3),
        lambda p: inputs[p.inputs],
        "t",
    )
    assert found.values.dtype == torch.float64


def test_a_cancelled_job_stops_before_its_next_batch():
    model, inputs, token = table_classifier(batch_size=1), drawn((1, 5), 0), CancelToken()
    with reporting(None, token):
        stream = streaming.streamed_scores(model, inputs, 3, lambda p: inputs[p.inputs], "test")
        next(stream)
        token.cancel()
        with pytest.raises(Cancelled):
            next(stream)


def test_what_is_not_finite_for_one_input_stays_with_it():
    class Root(torch.nn.Module):
        def forward(self, rows):
            return torch.stack([rows.sqrt().sum(1), rows.sum(1)], 1)

    model = TorchClassifier(Root(), 2, domain="tabular", batch_size=8)
    inputs = torch.tensor([[1.0, 4.0], [0.0, 1.0], [4.0, 9.0]], dtype=torch.float64)  # the root of zero is infinitely steep
    target = TargetScore(torch.zeros(3, dtype=torch.long))
    found = streaming.summed_gradients(model, inputs, target, torch.ones(2) / 2, lambda p: inputs[p.inputs], "test")
    assert found.values.isfinite().all(1).tolist() == [True, False, True]
    torch.testing.assert_close(found.values[0], torch.tensor([0.5, 0.25], dtype=torch.float64))
