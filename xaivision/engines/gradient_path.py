"""What lies between a module's input and its scores, read off the gradient's own record: no graph of the code is needed."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

# Autograd's names of operations that are linear in what depends on the input, without their ending and number.
_LINEAR = """
    AccumulateGrad AdaptiveAvgPool1D AdaptiveAvgPool2D AdaptiveAvgPool3D Add Addbmm Addcmul Addmm Addmv Alias AsStrided AvgPool2D
    AvgPool3D BackwardHookFunction Baddbmm Bmm Cat Chunk Clone Col2Im ConstantPadNd Convolution Copy Cumsum Div Dot Expand Fft
    Flip Gather Im2Col Index IndexSelect Linear Mean MkldnnAdaptiveAvgPool2D MkldnnConvolution Mm Mul Mv Narrow
    NativeBatchNorm CudnnBatchNorm Neg Permute PixelShuffle PixelUnshuffle ReflectionPad1D ReflectionPad2D ReflectionPad3D
    Repeat ReplicationPad1D ReplicationPad2D ReplicationPad3D ReshapeAlias Roll Rsub Select Slice SlowConvDilated2D
    SlowConvTranspose2D Split SplitWithSizes Squeeze Stack Sub Sum T ThnnConv2D ToCopy Transpose Tril Triu Unbind Unfold
    UnsafeSplit UnsafeView Unsqueeze UpsampleBicubic2D UpsampleBilinear2D UpsampleLinear1D UpsampleNearest1D UpsampleNearest2D
    UpsampleNearest3D UpsampleNearestExact2D View
    """
LINEAR = frozenset(_LINEAR.split())
# Which of their operands are multiplied: where two of them depend on the input, the operation is not linear in it.
FACTORS = {
    "Mul": (0, 1),
    "Mm": (0, 1),
    "Bmm": (0, 1),
    "Mv": (0, 1),
    "Dot": (0, 1),
    "Addmm": (1, 2),
    "Addmv": (1, 2),
    "Addbmm": (1, 2),
    "Baddbmm": (1, 2),
    "Addcmul": (1, 2),
    "Linear": (0, 1),
    "Convolution": (0, 1),
    "NativeBatchNorm": (0, 1),
    "CudnnBatchNorm": (0, 1),
}


@dataclass(frozen=True)
class Step:
    """One operation between input and scores.

    `operation`: its name. `linear`: in what depends on the input. `path` and `kind`: where the module that did it lies, and
    its class; empty where the forward pass of the whole did. `alone`: a leaf module that was called once and did nothing else.
    `follows`: the path of another such module whose output it works on. `shares_input`: others work on the same.
    """

    operation: str
    linear: bool
    path: str = ""
    kind: type[nn.Module] | None = None
    alone: bool = False
    follows: str = ""
    shares_input: bool = False

    def __str__(self) -> str:
        return f"{self.operation} at `{self.path}`" if self.path else self.operation


def gradient_path(module: nn.Module, run: Callable[[Tensor], Tensor], sample: Tensor) -> tuple[Step, ...]:
    """The operations that the gradient of `run(sample)` with respect to the sample passes, from the sample on.

    `run` asks `module`, with gradients on; empty where the scores do not depend differentiably on the sample.
    """
    with torch.inference_mode(False), torch.enable_grad(), _labelling(module) as labels:
        leaf = sample.detach().clone().requires_grad_()
        # Through a clone, as modules that work in place refuse a leaf.
        scores = run(leaf.clone())
    passing = _leading_to(leaf, scores.grad_fn)
    way = _Way(passing, labels.by_node(passing), Counter(before for node in passing for before in _behind(node)))
    return tuple(_step(node, way) for node in passing if passing[node] and type(node).__name__ != "AccumulateGrad")


def unruled(steps: Iterable[Step], ruled: Callable[[type[nn.Module]], bool]) -> tuple[Step, ...]:
    """The steps that are neither linear nor done alone by a module of a class that a method has a rule for."""
    return tuple(step for step in steps if not (step.linear or (step.alone and step.kind is not None and ruled(step.kind))))


@dataclass(frozen=True)
class _Call:
    """One call of a submodule: the records of its inputs and of its outputs."""

    path: str
    module: nn.Module
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


class _Labels:
    """Which call each record belongs to: the innermost one that it was made in."""

    def __init__(self) -> None:
        self.calls: list[_Call] = []  # in the order they return: inner ones first

    def by_node(self, passing: dict[Any, bool]) -> dict[Any, tuple[_Call, bool]]:
        times: dict[str, int] = {}
        for call in self.calls:
            times[call.path] = times.get(call.path, 0) + 1
        found: dict[Any, tuple[_Call, bool]] = {}
        for call in self.calls:
            made = [node for node in _between(call.outputs, call.inputs) if node not in found]
            own = [node for node in made if passing.get(node) and type(node).__name__ != "BackwardHookFunctionBackward"]
            alone = len(own) == 1 and times[call.path] == 1 and not any(call.module.children())
            found.update((node, (call, alone)) for node in made)
        return found


@contextmanager
def _labelling(module: nn.Module) -> Iterator[_Labels]:
    labels = _Labels()
    entered: list[tuple[Any, ...]] = []
    names = {part: name for name, part in module.named_modules()}

    def enter(_part: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        entered.append(tuple(_records((given, named))))

    def leave(part: nn.Module, _given: Any, output: Any) -> None:
        labels.calls.append(_Call(names[part], part, entered.pop(), tuple(_records(output))))

    handles = []
    for part in names:
        # First in and last out, so that what other hooks do counts as the module's own.
        handles.append(part.register_forward_pre_hook(enter, with_kwargs=True, prepend=True))
        handles.append(part.register_forward_hook(leave))
    try:
        yield labels
    finally:
        for handle in handles:
            handle.remove()


def _records(value: Any) -> Iterator[Any]:
    if isinstance(value, Tensor):
        if value.grad_fn is not None:
            yield value.grad_fn
    elif isinstance(value, dict):
        yield from _records(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _records(part)


def _between(ends: tuple[Any, ...], starts: tuple[Any, ...]) -> list[Any]:
    """Records that lead from the ends back to the starts, which are left out."""
    seen, waiting = set(starts), [end for end in ends if end not in starts]
    found: list[Any] = []
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        found.append(node)
        waiting.extend(_behind(node))
    return found


def _behind(node: Any) -> list[Any]:
    """The records it rests on, one for each time."""
    return [before for before, _ in node.next_functions if before is not None]


def _leading_to(leaf: Tensor, end: Any) -> dict[Any, bool]:
    """Every record that `end` rests on, those behind it first, and whether the leaf is among these."""
    passing: dict[Any, bool] = {}
    entered: set[Any] = set()
    waiting = [] if end is None else [end]
    while waiting:
        node = waiting[-1]
        behind = _behind(node)
        if node not in entered:
            entered.add(node)
            waiting.extend(before for before in behind if before not in entered)
            continue
        waiting.pop()
        if node not in passing:
            passing[node] = getattr(node, "variable", None) is leaf or any(passing[before] for before in behind)
    return passing


@dataclass(frozen=True)
class _Way:
    """Which records lead to the leaf, which call each was made in and whether alone, and how many others rest on each."""

    passing: dict[Any, bool]
    labels: dict[Any, tuple[_Call, bool]]
    readers: Mapping[Any, int]


def _step(node: Any, way: _Way) -> Step:
    name = re.sub(r"Backward\d*$", "", type(node).__name__)
    linear = name in LINEAR and _is_linear(name, node, way.passing)
    call, alone = way.labels.get(node, (None, False))
    if call is None:
        return Step(_spelled(name), linear)
    kind = type(call.module)
    told = kind.__name__ if alone and kind.__module__.startswith("torch.nn") else _spelled(name)
    before = [other for other in _behind(node) if way.passing[other]]
    makers = [way.labels[other][0].path for other in before if other in way.labels and way.labels[other][1]]
    shares = any(way.readers[other] > 1 for other in before)
    return Step(told, linear, call.path, kind, alone, makers[0] if makers else "", shares)


def _is_linear(name: str, node: Any, passing: dict[Any, bool]) -> bool:
    dependent = [before is not None and passing[before] for before, _ in node.next_functions]
    if name == "Div" and any(dependent[1:]):
        return False
    if getattr(node, "_saved_training", False):  # statistics of the batch
        return False
    return sum(dependent[place] for place in FACTORS.get(name, ()) if place < len(dependent)) < 2


def _spelled(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
