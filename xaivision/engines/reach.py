"""Which part of the input a position of a layer's map can see: what a change of a window can have changed, and no more."""

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn

# What works on each position by itself.
_POINTWISE_MODULES = (
    nn.Identity, nn.Dropout, nn.Dropout2d, nn.BatchNorm2d, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU,
    nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.PReLU,
)  # fmt: skip
_POINTWISE_NAMES = frozenset(
    ("relu", "relu_", "relu6", "silu", "gelu", "hardswish", "hardtanh", "sigmoid", "tanh", "leaky_relu", "dropout", "clamp")
)
# Two maps of one size, position by position; along the channels in `cat`.
_JOINING_NAMES = frozenset(("add", "iadd", "add_", "mul", "sub", "cat"))
# Numbers of rows and sides: no map passes through these.
_ASKING_NAMES = frozenset(("size", "getattr", "getitem", "dim"))

# A value that is written costs as much as that many multiplications: early layers are wide and thin.
MULTIPLICATIONS_A_VALUE = 30


@dataclass(frozen=True)
class Reach:
    """Along one axis: position o of the map sees the inputs from `o * stride - before` to `o * stride + after`."""

    stride: int = 1
    before: int = 0
    after: int = 0

    def then(self, stride: int, before: int, after: int) -> "Reach":
        """After a layer whose position p sees its own input from `p * stride - before` to `p * stride + after`."""
        return Reach(self.stride * stride, self.before + self.stride * before, self.after + self.stride * after)

    def joined(self, other: "Reach") -> "Reach | None":
        """Of two maps of one size that meet; None where their positions do not lie over each other."""
        if self.stride != other.stride:
            return None
        return Reach(self.stride, max(self.before, other.before), max(self.after, other.after))


Sight = tuple[Reach, Reach]  # along the height and the width


@dataclass(frozen=True, eq=False)
class Cut:
    """A node of a graph after which everything rests on its map alone.

    `sight`: how the map sees the input; `sides`: its height and width; `cost`: multiplications a whole pass takes up to it.
    """

    node: fx.Node
    sight: Sight
    sides: tuple[int, int]
    cost: float


class Cuts(NamedTuple):
    """`places`: see `cuts`; `cost`: multiplications of a whole pass."""

    places: list[Cut]
    cost: float


def cuts(view: fx.GraphModule, sample: Tensor) -> Cuts:
    """The input itself, and every place of a traced network up to which its layers saw windows only, in the order they run.

    `sample` (1, C, H, W), as the network takes it, is passed through once for the sizes.
    """
    sizes = _Sizes(view)
    sizes.measure(sample)
    found: list[Cut] = []
    sights: dict[fx.Node, Sight] = {}
    cost = 0.0
    for node in view.graph.nodes:
        cost += sizes.cost.get(node, 0.0)
        sight = _sight(view, node, sights)
        if sight is None:
            if not _asks_for_sizes(node):
                break
            continue
        sights[node] = sight
        if _carries_all(node, sights):
            found.append(Cut(node, sight, sizes.sides[node], cost))
    return Cuts(found, sum(sizes.cost.values()))


def _sight(view: fx.GraphModule, node: fx.Node, sights: dict[fx.Node, Sight]) -> Sight | None:
    """How this node's map sees the input; None where it is no map made of windows."""
    if node.op == "placeholder":
        return Reach(), Reach()
    maps = [argument for argument in node.all_input_nodes if argument in sights]
    if not maps or node.op in ("get_attr", "output"):
        return None
    window = _window(view, node)
    if window is not None and len(maps) == 1:
        height, width = sights[maps[0]]
        return height.then(*window[0]), width.then(*window[1])
    if _name(node) in _JOINING_NAMES and _joins(node, sights):
        return _together([sights[one] for one in maps])
    return None


def _together(sights: list[Sight]) -> Sight | None:
    height, width = sights[0]
    for other in sights[1:]:
        one, two = height.joined(other[0]), width.joined(other[1])
        if one is None or two is None:
            return None
        height, width = one, two
    return height, width


def _joins(node: fx.Node, sights: dict[fx.Node, Sight]) -> bool:
    """Every tensor that meets here is a map that is followed, and `cat` lays them channel on channel."""
    if _name(node) == "cat":
        given = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0)
        return bool(given == 1) and all(one in sights for one in node.all_input_nodes)
    return all(one in sights for one in node.all_input_nodes)


