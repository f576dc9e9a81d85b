"""Every rule against its definition in slow loops, over small dense layers and convolutions written out as matrices."""

import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from xaivision.engines import relevance_rules
from xaivision.engines.relevance_rules import Affine, Flow

EPSILON, GAMMA = 0.05, 0.3


def dense_layer(seed, biased=True):
    weight = drawn((4, 5), seed) - 0.5
    return Affine(F.linear, relevance_rules.transposed(F.linear), weight, drawn((4,), seed + 1) - 0.5 if biased else None)


def strided(inputs, weight):
    return F.conv2d(inputs, weight, None, stride=2, padding=1)


def convolution_layer(seed, biased=True):
    weight = drawn((3, 2, 3, 3), seed) - 0.5
    bias = (drawn((3,), seed + 1) - 0.5).view(-1, 1, 1) if biased else None
    return Affine(strided, relevance_rules.transposed(strided), weight, bias)


def flow_of(layer, seed, positive):
    """Two inputs, and relevance wherever a rectifier would let it through, elsewhere too where inputs may be negative."""
    shape = (2, 5) if layer.weight.ndim == 2 else (2, 2, 4, 5)
    inputs = drawn(shape, seed + 2) - (0 if positive else 0.5)
    outputs = layer.apply(inputs, layer.weight) + (0 if layer.bias is None else layer.bias)
    relevance = drawn(outputs.shape, seed + 3) - 0.3
    return Flow(inputs, outputs, torch.where(outputs > 0, relevance, 0.0) if positive else relevance)


def matrix_of(layer, weight, like):
    """(outputs, inputs): the layer with this weight, one column an input of one."""
    columns = torch.eye(like[0].numel(), dtype=torch.float64).view(-1, *like.shape[1:])
    return layer.apply(columns, weight).flatten(1).T


def slow(layer, flow, part, bias_part, epsilon=EPSILON):
    """Shares by two loops: `part(c, z)` of a contribution and `bias_part(b, z)` of a bias, over their stabilized sum."""
    matrix = matrix_of(layer, layer.weight, flow.inputs)
    bias = 0 if layer.bias is None else layer.bias.expand_as(flow.outputs[0]).flatten()
    found = torch.zeros_like(flow.inputs).flatten(1)
    for b, (inputs, outputs, relevance) in enumerate(zip(*(part.flatten(1) for part in flow), strict=True)):
        shares = [[part(matrix[j, i] * inputs[i], outputs[j]) for i in range(len(inputs))] for j in range(len(outputs))]
        extra = [bias_part(bias[j], outputs[j]) if layer.bias is not None else 0.0 for j in range(len(outputs))]
        sums = torch.stack([sum(row) + one for row, one in zip(shares, extra, strict=True)])
        scale = epsilon * mean_size(sums, outputs, relevance)
        for j, row in enumerate(shares):
            stable = sums[j] + scale[j] * (-1 if sums[j] < 0 else 1)
            for i, share in enumerate(row):
                found[b, i] += share / stable * relevance[j] if stable != 0 else 0
    return found.view_as(flow.inputs)


def mean_size(sums, outputs, relevance):
    """The stabilizer's scale: the mean of |denominator|, in which outputs of the other sign count as they are."""
    scale = torch.empty_like(sums)
    for upper in (True, False):
        chosen = (outputs > 0) == upper
        scale[chosen] = torch.where(chosen, sums, outputs).abs().mean()
    return scale


def same_sign(contribution, output):
    return contribution if (contribution > 0) == (output > 0) else torch.zeros_like(contribution)


LAYERS = {"dense": dense_layer, "convolution": convolution_layer}


def check_epsilon_is_its_definition(kind="dense", seed=0, positive=False, biased=True):
    layer = LAYERS[kind](seed, biased)
    flow = flow_of(layer, seed, positive)
    plain = lambda value, _output: value  # noqa: E731
    found = relevance_rules.epsilon_rule(layer, flow, EPSILON)
    expected = slow_with_one_scale(layer, flow, plain)
    torch.testing.assert_close(found.relevance, expected, atol=1e-12, rtol=0)
    check_books(found, flow)


def slow_with_one_scale(layer, flow, part):
    matrix = matrix_of(layer, layer.weight, flow.inputs)
    found = torch.zeros_like(flow.inputs).flatten(1)
    for b, (inputs, outputs, relevance) in enumerate(zip(*(part.flatten(1) for part in flow), strict=True)):
        for j in range(len(outputs)):
            stable = outputs[j] + EPSILON * outputs.abs().mean() * (-1 if outputs[j] < 0 else 1)
            for i in range(len(inputs)):
                found[b, i] += part(matrix[j, i] * inputs[i], outputs[j]) / stable * relevance[j]
    return found.view_as(flow.inputs)


def check_plus_is_its_definition(kind="dense", seed=0, positive=False, biased=True):
    layer = LAYERS[kind](seed, biased)
    flow = flow_of(layer, seed, positive)
    found = relevance_rules.plus_rule(layer, flow, EPSILON)
    expected = slow(layer, flow, same_sign, lambda bias, _output: torch.zeros_like(bias))
    torch.testing.assert_close(found.relevance, expected, atol=1e-12, rtol=0)
    check_books(found, flow)


def check_gamma_is_its_definition(kind="dense", seed=0, positive=False, biased=True):
    layer = LAYERS[kind](seed, biased)
    flow = flow_of(layer, seed, positive)
    favored = lambda value, output: value + GAMMA * same_sign(value, output)  # noqa: E731
    found = relevance_rules.gamma_rule(layer, flow, EPSILON, GAMMA)
    torch.testing.assert_close(found.relevance, slow(layer, flow, favored, favored), atol=1e-12, rtol=0)
    check_books(found, flow)


