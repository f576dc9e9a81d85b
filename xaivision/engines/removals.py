"""What stands where features are absent: the ways to make an input without some of them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import torch
from torch import Tensor

from xaivision.core.sharing import fingerprint
from xaivision.engines.imputation import imputed


class Removal(Protocol):
    """Makes versions of `one` input. `draws` versions stand for each choice of features; its value is the mean over them."""

    @property
    def one(self) -> Tensor: ...

    @property
    def draws(self) -> int: ...

    @property
    def key(self) -> Hashable:
        """Equal for removals that make equal versions."""
        ...

    def still(self, labels: Tensor) -> Tensor:
        """(M,) on the CPU: players whose absence changes nothing, by the label map (H, W) or (F,) of their positions."""
        ...

    def parts(self, most: int) -> "Sequence[Removal]":
        """Removals of at most `most` draws each, which together have this one's, in their order."""
        ...

    def __call__(self, kept: Tensor) -> Tensor:
        """(n * draws, *S) versions of the input in which only the kept positions, (n, H, W) or (n, F), are its own."""
        ...


@dataclass(frozen=True, eq=False)
class Replacement:
    """Absent features take the values of `references` (R, *S), each in turn: one baseline, or the rows of a background."""

    one: Tensor
    references: Tensor

    @property
    def draws(self) -> int:
        return len(self.references)

    @cached_property
    def key(self) -> Hashable:
        return ("replacement", fingerprint(self.one), fingerprint(self.references))

    def still(self, labels: Tensor) -> Tensor:
        """Players whose every value is that of all references already."""
        differs = (self.one != self.references).any(0)
        moved = differs.any(0) if self.one.ndim == 3 else differs
        return (
            torch.zeros(int(labels.max()) + 1, device="cpu").index_add_(0, labels.flatten().cpu(), moved.flatten().cpu().float())
            == 0
        )

    def parts(self, most: int) -> Sequence[Removal]:
        return [self] if self.draws <= most else [Replacement(self.one, some) for some in torch.split(self.references, most)]

    def __call__(self, kept: Tensor) -> Tensor:
        positions = kept[:, None, None] if self.one.ndim == 3 else kept[:, None]
        versions = torch.where(positions, self._own, self._others)
        return versions.flatten(0, 1)

    # Channels last in memory, which is what the models are asked in: a version is written once.
    @cached_property
    def _own(self) -> Tensor:
        return _channels_last(self.one[None])

    @cached_property
    def _others(self) -> Tensor:
        return _channels_last(self.references)


@dataclass(frozen=True, eq=False)
class Interpolation:
    """What follows from the pixels that are kept stands where others are absent: one version of a picture for each choice."""

    one: Tensor

    @property
    def draws(self) -> int:
        return 1

    def still(self, labels: Tensor) -> Tensor:
        """None: what stands at a pixel depends on what else is absent."""
        return torch.zeros(int(labels.max()) + 1, dtype=torch.bool, device="cpu")

    def parts(self, most: int) -> Sequence[Self]:
        return [self]


@dataclass(frozen=True, eq=False)
class Imputation(Interpolation):
    """Absent pixels of a picture are interpolated from those that are kept, with `noise` (C, H, W) on top where given.

    One sparse system a version: about a quarter of a second for half of a picture of 224 pixels.
    Source: Rong et al. (ROAD), 2022, arXiv:2202.00449.
    """

    noise: Tensor | None = None

    @cached_property
    def key(self) -> Hashable:
        noise = None if self.noise is None else fingerprint(self.noise)
        return ("imputation", fingerprint(self.one), noise)

    def __call__(self, kept: Tensor) -> Tensor:
        versions = torch.stack([imputed(self.one, mask) for mask in kept])
        return versions if self.noise is None else versions + self.noise * ~kept[:, None]


def segment_means(one: Tensor, labels: Tensor) -> Tensor:
    """(C, H, W) the picture with each segment of the label map (H, W) evened out to its mean color."""
    places = labels.flatten().to(one.device)
    flat = one.flatten(1).double()
    sums = flat.new_zeros(len(one), int(places.max()) + 1).index_add_(1, places, flat)
    counts = torch.bincount(places, minlength=sums.shape[1])
    return (sums / counts.clamp_min(1))[:, places].view_as(one).to(one)


def _channels_last(inputs: Tensor) -> Tensor:
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs
