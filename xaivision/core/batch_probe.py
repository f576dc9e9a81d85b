"""Times a model at several batch sizes, for those who would rather measure than take the size that follows from memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from xaivision.core.batching import Batcher
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.progress import track

# Shares of the size that the model takes now.
TRIED = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4)
# Between sizes as close as this to the fastest the smallest is taken: it needs the least memory.
AS_GOOD = 1.05
ROUNDS = 3


@dataclass(frozen=True)
class BatchProbe:
    """`seconds`: what one input takes at each batch size that fitted in memory, the best of a few rounds."""

    seconds: Mapping[int, float]

    @property
    def best(self) -> int:
        """The smallest size that takes at most 5 % longer than the fastest."""
        fastest = min(self.seconds.values())
        return min(size for size, seconds in self.seconds.items() if seconds <= AS_GOOD * fastest)

    def __str__(self) -> str:
        told = (f"{size}: {1000 * seconds:.3g} ms" for size, seconds in self.seconds.items())
        return f"{self.best} inputs a batch (an input takes, in batches of {', '.join(told)})"


def probe_batch_size(model: ClassifierAdapter, inputs: Tensor, *, sizes: Sequence[int] | None = None) -> BatchProbe:
    """What an input takes in batches of these `sizes`; from then on the model takes the best of them.

    Without it the size follows from that of an input and the device alone, so that the same question gives the same bits on
    every day. What was found depends on the moment: to repeat an answer to the last bit, give its size as `batch_size` to
    `xv.classifier`. Sizes are tried from the smallest on, until one does not fit in memory; each takes four batches.

    `inputs` (B, *S): what the model will be asked about, repeated to fill a batch. `sizes`: None for a sixteenth of the size that
    the model takes now up to four times that.

    Raises: InputError, where sizes are no positive integers or none of them fits; what the model raises at a single input.
    """
    model.check(inputs)
    if sizes is None:
        sizes = [max(1, int(share * model.batches.size(inputs))) for share in TRIED]
    if not sizes:
        raise InputError("`sizes` must hold at least one batch size. Got none.")
    tried = {size: Batcher(size) for size in sorted(set(sizes))}
    kept, seconds = model.batches, dict[int, float]()
    try:
        with model.held():
            for size, batches in track(tuple(tried.items()), "batch sizes"):
                model.batches = batches
                found = _seconds(model, inputs[torch.arange(size, device="cpu") % len(inputs)])
                if batches.size(inputs) < size:
                    break  # it ran out of memory, and went on in halves
                seconds[size] = found / size
        if not seconds:
            raise InputError(f"`sizes` must hold one that fits in memory. Got {min(tried)} at the least. Take smaller ones.")
        kept = Batcher(BatchProbe(seconds).best)
    finally:
        model.batches = kept
    return BatchProbe(seconds)


def _seconds(model: ClassifierAdapter, batch: Tensor) -> float:
    """The best of a few rounds, after one that makes room in memory."""
    _ask(model, batch)
    return min(_ask(model, batch) for _ in range(ROUNDS))


def _ask(model: ClassifierAdapter, batch: Tensor) -> float:
    start = perf_counter()
    model(batch).sum().item()  # a number of the answer: a GPU has done it only then
    return perf_counter() - start
