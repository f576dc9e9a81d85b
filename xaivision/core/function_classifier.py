"""Any callable as a classifier."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.targets import ScoreUnit


class FunctionClassifier(ClassifierAdapter):
    """A function of a batch (B, *S) that returns (B, K) scores, NumPy in and out or torch in and out (`array`)."""

    def __init__(
        self,
        function: Callable[[Any], Any],
        num_classes: int,
        *,
        score_unit: ScoreUnit,
        domain: Domain,
        array: Literal["numpy", "torch"] = "numpy",
        class_names: Sequence[str] | None = None,
        image_format: ImageFormat | None = None,
        schema: Schema | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__(
            function,
            num_classes,
            score_unit=score_unit,
            domain=domain,
            class_names=class_names,
            image_format=image_format,
            schema=schema,
            batch_size=batch_size,
        )
        if not callable(function):
            raise InputError(f"`function` must be callable. Got {type(function).__name__}.")
        if array not in ("numpy", "torch"):
            raise InputError(f"`array` must be 'numpy' or 'torch'. Got {array!r}.")
        self._array = array

    def _score(self, batch: Tensor) -> Tensor:
        # A copy: the function may work in place, and must not do so on the caller's values.
        asked = batch.detach().clone() if self._array == "torch" else batch.detach().cpu().numpy().copy()
        scores = self.model(asked)  # type: ignore[operator]  # checked when it was wrapped
        tensor = scores.detach() if isinstance(scores, Tensor) else torch.from_numpy(np.array(scores))
        return tensor.to(batch.dtype) if not tensor.is_floating_point() else tensor
