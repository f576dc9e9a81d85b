"""Who answered: the method, its settings, the seed and the versions behind the numbers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaivision.core.presenting import few, in_short

# How many digits of a tensor's checksum are told: enough to tell two backgrounds apart.
DIGITS = 12


@cache
def library_versions() -> dict[str, str]:
    """Installed versions of the libraries that decide the numbers."""
    found: dict[str, str] = {}
    for name in ("xaivision", "torch", "numpy", "scikit-learn", "captum", "shap", "lime"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, repr=False)
class Origin:
    """Method name, its settings as plain values, the seed, the model in words, and the library versions."""

    method: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    library_versions: Mapping[str, str] = field(default_factory=library_versions)
    model: str = ""

    def __repr__(self) -> str:
        """One line; the settings' values are cut short, and the versions are left to `library_versions`."""
        settings = few(f"{name}={_short(value)}" for name, value in self.settings.items()) if self.settings else ""
        return in_short(self, self.method, settings, f"seed {self.seed}", self.model)


def plain_settings(method: Any) -> dict[str, Any]:
    """The settings of a frozen dataclass as values that JSON can hold; tensors and arrays as their shape and checksum."""
    if not is_dataclass(method):
        return {}
    return {part.name: _plain(getattr(method, part.name)) for part in fields(method)}


def told_settings(method: Any) -> str:
    """A frozen dataclass with its settings, as a prompt shows it; tensors and arrays as their shape and checksum.

    It stands as `__repr__` in methods that hold a background, a baseline or masks: their values would fill pages.
    """
    told = (f"{part.name}={_told(getattr(method, part.name))}" for part in fields(method) if part.repr)
    return f"{type(method).__qualname__}({', '.join(told)})"


def _told(value: Any) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return f"tensor({', '.join(map(str, value.shape))}; sha256 {_checksum(value)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name!r}: {_told(part)}' for name, part in value.items())}}}"
    if type(value) in (tuple, list):
        ends = "()" if isinstance(value, tuple) else "[]"
        only = "," if len(value) == 1 and isinstance(value, tuple) else ""
        return f"{ends[0]}{', '.join(map(_told, value))}{only}{ends[1]}"
    return repr(value)


def _checksum(value: "Tensor | np.ndarray[Any, Any]") -> str:
    """The first digits of the sha256 over shape, dtype and values, wherever they lie."""
    if isinstance(value, Tensor):
        flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    else:
        flat = repr(value.tolist()).encode() if value.dtype == object else value.tobytes()
    about = f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')} "
    return hashlib.sha256(about.encode() + flat).hexdigest()[:DIGITS]


def _short(value: Any) -> Any:
    """A setting as one line has room for it: of a tensor half of the digits."""
    if isinstance(value, Mapping) and set(value) == {"tensor", "sha256"}:
        return f"tensor({', '.join(map(str, value['tensor']))}; {value['sha256'][: DIGITS // 2]})"
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor | np.ndarray):
        return {"tensor": list(value.shape), "sha256": _checksum(value)}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {"name": getattr(getattr(value, "about", None), "name", type(value).__name__), **plain_settings(value)}
    if isinstance(value, nn.Module):
        return {"module": type(value).__name__}
    return repr(value)
