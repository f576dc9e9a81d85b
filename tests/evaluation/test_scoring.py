"""Scores of chance are means over draws, and a map has its own reversal for a control."""

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
from xaivision.core.protocols import Metric
from xaivision.core.question import question
from xaivision.core.random import seed_for
from xaivision.core.scores import Scores
from xaivision.core.targets import Targets
from xaivision.evaluation.completeness import Completeness
from xaivision.evaluation.removal import Deletion, Insertion
from xaivision.evaluation.scoring import averaged, scored, scored_beside_reversal
from xaivision.evaluation.sparseness import Sparseness
from xaivision.explainers.controls import Constant, InputMagnitude, Random

MODEL = linear((4.0, -3.0, 2.0, 0.5))
INPUTS = rows_of((0.1, 0.2, 0.9, 0.8), (0.7, 0.3, 0.4, 0.6))
DELETION = Deletion(baseline="black", output="score")
INSERTION = Insertion(baseline="black", output="score")
TRUTH = INPUTS * torch.tensor((4.0, -3.0, 2.0, 0.5), dtype=torch.float64)


@dataclass(frozen=True)
class Shuffled:
    """A control of somebody else's that draws at random: the input's own values in another order."""

    about: ClassVar[About] = About(
        "shuffled", "How well?", "Always.", "none", "a control", Access.LABELS, control=True, chance=True
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(inputs[:, torch.randperm(inputs.shape[1], generator=q.generator())], "contribution")


@pytest.mark.parametrize("explainer", [Random(), Shuffled()])
@pytest.mark.parametrize("score", [scored, scored_beside_reversal])
def test_chance_is_the_mean_of_ten_draws_whoever_made_it_and_whatever_its_part(explainer, score) -> None:
    first = explainer.explain(MODEL, INPUTS, 0, seed=3)
    found = score(MODEL, DELETION, explainer, first, 3)
    seeds = [3, *(seed_for(3, "draw", draw) for draw in range(1, 10))]
    alone = [DELETION.evaluate(MODEL, explainer.explain(MODEL, INPUTS, 0, seed=seed), seed=3) for seed in seeds]
    draws = torch.stack([one.values for one in alone], 1)
    assert found.details["draws"].shape == (2, 10)
    assert torch.equal(found.details["draws"], draws)
    assert torch.allclose(found.values, draws.mean(1), rtol=0, atol=1e-12)
    assert torch.allclose(found.curves, torch.stack([one.curves for one in alone]).mean(0), rtol=0, atol=1e-12)
    assert draws.std(1).min() > 0
    assert found.model_calls == sum(one.model_calls for one in alone) > 0
    assert found.controls == {}


def test_a_control_that_draws_nothing_is_scored_once() -> None:
    first = InputMagnitude().explain(MODEL, INPUTS, 0)
    found = scored(MODEL, DELETION, InputMagnitude(), first, 3)
    assert torch.equal(found.values, DELETION.evaluate(MODEL, first, seed=3).values)
    assert found.details == {}
    assert found.controls == {}


@pytest.mark.parametrize("metric", [DELETION, INSERTION])
def test_a_true_map_has_its_reversal_beside_it_and_is_better(metric: Metric) -> None:
    found = scored_beside_reversal(MODEL, metric, Constant(), mapped(MODEL, INPUTS, TRUTH), 3)
    alone = metric.evaluate(MODEL, mapped(MODEL, INPUTS, -TRUTH), seed=3)
    assert torch.equal(found.controls["reversed"].values, alone.values)
    assert (found.advantage("reversed") > 0).all()


def test_the_reversal_of_a_map_that_says_nothing_does_exactly_as_well() -> None:
    found = scored_beside_reversal(MODEL, DELETION, Constant(), Constant().explain(MODEL, INPUTS, 0), 3)
    assert found.advantage("reversed").tolist() == [0, 0]


@pytest.mark.parametrize("metric", [Sparseness(), Completeness()])
def test_metrics_that_do_not_judge_faithfulness_have_no_reversal(metric: Metric) -> None:
    map_ = mapped(MODEL, INPUTS, TRUTH, baseline=torch.zeros_like(INPUTS))
    assert scored_beside_reversal(MODEL, metric, Constant(), map_, 3).controls == {}


def test_an_average_adds_up_costs_and_is_undefined_where_a_draw_is() -> None:
    one = Scores("m", "random", torch.tensor([1.0, 2.0]), True, model_calls=3, gradient_calls=1, seconds=0.5)
    other = Scores("m", "random", torch.tensor([3.0, float("nan")]), True, model_calls=4, gradient_calls=0, seconds=0.25)
    mean = averaged([one, other])
    assert mean.values[0] == 2
    assert mean.values[1].isnan()
    assert (mean.model_calls, mean.gradient_calls, mean.seconds) == (7, 1, 0.75)
    assert mean.notes == ("mean of 2 draws",)
