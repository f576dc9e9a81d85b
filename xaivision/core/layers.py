"""Finding and watching layers of a module, with every hook taken off again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import InputError, UnknownNameError

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


def is_spatial_map(output: Any) -> bool:
    """Whether this is a batch of channel-first maps, (B, C, h, w) with more than one position."""
    return isinstance(output, Tensor) and output.ndim == 4 and output.shape[-1] * output.shape[-2] > 1


def last_spatial_layer(module: nn.Module, run: Callable[[], object]) -> Layer:
    """The last layer in `run()` whose output is a channel-first map.

    Raises: InputError, where no layer has one, or the model works on tokens after the last one: a vision transformer's only
    map is that of its patches, long before the decision.
    """
    found: list[Layer] = []
    tokens_after: list[Layer] = []

    def note(layer: Layer, output: Any) -> None:
        if is_spatial_map(output):
            found.append(layer)
            tokens_after.clear()
        elif isinstance(output, Tensor) and output.ndim == 3 and output.shape[1] > 1:
            tokens_after.append(layer)

    with watching(module, None, note), torch.no_grad():
        run()
    if not found:
        raise InputError(
            "`layer` must name a layer whose output is a map (B, C, h, w). This model has none, so class activation "
            "maps have no meaning for it. Use a gradient or perturbation method."
        )
    if tokens_after:
        raise InputError(
            f"`layer` must name a layer whose output is a map (B, C, h, w) near the end. After its last map, `{found[-1].name}`, "
            "this model works on tokens. Use a gradient or perturbation method, or name the layer."
        )
    return found[-1]


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
