"""Likeness of maps beside slow loops, scipy and scikit-image, and where it is exact or undefined."""

import math

import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from xaivision.engines import map_likeness


def maps(batch=3, height=9, width=8, seed=0):
    return torch.randn(batch, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_ranks(before, after):
    return map_likeness.RankLikeness(before)(after).tolist()


def by_windows(before, after):
    return map_likeness.StructuralLikeness(before)(after).tolist()


def check_ranks_are_scipys_over_what_is_not_zero_in_both():
    first, second = maps(seed=1), maps(seed=2)
    first[0, :5] = 0
    second[0, :6] = 0
    first[1, :4] = 0  # the other map has values there: these features count
    expected = []
    for one, other in zip(first.flatten(1).tolist(), second.flatten(1).tolist(), strict=True):
        kept = [pair for pair in zip(one, other, strict=True) if pair != (0, 0)]
        expected.append(spearmanr([a for a, _ in kept], [b for _, b in kept]).statistic)
    assert by_ranks(first, second) == pytest.approx(expected, abs=1e-12)


def check_a_map_held_against_several_keeps_its_own_ranks():
    first, others = maps(seed=1), [maps(seed=seed) for seed in range(2, 5)]
    alike = map_likeness.RankLikeness(first)
    for other in others:
        assert alike(other).tolist() == by_ranks(first, other)


def check_a_map_is_exactly_like_itself_and_unlike_its_negative():
    for sparse in (False, True):
        found = maps().float()
        if sparse:
            found[:, :4] = 0
        assert by_ranks(found, found.clone()) == [1.0, 1.0, 1.0]
        assert by_ranks(found, -found) == [-1.0, -1.0, -1.0]
        assert by_windows(found, found.clone()) == pytest.approx([1.0] * 3, abs=1e-12)
        assert max(by_windows(found, -found)) < -0.5


def check_constant_and_infinite_maps_have_no_ranks():
    good, spoiled = maps(3), torch.ones(3, 9, 8)
    spoiled[1] = maps(3)[1]
    spoiled[1, 0, 0] = math.inf
    spoiled[2] = 0
    for found in (by_ranks(good, spoiled), by_ranks(spoiled, good)):
        assert [math.isnan(one) for one in found] == [True, True, True]


def check_windows_are_scikit_images_where_nothing_is_zero():
    first, second = maps(seed=1), maps(seed=2)
    expected = []
    for one, other in zip(first, second, strict=True):
        grays = [(0.5 + 0.5 * map_ / map_.abs().max()).numpy() for map_ in (one, other)]
        expected.append(structural_similarity(*grays, win_size=7, data_range=1.0))
        _, local = structural_similarity(*grays, win_size=7, data_range=1.0, full=True)
        expected[-1] = float(local.mean())
    assert by_windows(first, second) == pytest.approx(expected, abs=1e-12)


def check_pixels_that_are_zero_in_both_are_no_likeness():
    first, second = maps(1, 30, 30, seed=1), maps(1, 30, 30, seed=2)
    first[:, :, 8:], second[:, :, 8:] = 0, 0
    grays = [(0.5 + 0.5 * map_[0] / map_[0].abs().max()).numpy() for map_ in (first, second)]
    faked = structural_similarity(*grays, win_size=7, data_range=1.0)
    assert faked > 0.6
    assert by_windows(first, second)[0] < 0.4


def check_windows_of_zero_or_infinite_maps_are_undefined():
    good, spoiled = maps(2), maps(2, seed=1)
    spoiled[0] = 0
    spoiled[1, 2, 2] = math.nan
    assert all(math.isnan(one) for one in (*by_windows(good, spoiled), *by_windows(spoiled, good)))


def check_scale_of_a_map_is_no_unlikeness():
    first, second = maps(seed=1), maps(seed=2)
    assert by_ranks(first, 1024 * second) == by_ranks(first, second)
    assert by_windows(first, 1024 * second) == by_windows(first, second)


def check_entropies_count_values_in_equal_bins():
    rows = torch.tensor([[0.0, 1, 2, 3], [0, 0, 0, 3], [5, 5, 5, 5], [0, 0.1, 2.9, 3], [-3, -2, -1, 0]])
    expected = [math.log(4), -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)), 0.0, math.log(2), math.log(4)]
    assert map_likeness.map_entropies(rows, 4).tolist() == pytest.approx(expected, abs=1e-12)


def check_entropies_of_many_bins_are_those_of_a_loop():
    rows = maps(2, 20, 20)
    for row, found in zip(rows.flatten(1).tolist(), map_likeness.map_entropies(rows).tolist(), strict=True):
        low, high = min(row), max(row)
        counts = [0] * 100
        for value in row:
            counts[min(99, math.floor((value - low) / (high - low) * 100))] += 1
        assert found == pytest.approx(-sum(c / 400 * math.log(c / 400) for c in counts if c), abs=1e-12)


def check_an_infinite_map_has_no_entropy():
    rows = maps(2)
    rows[1, 3, 3] = math.inf
    assert map_likeness.map_entropies(rows).isnan().tolist() == [False, True]


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_likeness(check):
    check()


def test_half_precision_maps_are_ranked():
    half = maps().to(torch.bfloat16)
    assert by_ranks(half, half.clone()) == [1.0, 1.0, 1.0]
