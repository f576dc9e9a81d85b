"""Scores of perturbed inputs that a local model can be fitted to."""

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.question import Question


def faded_scores(q: Question, row: int, reference: Tensor, seen: Tensor) -> Tensor:
    """(n,) of one input of the question of which as much is seen as `seen` (n, H, W) or (n, F) says, from 0 to 1; the rest fades
    into the reference (*S).

    Raises: InputError, where one of them is no finite number.
    """
    one = q.query.inputs[row]
    weight = seen.to(one)
    scores = q.model(torch.lerp(reference[None], one[None], weight if one.ndim == 1 else weight[:, None]))
    rows = torch.full((len(scores),), row, device=scores.device)
    return finite(q.query.target.take(rows).of(scores), "Choose another `baseline`")


def finite(scores: Tensor, remedy: str) -> Tensor:
    """The scores (n,) as they came.

    Raises: InputError, where one of them is no finite number.
    """
    wrong = scores[~scores.isfinite()]
    if len(wrong):
        raise InputError(
            f"The model's score must be a finite number also on perturbed inputs. Got {float(wrong[0])} for {len(wrong)} of "
            f"{len(scores)}. {remedy}, or mend the model."
        )
    return scores
