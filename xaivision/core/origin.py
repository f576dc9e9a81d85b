"""Who answered: the method, its settings, the seed and the versions behind the numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from torch import Tensor, nn

from xaivision.core.presenting import few, in_short


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
        settings = few(f"{name}={value}" for name, value in self.settings.items()) if self.settings else ""
        return in_short(self, self.method, settings, f"seed {self.seed}", self.model)


def plain_settings(method: Any) -> dict[str, Any]:
    """The settings of a frozen dataclass as values that JSON can hold; tensors and arrays as their shape."""
    if not is_dataclass(method):
        return {}
    return {part.name: _plain(getattr(method, part.name)) for part in fields(method)}


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor | np.ndarray):
        return {"tensor": list(value.shape)}
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
