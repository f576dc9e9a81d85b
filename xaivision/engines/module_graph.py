"""A module's forward pass as a graph of named operations, without touching the module."""

import os
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from inspect import Parameter, signature
from threading import RLock, get_ident
from traceback import extract_tb
from typing import Any

import torch
from torch import Tensor, fx, nn

from xaivision.core.errors import CapabilityError
from xaivision.core.locks import lock_of

# Tracing replaces methods of `nn.Module` itself for a while: two traces at once would restore each other's replacement.
_TRACING = RLock()
_TORCH = os.path.dirname(torch.__file__)
# Written on every node that the module computes with gradients switched off.
GRADIENTS_OFF = "gradients off"


@dataclass(frozen=True)
class Operation:
    """One operation of a graph.

    `node`: its name in the graph. `computes`: the class of a module, or the name of a function or a method. `target`: the
    module's path; empty for functions and methods. `gradients_off`: it runs where gradients are switched off.
    """

    node: str
    kind: str
    computes: str
    target: str = ""
    gradients_off: bool = False

    def __str__(self) -> str:
        return f"{self.computes} at `{self.target or self.node}`"


def traced(module: nn.Module) -> fx.GraphModule:
    """The forward pass of `module` in evaluation mode as a graph module that shares its parameters and buffers.

    Modules of torch are single nodes. The submodules are copies, so that hooks and settings on the view leave the module
    as it is. Nodes inside `no_grad` have `GRADIENTS_OFF` in their `meta`: the view itself does not switch gradients off.

    Raises: CapabilityError, where the pass depends on the data, or cannot be copied; it names the line that stops it.
    """
    with lock_of(module).held():
        root = _detached_copy(module)
    if _is_leaf(root):
        root = nn.Sequential(root)  # a root is always looked into
    for part in root.modules():
        part.training = False
    with _TRACING, torch.inference_mode(False), torch.enable_grad():
        tracer = _Tracer()
        try:
            graph = _of_inputs_alone(tracer.trace(root, _defaults(root)))
            return fx.GraphModule(root, graph, type(module).__name__)
        except Exception as error:  # whatever a forward pass does with what is no tensor
            raise CapabilityError(
                f"The forward pass of {type(module).__name__} cannot be read as a graph: {_why(error)}{_where(error)}. "
                "Use a method that needs no graph, such as `integrated_gradients`."
            ) from error


def operations(view: fx.GraphModule) -> tuple[Operation, ...]:
    """The operations of a graph in the order they run; inputs, parameters and the output are none."""
    return tuple(operation_of(view, node) for node in view.graph.nodes if node.op.startswith("call_"))


def operation_of(view: fx.GraphModule, node: fx.Node) -> Operation:
    """What a calling node computes."""
    off = bool(node.meta.get(GRADIENTS_OFF))
    if node.op == "call_module":
        target = str(node.target)
        return Operation(node.name, "module", type(view.get_submodule(target)).__name__, target, off)
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    return Operation(node.name, node.op.removeprefix("call_"), name, gradients_off=off)


class _Tracer(fx.Tracer):
    """Leaves modules that other threads call meanwhile alone, and marks what runs without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = get_ident()

    def call_module(self, m: nn.Module, forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, fx.Proxy]) -> Any:
        if get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(*args, **kwargs)
        if not torch.is_grad_enabled():
            node.meta[GRADIENTS_OFF] = True
        return node


def _is_leaf(module: nn.Module) -> bool:
    return fx.Tracer().is_leaf_module(module, "")


def _detached_copy(module: nn.Module) -> nn.Module:
    """Every module anew, every tensor shared: a forward pass may write attributes, and hooks come and go.

    Raises: CapabilityError, where the module holds something that cannot be copied.
    """
    shared = {id(tensor): tensor for tensor in _tensors(module)}
    try:
        return deepcopy(module, dict(shared))
    except Exception as error:  # a lock, an open file, a graph that is kept
        raise CapabilityError(
            f"{type(module).__name__} cannot be copied, so its graph cannot be read: {_first_line(error)}. "
            "Use a method that needs no graph, such as `integrated_gradients`."
        ) from error


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()
    for part in module.modules():
        yield from (value for value in vars(part).values() if isinstance(value, Tensor))


def _defaults(module: nn.Module) -> dict[str, Any]:
    """What a forward pass that is given the inputs alone takes for its other parameters."""
    parameters = list(signature(type(module).forward).parameters.values())[2:]
    return {part.name: part.default for part in parameters if part.default is not Parameter.empty}


def _of_inputs_alone(graph: fx.Graph) -> fx.Graph:
    """Without the parameters that have their defaults: fx keeps them, with a check that nobody gives another value.

    Raises: TypeError, where it reads something else than the inputs.
    """
    for given in [node for node in graph.nodes if node.op == "placeholder"][1:]:
        _erase_check(graph, given)
    return graph


def _erase_check(graph: fx.Graph, node: fx.Node) -> None:
    for user in list(node.users):
        if getattr(user.target, "__name__", "") not in ("eq", "_assert", "_assert_is_none"):
            raise TypeError(f"it reads `{node.target}` besides the inputs")
        _erase_check(graph, user)
    graph.erase_node(node)


def _why(error: Exception) -> str:
    if isinstance(error, fx.proxy.TraceError) and "control flow" in str(error):
        return "it decides by its data which way to go"
    return _first_line(error)


def _where(error: Exception) -> str:
    """The last line of the model's own code before it failed."""
    own = [frame for frame in extract_tb(error.__traceback__) if not frame.filename.startswith((_TORCH, __file__))]
    if not own:
        return ""
    code = f", `{own[-1].line}`" if own[-1].line else ""
    return f" in line {own[-1].lineno} of {os.path.basename(own[-1].filename)}{code}"


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return line.replace("'Proxy' object", "a traced tensor")
