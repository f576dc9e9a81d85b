"""Evaluation mode for as long as a module is being asked, then exactly what was there before."""

from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from torch import nn


def parts(module: nn.Module) -> list[nn.Module]:
    """What `module.modules()` gives, in another order, in a third of the time: this is asked for with every pass."""
    seen, found = {module}, [module]
    for part in found:
        for child in part._modules.values():
            if child is not None and child not in seen:
                seen.add(child)
                found.append(child)
    return found


# For a module that is being asked, the parts that were in training mode before.
_switched: "WeakKeyDictionary[nn.Module, list[nn.Module]]" = WeakKeyDictionary()
# What behaves differently in training mode, by the words in its classes' names: torch's, and those of others.
DIFFERENT = ("batchnorm", "dropout", "droppath", "stochasticdepth", "rrelu")


def trained_otherwise(module: nn.Module) -> tuple[str, ...]:
    """Kinds of parts of the module that is being asked that were in training mode before, and behave differently there."""
    kinds = {type(part).__name__ for part in _switched.get(module, ()) if getattr(part, "p", 1) != 0}
    return tuple(sorted(kind for kind in kinds if any(word in kind.lower() for word in DIFFERENT)))


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Every submodule in evaluation mode inside. Sets the flags themselves: exported programs refuse `.eval()`."""
    training = [part for part in parts(module) if part.training]
    for part in training:
        part.training = False
    if training:
        _switched[module] = training
    try:
        yield
    finally:
        if training:
            del _switched[module]
        for part in training:
            part.training = True
