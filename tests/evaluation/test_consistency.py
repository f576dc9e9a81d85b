"""Consistency against a slow loop, and on methods that tell classes apart, mix them up, or are never the same twice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from linear_models import linear, rows_of
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
from xaivision.evaluation.consistency import Consistency
from xaivision.explainers.controls import Constant

MODEL = linear((1.0, 0.0, 0.0))  # the first class where the first column is positive
ROWS = rows_of((0.3, 0.5, -0.2), (-1.0, -2.0, 0.7), (0.4, -0.1, -0.9))
BACKGROUND = torch.randn(60, 3, generator=generator(1), dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Written:
    """A method whose values are a function of the inputs."""

    about: ClassVar[About] = About("written", "What was written?", "Always.", "none", "a control", Access.LABELS)
    function: Callable[[Tensor], Tensor]

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(self.function(inputs), "contribution")


def consistency(function: Callable[[Tensor], Tensor], rows: Tensor = ROWS, k: int = 1, background: Tensor = BACKGROUND) -> Scores:
    method = Written(function)
    return Consistency(background, k).evaluate(MODEL, method, method.explain(MODEL, rows))


def only(column: int) -> Callable[[Tensor], Tensor]:
    """The value of one column, and nothing of the others."""
    return lambda inputs: inputs * torch.eye(3, dtype=inputs.dtype)[column]


def test_what_decides_the_class_is_consistent() -> None:
    found = consistency(only(0))
    assert found.values.tolist() == [1.0, 1.0, 1.0]
    assert found.higher_is_better
    positive = int((BACKGROUND[:, 0] > 0).sum())
    assert found.details["same explanation"].tolist() == [positive, 60 - positive, positive]


def test_what_has_nothing_to_do_with_the_class_is_as_consistent_as_chance() -> None:
    """The judgement: another column, or a constant map, must not do better than the classes' shares."""
    other = consistency(only(1)).values
    constant = consistency(torch.ones_like).values
    share = float((BACKGROUND[:, 0] > 0).double().mean())
    assert constant.tolist() == pytest.approx([share, 1 - share, share], abs=1e-12)
    assert bool((other < 0.8).all())


@pytest.mark.parametrize("k", [1, 2, 3])
def test_shares_are_those_of_a_slow_loop(k: int) -> None:
    def code(row: Tensor) -> frozenset[tuple[int, bool]]:
        return frozenset((i, float(row[i]) > 0) for i in sorted(range(3), key=lambda i: -abs(float(row[i])))[:k])

    found = consistency(lambda inputs: inputs, k=k)
    for row, value in zip(ROWS, found.values.tolist(), strict=True):
        twins = [other for other in BACKGROUND if code(other) == code(row)]
        assert twins
        assert value == pytest.approx(sum(bool(twin[0] > 0) == bool(row[0] > 0) for twin in twins) / len(twins), abs=1e-12)


def test_the_order_within_the_first_features_and_the_scale_do_not_matter() -> None:
    rows, background = rows_of((3.0, 2.0, 0.1)), rows_of((1.0, 9.0, 0.2), (5.0, 4.0, -0.3), (5.0, -4.0, 0.3))
    assert consistency(lambda inputs: inputs, rows, 2, background).details["same explanation"].tolist() == [2.0]


def test_an_explanation_that_nobody_shares_has_no_value() -> None:
    found = consistency(lambda inputs: inputs, rows_of((1.0, 2.0, 3.0)), 3, rows_of((-1.0, 2.0, 3.0)))
    assert found.undefined == 1
    assert consistency(torch.zeros_like).undefined == 3


def test_the_judged_input_itself_does_not_count() -> None:
    alone = consistency(lambda inputs: inputs, ROWS[:1], 3, ROWS[:1])
    assert alone.undefined == 1
    assert alone.details["same explanation"].tolist() == [0.0]


def test_a_map_that_is_not_finite_is_undefined_and_in_nobodys_way() -> None:
    def spoiled(inputs: Tensor) -> Tensor:
        values = inputs.clone()
        values[inputs[:, 1] < -1.5] = torch.nan
        return values

    found = consistency(spoiled)
    assert found.values.isnan().tolist() == [False, True, False]


def test_what_does_not_fit_is_refused() -> None:
    method = Written(lambda inputs: inputs)
    with pytest.raises(InputError, match="`k` must be at most the number of features, 3"):
        consistency(lambda inputs: inputs, k=4)
    with pytest.raises(InputError, match="must come from the explainer that is checked"):
        Consistency(BACKGROUND).evaluate(MODEL, Constant(), method.explain(MODEL, ROWS))
    with pytest.raises(InputError, match="needs explanations of one class"):
        Consistency(BACKGROUND).evaluate(MODEL, method, method.explain(MODEL, ROWS, Target(0, against=1)))
    with pytest.raises(InputError, match="`k` must be a positive integer"):
        Consistency(BACKGROUND, 0)
    with pytest.raises(InputError, match="`background` must be a tensor"):
        Consistency([[1.0, 2.0, 3.0]])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"`background` must hold inputs of shape \(3,\)\. Got \(2,\)"):
        consistency(lambda inputs: inputs, background=BACKGROUND[:, :2])
