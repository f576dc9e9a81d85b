import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.targets import Target, TargetScore, resolved_target, target_numbers

SCORES = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (None, [1, 0, 2]),
        (0, [0, 0, 0]),
        (2, [2, 2, 2]),
        ([2, 1, 0], [2, 1, 0]),
        ((0, 0, 1), [0, 0, 1]),
        (torch.tensor(1), [1, 1, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.int32), [2, 0, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.uint8), [2, 0, 1]),
        (np.array([2, 0, 1]), [2, 0, 1]),
        (np.int64(1), [1, 1, 1]),
    ],
    ids=repr,
)
def test_targets_become_one_class_number_for_each_input(targets, expected):
    found = resolved_target(targets, SCORES, "logit").classes
    assert found.dtype == torch.long
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (3, "class numbers from 0 to 2. Got 3"),
        (-1, "class numbers from 0 to 2. Got -1"),
        ([0, 1, 3], "from 0 to 2. Got 3"),
        ([0, -2, 1], "from 0 to 2. Got -2"),
        ([0, 1], r"one for each of 3 inputs. Got shape \(2,\)"),
        ([0, 1, 2, 0], r"Got shape \(4,\)"),
        (torch.zeros(3, 1, dtype=torch.long), r"Got shape \(3, 1\)"),
        (1.0, "`targets` must be class numbers. Got float32"),
        (torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64), "Got float64"),
        (True, "Got bool"),
        ([True, False, True], "Got bool"),
        (torch.tensor([1j, 0, 1]), "Got complex64"),
        ("cat", "`targets` must be class numbers. Got 'cat'"),
        (["cat", "dog", "cat"], r"Got \['cat', 'dog', 'cat'\]"),
        ([None, 1, 2], r"Got \[None, 1, 2\]"),
        (2**80, "class numbers"),
    ],
    ids=repr,
)
def test_what_is_no_class_of_the_model_is_refused(targets, says):
    with pytest.raises(InputError, match=says):
        resolved_target(targets, SCORES, "logit")


def test_the_callers_tensor_is_not_kept():
    targets = torch.tensor([0, 1, 2])
    found = resolved_target(targets, SCORES, "logit").classes
    targets.zero_()
    assert found.tolist() == [0, 1, 2]


def test_one_target_for_all_can_be_written_on_for_one_input():
    found = resolved_target(1, SCORES, "logit").classes
    found[0] = 2
    assert found.tolist() == [2, 1, 1]


def test_each_input_gets_the_score_of_its_own_target():
    assert torch.equal(TargetScore(torch.tensor([1, 0, 0])).of(SCORES), torch.tensor([0.7, 0.5, 0.1]))


def scored(target: Target, unit: str = "logit", scores: torch.Tensor = SCORES) -> torch.Tensor:
    return resolved_target(target, scores, unit).of(scores)


def test_a_contrast_is_the_difference_of_two_scores():
    found = scored(Target([1, 0, 2], against=[0, 1, 0]))
    torch.testing.assert_close(found, torch.tensor([0.6, 0.3, 0.6]))


def test_a_margin_is_against_the_best_of_the_others():
    torch.testing.assert_close(scored(Target([1, 1, 1], output="margin")), torch.tensor([0.5, -0.3, -0.5]))


def test_probabilities_and_their_logarithms_come_from_logits_by_softmax():
    softmax = SCORES.softmax(1)
    torch.testing.assert_close(scored(Target(2, output="probability")), softmax[:, 2])
    torch.testing.assert_close(scored(Target(2, output="log_probability")), softmax[:, 2].log())
    torch.testing.assert_close(scored(Target(2, against=0, output="probability")), softmax[:, 2] - softmax[:, 0])


def test_a_model_of_probabilities_is_not_put_through_softmax_again():
    torch.testing.assert_close(scored(Target(1, output="probability"), "probability"), SCORES[:, 1])
    torch.testing.assert_close(scored(Target(1, output="log_probability"), "probability"), SCORES[:, 1].log())


