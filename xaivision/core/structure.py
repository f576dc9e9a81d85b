"""What a module is made of, to tell whether what was found out about it still holds."""

from collections.abc import Hashable

from torch import nn

PLAIN = frozenset((bool, int, float, str))


def module_structure(module: nn.Module) -> Hashable:
    """Equal as long as the module has the same parts, tensors, hooks and plain settings; new values in its tensors are no change.

    The mode (training or evaluation) is left out: models are asked in evaluation mode.
    """
    # Asked before every explanation: one walk over the parts, and no more text than has to be made.
    return tuple(
        (
            name,
            id(part),
            type(part),
            _plain(part),
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
        elif isinstance(value, dict) and value and name.endswith("_hooks"):
            found.append((name, tuple(value)))
    return tuple(found)
