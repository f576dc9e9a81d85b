"""Splits inputs into batches that fit: the only place in the library that does."""

from collections.abc import Callable
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
VALUES_PER_GPU_BATCH = 16 * VALUES_PER_CPU_BATCH

OUT_OF_MEMORY_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this error says that memory ran out, on any device."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error) for sign in OUT_OF_MEMORY_SIGNS)
    )


class Batcher:
    """Knows how many inputs one call holds, and halves that where memory runs out.

    `size` fixes the number for every shape; None derives it from the size of one input and the device.
    """

    def __init__(self, size: int | None = None) -> None:
        if size is not None and (not isinstance(size, int) or size < 1):
            raise InputError(f"`batch_size` must be a positive integer. Got {size!r}.")
        self._given = size
        self._halved: dict[tuple[str, tuple[int, ...]], int] = {}

    def size(self, inputs: Tensor, purpose: str = "scores") -> int:
        """How many inputs of this shape, on this device, go into one call for this purpose."""
        values = VALUES_PER_CPU_BATCH if inputs.device.type == "cpu" else VALUES_PER_GPU_BATCH
        fits = self._given or max(1, values // max(1, prod(inputs.shape[1:])))
        return min(fits, self._halved.get((purpose, tuple(inputs.shape[1:])), fits))

    def run(self, work: Callable[[slice], T], inputs: Tensor, purpose: str = "scores") -> list[T]:
        """`work(part)` for consecutive slices of the inputs; a part that runs out of memory is tried again in halves.

        Raises: whatever `work` raises, out-of-memory errors of a single input included; Cancelled, before the next slice.
        """
        results: list[T] = []
        start = 0
        while start < len(inputs):
            raise_if_cancelled()
            part = slice(start, min(start + self.size(inputs, purpose), len(inputs)))
            try:
                results.append(work(part))
                start = part.stop
                continue
            except (RuntimeError, MemoryError) as error:
                if part.stop - part.start == 1 or not is_out_of_memory(error):
                    raise
            # Outside the except block: there the traceback would keep the tensors that did not fit alive.
            self._halved[purpose, tuple(inputs.shape[1:])] = (part.stop - part.start) // 2
            if inputs.device.type == "cuda":
                torch.cuda.empty_cache()
        return results
