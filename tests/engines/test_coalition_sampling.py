from itertools import combinations
from math import comb

import pytest
import torch
from closed_form_games import leverage_sample, random_draws
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.engines import coalition_sampling as sampling


def rows_of(coalitions):
    return [tuple(row) for row in coalitions.int().tolist()]


def check_rows_are_distinct_complement_pairs(players, budget, seed=0):
    found = leverage_sample(players, budget, random_draws(seed))
    assert torch.equal(found.coalitions[1::2], ~found.coalitions[0::2])
    assert len(set(rows_of(found.coalitions))) == len(found.coalitions)
    assert torch.equal(found.coalitions[0::2].sum(1), found.sizes)
    assert found.pairs == min((budget - 2) // 2, 2 ** (players - 1) - 1)
    assert found.complete == (budget >= 2**players)


def check_every_size_gets_an_equal_share_until_it_is_there_wholly(players, budget):
    """Water poured into vessels: as high in each, where the vessel is not full."""
    found = leverage_sample(players, budget, random_draws(1))
    drawn = torch.bincount(found.coalitions.sum(1), minlength=players).tolist()[1:]
    whole = [comb(players, size) for size in range(1, players)]
    open_sizes = [count for count, most in zip(drawn, whole, strict=True) if count < most]
    level = max(drawn)
    assert all(count == most or level - count <= 2 for count, most in zip(drawn, whole, strict=True)), (drawn, open_sizes)
    for count, most, share in zip(drawn, whole, shares_of(found, players), strict=True):
        assert share == pytest.approx(count / most)


def shares_of(found, players):
    share = {int(size): float(part) for size, part in zip(found.sizes, found.shares, strict=True)}
    return [share[min(size, players - size)] for size in range(1, players)]


def check_more_budget_goes_on_with_the_same_draw(players, few, many, seed=3):
    first = leverage_sample(players, few, random_draws(seed))
    more = leverage_sample(players, many, random_draws(seed))
    assert torch.equal(first.coalitions, more.coalitions[: len(first.coalitions)])
    assert len(more.coalitions) > len(first.coalitions)


def check_weights_make_each_size_count_as_a_whole(players, budget):
    """The Shapley kernel of a coalition is (M - 1) / (C(M, s) s (M - s)); the drawn of a size carry that of all of it."""
    found = leverage_sample(players, budget, random_draws(2))
    sizes = found.coalitions.sum(1)
    for size in range(1, players):
        carried = found.weights[sizes == size]
        assert torch.allclose(carried.sum(), torch.tensor((players - 1) / (size * (players - size)), dtype=torch.float64))
        assert torch.equal(carried, carried[:1].expand_as(carried))


def check_each_coalition_of_a_size_is_drawn_as_often(seeds=3000):
    """Five players, six pairs: about two of the ten of size two each time."""
    counts = {}
    for seed in range(seeds):
        found = leverage_sample(5, 14, random_draws(seed))
        for row in rows_of(found.coalitions[0::2]):
            counts[row] = counts.get(row, 0) + 1
    for size in (1, 2):
        mine = torch.tensor([count for row, count in counts.items() if sum(row) == size], dtype=torch.float64)
        assert len(mine) == comb(5, size)
        expected = float(mine.mean())
        assert float((mine - expected).abs().max()) < 5 * expected**0.5


def check_subsets_have_their_place_in_the_order(players, size):
    ranks = torch.arange(comb(players, size))
    found = [tuple(row.nonzero().flatten().tolist()) for row in sampling.subsets_of_rank(ranks, players, size)]
    assert found == list(combinations(range(players), size))


CASES = [(2, 4), (3, 6), (5, 20), (6, 63), (10, 320), (10, 1024), (10, 5000), (30, 300), (60, 2048)]


@pytest.mark.parametrize(("players", "budget"), CASES)
def test_rows_are_distinct_complement_pairs(players, budget):
    check_rows_are_distinct_complement_pairs(players, budget)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 24), st.integers(4, 700), st.integers(0, 1000))
def test_rows_are_distinct_complement_pairs_whatever_the_budget(players, budget, seed):
    check_rows_are_distinct_complement_pairs(players, budget, seed)


@pytest.mark.parametrize(("players", "budget"), [(7, 60), (10, 320), (11, 700), (30, 300), (31, 3000), (60, 2048)])
def test_every_size_gets_an_equal_share_until_it_is_there_wholly(players, budget):
    check_every_size_gets_an_equal_share_until_it_is_there_wholly(players, budget)


@pytest.mark.parametrize(
    ("players", "few", "many"), [(6, 20, 40), (10, 100, 400), (40, 200, 1000), (40, 1000, 1002), (90, 400, 900)]
)
def test_more_budget_goes_on_with_the_same_draw(players, few, many):
    check_more_budget_goes_on_with_the_same_draw(players, few, many)


@pytest.mark.parametrize(("players", "budget"), [(6, 30), (9, 100), (10, 1024), (20, 500)])
def test_weights_make_each_size_count_as_a_whole(players, budget):
    check_weights_make_each_size_count_as_a_whole(players, budget)


def test_each_coalition_of_a_size_is_drawn_as_often():
    check_each_coalition_of_a_size_is_drawn_as_often()


@pytest.mark.parametrize(("players", "size"), [(1, 1), (4, 0), (5, 2), (6, 6), (9, 4)])
def test_subsets_have_their_place_in_the_order(players, size):
    check_subsets_have_their_place_in_the_order(players, size)


def test_another_seed_draws_others():
    one, other = (leverage_sample(20, 200, random_draws(seed)).coalitions for seed in (0, 1))
    assert not torch.equal(one, other)


def test_one_player_leaves_nothing_to_draw():
    found = leverage_sample(1, 100, random_draws(0))
    assert found.pairs == 0
    assert found.coalitions.shape == (0, 1)


def test_the_draw_leaves_global_chance_alone():
    before = torch.get_rng_state()
    leverage_sample(40, 400, random_draws(0))
    assert torch.equal(before, torch.get_rng_state())


def test_four_hundred_players_are_drawn():
    found = leverage_sample(400, 3200, random_draws(0))
    assert found.coalitions.shape == (3198, 400)
    assert sorted(set(found.sizes.tolist())) == list(range(1, 201))
    assert bool(found.weights.isfinite().all())
