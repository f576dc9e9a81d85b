"""Measures of counterfactuals on sets whose every number is known."""

from dataclasses import replace

import pytest
import torch

from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.origin import Origin
from xaivision.core.query import asked
from xaivision.data.feature import Feature
from xaivision.data.registry import load_dataset
from xaivision.data.schema import TableSchema
from xaivision.evaluation.counterfactual_quality import CARDS, counterfactual_quality
from xaivision.evaluation.counterfactual_rights import rights_of
from xaivision.explainers.counterfactuals.wishes import Wishes

# Class 1 where the first column is above 1. Spreads of the background: 1, 2, and nothing.
MODEL = FunctionClassifier(
    lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1), 2, score_unit="logit", domain="tabular", array="torch"
)
BACKGROUND = torch.tensor([[1.0, 0.0, 5.0], [3.0, 4.0, 5.0], [1.0, 0.0, 5.0], [3.0, 4.0, 5.0]])
ROWS = torch.zeros(3, 3)
FOUND = torch.tensor(
    [
        [[2.0, 0.0, 0.0], [2.0, 4.0, 3.0]],
        [[3.0, 4.0, 0.0], [0.0, 0.0, 0.0]],
        [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ]
)
HELD = torch.tensor([[True, True], [True, False], [False, False]])


def quality(found=FOUND, held=HELD):
    result = Counterfactuals(
        asked(MODEL, ROWS),
        Origin("probe"),
        Diagnostics(),
        counterfactuals=found,
        goals=torch.ones(3, dtype=torch.int64),
        scores=torch.zeros(3, 2),
        found=held,
    )
    return {name: scores.values.tolist() for name, scores in counterfactual_quality(MODEL, result, BACKGROUND).items()}


def test_each_measure_is_what_it_is_by_hand():
    told = quality()
    assert told["validity"] == [1.0, 0.5, 0.0]
    # The change in standard deviations: 2; 2 + 2 + 3 (a constant column counts as it is); 3 + 2.
    assert told["proximity_l1"][:2] == [(2 + 7) / 2, 5.0]
    assert told["proximity_l2"][:2] == pytest.approx([(2 + 17**0.5) / 2, 13**0.5])
    assert told["sparsity"][:2] == [2.0, 2.0]
    assert told["redundancy"][:2] == [(0 + 2) / 2, 1.0]
    assert told["diversity"][0] == pytest.approx(1 - (1 / (1 + 5)) ** 2)
    assert told["diversity"][1] == 0.0
    # Two of the four rows of the background are of class 1.
    assert told["neighbor_agreement"][:2] == [0.5, 0.5]
    assert told["distance_to_class"][1] == pytest.approx(5.0)


def test_what_was_not_found_has_no_measure_but_validity():
    told = quality()
    for name, values in told.items():
        assert values[2] == 0 if name in ("validity", "seconds") else values[2] != values[2], name


def test_a_claim_that_does_not_flip_is_not_valid():
    assert quality(found=torch.zeros(3, 3, 3)[:, :2].clone())["validity"] == [0.0, 0.0, 0.0]


def test_a_background_of_other_columns_is_refused():
    result = Counterfactuals(
        asked(MODEL, ROWS), Origin("probe"), Diagnostics(), FOUND, torch.ones(3, dtype=torch.int64), torch.zeros(3, 2), HELD
    )
    with pytest.raises(InputError, match="`background` must be rows with the columns of the counterfactuals"):
        counterfactual_quality(MODEL, result, BACKGROUND[:, :2])


def judged(model, rows, found, background, **more):
    """The measures of one counterfactual a row, each said to be found."""
    count = len(rows)
    result = Counterfactuals(
        asked(model, rows),
        Origin("probe"),
        Diagnostics(seconds=3.0),
        counterfactuals=found[:, None],
        goals=torch.ones(count, dtype=torch.int64),
        scores=torch.zeros(count, 1),
        found=torch.ones(count, 1, dtype=torch.bool),
    )
    return {name: scores.values for name, scores in counterfactual_quality(model, result, background, **more).items()}


def cloud(count=400, columns=3, seed=0):
    return torch.randn(count, columns, generator=torch.Generator().manual_seed(seed))


def test_robustness_to_noise_is_the_normal_distribution_of_the_margin():
    """A change to a margin of m standard deviations beyond a border holds as often as noise of a tenth of one stays below m."""
    background = cloud(4000)
    rows = torch.zeros(4, 3)
    beyond = torch.tensor([0.0, 0.1, 0.2, -0.1])
    found = rows.clone()
    found[:, 0] = 1 + beyond
    told = judged(MODEL, rows, found, background)["robustness"]
    spread = float(background[:, 0].std())
    expected = torch.distributions.Normal(0, 1).cdf(beyond.double() / (0.1 * spread))
    assert told.tolist() == pytest.approx(expected.tolist(), abs=0.12)
    assert told[1:].argsort().tolist() == [2, 0, 1]


def test_robustness_moves_only_what_has_changed():
    """The border is in a column that has not changed: no noise there."""
    rows = torch.tensor([[1.01, 0.0, 0.0]])
    assert judged(MODEL, rows, torch.tensor([[1.01, 5.0, 0.0]]), cloud())["robustness"].tolist() == [1.0]


def test_a_row_of_the_background_is_no_outlier_and_one_far_away_is():
    background = cloud()
    rows = torch.zeros(2, 3)
    told = judged(MODEL, rows, torch.stack([background[5] * 0.1, torch.full((3,), 20.0)]), background)["local_outlier"]
    assert told.tolist() == [1.0, 0.0]


def test_every_kind_of_forbidden_change_is_counted_and_an_allowed_one_is_not():
    data = load_dataset("wine")
    schema = data.schema
    frozen = replace(schema, features=(replace(schema.features[0], mutable=False), *schema.features[1:]))
    model = FunctionClassifier(
        lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1),
        2,
        score_unit="logit",
        domain="tabular",
        array="torch",
        schema=frozen,
    )
    row = data.train.inputs[:1]
    low, high = schema.features[2].low, schema.features[2].high
    wishes = Wishes(data.train.inputs, one_way={3: "up"}, features_to_vary=[0, 2, 3])
    changes = {0: row[0, 0] + 0.1, 2: high + 1, 3: row[0, 3] - 1, 4: row[0, 4] + 1}
    for column, value in changes.items():
        found = row.clone()
        found[0, column] = value
        assert judged(model, row, found, data.train.inputs, wishes=wishes)["violations"].tolist() == [1.0], column
    allowed = row.clone()
    allowed[0, 2], allowed[0, 3] = (low + high) / 2, row[0, 3] + 1
    assert judged(model, row, allowed, data.train.inputs, wishes=wishes)["violations"].tolist() == [0.0]
    assert judged(model, row, allowed, data.train.inputs)["violations"].tolist() == [0.0]


