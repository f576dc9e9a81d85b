"""A constraint that is a function of the caller's own: rows are kept where it is at least zero."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.explainers.counterfactuals.genetic_counterfactuals import GeneticCounterfactuals
from xaivision.explainers.counterfactuals.gradient_counterfactuals import GradientCounterfactuals
from xaivision.explainers.counterfactuals.own_constraint import OwnConstraint
from xaivision.explainers.counterfactuals.random_counterfactuals import RandomCounterfactuals


def plane():
    """Class 1 where the first two columns together are above 1."""
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, 0, 0], [1, 1, 0]]))
        layer.bias.copy_(torch.tensor([0.0, -1]))
    return TorchClassifier(layer, domain="tabular", num_classes=2)


def known():
    return torch.rand(60, 3, generator=torch.Generator().manual_seed(0)) * 4 - 2


def asked(kind, constraint, **wishes):
    method = kind(known(), constraint=constraint, total_CFs=1, feature_weights=None, **wishes)
    return method.explain(plane(), torch.zeros(2, 3))


@pytest.mark.parametrize("kind", [RandomCounterfactuals, GeneticCounterfactuals, GradientCounterfactuals])
@pytest.mark.parametrize(
    "constraint",
    [
        lambda rows: rows[:, 2] - rows[:, 0] - 0.5,
        lambda rows: np.asarray(rows)[:, 2] - np.asarray(rows)[:, 0] - 0.5,
        lambda rows: [float(row[2] - row[0] - 0.5) for row in rows],
    ],
    ids=["torch", "numpy", "plain"],
)
def test_what_is_found_fulfils_it_whatever_computes_it(kind, constraint):
    """The model has nothing to say of the third column: the search is led there by the constraint."""
    found = asked(kind, constraint, norm="l2")
    assert found.found.all()
    ways = found.counterfactuals[:, 0]
    assert bool((ways[:, 2] - ways[:, 0] >= 0.5).all())
    assert bool((ways[:, :2].sum(1) > 1).all())


def test_a_mask_keeps_what_it_names():
    found = asked(GradientCounterfactuals, lambda rows: rows[:, 2] < 1)
    assert found.found.all()
    found = asked(RandomCounterfactuals, lambda rows: rows[:, 2] > 1)
    assert bool((found.counterfactuals[:, 0, 2] > 1).all())
    assert found.found.all()


def test_zero_is_kept_less_is_not_and_neither_is_what_is_no_number():
    told = OwnConstraint(lambda rows: rows[:, 0], torch.ones(1)).slack(torch.tensor([[-1.0], [0.0], [2.0], [torch.nan]]))
    assert (told > 0).tolist() == [False, True, True, False]


def test_slopes_are_those_of_the_function():
    rows = known().double()
    own = OwnConstraint(lambda table: 3 * table[:, 0] - table[:, 1] * table[:, 2], torch.ones(3, dtype=torch.float64))
    expected = torch.stack([torch.full((60,), 3.0, dtype=torch.float64), -rows[:, 2], -rows[:, 1]], 1)
    torch.testing.assert_close(own.slopes(rows), expected)


def test_where_nothing_fulfils_it_that_is_the_reason():
    found = asked(RandomCounterfactuals, lambda rows: -torch.ones(len(rows)))
    assert not found.found.any()
    (reason,) = found.verdicts[0].reasons
    assert reason.startswith("not found: ")
    assert reason.endswith("with less than zero by `constraint`")


def test_what_it_says_nothing_of_is_not_told_as_less_than_zero():
    """Of the tries that reach the class some are nan, and some less than zero: each is counted as what it is."""
    found = asked(RandomCounterfactuals, lambda rows: torch.full((len(rows),), torch.nan))
    (reason,) = found.verdicts[0].reasons
    assert re.fullmatch(r"not found: [\d,]+ of [\d,]+ tries are predicted as 1, but all with nan by `constraint`", reason)
    found = asked(RandomCounterfactuals, lambda rows: torch.where(rows[:, 2] > 0, torch.nan, -torch.inf))
    (reason,) = found.verdicts[0].reasons
    assert re.search(r"but [\d,]+ with less than zero by `constraint` and [\d,]+ with nan by `constraint`$", reason)


def grown_up(rows):
    return {"age": rows}["years"]


@pytest.mark.parametrize(
    ("function", "came", "cause"),
    [
        (lambda rows: rows, r"Got shape \(\d+, 3\)\.", None),
        (lambda rows: 1.0, r"Got shape \(\)\.", None),
        (lambda rows: "yes", "Got str: yes", TypeError),
        (lambda rows: ["yes"] * len(rows), "Got list: ", Exception),
        (lambda rows: None, "Got NoneType: None", Exception),
        (lambda rows: rows[:, 0] * 1j, "Got complex numbers", None),
        (lambda rows: rows[:, 7], "It raised IndexError: index 7 is out of bounds", IndexError),
        (grown_up, "It raised KeyError: 'years'", KeyError),
    ],
)
def test_a_function_that_does_not_say_one_number_a_row_is_refused_in_one_sentence(function, came, cause):
    with pytest.raises(InputError, match=came) as said:
        asked(RandomCounterfactuals, function)
    named = " `grown_up`" if function is grown_up else ""
    assert str(said.value).startswith(f"`constraint`{named} must return one number a row, (")
    assert ", of at least 0 where the row is kept. " in str(said.value)
    assert isinstance(said.value.__cause__, cause) if cause else said.value.__cause__ is None


@pytest.mark.parametrize("given", ["survive_deletion", "Survives-Deletions"])
def test_a_mistyped_name_of_a_constraint_is_told_the_right_one(given):
    with pytest.raises(InputError, match=r"is not a known constraint\. Did you mean `survives_deletion`\?"):
        RandomCounterfactuals(known(), constraint=given)
    with pytest.raises(InputError, match=r"`fast` is not a known constraint\. Known: survives_deletion\."):
        RandomCounterfactuals(known(), constraint="fast")
    with pytest.raises(InputError, match=r"`constraint` must be a function of rows .* or `SurvivesDeletion\(\.\.\.\)`"):
        RandomCounterfactuals(known(), constraint="survives_deletion")


def test_numbers_are_moved_by_a_hundredth_of_their_columns_spread_to_see_what_that_changes():
    """The slope of a cube between both sides of zero is the square of the way."""
    own = OwnConstraint(lambda table: (table**3).sum(1), torch.tensor([100.0, 0.1], dtype=torch.float64))
    slopes = own.slopes(torch.zeros(1, 2, dtype=torch.float64))
    torch.testing.assert_close(slopes, torch.tensor([[1.0, 1e-6]], dtype=torch.float64), rtol=1e-9, atol=0)


def test_a_column_without_spread_has_no_slope():
    own = OwnConstraint(lambda table: table.sum(1), torch.tensor([1.0, 0.0], dtype=torch.float64))
    slopes = own.slopes(torch.tensor([[2.0, 3.0]], dtype=torch.float64))
    torch.testing.assert_close(slopes, torch.tensor([[1.0, 0.0]], dtype=torch.float64))


@pytest.mark.parametrize("setting", ["constraint", "cost"])
def test_a_function_that_writes_into_what_it_is_given_changes_nothing(setting):
    """Were the rows its own, their first two columns would be above 1 by what it wrote there, and found without being so."""

    def writing(*given):
        rows = given[-1]
        said = 2 - rows[:, 0] if setting == "constraint" else (rows - given[0]).abs().sum(1)
        for one in given:
            one.fill_(3)
        return said

    settings = {"total_CFs": 1, "feature_weights": None, setting: writing}
    inputs = torch.zeros(2, 3)
    found = RandomCounterfactuals(known(), **settings).explain(plane(), inputs)
    assert found.found.all()
    assert bool((plane()(found.counterfactuals[:, 0]).argmax(1) == 1).all())
    assert bool((found.counterfactuals[:, 0, 0] < 2).all())
    assert not bool((found.counterfactuals == 3).any())
    assert not bool(inputs.any())


def test_a_cost_that_fails_is_named_as_a_constraint_is():
    with pytest.raises(
        InputError, match=r"^`cost` must return one number a row, \(\d+,\)\. It raised ZeroDivisionError: "
    ) as said:
        asked(RandomCounterfactuals, None, cost=lambda row, rows: 1 / 0)
    assert isinstance(said.value.__cause__, ZeroDivisionError)
    with pytest.raises(InputError, match=r"^`cost` must return one number a row, \(\d+,\)\. Got dict: "):
        asked(RandomCounterfactuals, None, cost=lambda row, rows: {})


def test_where_the_cost_forbids_all_that_is_the_reason():
    found = asked(RandomCounterfactuals, None, cost=lambda row, rows: torch.full((len(rows),), torch.inf))
    assert not found.found.any()
    assert all(
        re.fullmatch(r"not found: all [\d,]+ rows that reach 1 cost inf by `cost`, which forbids them", one.reasons[0])
        for one in found.verdicts
    )
