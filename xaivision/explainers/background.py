"""Reference inputs that a caller gives: what a background must be."""

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.query import PIXEL_SLACK
from xaivision.core.question import Question


def check_background(background: object) -> None:
    """Raises: InputError, where it is no tensor of at least one example a row, or not finite."""
    if not isinstance(background, Tensor) or background.ndim < 2 or not len(background):
        came = f"shape {tuple(background.shape)}" if isinstance(background, Tensor) else type(background).__name__
        raise InputError(f"`background` must be a tensor (N, *S), one example a row. Got {came}.")
    if not bool(background.isfinite().all()):
        raise InputError("`background` must be finite. Got values that are NaN or infinite. Remove or impute them first.")


def fitting_background(q: Question, background: Tensor) -> Tensor:
    """(N, *S) the background in dtype and place of the question's inputs.

    Raises: InputError, where its examples have another shape than the inputs, or are images outside [0, 1].
    """
    inputs = q.query.inputs
    if background.shape[1:] != inputs.shape[1:]:
        raise InputError(f"`background` must hold inputs of shape {tuple(inputs.shape[1:])}. Got {tuple(background.shape[1:])}.")
    low, high = (float(end) for end in background.detach().aminmax())
    if q.model.domain == "image" and (low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK):
        raise InputError(f"`background` must hold images in [0, 1]. Got values from {low:.4g} to {high:.4g}.")
    return background.detach().to(inputs)