# A number of spread 1, a column of four categories, a one-hot group of three columns. Class 1 where the number is above 1.
COLORS = tuple(Feature(f"color {number}", low=0, high=1, group="color") for number in range(3))
PURPOSE = Feature("purpose", categories=("A100", "A101", "A102", "A103"))
MIXED = FunctionClassifier(
    lambda rows: torch.stack([1 - rows[:, 0], rows[:, 0] - 1], 1),
    2,
    score_unit="logit",
    domain="tabular",
    array="torch",
    schema=TableSchema((Feature("size", low=-9, high=9), PURPOSE, *COLORS)),
)
MIXED_BACKGROUND = torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 0.0, 1.0, 0.0]])
MIXED_ROW = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0])


def mixed(*changes, **more):
    """The measures of counterfactuals of one row, each with these columns changed."""
    found = MIXED_ROW.repeat(len(changes), 1)
    for row, change in zip(found, changes, strict=True):
        for column, value in change.items():
            row[column] = value
    return judged(MIXED, MIXED_ROW.repeat(len(changes), 1), found, MIXED_BACKGROUND, **more)


def test_any_other_category_is_one_away_and_a_one_hot_group_counts_once():
    told = mixed({0: 2.0, 1: 2.0}, {0: 2.0, 1: 3.0}, {0: 2.0, 2: 0.0, 3: 1.0}, {0: 2.0, 1: 3.0, 2: 0.0, 4: 1.0})
    assert told["proximity_l1"].tolist() == [3.0, 3.0, 3.0, 4.0]
    assert told["proximity_l2"].tolist() == pytest.approx([5**0.5, 5**0.5, 5**0.5, 6**0.5])
    assert told["sparsity"].tolist() == [2.0, 2.0, 2.0, 3.0]
    # The number alone turns: a category, and a group as a whole, can be taken back.
    assert told["redundancy"].tolist() == [1.0, 1.0, 1.0, 2.0]
    # The one known row of class 1 is (2, A101, second color).
    assert told["distance_to_class"].tolist() == pytest.approx([2**0.5, 2**0.5, 0.0, 2**0.5])


