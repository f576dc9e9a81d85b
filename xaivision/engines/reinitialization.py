"""Fresh random weights in a module for a while, then exactly the ones it had.

Source: Adebayo et al., Sanity checks for saliency maps, 2018, arXiv:1810.03292.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Literal, TypeVar, cast, get_args

import torch
from torch import Tensor, nn

from xaivision.core.kept_pass import layers_changed, passes_kept
from xaivision.core.progress import track
from xaivision.core.random import GLOBAL_GENERATORS, seed_for

# Every layer at once; one after the other, cumulatively, from the named end; or each alone.
Order = Literal["all", "bottom_up", "top_down", "independent"]
ORDERS: tuple[Order, ...] = get_args(Order)
LATE: tuple[Order, ...] = ("top_down", "independent")  # what comes before the changed layers stays as it was
Answer = TypeVar("Answer")


def resettable_layers(module: nn.Module) -> tuple[str, ...]:
    """Names of the submodules that know how to draw their parameters anew, in the order they were registered."""
    return tuple(
        name
        for name, part in module.named_modules()
        if callable(getattr(part, "reset_parameters", None)) and any(True for _ in part.parameters(recurse=False))
    )


def unreachable_parameters(module: nn.Module) -> tuple[str, ...]:
    """Names of parameters that no `reset_parameters` draws anew."""
    # A layer's own only: a weight under a parametrization (weight or spectral norm) belongs to a child, where resetting
    # does not reach it.
    reached = {
        id(parameter) for name in resettable_layers(module) for parameter in module.get_submodule(name).parameters(recurse=False)
    }
    return tuple(name for name, parameter in module.named_parameters() if id(parameter) not in reached)


def answers_by_stage(module: nn.Module, order: Order, seed: int, ask: Callable[[], Answer]) -> list[Answer]:
    """What `ask()` answers at each stage: one for "all", else one for each layer; the weights are given back after an error too.

    A layer's fresh parameters depend on the seed and its name alone: they are the same in every order. What comes before the
    layers that changed from one stage to the next is not computed again where `ask` takes gradients of the same inputs.
    """
    kept = passes_kept() if order in LATE else nullcontext()
    with kept:
        return _alone(module, seed, ask) if order == "independent" else _one_after_the_other(module, order, seed, ask)


def _alone(module: nn.Module, seed: int, ask: Callable[[], Answer]) -> list[Answer]:
    found = []
    for layer in track(resettable_layers(module), "random layers"):
        with _drawn(module, layer, seed):
            found.append(ask())
    return found


def _one_after_the_other(module: nn.Module, order: Order, seed: int, ask: Callable[[], Answer]) -> list[Answer]:
    layers, found = resettable_layers(module), []
    with ExitStack() as stack:  # undone from the last layer to the first, since layers may share a tensor
        for layer in track(layers[::-1] if order == "top_down" else layers, "random layers"):
            stack.enter_context(_drawn(module, layer, seed))
            if order != "all":
                found.append(ask())
        return found if order != "all" else [ask()]


def _drawn(module: nn.Module, layer: str, seed: int) -> AbstractContextManager[None]:
    return reinitialized(module, (layer,), seed_for(seed, "randomization", layer))


@contextmanager
def reinitialized(module: nn.Module, layers: Sequence[str], seed: int) -> Iterator[None]:
    """These layers with fresh parameters inside; afterwards every byte as before. Global generators are not moved."""
    parts = [module.get_submodule(name) for name in layers]
    registered, saved = _registered(parts), _copies(parts)
    try:
        _reset(parts, seed)
        layers_changed([*(tensor for tensor, _ in saved), *_tensors(parts)])
        yield
    finally:
        with torch.no_grad():
            for part, name, tensor in registered:
                setattr(part, name, tensor)
            for tensor, copy in saved:
                tensor.copy_(copy)
        layers_changed(tensor for tensor, _ in saved)


def _registered(parts: Sequence[nn.Module]) -> list[tuple[nn.Module, str, Tensor | None]]:
    """Which tensor each name stands for: a layer may draw new ones instead of filling those it has."""
    modules = {id(module): module for part in parts for module in part.modules()}
    return [
        (module, name, tensor)
        for module in modules.values()
        for name, tensor in (*module._parameters.items(), *module._buffers.items())
    ]


def _copies(parts: Sequence[nn.Module]) -> list[tuple[Tensor, Tensor]]:
    return [(tensor, tensor.detach().clone()) for tensor in _tensors(parts)]


def _tensors(parts: Sequence[nn.Module]) -> list[Tensor]:
    """Parameters and buffers of these layers, each once."""
    return list({id(tensor): tensor for part in parts for tensor in (*part.parameters(), *part.buffers())}.values())


def _reset(parts: Sequence[nn.Module], seed: int) -> None:
    used = {tensor.device for part in parts for tensor in part.parameters() if tensor.device.type == "cuda"}
    devices = sorted(used, key=str)
    with GLOBAL_GENERATORS, torch.random.fork_rng(devices=devices), torch.no_grad():
        # Not `torch.manual_seed`, which moves the generators of every device, also of those that are not forked.
        torch.default_generator.manual_seed(seed)
        for device in devices:
            torch.cuda.default_generators[device.index].manual_seed(seed)
        for part in parts:
            cast(Callable[[], None], part.reset_parameters)()