Window = tuple[tuple[int, int, int], tuple[int, int, int]]


def _window(view: fx.GraphModule, node: fx.Node) -> Window | None:
    """(stride, before, after) along both axes of a layer with one map; None for what is no such layer."""
    if node.op == "call_module":
        return _module_window(view.get_submodule(str(node.target)))
    name = _name(node)
    if name == "conv2d":
        return _functional_window(view, node)
    return _STILL if name in _POINTWISE_NAMES else None


_STILL: Window = ((1, 0, 0), (1, 0, 0))


def _module_window(module: nn.Module) -> Window | None:
    if type(module) in _POINTWISE_MODULES:
        return _STILL
    if isinstance(module, nn.ZeroPad2d):
        left, right, top, bottom = module.padding
        return None if min(left, right, top, bottom) < 0 else ((1, top, -top), (1, left, -left))
    if type(module) is nn.Conv2d and module.padding_mode == "zeros" and not isinstance(module.padding, str):
        return _windows(module.kernel_size, module.stride, module.padding, module.dilation)
    if type(module) is nn.MaxPool2d and not module.ceil_mode and not module.return_indices:
        return _windows(module.kernel_size, module.stride, module.padding, module.dilation)
    if type(module) is nn.AvgPool2d and not module.ceil_mode:
        return _windows(module.kernel_size, module.stride, module.padding, 1)
    return None


def _functional_window(view: fx.GraphModule, node: fx.Node) -> Window | None:
    """Of `conv2d(input, weight, bias, stride, padding, dilation, groups)`, whose weight is a parameter."""
    named = dict(zip(("input", "weight", "bias", "stride", "padding", "dilation"), node.args, strict=False)) | node.kwargs
    weight = named["weight"]
    if not isinstance(weight, fx.Node) or weight.op != "get_attr" or isinstance(named.get("padding"), str):
        return None
    sides = _attribute(view, str(weight.target)).shape[2:]
    return _windows(tuple(sides), named.get("stride", 1), named.get("padding", 0), named.get("dilation", 1))


def _windows(kernel: Any, stride: Any, padding: Any, dilation: Any) -> Window | None:
    axes = [
        (int(s), int(p), int(d) * (int(k) - 1) - int(p))
        for k, s, p, d in zip(*map(_pair, (kernel, stride, padding, dilation)), strict=True)
    ]
    return (axes[0], axes[1]) if min(p for _, p, _ in axes) >= 0 else None


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[-1]))


def _carries_all(node: fx.Node, sights: dict[fx.Node, Sight]) -> bool:
    """Whether everything that runs later rests on this map alone, of all that was made so far."""
    return all(one is node or all(user in sights or _asks_for_sizes(user) for user in one.users) for one in sights)


def _asks_for_sizes(node: fx.Node) -> bool:
    return node.op == "get_attr" or (node.op.startswith("call_") and _name(node) in _ASKING_NAMES)


class _Sizes(fx.Interpreter):
    """Runs a graph once: the sides of every map, and the multiplications it takes."""

    def measure(self, sample: Tensor) -> None:
        self.cost: dict[fx.Node, float] = {}
        self.sides: dict[fx.Node, tuple[int, int]] = {}
        with torch.no_grad():
            self.run(sample)

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor) and result.ndim == 4:
            self.sides[n] = (result.shape[2], result.shape[3])
        if isinstance(result, Tensor) and n.op.startswith("call_"):
            self.cost[n] = result.numel() * (MULTIPLICATIONS_A_VALUE + self._multiplications(n))
        return result

    def _multiplications(self, node: fx.Node) -> int:
        """A value of the result takes that many."""
        if node.op == "call_module" and isinstance(module := self.module.get_submodule(str(node.target)), nn.Conv2d):
            return prod(module.weight.shape[1:])
        weight = node.args[1] if _name(node) == "conv2d" and len(node.args) > 1 else None
        return prod(_attribute(self.module, str(weight.target)).shape[1:]) if isinstance(weight, fx.Node) else 0


def _attribute(module: nn.Module, path: str) -> Tensor:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name)
    return found  # type: ignore[no-any-return]


def _name(node: fx.Node) -> str:
    if isinstance(node.target, str):
        return node.target if node.op == "call_method" else ""
    return str(getattr(node.target, "__name__", ""))
