"""Labels as people hold them, by name or by number, as class numbers of a model."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.class_names import class_number
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError


def true_classes(model: ClassifierAdapter, labels: Any) -> Tensor:
    """(n,) class numbers of labels (n,); values that are all names of classes are taken for names, also where they are numbers.

    Raises: InputError, where one is missing or no whole number; UnknownNameError, where the model has no class of that name.
    """
    values = labels.detach().cpu().tolist() if isinstance(labels, Tensor) else np.asarray(labels, dtype=object).ravel().tolist()
    # NaN alone is not itself.
    if missing := sum(value is None or value != value for value in values):
        raise InputError(f"`labels` must be given for every row. Got none for {missing} of {len(values)}. Leave those rows out.")
    if _are_names(model, values):
        numbers = {text: class_number(model, text) for text in set(map(str, values))}
        return torch.tensor([numbers[str(value)] for value in values])
    if any(value != int(value) for value in values):
        wrong = next(value for value in values if value != int(value))
        raise InputError(f"`labels` must be names of classes or whole class numbers. Got {wrong!r}.")
    return torch.tensor([int(value) for value in values])


def _are_names(model: ClassifierAdapter, values: list[Any]) -> bool:
    return any(isinstance(value, str | bool | np.bool_) for value in values) or {str(one) for one in values} <= set(
        model.class_names
    )
