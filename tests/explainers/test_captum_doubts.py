"""Captum's relevance is doubted from the size on at which it is no longer the score's."""

from types import SimpleNamespace

import pytest
import torch
from explainer_networks import drawn, linear_classifier

from xaivision.core.question import question
from xaivision.explainers.captum_doubts import explosion_doubts
from xaivision.explainers.saliency import Saliency


def doubted(times, *, changes_weights=True):
    """Inputs in doubt where relevance sums to these many times their scores."""
    inputs = drawn((len(times), 4), 0)
    model = linear_classifier(torch.tensor([1.0, -2.0, 3.0, 0.5]).double(), 0.3)
    with question(Saliency(), model, inputs, 1) as q:
        values = (q.query.scores * torch.tensor(times).double()).view(-1, 1) * torch.full((1, 4), 0.25).double()
        explosion_doubts(q, SimpleNamespace(changes_weights=changes_weights), values)
        assert all(note.status == "warn" and "relevance is not handed on" in note.text for note in q.notes)
        return [note.inputs for note in q.notes]


@pytest.mark.parametrize("sign", [1, -1])
def test_relevance_of_more_than_ten_times_the_score_is_a_doubt_of_that_input_alone(sign):
    assert doubted([sign * 1.0, sign * 9.9, sign * 10.1, sign * 900.0]) == [(2,), (3,)]


def test_methods_that_hand_nothing_on_are_not_doubted_for_it():
    assert doubted([900.0], changes_weights=False) == []
