"""The cross-table as a result: tiers of losses that chance cannot tell apart, and what it says as text."""

import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.presenting import Presentable
from xaivision.explainers.cross_table import CrossTable

NAN = float("nan")


def table(losses=((1.0, 5.0), (1.2, NAN), (1.4, 5.0), (9.0, 1.0)), differences=0.25, rows=2):
    losses = torch.tensor(losses, dtype=torch.float64)
    return CrossTable(
        ("a", "b", "c", "d"),
        ("near", "far"),
        losses,
        losses * 0.1,
        torch.full((2, 4, 4), differences, dtype=torch.float64),
        torch.tensor([2.0, 4.0], dtype=torch.float64),
        losses.isnan().long(),
        rows,
        "logit",
        "Far: away.",
        ("Undefined on far: b.",),
    )


def test_losses_within_their_chance_of_the_least_share_a_tier():
    """Of the least of the tier, not of each other: 1.0 and 1.4 are told apart, though 1.2 lies between them."""
    assert table().tiers_on("near") == [("a", "b"), ("c",), ("d",)]
    assert table(differences=0.5).tiers_on("near") == [("a", "b", "c"), ("d",)]
    assert table(differences=0.0).tiers_on("near") == [("a",), ("b",), ("c",), ("d",)]


def test_the_chance_of_a_difference_is_that_of_its_own_two_methods():
    found = table(differences=0.0)
    found.differences[0, 1, 2] = 0.3
    assert found.tiers_on("near") == [("a",), ("b", "c"), ("d",)]


def test_equal_losses_share_a_tier():
    assert table(differences=0.0).tiers_on("far") == [("d",), ("a", "c")]


def test_undefined_losses_are_in_no_tier():
    assert table().tiers_on("far") == [("d",), ("a", "c")]
    assert table().tiers_on("far", ("b",)) == []
    nothing = table(((NAN, NAN),) * 4)
    assert nothing.best_on("far") == ()
    assert "Least on far: no method, all losses are undefined." in str(nothing)


def test_only_the_methods_asked_about_are_ranked():
    assert table().tiers_on("near", ("d", "c")) == [("c",), ("d",)]


def test_the_best_are_all_that_are_not_told_apart():
    assert table().best_on("near") == ("a", "b")
    assert table().best_in_words("near") == "a and b (not told apart)"
    assert table().best_in_words("far") == "d"
    assert table(differences=100.0).best_in_words("near") == "all methods alike"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda found: found.best_on("beyond"), "`neighborhood` must be one of 'near', 'far'. Got 'beyond'"),
        (lambda found: found.tiers_on("near", ("a", "lime")), "must hold methods of the table: a, b, c, d. Got 'lime'"),
    ],
)
def test_what_is_not_in_the_table_is_refused(ask, words):
    with pytest.raises(InputError, match=words):
        ask(table())


def test_as_text_it_says_what_the_numbers_are_and_which_are_undefined():
    said = str(table())
    assert "undefined" in said.splitlines()[2]
    assert "Mean squared error of the logit, over 2 rows. That of the best constant: near 2, far 4." in said
    assert "Least on near: a and b (not told apart).\nLeast on far: d.\nFar: away.\nUndefined on far: b." in said
    assert "over one row" in str(table(rows=1))
    assert repr(table()) == "CrossTable(4 methods on 2 neighborhoods, squared error of the logit)"


def test_a_notebook_shows_the_losses():
    shown = table()._repr_html_()
    assert "<table" in shown
    assert shown.count("undefined") == 1


def test_it_promises_no_figure_and_no_file():
    assert not isinstance(table(), Presentable)
    assert not hasattr(table(), "show")
    assert not hasattr(table(), "save")
