"""What a method answers about noisy copies of its inputs: mean and spread.

Source: Smilkov et al., SmoothGrad, 2017, arXiv:1706.03825.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.moments import Block, Moments, blocks, moments


def input_range(inputs: Tensor, ranges: Sequence[float] | None = None) -> Tensor:
    """Largest minus smallest value of each input, (B, 1, ...); of each column, (B, F), where those are known."""
    if ranges is not None:
        return torch.tensor(list(ranges), dtype=torch.float64, device="cpu").to(inputs).expand_as(inputs)
    low, high = inputs.flatten(1).aminmax(dim=1)
    return (high - low).view(-1, *[1] * (inputs.ndim - 1))


class NoisyCopies(NamedTuple):
    """`draws` copies of each of the `inputs` (B, *S): `inputs + scale * noise`.

    `noise` gives (k, *S) for k draws, the same for every input and for a draw whatever it is asked together with; `scale`
    (B, 1, ...) or (B, *S).
    """

    inputs: Tensor
    scale: Tensor
    noise: Callable[[range], Tensor]
    draws: int


# From copies (n, *S), and which input each is a copy of (n,), to answers (n, *V).
Answer = Callable[[Tensor, Tensor], Tensor]


def copies_in(block: Block, copies: NoisyCopies) -> Tensor:
    """(k * b, *S) the copies of one batch, draw by draw."""
    inputs, scale = copies.inputs[block.inputs], copies.scale[block.inputs]
    return torch.addcmul(inputs[None], scale[None], copies.noise(block.versions)[:, None]).flatten(0, 1)


def smoothed(copies: NoisyCopies, answer: Answer, size: int, *, fourth: bool = False) -> Moments:
    """Mean and spread of the answers over the copies of each input, asked `size` at a time."""
    work = blocks(len(copies.inputs), copies.draws, size)
    return moments(work, lambda block: answer(copies_in(block, copies), block.rows), "noisy copies", fourth=fourth)
