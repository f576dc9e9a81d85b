"""What a module is made of, to tell whether what was found out about it still holds."""

from collections.abc import Hashable

from torch import Tensor, nn

PLAIN = frozenset((bool, int, float, str))


def module_structure(module: nn.Module, closely: bool = False) -> Hashable:
    """Equal as long as the module has the same parts, tensors, hooks and plain settings; new values in its tensors are no change.

    The mode (training or evaluation) is left out: models are asked in evaluation mode. `closely`: with its functions, its
    containers and how often its buffers were written on, since a traced copy holds what they were.
    """
    # Asked before every explanation: one walk over the parts, and no more text than has to be made.
    return tuple(
        (
            name,
            id(part),
            type(part),
            (*_plain(part), *(_held(part) if closely else ())),
            tuple(map(id, part._parameters.values())),
            tuple(map(id, part._buffers.values())),
        )
        for name, part in module.named_modules(remove_duplicate=False)
    )


def _plain(part: nn.Module) -> tuple[tuple[str, object], ...]:
    """Settings that a forward pass may read, and the hooks that it runs."""
    found: list[tuple[str, object]] = []
    for name, value in vars(part).items():
        kind = type(value)
        if kind in PLAIN:
            if name != "training":
                found.append((name, value))
        elif isinstance(value, tuple):
            found.append((name, repr(value)))  # it may hold tensors, which have no equality
        elif isinstance(value, dict) and name.endswith("_hooks"):
            found.append((name, tuple(value)))
    return tuple(found)


def _held(part: nn.Module) -> list[tuple[str, object]]:
    """What else a forward pass may read while it is traced, and what it may read of buffers as plain numbers."""
    found: list[tuple[str, object]] = [(name, _version(buffer)) for name, buffer in part._buffers.items()]
    for name, value in vars(part).items():
        if name.startswith("_"):
            continue  # what torch keeps there is looked at by itself
        if isinstance(value, dict | list | set):
            found.append((name, repr(value)))
        elif callable(value) and not isinstance(value, nn.Module):
            found.append((name, id(value)))
    return found


def _version(buffer: Tensor | None) -> int:
    """How often it was written on."""
    return -1 if buffer is None or buffer.is_inference() else buffer._version
