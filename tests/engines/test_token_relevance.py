import math

import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import token_relevance


def layers(seed, count=3, batch=2, heads=3, tokens=4):
    """Attention weights whose rows sum to 1, and gradients of both signs."""
    weights = [drawn((batch, heads, tokens, tokens), seed + 10 * layer) for layer in range(count)]
    slopes = [drawn((batch, heads, tokens, tokens), seed + 10 * layer + 5) - 0.5 for layer in range(count)]
    return [layer / layer.sum(-1, keepdim=True) for layer in weights], slopes


def plain_product(left, right):
    size = len(left)
    return [[sum(left[i][k] * right[k][j] for k in range(size)) for j in range(size)] for i in range(size)]


def mean_row(matrix, readers):
    read = [i for i, yes in enumerate(readers) if yes]
    return [sum(matrix[i][j] for i in read) / len(read) for j in range(len(matrix))]


def plain_rollout(weights, readers):
    """Of one input: lists of layers, heads, rows and columns."""
    size = len(readers)
    flow = [[float(i == j) for j in range(size)] for i in range(size)]
    for layer in weights:
        mixing = []
        for i in range(size):
            row = [sum(head[i][j] for head in layer) / len(layer) + float(i == j) for j in range(size)]
            mixing.append([value / sum(row) for value in row])
        flow = plain_product(mixing, flow)
    return mean_row(flow, readers)


def plain_relevance(weights, slopes, readers):
    size = len(readers)
    relevance = [[float(i == j) for j in range(size)] for i in range(size)]
    for layer, gradients in zip(weights, slopes, strict=True):
        pairs = list(zip(layer, gradients, strict=True))
        counted = [[sum(max(0.0, a[i][j] * g[i][j]) for a, g in pairs) / len(pairs) for j in range(size)] for i in range(size)]
        gained = plain_product(counted, relevance)
        relevance = [[relevance[i][j] + gained[i][j] for j in range(size)] for i in range(size)]
    without_itself = [[relevance[i][j] - float(i == j) for j in range(size)] for i in range(size)]
    return mean_row(without_itself, readers)


def readers_of(number, tokens):
    return torch.tensor([bool(number >> bit & 1) for bit in range(tokens)])


def check_both_are_the_definition(seed, count, heads, tokens, number):
    weights, slopes = layers(seed, count, 2, heads, tokens)
    readers = readers_of(number, tokens)
    flow = token_relevance.attention_rollout(weights, readers)
    relevance = token_relevance.gradient_relevance(weights, slopes, readers)
    for index in range(2):
        one, gradients = ([layer[index].tolist() for layer in part] for part in (weights, slopes))
        expected = torch.tensor(plain_rollout(one, readers.tolist()), dtype=torch.float64)
        torch.testing.assert_close(flow[index], expected, atol=1e-13, rtol=1e-12)
        expected = torch.tensor(plain_relevance(one, gradients, readers.tolist()), dtype=torch.float64)
        torch.testing.assert_close(relevance[index], expected, atol=1e-13, rtol=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3), st.integers(2, 5), st.data())
@settings(max_examples=25, deadline=None)
def test_both_are_the_definition_in_slow_loops(seed, count, heads, tokens, data):
    check_both_are_the_definition(seed, count, heads, tokens, data.draw(st.integers(1, 2**tokens - 1)))


FIRST = torch.tensor([[0.2, 0.8], [0.6, 0.4]], dtype=torch.float64)
SECOND = torch.tensor([[0.5, 0.5], [0.1, 0.9]], dtype=torch.float64)
CLASS_TOKEN = torch.tensor([True, False])


def one_head(*matrices):
    return [matrix[None, None] for matrix in matrices]


def check_two_layers_by_hand():
    """((S + I) / 2) ((F + I) / 2), row 0: 0.75 (0.6, 0.4) + 0.25 (0.3, 0.7); and A + B + B A, row 0, of A = F * F, B = S * S."""
    flow = token_relevance.attention_rollout(one_head(FIRST, SECOND), CLASS_TOKEN)
    torch.testing.assert_close(flow, torch.tensor([[0.525, 0.475]], dtype=torch.float64), atol=1e-15, rtol=0)
    found = token_relevance.gradient_relevance(one_head(FIRST, SECOND), one_head(FIRST, SECOND), CLASS_TOKEN)
    expected = [0.04 + 0.25 + 0.25 * 0.04 + 0.25 * 0.36, 0.64 + 0.25 + 0.25 * 0.64 + 0.25 * 0.16]
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64), atol=1e-15, rtol=0)


