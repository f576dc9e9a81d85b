"""Columns that are present or absent together."""

import pytest

from xaivision.core.errors import InputError, UnknownNameError
from xaivision.engines import grouping

NAMES = ("age", "red", "green", "blue", "weight")


def check_players(groups, players):
    assert grouping.column_players(groups, 5, NAMES).tolist() == players


@pytest.mark.parametrize(
    ("groups", "players"),
    [
        (None, [0, 1, 2, 3, 4]),
        ([["red", "green", "blue"]], [0, 1, 1, 1, 2]),
        ({"color": [3, "red", 2], "rest": [4, 0]}, [0, 1, 1, 1, 0]),
        ({"last": (4,)}, [0, 1, 2, 3, 4]),
    ],
)
def test_players_are_numbered_in_the_order_of_the_columns(groups, players):
    check_players(groups, players)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([["red"], ["red", "blue"]], "one group. Got column 'red' in two"),
        ([[]], r"none of them empty. Got \[\]"),
        (["red"], "lists of columns.* Got 'red'"),
        ([[5]], "from 0 to 4. Got 5"),
    ],
)
def test_groups_that_make_no_sense_are_one_clear_sentence(groups, words):
    with pytest.raises(InputError, match=words):
        grouping.column_players(groups, 5, NAMES)


def test_an_unknown_column_is_named_with_the_closest_one():
    with pytest.raises(UnknownNameError, match="Did you mean `green`"):
        grouping.column_players([["grean"]], 5, NAMES)
