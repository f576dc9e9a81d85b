"""Scores of perturbed inputs that a local model can be fitted to."""

from torch import Tensor

from xaivision.core.errors import InputError


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
