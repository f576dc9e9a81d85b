"""Scores that move while attention is read are refused, and rounding is not."""

import pytest
import torch
from explainer_networks import drawn, table_classifier

from xaivision.core.question import question
from xaivision.explainers.attention_doubts import unlike_itself
from xaivision.explainers.saliency import Saliency


def refused(moved, dtype):
    """Inputs that are refused where the score of the second moves by this."""
    model = table_classifier()
    model.model.to(dtype)
    with question(Saliency(), model, drawn((2, 4), 0).to(dtype), 0) as q:
        scores = q.query.scores.double()
        assert float(scores.abs().max()) < 1
        unlike_itself(q, scores + torch.tensor([0.0, moved]).double())
        assert all(note.status == "refuse" and "computed step by step" in note.text for note in q.notes)
        return [note.inputs for note in q.notes]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float64, 1e-8), (torch.float32, 2e-4)])
def test_half_the_digits_of_the_models_dtype_must_stay(dtype, rounding, sign):
    assert refused(0.0, dtype) == []
    assert refused(sign * rounding, dtype) == []
    assert refused(sign * 4 * rounding, dtype) == [(1,)]
    assert refused(float("nan"), dtype) == [(1,)]
