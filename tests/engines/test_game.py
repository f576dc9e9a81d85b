"""The mask engine: values by hand, equal coalitions once, bills, and memory of one batch."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from xaivision.core.errors import InputError
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.metering import metered
from xaivision.core.sharing import sharing
from xaivision.core.targets import TargetScore
from xaivision.engines import game
from xaivision.engines.removals import Replacement

ROW = torch.tensor([2.0, -1.0, 3.0, 0.5], dtype=torch.float64)
BACKGROUND = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, -1.0, 3.0], [5.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
LABELS = torch.tensor([0, 1, 1, 2])
ALL = torch.tensor([[bool(number >> bit & 1) for bit in range(3)] for number in range(8)])


class Asked:
    """A model of products, which no single feature explains; remembers the batches it saw."""

    def __init__(self, batch_size=None):
        self.batches = []
        self.model = FunctionClassifier(self._scores, 2, score_unit="logit", domain="tabular", batch_size=batch_size)

    def _scores(self, rows):
        self.batches.append(len(rows))
        product = rows[:, 0] * rows[:, 1] + rows[:, 2] * rows[:, 3]
        return np.stack([product, -2 * product], 1)


def played_by(asked, target=0, references=BACKGROUND, labels=LABELS):
    question = TargetScore(torch.tensor([target]), score_unit="logit")
    return game.Game(asked.model, Replacement(ROW, references), labels, question)


def by_hand(coalition, target=0, references=BACKGROUND, labels=LABELS):
    total = 0.0
    for reference in references:
        row = [ROW[i] if coalition[labels[i]] else reference[i] for i in range(4)]
        product = float(row[0] * row[1] + row[2] * row[3])
        total += product if target == 0 else -2 * product
    return total / len(references)


def check_values_are_means_over_the_background():
    for target in (0, 1):
        values = played_by(Asked(), target)(ALL)
        assert values.dtype == torch.float64
        assert values.tolist() == pytest.approx([by_hand(one, target) for one in ALL], abs=1e-12)


def check_equal_coalitions_are_scored_once():
    asked = Asked()
    played = played_by(asked)
    twice = torch.cat([ALL[3:5], ALL[3:5], ALL[4:6]])
    values = played(twice)
    assert sum(asked.batches) == 3 * len(BACKGROUND)
    assert values[:2].tolist() == values[2:4].tolist()
    assert values.tolist() == pytest.approx([by_hand(one) for one in twice])
    played(ALL)
    assert sum(asked.batches) == 8 * len(BACKGROUND)
    assert played.evaluations == 7


def check_what_was_settled_is_not_asked():
    asked = Asked()
    played = played_by(asked)
    played.settle(7.5, -2.5)
    with metered() as bill:
        assert (played.full, played.empty) == (7.5, -2.5)
        assert played(ALL[[7, 0]]).tolist() == [7.5, -2.5]
    assert asked.batches == []
    assert bill.recalled_calls == 0
    assert played.evaluations == 1


def check_a_job_shares_values_and_bills_everybody():
    asked = Asked()
    with sharing():
        with metered() as first:
            played_by(asked)(ALL[:5])
        with metered() as second:
            again = played_by(asked)
            again(ALL[2:7])
            again(ALL[2:7])
    assert sum(asked.batches) == 7 * len(BACKGROUND)
    assert (first.model_calls, first.recalled_calls) == (15, 0)
    assert (second.model_calls, second.recalled_calls) == (6, 9)
    assert second.recalled_seconds > 0


def check_another_question_shares_nothing():
    asked = Asked()
    with sharing():
        played_by(asked)(ALL)
        assert played_by(asked, target=1)(ALL).tolist() == pytest.approx([by_hand(one, 1) for one in ALL])
        assert played_by(asked, references=BACKGROUND[:1])(ALL).tolist() == pytest.approx(
            [by_hand(one, 0, BACKGROUND[:1]) for one in ALL]
        )
        other = torch.tensor([0, 0, 1, 2])
        assert played_by(asked, labels=other)(ALL).tolist() == pytest.approx([by_hand(one, labels=other) for one in ALL])


@contextmanager
def versions_made():
    """How many versions were made at a time, call by call."""
    made, real = [], Replacement.__call__
    with pytest.MonkeyPatch.context() as patch:

        def counted(removal, kept):
            versions = real(removal, kept)
            made.append(len(versions))
            return versions

        patch.setattr(Replacement, "__call__", counted)
        yield made


def check_no_more_versions_are_made_than_a_call_holds():
    asked = Asked(batch_size=6)
    with versions_made() as made:
        played_by(asked)(ALL)
    assert made == asked.batches == [6, 6, 6, 6]


def check_a_coalition_of_more_references_than_a_call_holds_is_made_in_parts():
    asked = Asked(batch_size=2)
    with versions_made() as made:
        values = played_by(asked)(ALL)
    assert made == asked.batches == 8 * [2, 1]
    assert values.tolist() == pytest.approx([by_hand(one) for one in ALL], abs=1e-12)


def check_a_player_whose_absence_changes_nothing_is_not_asked_about():
    asked = Asked()
    same = BACKGROUND.clone()
    same[:, [1, 2]] = ROW[[1, 2]]
    played = played_by(asked, references=same)
    played.settle(by_hand(ALL[7], references=same), by_hand(ALL[0], references=same))
    values = played(ALL)
    assert values.tolist() == pytest.approx([by_hand(one, references=same) for one in ALL], abs=1e-12)
    assert torch.equal(values[[0, 1, 4, 5]], values[[2, 3, 6, 7]])
    assert played.evaluations == 1 + 2
    assert sum(asked.batches) == 2 * len(BACKGROUND)


def test_a_player_whose_absence_changes_nothing_is_not_asked_about():
    check_a_player_whose_absence_changes_nothing_is_not_asked_about()


def test_values_are_means_over_the_background():
    check_values_are_means_over_the_background()


def test_equal_coalitions_are_scored_once():
    check_equal_coalitions_are_scored_once()


def test_what_was_settled_is_not_asked():
    check_what_was_settled_is_not_asked()


def test_a_job_shares_values_and_bills_everybody():
    check_a_job_shares_values_and_bills_everybody()


def test_another_question_shares_nothing():
    check_another_question_shares_nothing()


def test_no_more_versions_are_made_than_a_call_holds():
    check_no_more_versions_are_made_than_a_call_holds()


def test_a_coalition_of_more_references_than_a_call_holds_is_made_in_parts():
    check_a_coalition_of_more_references_than_a_call_holds_is_made_in_parts()


def test_a_model_that_answers_nan_for_a_hidden_feature_is_one_clear_sentence():
    model = FunctionClassifier(_undefined_below_zero, 2, score_unit="logit", domain="tabular")
    played = game.Game(model, Replacement(ROW.abs(), -BACKGROUND[:1]), LABELS, TargetScore(torch.tensor([0]), score_unit="logit"))
    with pytest.raises(
        InputError, match=r"must be a finite number also where features are hidden. Got nan for 7 of 8 .*`baseline`"
    ):
        played(ALL)


def test_values_that_were_learned_before_a_failure_are_kept():
    asked = Asked(batch_size=3)
    played = played_by(asked)
    real, calls = asked.model._score, []

    def failing(batch):
        calls.append(len(batch))
        if len(calls) == 3:
            raise OSError("the line is dead")
        return real(batch)

    asked.model._score = failing
    with pytest.raises(OSError, match="dead"):
        played(ALL)
    asked.model._score = real
    played(ALL)
    assert sum(asked.batches) == 8 * len(BACKGROUND)


def _undefined_below_zero(rows):
    first = np.where((rows < 0).any(1), np.nan, rows.sum(1))
    return np.stack([first, rows.sum(1)], 1)