def check_box_is_its_definition(kind="dense", seed=0):
    layer = LAYERS[kind](seed)
    flow = flow_of(layer, seed, positive=False)
    low, high = torch.full_like(flow.inputs, -0.6), torch.full_like(flow.inputs, 0.7)
    matrix = matrix_of(layer, layer.weight, flow.inputs)
    positive, negative = matrix.clamp_min(0), matrix.clamp_max(0)
    expected = torch.zeros_like(flow.inputs).flatten(1)
    for b, (inputs, _, relevance) in enumerate(zip(*(part.flatten(1) for part in flow), strict=True)):
        shares = [
            [matrix[j, i] * inputs[i] + 0.6 * positive[j, i] - 0.7 * negative[j, i] for i in range(len(inputs))]
            for j in range(len(relevance))
        ]
        sums = torch.stack([sum(row) for row in shares])
        assert float(sums.min()) > 0
        for j, row in enumerate(shares):
            for i, share in enumerate(row):
                expected[b, i] += share / (sums[j] + EPSILON * sums.mean()) * relevance[j]
    found = relevance_rules.box_rule(layer, flow, EPSILON, (low, high))
    torch.testing.assert_close(found.relevance, expected.view_as(flow.inputs), atol=1e-12, rtol=0)
    check_books(found, flow)


def check_flat_is_its_definition(kind="dense", seed=0):
    layer = LAYERS[kind](seed)
    flow = flow_of(layer, seed, positive=False)
    reached = (matrix_of(layer, torch.ones_like(layer.weight), flow.inputs) != 0).double()
    expected = (flow.relevance.flatten(1) / reached.sum(1)) @ reached
    found = relevance_rules.flat_rule(layer, flow)
    torch.testing.assert_close(found.relevance, expected.view_as(flow.inputs), atol=1e-12, rtol=0)
    check_books(found, flow)


def check_books(found, flow):
    """What came in is what went on and what was absorbed, for each input."""
    received, passed, kept = (part.flatten(1).sum(1) for part in (flow.relevance, *found))
    torch.testing.assert_close(passed + kept, received, atol=1e-12, rtol=0)


def check_the_stabilizer_is_a_share_of_the_mean_size_of_the_same_input():
    sums = torch.tensor([[1.0, -3.0, 0.0], [10.0, 20.0, 0.0], [0.0, 0.0, 0.0]])
    found = relevance_rules.quotient(torch.ones(3, 3), sums, 0.5)
    scales = torch.tensor([4 / 3 / 2, 5.0])[:, None]
    expected = 1 / (sums[:2] + torch.tensor([[1.0, -1.0, 1.0], [1.0, 1.0, 1.0]]) * scales)
    torch.testing.assert_close(found[:2], expected)
    assert not found[2].any()


CASES = given(st.sampled_from(sorted(LAYERS)), st.integers(0, 10**6), st.booleans(), st.booleans())


@CASES
@settings(max_examples=12, deadline=None)
def test_epsilon_is_its_definition(kind, seed, positive, biased):
    check_epsilon_is_its_definition(kind, seed, positive, biased)


@CASES
@settings(max_examples=12, deadline=None)
def test_plus_is_its_definition(kind, seed, positive, biased):
    check_plus_is_its_definition(kind, seed, positive, biased)


@CASES
@settings(max_examples=12, deadline=None)
def test_gamma_is_its_definition(kind, seed, positive, biased):
    check_gamma_is_its_definition(kind, seed, positive, biased)


@given(st.sampled_from(sorted(LAYERS)), st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_box_is_its_definition(kind, seed):
    check_box_is_its_definition(kind, seed)


@given(st.sampled_from(sorted(LAYERS)), st.integers(0, 10**6))
@settings(max_examples=8, deadline=None)
def test_flat_is_its_definition(kind, seed):
    check_flat_is_its_definition(kind, seed)


def test_the_stabilizer_is_a_share_of_the_mean_size_of_the_same_input():
    check_the_stabilizer_is_a_share_of_the_mean_size_of_the_same_input()


@pytest.mark.parametrize("kind", LAYERS)
def test_gamma_is_epsilon_at_zero_and_tends_to_plus_without_a_bias(kind):
    layer = LAYERS[kind](3, biased=False)
    flow = flow_of(layer, 3, positive=False)
    plain = relevance_rules.epsilon_rule(layer, flow, 0.0).relevance
    torch.testing.assert_close(relevance_rules.gamma_rule(layer, flow, 0.0, 0.0).relevance, plain, atol=1e-12, rtol=0)
    plus = relevance_rules.plus_rule(layer, flow, 0.0).relevance
    torch.testing.assert_close(relevance_rules.gamma_rule(layer, flow, 0.0, 1e9).relevance, plus, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", LAYERS)
def test_the_plus_rule_on_outputs_above_zero_is_z_plus(kind):
    layer = LAYERS[kind](5)
    flow = flow_of(layer, 5, positive=True)
    weight = layer.weight.clamp_min(0)
    ratio = flow.relevance / layer.apply(flow.inputs, weight)
    expected = flow.inputs * layer.pull(ratio, weight, flow.inputs)
    torch.testing.assert_close(relevance_rules.plus_rule(layer, flow, 0.0).relevance, expected, atol=1e-12, rtol=0)
