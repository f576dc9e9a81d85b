"""What methods that read a model's attention must confess to the verdict."""

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question


def unlike_itself(question: Question, scores: Tensor) -> None:
    """Refuse where the scores (B,) given while the attention was read are not those that the model gives otherwise."""
    expected = question.query.scores.double()
    eps = torch.finfo(question.torch_model.dtype).eps
    apart = (scores.double() - expected).abs()
    for index in (~(apart <= eps**0.5 * expected.abs().clamp_min(1))).nonzero().flatten().tolist():
        text = f"the model's score moves by {float(apart[index]):.3g} when its attention is computed step by step"
        question.note(Note("refuse", text, (index,)))
