import numpy as np
import pytest
import torch
from engine_networks import drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import activation_maps

SIDES = st.integers(1, 12)


def bilinear(values, extent):
    """(extent,) one row enlarged with half-pixel centers and continued edges, value by value."""
    size, out = len(values), []
    for pixel in range(extent):
        place = min(max((pixel + 0.5) * size / extent - 0.5, 0), size - 1)
        left = int(place)
        right = min(left + 1, size - 1)
        out.append((1 - (place - left)) * values[left] + (place - left) * values[right])
    return torch.stack(out)


def plain_spread(maps, height, width):
    """Cell after cell: bilinear enlargement of that cell alone, scaled to the cell's value."""
    total = torch.zeros(height, width, dtype=maps.dtype)
    for row in range(maps.shape[0]):
        for column in range(maps.shape[1]):
            alone = torch.zeros_like(maps)
            alone[row, column] = 1
            rows = torch.stack([bilinear(line, height) for line in alone.T], 1)
            pixels = torch.stack([bilinear(line, width) for line in rows])
            total += maps[row, column] * pixels / pixels.sum()
    return total


def check_channels_are_summed_with_their_weights():
    maps, weights = drawn((2, 3, 2, 4), 0), drawn((2, 3), 1) - 0.5
    expected = torch.stack([sum(weights[b, c] * maps[b, c] for c in range(3)) for b in range(2)])[:, None]
    torch.testing.assert_close(activation_maps.channel_weighted_map(maps, weights), expected, atol=1e-15, rtol=0)
    spread = weights[:, :, None, None].expand(2, 3, 2, 4)
    torch.testing.assert_close(activation_maps.channel_weighted_map(maps, spread), expected, atol=1e-15, rtol=0)


def check_mean_weights_are_means_over_positions():
    gradients = drawn((2, 3, 2, 4), 5) - 0.5
    found = activation_maps.mean_weights(gradients)
    for b in range(2):
        for c in range(3):
            assert abs(float(found[b, c]) - sum(gradients[b, c].flatten().tolist()) / 8) < 1e-15


def check_share_weights_are_the_papers(seed):
    """Fu et al., eq. 8, value by value, on activations as behind a ReLU; the last channel is dead."""
    maps, gradients = drawn((2, 3, 2, 3), seed), drawn((2, 3, 2, 3), seed + 1) - 0.5
    maps = (maps - 0.3).clamp_min(0)
    maps[:, 2] = 0
    found = activation_maps.share_weights(maps, gradients)
    for b in range(2):
        for c in range(3):
            total, weight = float(maps[b, c].sum()), 0.0
            for i in range(2):
                for j in range(3):
                    weight += float(maps[b, c, i, j]) / total * float(gradients[b, c, i, j]) if total else 0.0
            assert abs(float(found.values[b, c]) - weight) < 1e-12
    assert not found.unstable.any()
    weighted = activation_maps.channel_weighted_map(maps, found.values)
    torch.testing.assert_close(weighted.sum((1, 2, 3)), (maps * gradients).sum((1, 2, 3)), atol=1e-13, rtol=0)


def check_exponential_weights_are_the_papers(seed):
    """Chattopadhyay et al., eq. 19 and 12, value by value, without the factor exp(score)."""
    maps, gradients = drawn((2, 3, 2, 3), seed), drawn((2, 3, 2, 3), seed + 1) - 0.5
    maps[0] -= 0.2
    found = activation_maps.exponential_weights(maps, gradients).values
    for b in range(2):
        for c in range(3):
            weight, total = 0.0, float(maps[b, c].sum())
            for g in gradients[b, c].flatten().tolist():
                weight += g**2 / (2 * g**2 + total * g**3) * max(g, 0.0)
            assert abs(float(found[b, c]) - weight) < 1e-12


def check_tiny_gradients_keep_their_weights():
    maps = drawn((1, 2, 2, 2), 3).float()
    found = activation_maps.exponential_weights(maps, torch.full((1, 2, 2, 2), 1e-25))
    torch.testing.assert_close(found.values, torch.full((1, 2), 4 * 1e-25 / 2), rtol=1e-5, atol=0)


def check_the_first_component_is_numpys_with_a_sum_that_is_not_negative(shape):
    maps = drawn((3, *shape), 6) - 0.6
    found = activation_maps.first_component(maps)
    assert (found.sum((1, 2, 3)) >= 0).all()
    for one, map_ in zip(maps, found, strict=True):
        positions = one.flatten(1).T.numpy()
        _, _, right = np.linalg.svd(positions, full_matrices=False)
        projected = positions @ right[0]
        expected = projected if projected.sum() >= 0 else -projected
        np.testing.assert_allclose(map_.flatten().numpy(), expected, atol=1e-12)


def check_each_cell_is_shared_among_pixels_as_bilinear_enlargement_shows_it(size):
    maps = drawn((2, 1, 3, 4), 2) - 0.3
    found = activation_maps.spread_over_input(maps, *size)
    for one in range(2):
        torch.testing.assert_close(found[one, 0], plain_spread(maps[one, 0], *size), atol=1e-14, rtol=0)


