"""Which inputs are asked about, with which truth: rows that say their own number, of models that are wrong where it was said."""

from collections.abc import Collection

import pytest
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.data.dataset import Part
from xaivision.data.known_answers.known_set import KnownSet
from xaivision.evaluation.known_answers.known_question import questions_of

COUNT, BITS = 40, 6
NUMBERS = torch.arange(COUNT)
TARGETS = NUMBERS % 3 % 2
# Of every row another one; that of row 0 names nothing.
TRUTH = (NUMBERS[:, None] >> torch.arange(BITS)) % 2 == 1


def numbered() -> KnownSet:
    """Rows (6,) that hold their number in the first column."""
    rows = torch.cat([NUMBERS[:, None].float(), torch.zeros(COUNT, BITS - 1)], 1)
    tested = Part(rows, TARGETS)
    return KnownSet("numbered", tested, tested, TRUTH, "association", "what is meant", ("even", "odd"), cell=3)


def wrong_about(numbers: Collection[int]) -> FunctionClassifier:
    """Right about all rows but these."""
    answers = torch.stack([1 - TARGETS[one] if one in numbers else TARGETS[one] for one in range(COUNT)])
    return FunctionClassifier(
        lambda rows: torch.nn.functional.one_hot(answers[rows[:, 0].long()], 2).float(),
        2,
        domain="tabular",
        score_unit="logit",
        array="torch",
    )


def test_only_what_all_models_get_right_that_have_learned_and_what_has_a_truth_is_asked_about():
    models = {"one": wrong_about({1, 5, 30}), "other": wrong_about({3, 4}), "unlearned": wrong_about(range(8, 40))}
    found = questions_of(numbered(), models, most=12, given={"baseline": "what is given"})
    asked = torch.tensor([2, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    for one in found:
        assert torch.equal(one.inputs[:, 0], asked.float())
        assert torch.equal(one.targets, TARGETS[asked])
        assert torch.equal(one.truth, TRUTH[asked])
    assert [one.accuracy for one in found] == pytest.approx([37 / 40, 38 / 40, 8 / 40])
    assert [one.learned for one in found] == [True, True, False]


def test_a_question_says_what_its_set_and_its_model_are():
    model = wrong_about(())
    (found,) = questions_of(numbered(), {"right": model}, most=3, given={"baseline": "what is given"})
    assert (found.name, found.model, found.definition) == ("numbered / right", model, "association")
    assert (found.means, found.cell, dict(found.given)) == ("what is meant", 3, {"baseline": "what is given"})


@pytest.mark.parametrize(("wrong", "learned"), [(8, True), (9, False)])
def test_a_model_that_is_right_about_four_fifths_has_learned_and_has_its_say(wrong, learned):
    found = questions_of(numbered(), {"right": wrong_about(()), "asked": wrong_about(range(1, 1 + wrong))}, most=COUNT)
    assert found[1].learned == learned
    assert (1.0 in found[0].inputs[:, 0]) == (not learned)


def test_nothing_is_asked_where_no_input_is_right_for_all():
    found = questions_of(numbered(), {"low": wrong_about(range(8)), "high": wrong_about({0})}, most=COUNT)
    assert len(found[0].inputs) == COUNT - 8
    none = KnownSet("none", numbered().learned, numbered().tested, torch.zeros_like(TRUTH), "association", "", ("even", "odd"))
    assert [len(one.inputs) for one in questions_of(none, {"right": wrong_about(())}, most=5)] == [0]
