"""Finding and watching layers of a module, with every hook taken off again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from xaivision.core.errors import UnknownNameError

# Called with each layer's output in turn; what it returns (if anything) takes the output's place.
Watcher = Callable[["Layer", Any], Any]


@dataclass(frozen=True)
class Layer:
    """One call of one module in a forward pass. A reused module is called several times; `call` counts from 0."""

    name: str
    call: int = 0


@contextmanager
def watching(module: nn.Module, names: set[str] | None, watcher: Watcher) -> Iterator[None]:
    """Show the output of the named submodules (None: all leaves) to the watcher during forward passes inside."""
    calls: dict[str, int] = {}

    def hook_for(name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:
            call = calls.get(name, 0)
            calls[name] = call + 1
            return watcher(Layer(name, call), output)

        return hook

    handles = [
        part.register_forward_hook(hook_for(name))
        for name, part in module.named_modules()
        if (name in names if names is not None else name and not any(part.children()))
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def named_layer(module: nn.Module, name: str, run: Callable[[], object]) -> Layer:
    """The last call of the submodule with this name in `run()`; call 0 where it is not called at all.

    Raises: UnknownNameError, where the module has no such submodule.
    """
    names = [known for known, _ in module.named_modules() if known]
    if name not in names:
        raise UnknownNameError("layer of this model", name, names)
    calls: list[Layer] = []
    with watching(module, {name}, lambda layer, _output: calls.append(layer)), torch.no_grad():
        run()
    return calls[-1] if calls else Layer(name)
