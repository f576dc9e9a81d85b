"""Splits inputs into batches that fit: the only place in the library that does."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TypeVar

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.progress import raise_if_cancelled

T = TypeVar("T")

# Sixteen photos of 224 pixels. With the freed heap kept, time per input is flat from 2 to 64 photos on a CPU, so the
# size of a batch is a matter of memory alone. It does not depend on timing: the same input gives the same bits.
VALUES_PER_CPU_BATCH = 16 * 3 * 224 * 224
# Small pictures would go in by the hundreds, and a wide network's maps fill the memory. At 128 a call, pictures of 8 x 8
# through a small network take 5 % longer than at 2048; one that saves 40 MB of maps a picture needs 5 GB for its gradients.
PICTURES_PER_CPU_BATCH = 128
# Estimators of tables keep nothing between the input and the answer, and have a cost for each call: a forest of 100 trees
# takes 7 ms of it, three times what it then does with 120 rows of 20,000 columns.
TABLE_VALUES_PER_CPU_BATCH = 10 * VALUES_PER_CPU_BATCH
GPU_BATCHES_ARE_LARGER = 16

# Full batches that must go well before a halved size is tried at the double; twice as many after each try that failed.
PATIENCE = 16

OUT_OF_MEMORY_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error says that memory ran out, on any device."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in OUT_OF_MEMORY_SIGNS)
    )


@dataclass
class _Shrunk:
    """A size below what fits by rule: how many full batches of it went well, and how many must before it is doubled.

    `grown`: it was doubled to this size, so that running out at it is a try that failed.
    """

    size: int
    patience: int = PATIENCE
    well: int = 0
    grown: bool = False


class Batcher:
    """Knows how many inputs one call holds, halves that where memory runs out, and grows it back where that has passed.

    `size` fixes the number for every shape; None derives it from the size of one input and the device, so that a call on a CPU
    holds up to `values` numbers. Growing back is a matter of counted batches, never of time, so that the same calls are split
    in the same way.
    """

    def __init__(self, size: int | None = None, values: int = VALUES_PER_CPU_BATCH) -> None:
        if size is not None and (not isinstance(size, int) or size < 1):
            raise InputError(f"`batch_size` must be a positive integer. Got {size!r}.")
        self._given, self._values = size, values
        self._shrunk: dict[tuple[str, tuple[int, ...]], _Shrunk] = {}

    def size(self, inputs: Tensor, purpose: str = "scores", together: int = 1) -> int:
        """How many inputs of this shape, on this device, go into one call for this purpose.

        `together`: how many rows of a call each of them takes, as an input and its baseline do; one of them always goes in.
        """
        shrunk = self._shrunk.get(_key(inputs, purpose))
        fits = max(1, self._fits(inputs) // together)
        return fits if shrunk is None else min(fits, shrunk.size)

    def run(self, work: Callable[[slice], T], inputs: Tensor, purpose: str = "scores", together: int = 1) -> list[T]:
        """`work(part)` for consecutive slices of the inputs; a part that runs out of memory is tried again in halves.

        `together`: as in `size`.

        Raises: whatever `work` raises, out-of-memory errors of a single input included; Cancelled, before the next slice.
        """
        results: list[T] = []
        start = 0
        while start < len(inputs):
            raise_if_cancelled()
            part = slice(start, min(start + self.size(inputs, purpose, together), len(inputs)))
            try:
                results.append(work(part))
                start = part.stop
                self._went_well(inputs, purpose, part.stop - part.start)
                continue
            except (RuntimeError, MemoryError) as error:
                if part.stop - part.start == 1 or not is_out_of_memory(error):
                    raise
            # Outside the except block: there the traceback would keep the tensors that did not fit alive.
            self._ran_out(inputs, purpose, part.stop - part.start)
            if inputs.device.type == "cuda":
                torch.cuda.empty_cache()
        return results

    def _fits(self, inputs: Tensor) -> int:
        if self._given is not None:
            return self._given
        times = 1 if inputs.device.type == "cpu" else GPU_BATCHES_ARE_LARGER
        fits = max(1, times * self._values // max(1, prod(inputs.shape[1:])))
        return min(fits, times * PICTURES_PER_CPU_BATCH) if len(inputs.shape) == 4 else fits

    def _ran_out(self, inputs: Tensor, purpose: str, tried: int) -> None:
        before = self._shrunk.get(_key(inputs, purpose))
        patience = PATIENCE if before is None else before.patience * (2 if before.grown else 1)
        self._shrunk[_key(inputs, purpose)] = _Shrunk(tried // 2, patience)

    def _went_well(self, inputs: Tensor, purpose: str, held: int) -> None:
        """A full batch of a shrunk size speaks for trying the double."""
        shrunk = self._shrunk.get(_key(inputs, purpose))
        if shrunk is None or held < shrunk.size:
            return
        shrunk.well += 1
        if shrunk.well >= shrunk.patience:
            shrunk.size, shrunk.well, shrunk.grown = 2 * shrunk.size, 0, True


def _key(inputs: Tensor, purpose: str) -> tuple[str, tuple[int, ...]]:
    return purpose, tuple(inputs.shape[1:])
