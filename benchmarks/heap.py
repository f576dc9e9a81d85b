"""A forward pass of one photo at several batch sizes, with the freed heap kept and without."""

import torch

from benchmarks.contest import Contest, photo_and_model, write
from benchmarks.timing import cpu_seconds
from xaivision.core.heap import kept_heap
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
    """The allocator as it is comes first: once it was told anything, glibc stops adapting its thresholds."""
    photo, model = photo_and_model()
    batches = {size: model.prepared(photo.expand(size, *photo.shape[1:])) for size in BATCHES}
    rounds = 1 if quick else 4
    as_it_is = {size: min(_milliseconds(model.model, batch) for _ in range(rounds)) for size, batch in batches.items()}
    with kept_heap():
        kept = {size: min(_milliseconds(model.model, batch) for _ in range(rounds)) for size, batch in batches.items()}
    rows: list[list[object]] = [
        [size, f"{as_it_is[size]:.1f}", f"{kept[size]:.1f}", f"{as_it_is[size] / kept[size]:.2f}"] for size in BATCHES
    ]
    for size, before, after, _ in rows:
        print(f"heap: batch {size}: {before} ms as it is, {after} ms kept")
    write(CONTEST, ["batch", "as it is", "heap kept", "times faster"], rows)
    return rows


def _milliseconds(module: torch.nn.Module, inputs: torch.Tensor) -> float:
    """CPU milliseconds for each photo, warmed up."""
    with torch.no_grad(), evaluating(module):
        module(inputs)
        return 1000 * cpu_seconds(lambda: [module(inputs) for _ in range(PASSES // len(inputs))]) / PASSES
