"""A function of rows of the caller's own, asked so that it can neither change the rows nor fail without a word."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from xaivision.core.errors import InputError, XaivisionError

# So many letters of what is no number are shown.
SHOWN = 60


def told_by(function: Callable[..., Any], setting: str, wanted: str, *given: Tensor) -> Tensor:
    """(n,) numbers or a mask of the last of the tensors `given`, rows (n, F); it gets copies. `wanted` of its `setting`: what
    it must return beside one number a row.

    Raises: InputError, where it fails or returns anything else.
    """
    count = len(given[-1])
    sentence = f"`{setting}`{_name(function)} must return one number a row, ({count},){wanted}."
    try:
        came = function(*(one.detach().clone() for one in given))
    except XaivisionError:
        raise
    except Exception as error:
        raise InputError(f"{sentence} It raised {type(error).__name__}: {error}") from error
    try:
        told = torch.as_tensor(came).detach().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{sentence} Got {type(came).__name__}: {str(came)[:SHOWN]}") from error
    if told.shape != (count,) or told.is_complex():
        raise InputError(f"{sentence} Got {'complex numbers' if told.is_complex() else f'shape {tuple(told.shape)}'}.")
    return told


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "" if name == "<lambda>" else f" `{name}`"