def check_sums_hold_whatever_the_sides(rows, columns, height, width):
    maps = drawn((3, 1, rows, columns), 3) - 0.5
    found = activation_maps.spread_over_input(maps, height, width)
    assert found.shape == (3, 1, height, width)
    torch.testing.assert_close(found.sum((1, 2, 3)), maps.sum((1, 2, 3)), atol=1e-13, rtol=0)


def check_what_has_one_sign_keeps_it(rows, columns, height, width):
    maps = drawn((1, 1, rows, columns), 9)
    assert (activation_maps.spread_over_input(maps, height, width) >= 0).all()


def test_channels_are_summed_with_their_weights():
    check_channels_are_summed_with_their_weights()


def test_mean_weights_are_means_over_positions():
    check_mean_weights_are_means_over_positions()


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_share_weights_are_the_papers_and_the_map_sums_to_activations_times_gradients(seed):
    check_share_weights_are_the_papers(seed)


def test_weights_of_channels_that_cancel_are_told():
    maps, gradients = drawn((2, 2, 2, 2), 1) + 0.5, drawn((2, 2, 2, 2), 2)
    maps[1, 0] = torch.tensor([[1.0, -1.0], [1.0, -0.999]])
    found = activation_maps.share_weights(maps, gradients)
    assert found.unstable[0] == 0
    assert found.unstable[1] > 0.9
    maps[1, 0] = torch.tensor([[1.0, -1.0], [1.0, -1.0]])
    assert activation_maps.share_weights(maps, gradients).values[1, 0] == 0


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_exponential_weights_are_the_papers(seed):
    check_exponential_weights_are_the_papers(seed)


def test_tiny_gradients_keep_their_weights():
    check_tiny_gradients_keep_their_weights()


def test_a_denominator_of_zero_gives_no_weight_and_one_near_it_is_told():
    maps, gradients = torch.full((1, 1, 2, 2), -0.5), torch.tensor([[[[1.0, -1.0], [0.0, 0.0]]]])
    found = activation_maps.exponential_weights(maps, gradients)  # 2 + 1 * (-2) is zero
    assert found.values.tolist() == [[0.0]]
    other = activation_maps.exponential_weights(maps * 0.9, gradients)
    assert other.values[0, 0] == pytest.approx(1 / 0.2)
    assert other.unstable.tolist() == [1.0]
    assert activation_maps.exponential_weights(-maps, gradients).unstable.tolist() == [0.0]


@pytest.mark.parametrize("shape", [(7, 2, 3), (3, 4, 5), (1, 2, 2)], ids=str)
def test_the_first_component_is_numpys_with_a_sum_that_is_not_negative(shape):
    check_the_first_component_is_numpys_with_a_sum_that_is_not_negative(shape)


def test_the_first_component_of_nothing_is_nothing():
    assert not activation_maps.first_component(torch.zeros(1, 3, 2, 2)).any()


@pytest.mark.parametrize("size", [(3, 4), (6, 8), (9, 20), (10, 13)])
def test_each_cell_is_shared_among_pixels_as_bilinear_enlargement_shows_it(size):
    check_each_cell_is_shared_among_pixels_as_bilinear_enlargement_shows_it(size)


@given(SIDES, SIDES, SIDES, SIDES)
@settings(max_examples=60, deadline=None)
def test_sums_hold_whatever_the_sides_also_of_maps_larger_than_the_picture(rows, columns, height, width):
    check_sums_hold_whatever_the_sides(rows, columns, height, width)
    check_what_has_one_sign_keeps_it(rows, columns, height, width)


def test_at_whole_multiples_it_is_plain_bilinear_enlargement_times_a_constant():
    maps = drawn((1, 1, 3, 4), 4) - 0.5
    found = activation_maps.spread_over_input(maps, 12, 8)
    torch.testing.assert_close(found, activation_maps.enlarged(maps, 12, 8) * 12 / 96, atol=1e-14, rtol=0)
    torch.testing.assert_close(activation_maps.spread_over_input(maps, 3, 4), maps, atol=1e-15, rtol=0)


def test_single_precision_stays_single_and_nearly_exact():
    maps = drawn((5, 1, 7, 7), 4) - 0.5
    found = activation_maps.spread_over_input(maps.float(), 230, 230)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double().sum((1, 2, 3)), maps.sum((1, 2, 3)), atol=1e-6, rtol=0)


def test_what_is_kept_of_one_enlargement_serves_the_next_in_every_mode_and_dtype():
    maps = drawn((1, 1, 5, 6), 0).float()
    with torch.inference_mode():
        first = activation_maps.spread_over_input(maps.clone(), 23, 29)
    asked = maps.double().requires_grad_()
    second = activation_maps.spread_over_input(asked, 23, 29)
    (gradient,) = torch.autograd.grad(second.sum(), asked)
    assert torch.allclose(second, first.double(), atol=1e-6)
    assert torch.allclose(gradient, torch.ones_like(asked))  # no share is lost
    assert activation_maps._shares(5, 23) is activation_maps._shares(5, 23)
