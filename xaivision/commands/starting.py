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
    _start()
    from xaivision.asking import asked

    return asked(model, inputs, rows, label)


def asked_about_many(model: str, inputs: Sequence[str], most: int, label: str | None) -> "Asked":
    """The model, and so many at most of the inputs that are named and that it has not learned from.

    Raises: as `asking.asked_of_many`.
    """
    _start()
    from xaivision.asking import asked_of_many

    return asked_of_many(model, inputs, most, label)


def _start() -> None:
    from xaivision.terminal import doing

    doing("starting", lambda: import_module("xaivision.asking"))  # torch takes seconds to import
