"""The seam through which a result on floor 0 reaches `report/` on floor 5 without knowing it.

The top of the package installs the presenter; a result only asks for it.
"""

from pathlib import Path
from typing import Any, Protocol

from xaivision.core.errors import XaivisionError


class Presenter(Protocol):
    """Draws results and writes them to files."""

    def show(self, result: Any) -> Any: ...

    def save(self, result: Any, path: str | Path) -> Path: ...

    def html(self, result: Any) -> str: ...


_installed: list[Presenter] = []


def install(presenter: Presenter) -> None:
    """Use this presenter from now on."""
    _installed[:] = [presenter]


def presenter() -> Presenter:
    if not _installed:
        raise XaivisionError("No presenter is installed. Import `xaivision` before showing or saving a result.")
    return _installed[0]


class Presentable:
    """A result that can be shown, saved and rendered in a notebook."""

    def show(self) -> Any:
        """A matplotlib figure of this result."""
        return presenter().show(self)

    def save(self, path: str | Path) -> Path:
        """Write this result to one safetensors file (no pickle) and return its path."""
        return presenter().save(self, path)

    def _repr_html_(self) -> str:
        return presenter().html(self)
