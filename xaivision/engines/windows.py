"""Sliding windows over a picture or a row: what is hidden in turn, and what each pixel gets of the score's change."""

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.targets import TargetScore
from xaivision.engines.streaming import Pairs, streamed_scores


@dataclass(frozen=True)
class Window:
    """The positions a window hides: rows [top, bottom) and columns [left, right). A table is one row."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)


def sliding_windows(height: int, width: int, side: tuple[int, int], stride: tuple[int, int]) -> list[Window]:
    """Windows that cover every position; the last of a row or column is cut at the edge.

    Raises: InputError, where the window does not fit, or the stride would leave positions uncovered.
    """
    for name, window, step, extent in (("height", side[0], stride[0], height), ("width", side[1], stride[1], width)):
        if not 1 <= window <= extent:
            raise InputError(f"`window` {name} must be from 1 to {extent}. Got {window}.")
        if not 1 <= step <= window:
            raise InputError(
                f"`stride` must be from 1 to the window's {name}, {window}, so that every pixel is covered. Got {step}."
            )
    return [
        Window(top, min(top + side[0], height), left, min(left + side[1], width))
        for top in _starts(height, side[0], stride[0])
        for left in _starts(width, side[1], stride[1])
    ]


def window_scores(model: Classifier, inputs: Tensor, baseline: Tensor, target: TargetScore, windows: list[Window]) -> Tensor:
    """(B, windows) target scores of the inputs with one window replaced by the baseline, in float64."""
    found = torch.empty(len(inputs), len(windows), dtype=torch.float64, device="cpu")

    def hidden(part: Pairs) -> Tensor:
        batch = inputs[part.inputs]
        for row, (index, version) in enumerate(zip(part.inputs.tolist(), part.versions.tolist(), strict=True)):
            _hide(batch[row], baseline[index], windows[version])
        return batch

    for part, scores in streamed_scores(model, inputs, len(windows), hidden, "occlusion"):
        found[part.inputs, part.versions] = target.take(part.inputs).of(scores).double().cpu()
    return found


def unchanging(inputs: Tensor, baseline: Tensor, windows: list[Window]) -> Tensor:
    """(B, windows) whether a window hides nothing but what equals the baseline already."""
    differs = (inputs != baseline).any(1) if inputs.ndim == 4 else (inputs != baseline)[:, None]
    return torch.stack([~differs[:, w.top : w.bottom, w.left : w.right].flatten(1).any(1) for w in windows], 1)


def spread_over_windows(drops: Tensor, windows: list[Window], height: int, width: int) -> Tensor:
    """(B, height, width): each window's drop shared evenly among its pixels, averaged over the windows of a pixel."""
    total = drops.new_zeros(len(drops), height, width)
    covered = drops.new_zeros(height, width)
    for number, window in enumerate(windows):
        place = (slice(window.top, window.bottom), slice(window.left, window.right))
        total[:, *place] += (drops[:, number] / window.area)[:, None, None]
        covered[place] += 1
    return total / covered


def _starts(extent: int, window: int, stride: int) -> range:
    count = ceil((extent - window) / stride) + 1
    return range(0, count * stride, stride)


def _hide(one: Tensor, baseline: Tensor, window: Window) -> None:
    """In place; a table's row (F,) has columns only."""
    columns = slice(window.left, window.right)
    if one.ndim == 1:
        one[columns] = baseline[columns]
    else:
        rows = slice(window.top, window.bottom)
        one[:, rows, columns] = baseline[:, rows, columns]
