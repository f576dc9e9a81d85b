"""Whether two results are the same to the last bit."""

from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor


def difference(first: Any, second: Any, where: str = "result") -> str:
    """Where two results differ first; empty where they are the same in types, dtypes and bits."""
    if type(first) is not type(second):
        return f"{where}: {type(first).__name__} is not {type(second).__name__}"
    if isinstance(first, Tensor):
        same = first.dtype == second.dtype and first.shape == second.shape and _bits(first) == _bits(second)
        return "" if same else f"{where}: other tensor"
    if is_dataclass(first):
        return _first(difference(getattr(first, f.name), getattr(second, f.name), f"{where}.{f.name}") for f in fields(first))
    if isinstance(first, tuple | list):
        if len(first) != len(second):
            return f"{where}: other length"
        return _first(difference(a, b, f"{where}.{place}") for place, (a, b) in enumerate(zip(first, second, strict=True)))
    if isinstance(first, dict):
        if list(first) != list(second):
            return f"{where}: other names, or another order"
        return _first(difference(first[name], second[name], f"{where}.{name}") for name in first)
    return "" if first == second or (first != first and second != second) else f"{where}: {first!r} is not {second!r}"


def _bits(tensor: Tensor) -> bytes:
    return tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def _first(found: Any) -> str:
    return next(filter(None, found), "")
