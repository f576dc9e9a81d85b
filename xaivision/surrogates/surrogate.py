"""A surrogate: a stand-in for a black box that is a classifier itself, so that everything explains and audits it too."""

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import CapabilityError
from xaivision.core.image_format import ImageFormat
from xaivision.surrogates.decision_tree import DecisionTree, Rows
from xaivision.surrogates.reading import Columns, Reading
from xaivision.surrogates.rule_list import RuleListStandIn
from xaivision.surrogates.stand_in import StandIn, TreeStandIn


class Asked(Protocol):
    """What a surrogate takes over from its black box: the inputs that it takes, and the classes that it tells apart."""

    @property
    def num_classes(self) -> int: ...

    @property
    def domain(self) -> Domain: ...

    @property
    def class_names(self) -> tuple[str, ...]: ...

    @property
    def image_format(self) -> ImageFormat | None: ...

    @property
    def schema(self) -> Schema | None: ...

    @property
    def input_shape(self) -> tuple[int, ...] | None: ...


class Surrogate(ClassifierAdapter):
    """Probabilities (B, K) by a stand-in that reads a few features; inputs, classes and schema are the black box's.

    `kind`: of `KINDS`. `reading`: what it reads of an input. `local`: it stands for the black box near one input alone.
    """

    model: StandIn

    def __init__(self, stand_in: StandIn, black_box: Asked, reading: Reading, *, kind: str, local: bool = False) -> None:
        super().__init__(
            stand_in,
            black_box.num_classes,
            score_unit="probability",
            domain=black_box.domain,
            class_names=black_box.class_names,
            image_format=black_box.image_format,
            schema=black_box.schema,
        )
        self.kind, self.reading, self.local = kind, reading, local
        self._width = black_box.input_shape

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        return super().input_shape or self._width or ((len(self.reading.names),) if self.domain == "tabular" else None)

    @property
    def features(self) -> tuple[int, ...]:
        """Numbers of what it may read, among `reading.names`."""
        return self.model.features

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what it may read."""
        return tuple(self.reading.names[number] for number in self.features)

    @property
    def category_names(self) -> tuple[tuple[str, ...], ...]:
        """For each column that is read the categories that its codes stand for; empty where no column has any."""
        if self.schema is None or not isinstance(self.reading, Columns) or not any(self.schema.category_names):
            return ()
        return self.schema.category_names

    @property
    def tree(self) -> DecisionTree:
        """Its tree. Raises: CapabilityError, where it is of another kind."""
        if not isinstance(self.model, TreeStandIn):
            raise CapabilityError(f"Paths and leaves need a surrogate of kind 'tree'. Got {self.kind!r}.")
        return self.model.tree

    def rows(self, inputs: Tensor) -> Rows:
        """(B, F) what it reads of these inputs."""
        self.check(inputs)
        return self.reading(inputs)

    def places_of(self, rows: Rows) -> "np.ndarray":
        """(B,) number of the leaf, or of the rule of a list, that decides each row.

        Raises: CapabilityError, where no single rule decides.
        """
        if isinstance(self.model, RuleListStandIn):
            return self.model.rule_of(rows)
        if not isinstance(self.model, TreeStandIn):
            raise CapabilityError(f"Rules need a surrogate of kind 'tree' or 'rule_list'. Got {self.kind!r}.")
        return self.model.tree.leaves_of(rows)

    def save(self, path: str | Path) -> Path:
        """Write it to one safetensors file (no pickle), from which `xv.load_surrogate` gives it back; the file's path.

        Raises: FileNotFoundError, where its folder does not exist; OSError, where it cannot be written.
        """
        from xaivision.surrogates.surrogate_file import save_surrogate

        return save_surrogate(self, path)

    def _score(self, batch: Tensor) -> Tensor:
        found = self.model.probabilities(self.reading(batch))
        dtype = batch.dtype if batch.dtype in (torch.float32, torch.float64) else torch.float32
        return torch.from_numpy(np.ascontiguousarray(found)).to(dtype)

    def __repr__(self) -> str:
        near = ", near one input" if self.local else ""
        read = f"{len(self.features)} of {len(self.reading.names)} features"
        return f"Surrogate({self.kind}, {read}, {self.num_classes} classes{near})"