def test_adding_a_constant_to_all_logits_changes_neither_contrast_nor_probability():
    for target in (Target(1, against=0), Target(1, output="margin"), Target(1, output="probability")):
        torch.testing.assert_close(scored(target, scores=SCORES + 3), scored(target))
    assert not torch.allclose(scored(Target(1), scores=SCORES + 3), scored(Target(1)))


def test_logits_of_a_model_of_probabilities_are_refused_with_the_remedy():
    with pytest.raises(InputError, match=r"gives probabilities\. Use 'log_probability'"):
        resolved_target(Target(output="logit"), SCORES, "probability")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"output": "odds"}, "`output` must be one of 'score', 'logit', .* Got 'odds'"),
        ({"output": "margin", "against": 1}, "Got `against` as well"),
    ],
)
def test_a_question_that_has_no_meaning_is_refused(settings, says):
    with pytest.raises(InputError, match=says):
        Target(0, **settings)


def test_a_class_against_itself_is_refused():
    with pytest.raises(InputError, match=r"another class than the target\. Got class 1 for both"):
        resolved_target(Target(None, against=1), SCORES, "logit")


def test_what_stands_against_is_checked_as_targets_are():
    with pytest.raises(InputError, match=r"`against` must be class numbers from 0 to 2\. Got 3"):
        resolved_target(Target(0, against=3), SCORES, "logit")


def test_rows_are_taken_with_what_stands_against_them():
    taken = resolved_target(Target([0, 1, 2], against=[1, 2, 0]), SCORES, "logit").take(torch.tensor([2, 2, 0]))
    assert taken.classes.tolist() == [2, 2, 0]
    assert taken.against.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("target", "unit"),
    [
        (Target(0), "logit"),
        (Target(0, against=1), "logit difference"),
        (Target(0, output="log_probability"), "log-probability"),
        (Target(0, against=1, output="probability"), "probability difference"),
        (Target(0, output="margin"), "logit margin"),
    ],
    ids=str,
)
def test_the_unit_says_what_is_explained(target, unit):
    assert resolved_target(target, SCORES, "logit").unit == unit


def test_a_resolved_question_is_asked_again_as_it_is():
    once = resolved_target(Target([0, 1, 2], against=[1, 2, 0], output="probability"), SCORES, "logit")
    again = resolved_target(once, SCORES, "logit")
    assert torch.equal(once.of(SCORES), again.of(SCORES))
    assert again.output == "probability"


@pytest.mark.parametrize("output", ["score", "log_probability", "probability", "margin"])
def test_every_output_has_a_gradient(output):
    scores = SCORES.double().requires_grad_()
    assert torch.autograd.gradcheck(TargetScore(torch.tensor([0, 1, 2]), None, output).of, (scores,))


@pytest.mark.parametrize(
    "targets", [None, 1, [2, 1, 0], Target(None, against=1, output="probability"), Target([2, 1, 0], against=[0, 0, 1])], ids=repr
)
def test_questions_that_wait_for_the_scores_are_settled_in_parts_as_they_are_whole(targets):
    scores = torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.2, 0.3], [0.1, 0.2, 0.7]])
    whole = resolved_target(targets, scores, "logit")
    waiting = target_numbers(targets, 3, 3, "logit", scores.device)
    assert torch.equal(waiting.of(scores), whole.of(scores))
    for rows in (slice(0, 2), torch.tensor([2, 0, 0])):
        assert torch.equal(waiting.take(rows).of(scores[rows]), whole.of(scores)[rows])
        assert torch.equal(waiting.take(rows).settled(scores[rows]).classes, whole.classes[rows])


def test_a_predicted_class_that_is_held_against_itself_is_seen_when_the_scores_are_known():
    waiting = target_numbers(Target(None, against=1), 3, 3, "logit", SCORES.device)
    with pytest.raises(InputError, match=r"`against` must be another class than the target\. Got class 1 for both"):
        waiting.of(SCORES)


def test_an_explained_number_names_itself_on_one_line_however_many_inputs_there_are():
    many = TargetScore(torch.arange(500), torch.arange(500) + 1)
    assert repr(many) == "TargetScore(classes [0, 1, 2, 3, ...], against [1, 2, 3, 4, ...], logit difference)"
    assert repr(TargetScore(torch.tensor([2]))) == "TargetScore(classes [2], logit)"
