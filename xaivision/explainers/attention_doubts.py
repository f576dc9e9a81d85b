"""What methods that read a model's attention must confess to the verdict."""

import torch
from torch import Tensor

from xaivision.core.diagnostics import Note
from xaivision.core.question import Question
from xaivision.engines.activation_maps import spread_over_input
from xaivision.engines.attention import TokenValues
from xaivision.engines.token_layout import token_layout, unclear_readers


def token_maps(question: Question, found: TokenValues) -> Tensor:
    """(B, 1, H, W) each patch's value spread over its place; refused, and zero, where it is unclear what an input is read from.

    Raises: CapabilityError, where that is unclear for every input.
    """
    height, width = question.query.inputs.shape[2:]
    layout = token_layout(found.readers, found.maps, (height, width))
    for row in layout.unclear:
        question.note(Note("refuse", unclear_readers(found.readers[row]), (row,)))
    return spread_over_input(layout.patches(found.values), height, width).to(question.query.inputs)


def unlike_itself(question: Question, scores: Tensor) -> None:
    """Refuse where the scores (B,) given while the attention was read are not those that the model gives otherwise."""
    expected = question.query.scores.double()
    eps = torch.finfo(question.torch_model.dtype).eps
    apart = (scores.double() - expected).abs()
    for index in (~(apart <= eps**0.5 * expected.abs().clamp_min(1))).nonzero().flatten().tolist():
        text = f"the model's score moves by {float(apart[index]):.3g} when its attention is computed step by step"
        question.note(Note("refuse", text, (index,)))