def test_a_one_hot_group_is_taken_back_as_a_whole():
    """The second color alone turns: without the first one's place taken back it would look idle."""
    asked = FunctionClassifier(
        lambda rows: torch.stack([0.5 - rows[:, 3], rows[:, 3] - 0.5], 1),
        2,
        score_unit="logit",
        domain="tabular",
        array="torch",
        schema=MIXED.schema,
    )
    found = MIXED_ROW.clone()
    found[2], found[3] = 0, 1
    assert judged(asked, MIXED_ROW[None], found[None], MIXED_BACKGROUND)["redundancy"].tolist() == [0.0]


def test_categories_that_are_not_permitted_are_counted_and_those_of_numbers_beyond_their_ends():
    wishes = Wishes(MIXED_BACKGROUND, permitted_range={"purpose": ["A100", "A102"], "size": [-1, 3]})
    changes = ({0: 2.0, 1: 2.0}, {0: 2.0, 1: 3.0}, {0: 3.5, 1: 3.0}, {0: 2.0})
    assert mixed(*changes, wishes=wishes)["violations"].tolist() == [0.0, 1.0, 2.0, 0.0]


def test_linked_values_that_never_occur_together_are_counted_once_a_group():
    """The background shows (0, A100) and (2, A101), and of the colors the first and the second one, each by itself."""
    changes = ({0: 2.0}, {0: 2.0, 1: 0.0}, {0: 0.0, 1: 0.0}, {0: 2.0, 2: 0.0, 3: 1.0}, {0: 2.0, 3: 1.0}, {0: 2.0, 2: 0.0, 4: 1.0})
    linked = Wishes(MIXED_BACKGROUND, linked=[["size", "purpose"]])
    # By the wishes the second alone: the row's own pair, (0, A101), is no change; and two colors, or a third one, by the schema.
    assert mixed(*changes, wishes=linked)["violations"].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    assert mixed(*changes)["violations"].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    seen = torch.cat([MIXED_BACKGROUND, torch.tensor([[2.0, 0.0, 0.0, 0.0, 1.0]])])
    told = mixed(*changes, wishes=Wishes(seen, linked=[["size", "purpose"]]))["violations"]
    assert told.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]  # what the method was shown counts as well


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64])
def test_what_the_wishes_show_together_counts_whatever_the_dtype_of_the_judged_background(dtype):
    """Values that only float64 can hold, seen together by the method alone."""
    shown = torch.tensor([[0.1, 0.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    rights = rights_of(MIXED, MIXED_BACKGROUND.to(dtype), Wishes(shown, linked=[["size", "purpose"]]))
    before = torch.tensor([[5.0, 1.0, 1.0, 0.0, 0.0]], dtype=torch.float64)
    assert rights.violations(before, shown).tolist() == [0.0]
    assert rights.violations(before, shown + torch.tensor([1.0, 0, 0, 0, 0])).tolist() == [1.0]


def test_constraints_that_are_not_kept_are_counted_each():
    at_most, whole = (lambda rows: 2.5 - rows[:, 0]), (lambda rows: rows[:, 0] == rows[:, 0].round())
    changes = ({0: 2.0}, {0: 3.0}, {0: 2.25}, {0: 2.75}, {0: 2.5})
    several = Wishes(MIXED_BACKGROUND, constraint=[at_most, whole])
    assert mixed(*changes, wishes=several)["violations"].tolist() == [0.0, 1.0, 1.0, 2.0, 1.0]
    assert mixed(*changes, wishes=Wishes(MIXED_BACKGROUND, constraint=at_most))["violations"].tolist() == [0, 1, 0, 1, 0]


def test_time_is_shared_by_the_inputs():
    assert judged(MODEL, torch.zeros(2, 3), torch.ones(2, 3), cloud())["seconds"].tolist() == [1.5, 1.5]


def test_every_measure_has_a_card_that_says_its_direction():
    told = quality()
    assert set(told) == set(CARDS)
    assert all(card.answers.endswith("?") and card.misleads.endswith(".") for card in CARDS.values())
    assert {name for name, card in CARDS.items() if card.higher_is_better} == {
        "validity", "diversity", "neighbor_agreement", "local_outlier", "robustness",
    }  # fmt: skip
