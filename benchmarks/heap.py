"""A forward pass of one photo at several batch sizes, with the freed heap kept and without."""

import torch

from benchmarks.contest import Contest, photo_and_model, write
from benchmarks.timing import cpu_seconds
from xaivision.core.heap import give_back_heap, kept_heap
from xaivision.core.modes import evaluating

BATCHES = (1, 4, 16, 64)
PASSES = 64
CONTEST = Contest(
    "heap",
    "Keeping the freed heap",
    "CPU milliseconds of a forward pass for each photo of 224 pixels, EfficientNet-Lite0, best of the rounds",
    "at batch 16 at least 1.5 times faster with the heap kept",
)


def main(quick: bool = False) -> list[list[object]]:
    photo, model = photo_and_model()
    rows: list[list[object]] = []
    for batch in BATCHES:
        inputs = model._prepared(photo.expand(batch, *photo.shape[1:]))
        kept, given_back = [], []
        for _ in range(1 if quick else 4):
            give_back_heap()
            given_back.append(_milliseconds(model.model, inputs))
            with kept_heap():
                kept.append(_milliseconds(model.model, inputs))
        rows.append([batch, f"{min(given_back):.1f}", f"{min(kept):.1f}", f"{min(given_back) / min(kept):.2f}"])
        print(f"heap: batch {batch}: {rows[-1][1]} ms as it is, {rows[-1][2]} ms kept")
    write(CONTEST, ["batch", "as it is", "heap kept", "times faster"], rows)
    return rows


def _milliseconds(module: torch.nn.Module, inputs: torch.Tensor) -> float:
    """CPU milliseconds for each photo, warmed up."""
    with torch.no_grad(), evaluating(module):
        module(inputs)
        return 1000 * cpu_seconds(lambda: [module(inputs) for _ in range(PASSES // len(inputs))]) / PASSES
