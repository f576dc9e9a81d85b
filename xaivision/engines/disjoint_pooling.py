"""Max pooling whose windows overlap, computed on windows that do not.

Methods that send a pooled value's share back with `max_unpool` need this: unpooling keeps one of several shares that belong to
one position, so where windows overlap the others are lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

POOLS: dict[type[nn.Module], int] = {nn.MaxPool1d: 1, nn.MaxPool2d: 2, nn.MaxPool3d: 3}
_WITH_PLACES = {1: F.max_pool1d_with_indices, 2: F.max_pool2d_with_indices, 3: F.max_pool3d_with_indices}


def overlaps(part: nn.Module) -> bool:
    """Whether this is max pooling whose windows share positions."""
    if type(part) not in POOLS:
        return False
    reach = zip(_sides(part, "kernel_size"), _sides(part, "stride"), _sides(part, "dilation"), strict=True)
    return any(dilation * (size - 1) >= stride for size, stride, dilation in reach)


class DisjointMaxPool(nn.Module):
    """The same maxima, and their places where the pool gives them: each window is laid out on its own, and pooled by a
    module that sees nothing else.
    """

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.sizes, self.strides = _sides(pool, "kernel_size"), _sides(pool, "stride")
        self.paddings, self.dilations = _sides(pool, "padding"), _sides(pool, "dilation")
        self.partial_windows, self.gives_places = bool(pool.ceil_mode), bool(pool.return_indices)
        self.pool = nn.MaxPool1d(prod(self.sizes))
        self.training = False

    def forward(self, inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        windows = F.pad(inputs, self._margins(inputs), value=torch.finfo(inputs.dtype).min)
        for axis, (size, stride, dilation) in enumerate(zip(self.sizes, self.strides, self.dilations, strict=True)):
            windows = windows.unfold(2 + axis, dilation * (size - 1) + 1, stride)[..., ::dilation]
        kept = windows.shape[: inputs.ndim]
        laid_out = windows.reshape(len(inputs), prod(kept[1:]), prod(self.sizes))
        pooled: Tensor = self.pool(laid_out)
        return (pooled.view(kept), self._places(inputs)) if self.gives_places else pooled.view(kept)

    def _places(self, inputs: Tensor) -> Tensor:
        """What `return_indices` asks for: where in its map each maximum lies."""
        sides = (self.sizes, self.strides, self.paddings, self.dilations)
        found: Tensor = _WITH_PLACES[len(self.sizes)](inputs.detach(), *sides, ceil_mode=self.partial_windows)[1]
        return found

    def _margins(self, inputs: Tensor) -> list[int]:
        """Padding before and after each axis, last axis first, as `pad` takes it; after it for windows that are cut too."""
        margins: list[int] = []
        for axis in reversed(range(len(self.sizes))):
            before, stride = self.paddings[axis], self.strides[axis]
            reach, extent = self.dilations[axis] * (self.sizes[axis] - 1) + 1, inputs.shape[2 + axis]
            room = (extent + 2 * before - reach) / stride
            windows = (ceil(room) if self.partial_windows else int(room)) + 1
            if (windows - 1) * stride >= extent + before:  # a window has to start inside
                windows -= 1
            margins += [before, max(0, (windows - 1) * stride + reach - extent - before)]
        return margins


@contextmanager
def disjoint_pools(module: nn.Module) -> Iterator[dict[nn.Module, nn.Module]]:
    """Max pooling of the module, inside, on windows that do not overlap; its own pools are back afterwards.

    Yields which of its own pools each module stands for that pools inside.
    """
    places = [
        (owner, name, part)
        for owner in module.modules()
        for name, part in owner._modules.items()
        if part is not None and overlaps(part)
    ]
    own: dict[nn.Module, nn.Module] = {}
    try:
        for owner, name, part in places:
            apart = DisjointMaxPool(part)
            owner._modules[name] = apart
            own[apart.pool] = part
        yield own
    finally:
        for owner, name, part in places:
            owner._modules[name] = part


def _sides(pool: nn.Module, name: str) -> tuple[int, ...]:
    given, axes = getattr(pool, name), POOLS[type(pool)]
    return tuple(given) if isinstance(given, tuple | list) else (int(given),) * axes
