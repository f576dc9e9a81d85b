"""The start of a command that asks a model: what was named on the command line is loaded, and the terminal says so."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaivision.asking import Asked


def asked_about(model: str, inputs: Sequence[str], rows: Sequence[int], label: str | None) -> "Asked":
    """The model and the inputs that are named.

    Raises: as `asking.asked`.
    """
    from xaivision.terminal import doing

    doing("starting", lambda: import_module("xaivision.asking"))  # torch takes seconds to import
    from xaivision.asking import asked

    return asked(model, inputs, rows, label)
