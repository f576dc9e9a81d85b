"""A pass with its graph that is kept while layers change, so that the next one begins at the first operation that differs.

The module runs as it is. Where an operation of torch is asked that the kept pass has done, on the same tensors, its result is
handed out instead of being computed again. What cannot be seen or proven is computed as if nothing were kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Arguments and results that are told by their value. Whatever else takes part in a pass, it is not kept.
PLAIN = (bool, int, float, complex, str, slice, torch.dtype, torch.device, torch.layout, torch.memory_format)
# What switches a mode for what comes after it: done each time, and no change of any tensor.
SWITCHES = frozenset({"_set_grad_enabled", "set_grad_enabled"})


class GraphPass(NamedTuple):
    """All scores (n, K) with their graph from the `leaf` (n, *S); `kept`: the graph is needed again after its use."""

    leaf: Tensor
    scores: Tensor
    kept: bool


class _Step(NamedTuple):
    """One call of a function of torch, the tensors that it was `given` in `arguments`, and its result.

    `skipped`: the result stands for it, since it made tensors or wrote on them.
    """

    function: Any
    arguments: tuple[Any, ...]
    given: list[Tensor]
    result: Any
    skipped: bool


@dataclass(frozen=True, eq=False)
class _Record:
    """`writes`: for each write on a tensor, the step that made it, and the one that wrote.

    `versions`: every tensor that took part, by its number, and how often it had been written on. `outside`: how many of
    them, the first, were there before the pass.
    """

    module: nn.Module
    leaf: Tensor
    steps: list[_Step]
    writes: list[tuple[int, int]]
    versions: dict[int, tuple[Tensor, int]]
    outside: int = 0


@dataclass
class _Keeper:
    """`changed`: tensors by their memory. `refused`: modules of which a pass could not be kept."""

    record: _Record | None = None
    changed: dict[int, Tensor] = field(default_factory=dict)
    refused: list[nn.Module] = field(default_factory=list)


class _DifferentPassError(RuntimeError):
    """The module asks for something else than in the kept pass, although no layer has changed before it."""


_keeper: ContextVar[_Keeper | None] = ContextVar("kept_pass", default=None)


@contextmanager
def passes_kept() -> Iterator[None]:
    """Keep, inside, the last pass with its graph; whoever changes layers says so by `layers_changed`."""
    token = _keeper.set(_Keeper())
    try:
        yield
    finally:
        _keeper.reset(token)


def layers_changed(tensors: Iterable[Tensor]) -> None:
    """Say that these parameters and buffers have other numbers than before."""
    keeper = _keeper.get()
    if keeper is not None:
        keeper.changed.update((_memory(tensor), tensor) for tensor in tensors)


def graph_pass(module: nn.Module, leaf: Tensor, forward: Callable[[Tensor], Tensor]) -> GraphPass:
    """The scores `forward(leaf)` of the module, bit by bit what they are where nothing is kept. Gradients must be enabled.

    On the CPU: elsewhere nothing is kept.
    """
    keeper = _keeper.get()
    if keeper is None or leaf.device.type != "cpu" or _is_compiled(module) or any(module is one for one in keeper.refused):
        return GraphPass(leaf, forward(leaf), kept=False)
    record, keeper.record = keeper.record, None
    if record is not None and record.module is module and _same_leaf(record.leaf, leaf) and _untouched(record):
        found = _passed(keeper, record, _first_difference(record, keeper.changed), forward)
        if found is not None:
            return found
    del record  # its memory is needed for the new one
    start = _Record(module, leaf, [], [], {})
    found = _passed(keeper, start, 0, forward)
    return GraphPass(leaf, forward(leaf), kept=False) if found is None else found


def _passed(keeper: _Keeper, before: _Record, cut: int, forward: Callable[[Tensor], Tensor]) -> GraphPass | None:
    """The pass that begins at a step; None where it asked for something else before it came there."""
    draws = torch.random.get_rng_state()
    try:
        with _Keeping(before, cut) as keeping:
            scores = forward(before.leaf)
    except Exception:
        if not keeping.differs:
            raise
    if keeping.differs or len(keeping.steps) < cut:
        return None
    if keeping.doubtful or not torch.equal(draws, torch.random.get_rng_state()):
        keeper.refused.append(before.module)
    else:
        keeper.record = _Record(before.module, before.leaf, keeping.steps, keeping.writes, keeping.versions, keeping.outside)
    keeper.changed.clear()
    return GraphPass(before.leaf, scores, kept=keeper.record is not None)


def _is_compiled(module: nn.Module) -> bool:
    """Whether a part of it is: the compiler would have to look into what watches its operations."""
    return any(part._compiled_call_impl is not None or "_orig_mod" in part._modules for part in module.modules())


def _same_leaf(known: Tensor, leaf: Tensor) -> bool:
    kind = (known.dtype, known.device, known.shape, known.stride())
    return kind == (leaf.dtype, leaf.device, leaf.shape, leaf.stride()) and torch.equal(known, leaf)


def _untouched(record: _Record) -> bool:
    """Whether nothing was written on what the pass made, since it was made: a hook may have kept it."""
    return all(tensor._version == seen for tensor, seen in islice(record.versions.values(), record.outside, None))


def _first_difference(record: _Record, changed: dict[int, Tensor]) -> int:
    """The step from which on everything has to be done again."""
    outside = islice(record.versions.items(), record.outside)
    new = {number for number, (tensor, seen) in outside if _memory(tensor) in changed or seen != _version(tensor)}
    first = (number for number, step in enumerate(record.steps) if any(id(tensor) in new for tensor in step.given))
    cut = next(first, len(record.steps))
    # A tensor that a later step writes on is no longer what it was at the cut: it has to be made again.
    while (made := min((made for made, written in record.writes if made < cut <= written), default=cut)) < cut:
        cut = made
    return cut


class _Keeping(TorchFunctionMode):
    """Hands out the results of the steps before the cut, and writes down those from there on."""

    def __init__(self, before: _Record, cut: int) -> None:
        super().__init__()
        del before.steps[cut:]  # with them goes the memory of what is made again
        self.before, self.cut = before.steps, cut
        self.steps: list[_Step] = []
        self.writes = [(made, written) for made, written in before.writes if written < cut]
        self.differs = self.doubtful = False
        outside = [before.leaf, *before.module.parameters(), *before.module.buffers()]
        self._made: dict[int, int] = {}
        self._showing: dict[int, list[Tensor]] = {}  # by their memory: writing on one writes on all
        self.versions: dict[int, tuple[Tensor, int]] = {}
        self._see(outside, -1)
        self.outside = len(self.versions)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if len(self.steps) < self.cut:
            return self._handed_out(func, args, kwargs or {})
        return self._written_down(func, args, kwargs or {})

    def _handed_out(self, function: Any, args: Any, kwargs: Any) -> Any:
        known = self.before[len(self.steps)]
        if known.function != function or not _same(known.arguments, (args, kwargs)):
            self.differs = True
            raise _DifferentPassError("The module asks for something else than before.")
        result = _frozen(known.result) if known.skipped else function(*args, **kwargs)
        self._remember(known)
        return result

    def _written_down(self, function: Any, args: Any, kwargs: Any) -> Any:
        arguments = _frozen((args, kwargs))
        given = list(_tensors(arguments))
        seen = [self.versions.get(id(tensor), (tensor, None))[1] for tensor in given]
        # A tensor from nowhere, or written on out of sight, comes from code that is not seen.
        self.doubtful |= any(version != _version(tensor) for tensor, version in zip(given, seen, strict=True))
        result = function(*args, **kwargs)
        written = [tensor for tensor, version in zip(given, seen, strict=True) if version != _version(tensor)]
        made = [self._made.get(_memory(tensor), -1) for tensor in written]
        self.writes += [(step, len(self.steps)) for step in made]
        self._see([shown for tensor in written for shown in self._showing.get(_memory(tensor), ())], len(self.steps))
        skipped = bool(written) or any(True for _ in _tensors(result))
        nothing = result is None and not skipped and getattr(function, "__name__", "") not in SWITCHES
        self.doubtful |= -1 in made or nothing or not _is_plain((arguments, result))
        self._remember(_Step(function, arguments, given, _frozen(result), skipped))
        return result

    def _remember(self, step: _Step) -> None:
        self._see((*step.given, *_tensors(step.result)), len(self.steps))
        self.steps.append(step)

    def _see(self, tensors: Sequence[Tensor], step: int) -> None:
        for tensor in tensors:
            if id(tensor) not in self.versions:
                self._made.setdefault(_memory(tensor), step)
                self._showing.setdefault(_memory(tensor), []).append(tensor)
            self.versions[id(tensor)] = (tensor, _version(tensor))


def _tensors(found: Any) -> Iterator[Tensor]:
    if isinstance(found, Tensor):
        yield found
    elif isinstance(found, tuple | list | dict):
        for part in found.values() if isinstance(found, dict) else found:
            yield from _tensors(part)


def _is_plain(found: Any) -> bool:
    """Whether a later pass can tell it from others: common tensors, values, and nests of those."""
    if isinstance(found, Tensor):
        return type(found) in (Tensor, nn.Parameter) and found.layout == torch.strided and not found.is_inference()
    if isinstance(found, dict):
        return all(_is_plain(part) for part in found.values())
    if isinstance(found, tuple | list):
        return all(_is_plain(part) for part in found)
    return found is None or found is Ellipsis or isinstance(found, PLAIN)


def _frozen(found: Any) -> Any:
    """The same with lists and dictionaries of its own: their owner may change them."""
    if type(found) in (tuple, list):
        return type(found)(map(_frozen, found))
    return {name: _frozen(part) for name, part in found.items()} if type(found) is dict else found


def _same(known: Any, given: Any) -> bool:
    if type(known) is not type(given):
        return False
    if isinstance(known, Tensor):
        return known is given
    if isinstance(known, tuple | list):
        return len(known) == len(given) and all(map(_same, known, given))
    if isinstance(known, dict):
        return known.keys() == given.keys() and all(_same(part, given[name]) for name, part in known.items())
    return known is given or bool(known == given)


def _memory(tensor: Tensor) -> int:
    """What tensors that show the same numbers have in common; their own number where they have no memory to be seen."""
    try:
        return tensor.untyped_storage().data_ptr()
    except RuntimeError:
        return id(tensor)


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version