def test_two_layers_have_their_closed_form():
    check_two_layers_by_hand()


def test_one_layer_is_half_the_attention_of_the_reader():
    flow = token_relevance.attention_rollout(one_head(FIRST), CLASS_TOKEN)
    torch.testing.assert_close(flow, torch.tensor([[0.6, 0.4]], dtype=torch.float64), atol=1e-15, rtol=0)


def check_uniform_attention_gives_a_uniform_map():
    tokens = 5
    uniform = [torch.full((1, 2, tokens, tokens), 1 / tokens, dtype=torch.float64)] * 3
    class_token = readers_of(1, tokens)
    flow = token_relevance.attention_rollout(uniform, class_token)[0]
    torch.testing.assert_close(flow[1:], torch.full((4,), (1 - 0.5**3) / tokens, dtype=torch.float64), atol=1e-15, rtol=0)
    assert math.isclose(float(flow.sum()), 1, abs_tol=1e-15)
    ones = [torch.ones_like(layer) for layer in uniform]
    relevance = token_relevance.gradient_relevance(uniform, ones, class_token)[0]
    torch.testing.assert_close(relevance, relevance[0].expand(tokens), atol=1e-14, rtol=0)
    everyone = readers_of(2**tokens - 1, tokens)
    flow = token_relevance.attention_rollout(uniform, everyone)[0]
    torch.testing.assert_close(flow, torch.full((tokens,), 1 / tokens, dtype=torch.float64), atol=1e-15, rtol=0)


def test_uniform_attention_gives_a_uniform_map():
    check_uniform_attention_gives_a_uniform_map()


def check_a_head_without_gradient_adds_nothing():
    weights, slopes = layers(3, heads=2)
    for layer in slopes:
        layer[:, 1] = 0
    readers = readers_of(1, 4)
    before = token_relevance.gradient_relevance(weights, slopes, readers)
    for layer in weights:
        layer[:, 1] = layer[:, 1].flip(-1)
    assert torch.equal(token_relevance.gradient_relevance(weights, slopes, readers), before)
    halved = [layer[:, :1] / 2 for layer in slopes]
    alone = token_relevance.gradient_relevance([layer[:, :1] for layer in weights], halved, readers)
    torch.testing.assert_close(before, alone, atol=1e-15, rtol=0)


def test_a_head_without_gradient_adds_nothing():
    check_a_head_without_gradient_adds_nothing()


def test_what_speaks_against_the_class_adds_nothing_and_no_gradient_gives_zero():
    weights, slopes = layers(4)
    readers = readers_of(0b1111, 4)
    against = [-layer.abs() for layer in slopes]
    for gradients in (against, [torch.zeros_like(layer) for layer in slopes]):
        assert not token_relevance.gradient_relevance(weights, gradients, readers).any()


def check_gradients_of_a_billionth_are_kept():
    weights, slopes = layers(5, count=1)
    tiny = token_relevance.gradient_relevance(weights, [layer.abs() * 1e-12 for layer in slopes], readers_of(1, 4))
    large = token_relevance.gradient_relevance(weights, [layer.abs() for layer in slopes], readers_of(1, 4))
    torch.testing.assert_close(tiny * 1e12, large, atol=1e-14, rtol=0)


def test_gradients_of_a_billionth_are_kept_beside_the_residual_path():
    check_gradients_of_a_billionth_are_kept()


@pytest.mark.parametrize("rows_sum_to", [0.5, 1.0])
def test_shares_that_flow_sum_to_one_also_where_attention_does_not(rows_sum_to):
    weights, _ = layers(6)
    flow = token_relevance.attention_rollout([rows_sum_to * layer for layer in weights], readers_of(0b0110, 4))
    torch.testing.assert_close(flow.sum(1), torch.ones(2).double(), atol=1e-14, rtol=0)


def test_float32_weights_are_followed_in_float64():
    weights, slopes = ([layer.float() for layer in part] for part in layers(7))
    readers = readers_of(1, 4)
    for found in (
        token_relevance.attention_rollout(weights, readers),
        token_relevance.gradient_relevance(weights, slopes, readers),
    ):
        assert found.dtype == torch.float64
