"""What a classifier is, and the adapter that turns anything that scores a batch into one."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.access import Access
from xaivision.core.batching import Batcher
from xaivision.core.errors import InputError
from xaivision.core.heap import kept_heap
from xaivision.core.image_format import ImageFormat
from xaivision.core.locks import lock_of
from xaivision.core.metering import count_model_calls
from xaivision.core.targets import ScoreUnit


@runtime_checkable
class Classifier(Protocol):
    """Anything that scores a batch: (B, *S) -> (B, K), detached, on the inputs' device."""

    @property
    def num_classes(self) -> int: ...

    @property
    def score_unit(self) -> ScoreUnit: ...

    @property
    def domain(self) -> Domain: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    def __call__(self, inputs: Tensor) -> Tensor: ...


class Schema(Protocol):
    """What a classifier of tables knows of its columns (`data.TableSchema` is one)."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def category_names(self) -> tuple[tuple[str, ...], ...]: ...

    @property
    def typical(self) -> tuple[float, ...] | None: ...

    @property
    def ranges(self) -> tuple[float, ...] | None: ...

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]]: ...

    def to_frame(self, rows: np.ndarray) -> Any: ...


class ClassifierAdapter(ABC):
    """The one door to a model: checks, locks, splits and counts every call.

    Subclasses say how one batch is scored. `access` is the deepest look the model allows.
    """

    access: Access = Access.SCORES

    def __init__(
        self,
        model: object,
        num_classes: int,
        *,
        score_unit: ScoreUnit,
        domain: Domain,
        class_names: Sequence[str] | None = None,
        image_format: ImageFormat | None = None,
        schema: Schema | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.model = model
        self.num_classes = _checked_num_classes(num_classes)
        self.score_unit: ScoreUnit = _one_of("score_unit", score_unit, ("logit", "probability"))
        self.domain: Domain = _one_of("domain", domain, ("image", "tabular"))
        self.class_names = _checked_names(class_names, num_classes)
        self.image_format = image_format
        self.schema = schema
        self.batches = Batcher(batch_size)
        self._lock = lock_of(model)
        if score_unit == "logit" and self.access == Access.SCORES:
            self.access = Access.LOGITS

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of one input where it is known: (C, H, W) or (F,)."""
        if self.image_format is not None:
            return self.image_format.shape
        return (len(self.schema.names),) if self.schema is not None else None

    @property
    def typical(self) -> tuple[float, ...] | None:
        """Typical value of each column of a table; None for images, and where no schema knows them."""
        return None if self.schema is None else self.schema.typical

    @property
    def ranges(self) -> tuple[float, ...] | None:
        """Largest minus smallest known value of each column of a table; None for images, and where no schema knows them."""
        return None if self.schema is None else self.schema.ranges

    @property
    def groups(self) -> Mapping[str, tuple[int, ...]] | None:
        """Numbers of the columns that belong together, by name, single columns included; None where no schema knows them."""
        return None if self.schema is None else self.schema.groups

    @abstractmethod
    def _score(self, batch: Tensor) -> Tensor:
        """(B, K) scores of one batch that fits in memory."""

    @property
    def gives_probabilities(self) -> bool:
        """Whether the scores are probabilities or logits of such; margins stand for none."""
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """The model to this thread alone, with its freed memory kept. Re-entrant."""
        with self._lock.held(), kept_heap():
            yield

    def check(self, inputs: Tensor) -> None:
        """Raises: InputError, where the inputs are empty or have not the dtype or the shape that this model takes."""
        _check_dtype(inputs)
        _check_shape(inputs, self.domain, self.input_shape)

    def __call__(self, inputs: Tensor) -> Tensor:
        """(B, K) scores, detached, on the inputs' device.

        Raises: InputError, where the inputs are empty or have not the dtype or shape that the model takes, or the model's
        answer is not (B, K).
        """
        self.check(inputs)
        count_model_calls(len(inputs))
        with self.held(), torch.no_grad():
            parts = self.batches.run(lambda part: self._checked_score(inputs[part]), inputs)
        return torch.cat(parts).to(inputs.device)

    def _checked_score(self, batch: Tensor) -> Tensor:
        return self._checked(self._score(batch), len(batch)).detach()  # a module may switch gradients on by itself

    def _checked(self, scores: Tensor, inputs: int) -> Tensor:
        if scores.shape != (inputs, self.num_classes):
            raise InputError(
                f"The model must return one row of {self.num_classes} scores for each of {inputs} inputs. "
                f"Got shape {tuple(scores.shape)}. Pass the right `num_classes`, or wrap the model so that it does."
            )
        return scores

    def __repr__(self) -> str:
        name = type(self.model).__name__
        unit = "probabilities" if self.score_unit == "probability" else "logits"
        return f"{type(self).__name__}({name}, {self.domain}, {self.num_classes} classes, {unit})"


def batch_size_of(model: Classifier, inputs: Tensor) -> int:
    """How many of these inputs the model takes in one call."""
    return model.batches.size(inputs) if isinstance(model, ClassifierAdapter) else Batcher().size(inputs)


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise InputError(f"`{name}` must be one of {', '.join(map(repr, choices))}. Got {value!r}.")
    return value


def _checked_num_classes(num_classes: int) -> int:
    if num_classes < 2:
        raise InputError(
            f"`num_classes` must be at least 2. Got {num_classes}. A model with one score needs two columns, one a class."
        )
    return num_classes


def _checked_names(class_names: Sequence[str] | None, num_classes: int) -> tuple[str, ...]:
    names = tuple(map(str, class_names)) if class_names is not None else tuple(map(str, range(num_classes)))
    if len(names) != num_classes:
        raise InputError(f"`class_names` must have one name for each of {num_classes} classes. Got {len(names)}.")
    return names


def _check_dtype(inputs: Tensor) -> None:
    if not isinstance(inputs, Tensor):
        raise InputError(f"`inputs` must be a torch tensor. Got {type(inputs).__name__}. `xv.explain` converts others.")
    if not inputs.is_floating_point():
        raise InputError(
            f"`inputs` must be floating-point numbers (images in [0, 1]). Got {str(inputs.dtype).removeprefix('torch.')}. "
            "Divide 8-bit images by 255, or use `xv.load_images`, which does."
        )


def _check_shape(inputs: Tensor, domain: Domain, one: tuple[int, ...] | None) -> None:
    expected = "(B, C, H, W)" if domain == "image" else "(B, F)"
    if one is not None:
        expected = f"(B, {', '.join(map(str, one))})"
    fits = inputs.ndim == (4 if domain == "image" else 2) and (one is None or tuple(inputs.shape[1:]) == one)
    if not fits:
        remedy = " `xv.load_images(source, model)` brings pictures to it." if domain == "image" and one is not None else ""
        raise InputError(f"`inputs` must have shape {expected}. Got {tuple(inputs.shape)}.{remedy}")
    if inputs.numel() == 0:
        raise InputError(f"`inputs` must hold at least one input. Got an empty batch of shape {tuple(inputs.shape)}.")
