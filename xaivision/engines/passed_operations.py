"""Which operations each pass of a module takes, told from the gradient's own record: not every input need go the same way."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from xaivision.engines.gradient_path import LINEAR


@contextmanager
def passes_watched(module: nn.Module, told: Callable[[Counter[str]], None]) -> Iterator[None]:
    """`told` of each pass inside that has a gradient: how often each operation of autograd leads to the scores.

    Linear operations are left out but for products, since they depend on how numbers lie in memory.
    """

    def watch(_part: nn.Module, _given: Any, output: Any) -> None:
        scores = getattr(output, "logits", output)
        if isinstance(scores, Tensor) and scores.grad_fn is not None:
            told(_operations(scores.grad_fn))

    handle = module.register_forward_hook(watch)
    try:
        yield
    finally:
        handle.remove()


def _operations(end: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    seen, waiting = {end}, [end]
    while waiting:
        node = waiting.pop()
        name = type(node).__name__.rstrip("0123456789")
        if name == "MulBackward" or name.removesuffix("Backward") not in LINEAR:
            found["MaxPool" if "MaxPool" in name else name] += 1  # pooling is the same in one dimension and in three
        behind = {before for before, _ in node.next_functions if before is not None} - seen
        seen |= behind
        waiting += behind
    return found
