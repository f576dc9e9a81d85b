"""Sufficiency: shares by hand, what does not matter, and maps that ignore the class."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from linear_models import linear, mapped, rows_of
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.question import question
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.targets import Target, Targets
from xaivision.evaluation.sufficiency import Sufficiency
from xaivision.explainers.controls import Constant
from xaivision.explainers.occlusion import Occlusion

# Class 0 where the first column is above zero, else class 1.
FIRST = linear([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class Shown:
    """The last two columns are the map."""

    about: ClassVar[About] = About("shown", "What is shown?", "Always.", "none", "arXiv:2202.00734", Access.LABELS)
    factor: float = 1.0

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            shown = inputs.clone()
            shown[:, 0] = 0
            return q.attribution(self.factor * shown, "contribution")


# By angle of the map: three at 0 to 20 degrees of class 0, 0 and 1, one at 90 of class 1, one at 180 of class 0.
BACKGROUND = rows_of((1, 1, 0), (2, 3, 0.5), (-1, 9, 3), (-1, 0, 2), (1, -4, 0))


def asked(rows: Tensor, threshold: float = 0.6, background: Tensor = BACKGROUND, factor: float = 1.0) -> Scores:
    method = Shown(factor)
    return Sufficiency(background, threshold).evaluate(FIRST, method, method.explain(FIRST, rows))


def test_shares_are_those_of_similar_maps_by_hand() -> None:
    found = asked(rows_of((5, 7, 0), (-5, 7, 0), (-5, 0, 7), (5, -1, -1)))
    assert found.details["similar explanation"].tolist() == [3.0, 3.0, 1.0, 0.0]
    assert found.values[:3].tolist() == pytest.approx([2 / 3, 1 / 3, 1.0], abs=1e-12)
    assert found.values[3].isnan()
    assert found.undefined == 1


def test_the_threshold_is_a_distance_of_maps_of_length_one() -> None:
    """At right angles that is the square root of 2."""
    one = rows_of((5, 7, 0))
    only = rows_of((-1, 0, 2))
    assert asked(one, 1.41, only).undefined == 1
    assert asked(one, 1.42, only).values.tolist() == [0.0]


def test_sizes_of_maps_do_not_matter() -> None:
    rows = rows_of((5, 7, 0), (-5, 7, 0))
    for factor in (1e-12, 1e12):
        assert torch.equal(asked(rows, factor=factor).values, asked(rows).values)


def test_an_input_of_the_background_is_not_its_own_neighbor() -> None:
    found = asked(BACKGROUND[:1])
    assert found.details["similar explanation"].tolist() == [2.0]
    assert found.values.tolist() == [0.5]


def test_it_is_the_definition() -> None:
    chance = generator(0)
    rows, background = (torch.randn(count, 3, generator=chance, dtype=torch.float64) for count in (12, 40))
    found = asked(rows, 0.8, background)
    for row, value in zip(rows, found.values.tolist(), strict=True):
        votes = []
        for other in background:
            first, second = row[1:] / row[1:].norm(), other[1:] / other[1:].norm()
            if float((first - second).norm()) <= 0.8:
                votes.append(bool(row[0] > 0) == bool(other[0] > 0))
        assert value == pytest.approx(sum(votes) / len(votes), abs=1e-12)


def test_a_true_map_is_above_one_that_is_the_same_for_all() -> None:
    chance = generator(0)
    model = linear([1.0, -2.0, 0.1])
    rows, background = (torch.randn(count, 3, generator=chance, dtype=torch.float64) for count in (20, 100))
    judge = Sufficiency(background)
    true, constant = (
        judge.evaluate(model, method, method.explain(model, rows)).mean for method in (Occlusion(baseline="zeros"), Constant())
    )
    assert true > 0.9
    assert 0.3 < constant < 0.7


def test_a_zero_map_has_no_neighbors() -> None:
    found = asked(rows_of((5, 0, 0)))
    assert found.details["similar explanation"].tolist() == [0.0]
    assert found.undefined == 1


def test_explanations_of_one_class_against_another_are_refused() -> None:
    with pytest.raises(InputError, match="`sufficiency` needs explanations of one class"):
        Sufficiency(BACKGROUND).evaluate(FIRST, Shown(), Shown().explain(FIRST, BACKGROUND, Target(0, against=1)))


def test_another_method_is_refused() -> None:
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        Sufficiency(BACKGROUND).evaluate(FIRST, Shown(), mapped(FIRST, BACKGROUND, BACKGROUND))


def test_a_background_of_other_columns_is_refused() -> None:
    with pytest.raises(InputError, match=r"`background` must hold inputs of shape \(3,\)\. Got \(2,\)"):
        asked(BACKGROUND, background=torch.rand(4, 2))


@pytest.mark.parametrize("threshold", [0, -1, 2, True, "near", float("nan")])
def test_what_is_no_distance_is_refused(threshold: object) -> None:
    with pytest.raises(InputError, match="`threshold` must be a distance above 0 and below 2"):
        Sufficiency(BACKGROUND, threshold)  # type: ignore[arg-type]
