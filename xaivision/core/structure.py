"""What a module is made of, to tell whether what was found out about it still holds."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor, nn

PLAIN = frozenset((bool, int, float, str))
# Run with every pass. Those with keyword arguments, and those that are called always, are among them too.
HOOKS = frozenset(("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"))
# What else every module has: its mode, what is looked at by itself, and hooks that loading and saving run.
KEPT_BY_TORCH = frozenset(vars(nn.Module())) - HOOKS

# Found out since the question was put; None outside of one.
_walked: ContextVar[dict[nn.Module, Hashable] | None] = ContextVar("walked", default=None)


@contextmanager
def walked_once() -> Iterator[None]:
    """Look at each module at most once inside: for one short question, while its model is held and nobody changes it."""
    before = _walked.set({})
    try:
        yield
    finally:
        _walked.reset(before)


def module_structure(module: nn.Module, closely: bool = False) -> Hashable:
    """Equal as long as the module has the same parts, tensors, hooks and plain settings; new values in its tensors are no change.

    The mode (training or evaluation) is left out: models are asked in evaluation mode. `closely`: with its functions, its
    containers and how often its buffers were written on, since a traced copy holds what they were.
    """
    walked = None if closely else _walked.get()
    if walked is None:
        return _structure(module, closely)
    if module not in walked:
        walked[module] = _structure(module, closely)
    return walked[module]


def _structure(module: nn.Module, closely: bool) -> Hashable:
    found: list[Hashable] = []
    _visit("", module, closely, found)
    return tuple(found)


def _visit(name: str, part: nn.Module, closely: bool, found: list[Hashable]) -> None:
    """Add the part and those below it, one flat tuple each: this is done several times before every explanation."""
    own: list[Any] = [name, id(part), type(part)]
    for key, value in vars(part).items():
        if key not in KEPT_BY_TORCH:
            own += _setting(key, value, closely)
    # None ends what is before it: no setting and no id is one.
    own += (None, *map(id, part._parameters.values()), None, *map(id, part._buffers.values()))
    if closely:
        own += map(_version, part._buffers.values())
    found.append(tuple(own))
    for child_name, child in part._modules.items():
        if child is not None:
            _visit(f"{name}.{child_name}", child, closely, found)


def _setting(name: str, value: Any, closely: bool) -> tuple[Hashable, ...]:
    """What a forward pass may read, or the hooks that it runs, after its name; `closely`: also what it may read while traced."""
    if type(value) in PLAIN:
        return name, value
    if isinstance(value, tuple):
        return name, repr(value)  # it may hold tensors, which have no equality
    if name in HOOKS:
        return (name, tuple(value)) if value else ()
    if not closely or name.startswith("_"):
        return ()  # what torch keeps there is looked at by itself
    if isinstance(value, dict | list | set):
        return name, repr(value)
    return name, id(value) if callable(value) and not isinstance(value, nn.Module) else _said(value)


def _said(value: object, above: frozenset[int] = frozenset()) -> str:
    """What an object that holds settings says, and those inside of it; of others which one it is, as tensors may be large."""
    slots = getattr(type(value), "__slots__", ())
    names = [*getattr(value, "__dict__", ()), *((slots,) if isinstance(slots, str) else slots)]
    if value is None or type(value) in PLAIN or isinstance(value, tuple | dict | list | set):
        return repr(value)
    if not names or id(value) in above or isinstance(value, Tensor | nn.Module | type):
        return str(id(value))
    inside = ", ".join(f"{name}={_said(getattr(value, name, None), above | {id(value)})}" for name in names)
    return f"{type(value).__name__}({inside})"


def _version(buffer: Tensor | None) -> int:
    """How often it was written on."""
    return -1 if buffer is None or buffer.is_inference() else buffer._version
