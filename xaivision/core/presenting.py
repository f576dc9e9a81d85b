"""The seam through which a result on floor 0 reaches `report/` on floor 5 without knowing it.

The top of the package installs the presenter; a result only asks for it.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xaivision.core.errors import XaivisionError

if TYPE_CHECKING:
    from torch import Tensor  # the top of the package imports this module, and must not pay for torch

# More names would not fit on the one line that a result says of itself.
MOST_NAMED, LONGEST_NAME = 4, 40


class Presenter(Protocol):
    """Draws results and writes them to files."""

    def show(self, result: Any, index: int | None = None) -> Any: ...

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
    """A result that can be shown, saved and rendered in a notebook, and that names itself on one line."""

    def show(self, index: int | None = None) -> Any:
        """A matplotlib figure of this result: of the input at `index`, the first one where None.

        Raises: InputError, where there is no such input, or one figure holds all inputs and an index is given (`Scores`).
        """
        return presenter().show(self, index)

    def save(self, path: str | Path) -> Path:
        """Write this result to one safetensors file (no pickle) and return its path."""
        return presenter().save(self, path)

    def _repr_html_(self) -> str:
        return presenter().html(self)

    def __repr__(self) -> str:
        """One line: a prompt, a log and a failed test show it, where the tensors would fill pages."""
        return in_short(self, *self._in_short())

    def _in_short(self) -> tuple[str, ...]:
        """What the one line says."""
        return ()


def in_short(what: object, *said: str) -> str:
    """`Name(this, that)` on one line, empty parts left out."""
    return f"{type(what).__name__}({' '.join(', '.join(filter(None, said)).split())})"


def shape_of(tensor: "Tensor") -> str:
    """`(4, 3, 224, 224)`."""
    return str(tuple(tensor.shape))


def few(names: Iterable[str]) -> str:
    """`[cat, dog, owl, fox, ...]`: the first names, each on one line and not too long for it."""
    first = list(islice(names, MOST_NAMED + 1))
    shown = [" ".join(name.split())[:LONGEST_NAME] for name in first[:MOST_NAMED]]
    return f"[{', '.join(shown + ['...'] * (len(first) > MOST_NAMED))}]"
