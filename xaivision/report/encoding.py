"""A result as a tree of plain values plus named tensors, and back. Nothing in the tree can name code.

A node of the tree is null, a truth value, a number, a text, or an object with one key: `float` (not finite), `tensor` (its
name), `tuple`, `list`, `map` (pairs), `same` (the place of an object met before), or `is` with `fields`.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError
from xaivision.report.stored_types import STORED, fields_of, misfit, required_of

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Encoder:
    """Turns a result into a tree; `tensors` fills with its tensors by field path, each stored once."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._met: dict[Hashable, str] = {}

    def node(self, value: Any, path: str) -> Any:
        """The node of this value.

        Raises: InputError, where a file cannot hold it.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": str(float(value))}
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, tuple | list):
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {kind: [self.node(part, f"{path}.{place}") for place, part in enumerate(value)]}
        if isinstance(value, Mapping):
            return {"map": [self._pair(name, part, f"{path}.{place}") for place, (name, part) in enumerate(value.items())]}
        return self._object(value, path)

    def _pair(self, name: Any, part: Any, path: str) -> list[Any]:
        if not isinstance(name, str):
            raise InputError(f"A file holds mappings with names that are text. Got {name!r} in `{path}`.")
        return [name, self.node(part, path)]

    def _object(self, value: Any, path: str) -> Any:
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        if STORED.get(type(value).__name__) is not type(value):
            raise InputError(f"A file holds {', '.join(STORED)} and plain values. Got {type(value).__name__} in `{path}`.")
        if id(value) in self._met:
            return {"same": self._met[id(value)]}
        if wrong := misfit(value):
            raise InputError(f"The result cannot be saved: {wrong}.")
        parts = {name: self.node(getattr(value, name), f"{path}.{name}" if path else name) for name in fields_of(type(value))}
        self._met[id(value)] = path
        return {"is": type(value).__name__, "fields": parts}

    def _tensor(self, tensor: Tensor, path: str) -> Any:
        if tensor.layout is not torch.strided or tensor.is_quantized:
            raise InputError(f"A file holds dense tensors. Got a {tensor.layout} tensor in `{path}`.")
        # Detached tensors are new objects over old memory: every explanation of a comparison has the same inputs.
        same = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype, tensor.device)
        name = self._met.setdefault(same, path)
        if name == path:
            # A copy of its own: views of one memory would be refused, or would drag the whole of it along.
            self.tensors[path] = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}


class Decoder:
    """Turns a tree back into a result; `unused` are the tensors that nothing has asked for yet."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._made: dict[str, Any] = {}
        self.unused = set(tensors)

    def value(self, node: Any, path: str) -> Any:
        """The value of this node.

        Raises: FileFormatError, where the node is not one that an `Encoder` writes.
        """
        if node is None or isinstance(node, bool | int | float | str):
            return node
        if not isinstance(node, dict):
            raise FileFormatError(f"`{path}` is not a value")
        if set(node) == {"is", "fields"}:
            return self._object(node, path)
        if len(node) != 1:
            raise FileFormatError(f"`{path}` is not a value")
        kind, content = next(iter(node.items()))
        return self._container(kind, content, path) if kind in ("tuple", "list", "map") else self._leaf(kind, content, path)

    def _container(self, kind: str, content: Any, path: str) -> Any:
        if not isinstance(content, list):
            raise FileFormatError(f"`{path}` is not a {kind}")
        if kind == "map":
            return dict(self._pair(pair, f"{path}.{place}") for place, pair in enumerate(content))
        parts = [self.value(part, f"{path}.{place}") for place, part in enumerate(content)]
        return tuple(parts) if kind == "tuple" else parts

    def _pair(self, pair: Any, path: str) -> tuple[str, Any]:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise FileFormatError(f"`{path}` is not a name with a value")
        return pair[0], self.value(pair[1], path)

    def _leaf(self, kind: str, content: Any, path: str) -> Any:
        known = {"float": NOT_FINITE, "tensor": self._tensors, "same": self._made}.get(kind)
        if known is None or not isinstance(content, str) or content not in known:
            raise FileFormatError(f"`{path}` refers to what is not there")
        if kind == "tensor":
            self.unused.discard(content)
        return known[content]

    def _object(self, node: dict[str, Any], path: str) -> Any:
        kind = STORED.get(node["is"]) if isinstance(node["is"], str) else None
        if kind is None:
            raise FileFormatError(f"it holds a {str(node['is'])[:40]!r}, which is no result type")
        given = node["fields"]
        if not isinstance(given, dict) or not required_of(kind) <= set(given) <= set(fields_of(kind)):
            raise FileFormatError(f"`{path or 'result'}` has not the fields of {kind.__name__}")
        parts = {name: self.value(given[name], f"{path}.{name}" if path else name) for name in fields_of(kind) if name in given}
        made = _built(kind, parts)
        if wrong := misfit(made):
            raise FileFormatError(wrong)
        self._made[path] = made
        return made


def _built(kind: type, parts: dict[str, Any]) -> Any:
    """The object, after its fields were seen to be of the right types: constructors may look at them."""
    blank: Any = object.__new__(kind)
    blank.__dict__.update(parts)
    if wrong := misfit(blank):
        raise FileFormatError(wrong)
    return kind(**parts)
