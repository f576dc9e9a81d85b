import pytest
import torch
from closed_form_games import Network, Votes, random_unanimity, shapley_by_definition
from hypothesis import given, settings
from hypothesis import strategies as st

from xaivision.core.errors import InputError
from xaivision.engines import coalition_enumeration as enumeration


def check_a_table_is_in_the_order_of_its_bits():
    coalitions = enumeration.all_coalitions(3)
    assert coalitions.tolist()[5] == [True, False, True]
    assert (coalitions.long() * torch.tensor([1, 2, 4])).sum(1).tolist() == list(range(8))
    table = enumeration.value_table(lambda asked: asked[:, 0].double() + 10 * asked[:, 2].double(), 3)
    assert table.tolist() == [0, 1, 0, 1, 10, 11, 10, 11]


def check_values_are_those_of_the_definition(players, seed):
    game = Network(players, seed, scale=2.0)
    found = enumeration.shapley_values(enumeration.value_table(game, players))
    assert torch.allclose(found, shapley_by_definition(game, players), rtol=0, atol=1e-13)


def check_unanimity_games_have_their_closed_form(players, seed):
    game = random_unanimity(players, [4, 4, 4, 4][:players], seed, empty=3.0)
    table = enumeration.value_table(game, players)
    assert torch.allclose(enumeration.shapley_values(table), game.shapley, rtol=0, atol=1e-12)
    assert torch.allclose(enumeration.banzhaf_values(table), game.banzhaf, rtol=0, atol=1e-12)


def check_exact_values_say_so():
    game = Votes(6, 1)
    found = enumeration.exact_estimate(game, 6)
    assert found.coalitions == 64
    assert found.exact
    assert not found.standard_error.any()
    assert torch.allclose(found.values.sum(), torch.tensor(1.0, dtype=torch.float64))


def test_a_table_is_in_the_order_of_its_bits():
    check_a_table_is_in_the_order_of_its_bits()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(0, 10_000))
def test_values_are_those_of_the_definition(players, seed):
    check_values_are_those_of_the_definition(players, seed)


@settings(max_examples=25, deadline=None)
@given(st.integers(4, 12), st.integers(0, 10_000))
def test_unanimity_games_have_their_closed_form(players, seed):
    check_unanimity_games_have_their_closed_form(players, seed)


def test_exact_values_say_so():
    check_exact_values_say_so()


def test_one_player_gets_everything():
    game = random_unanimity(1, [1], 0, empty=2.0)
    found = enumeration.exact_estimate(game, 1)
    assert torch.allclose(found.values, game.shapley, rtol=0, atol=1e-15)
    assert found.coalitions == 2


def test_sixteen_players_are_a_matter_of_a_moment_and_one_call():
    game = random_unanimity(16, [16, 16, 16], 3)
    assert torch.allclose(enumeration.exact_estimate(game, 16).values, game.shapley, rtol=0, atol=1e-11)


def test_more_players_than_can_be_enumerated_are_refused():
    with pytest.raises(InputError, match=r"At most 21 players can be enumerated\. Got 30: sample coalitions of them instead"):
        enumeration.all_coalitions(30)


@pytest.mark.parametrize("length", [0, 1, 3, 12])
def test_a_table_with_gaps_is_refused(length):
    with pytest.raises(InputError, match=rf"one for each of 2\^M coalitions. Got {length}"):
        enumeration.shapley_values(torch.zeros(length))
