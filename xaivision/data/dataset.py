"""A dataset: inputs, what they are, and a fixed split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from torch import Tensor

from xaivision.core.about import Domain
from xaivision.core.errors import InputError
from xaivision.core.presenting import few, in_short, shape_of
from xaivision.data.card import DatasetCard
from xaivision.data.schema import TableSchema
from xaivision.data.split import Split, stratified_split


class Part(NamedTuple):
    """Inputs (n, *S) and targets (n,) of one part of a dataset."""

    inputs: Tensor
    targets: Tensor

    def __repr__(self) -> str:
        """One line, where the tensors would fill pages."""
        return in_short(self, f"inputs {shape_of(self.inputs)}", f"targets {shape_of(self.targets)}")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """`inputs` (N, *S) float32: images in [0, 1], or table rows in the units of `schema`. `targets` (N,): class numbers.

    A target of -1 is an input without a label. `truth` is what was planted in a generated set: masks (N, H, W), or the
    weights (F,) of a rule. `masks` are planted masks (N, H, W) by name, where there is more than one kind. `items` names
    single inputs where they have names of their own. `fixed_split` is the split, where the usual one would not be fair.
    `groups` (N,): numbers of groups of look-alikes, which no further split takes apart.
    """

    name: str
    inputs: Tensor
    targets: Tensor
    class_names: tuple[str, ...]
    card: DatasetCard
    schema: TableSchema | None = None
    truth: Tensor | None = None
    items: tuple[str, ...] = ()
    masks: Mapping[str, Tensor] = field(default_factory=dict)
    fixed_split: Split | None = None
    groups: Tensor | None = None

    def __post_init__(self) -> None:
        if self.targets.shape != self.inputs.shape[:1]:
            raise InputError(
                f"`targets` must have one class number for each of {len(self.inputs)} inputs. "
                f"Got shape {tuple(self.targets.shape)}."
            )
        if self.groups is not None and self.groups.shape != self.targets.shape:
            raise InputError(
                f"`groups` must have one number for each of {len(self.inputs)} inputs. Got shape {tuple(self.groups.shape)}."
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        """One line: the name, the shape of the inputs and the classes."""
        return in_short(self, self.name, self.domain, f"inputs {shape_of(self.inputs)}", f"classes {few(self.class_names)}")

    @property
    def domain(self) -> Domain:
        """Whether its inputs are pictures or table rows."""
        return "image" if self.inputs.ndim == 4 else "tabular"

    @cached_property
    def split(self) -> Split:
        """Row numbers of the two parts: 30 % of every class are the test part, or as fixed; the same in every process."""
        return stratified_split(self.targets) if self.fixed_split is None else self.fixed_split

    @property
    def train(self) -> Part:
        """Inputs and targets to learn from."""
        return Part(self.inputs[self.split.train], self.targets[self.split.train])

    @property
    def test(self) -> Part:
        """Inputs and targets that nothing was learned from."""
        return Part(self.inputs[self.split.test], self.targets[self.split.test])
