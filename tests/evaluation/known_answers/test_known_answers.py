"""What is kept of a method's answer: scores of the map, of the map that was moved, and of every draw of chance."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.errors import Cancelled
from xaivision.core.question import question
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.evaluation.known_answers.known_answer import KnownAnswer, answered
from xaivision.evaluation.known_answers.known_question import KnownQuestion
from xaivision.evaluation.known_answers.known_scores import known_scores
from xaivision.evaluation.scoring import RANDOM_DRAWS
from xaivision.explainers.registry import explainer
from xaivision.models.known_answers.built_networks import BUILDERS

ROWS = 12


def weighted() -> KnownQuestion:
    """A weighted sum of four columns of six, built by hand."""
    found = BUILDERS["weighted"](ROWS, 0)
    model = TorchClassifier(found.module, 2, domain="tabular")
    targets = torch.ones(ROWS, dtype=torch.long)
    exact = found.contributions
    return KnownQuestion("weighted", "by hand", model, found.inputs, targets, exact != 0, "model use", "", 1.0, exact=exact)


@dataclass(frozen=True)
class Told:
    """Answers with the map that it was given."""

    values: torch.Tensor
    about: ClassVar[About] = About(name="told", answers="?", misleads="?", cost="none", source="nobody", needs=Access.SCORES)

    def explain(self, model, inputs, targets=None, *, seed=0):
        with question(self, model, inputs, targets, seed=seed) as q:
            return q.attribution(self.values, "contribution")


@dataclass(frozen=True)
class Raising:
    """Raises what it was given."""

    error: BaseException
    about: ClassVar[About] = replace(Told.about, name="raising")

    def explain(self, model, inputs, targets=None, *, seed=0):
        raise self.error


@pytest.fixture(scope="module")
def drawn() -> KnownAnswer:
    return answered(weighted(), "random", explainer("random"), 0)


def test_chance_has_ten_draws_of_each_input_and_no_two_are_the_same(drawn):
    draws = torch.tensor(drawn.draws["likeness"])
    assert draws.shape == (ROWS, RANDOM_DRAWS)
    assert all(len(set(one.tolist())) == RANDOM_DRAWS for one in draws)


def test_what_is_said_of_chance_is_the_mean_of_its_draws_and_the_first_is_the_map_itself(drawn):
    asked = weighted()
    first = explainer("random").explain(asked.model, asked.inputs, asked.targets, seed=0).as_attribution()
    for name, scores in known_scores(first, asked.truth, asked.exact).items():
        draws = torch.tensor(drawn.draws[name], dtype=torch.float64)
        assert draws[:, 0].tolist() == pytest.approx(scores.tolist()), name
        assert drawn.values[name] == pytest.approx(draws.mean(1).tolist()), name


def test_another_seed_draws_others_and_the_same_one_the_same(drawn):
    asked, method = weighted(), explainer("random")
    assert answered(asked, "random", method, 0).draws == drawn.draws
    other = torch.tensor(answered(asked, "random", method, 1).draws["likeness"])
    assert not bool(torch.isin(other, torch.tensor(drawn.draws["likeness"])).any())


def test_a_method_without_chance_has_no_draws():
    assert dict(answered(weighted(), "saliency", explainer("saliency"), 0).draws) == {}


@pytest.mark.parametrize("cell", [1, 2])
def test_a_map_is_moved_by_a_cell_of_its_question(cell):
    truth = torch.zeros(ROWS, 6, dtype=torch.bool)
    truth[:, 3] = True
    asked = replace(weighted(), truth=truth, exact=truth.float(), cell=cell)
    beside = Told(truth.float().roll(-cell, 1))
    found = answered(asked, "told", beside, 0)
    for name in found.values:
        assert max(found.values[name]) < 0.5, name
        assert found.shifted[name] == pytest.approx([1.0] * ROWS), name


def test_a_map_that_is_right_is_wrong_about_the_truth_that_is_turned_around():
    asked = weighted()
    found = answered(asked, "told", Told(asked.truth.float()), 0)
    for name in ("mass", "precision", "auc", "rank"):
        assert (set(found.values[name]), set(found.reversed[name])) == ({1.0}, {0.0}), name


def test_who_cancels_is_not_refused_but_stops_the_run():
    with pytest.raises(Cancelled):
        answered(weighted(), "raising", Raising(Cancelled("stopped")), 0)


@pytest.mark.parametrize(("error", "why"), [(ValueError("it is too small"), "it is too small"), (KeyError(), "KeyError")])
def test_what_a_method_raises_is_told_in_the_place_of_its_scores(error, why):
    found = answered(weighted(), "raising", Raising(error), 0)
    assert (found.refusal, dict(found.values)) == (why, {})
    assert found.seconds >= 0
