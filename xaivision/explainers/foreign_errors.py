"""Errors out of another package: its own become refusals of this library, what the model raises stays as it is."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import dropwhile
from traceback import walk_tb

from xaivision.core.batching import is_out_of_memory
from xaivision.core.errors import CapabilityError, XaivisionError

HOUSE = os.path.dirname(os.path.dirname(__file__))


@contextmanager
def refusals(what: str, own: Callable[[BaseException], bool]) -> Iterator[None]:
    """Inside, errors that are the package's `own` are refusals by `what`, the name of what was asked of it.

    Raises: CapabilityError.
    """
    try:
        yield
    except XaivisionError:
        raise
    except Exception as error:  # packages assert, and raise errors of many types
        if is_out_of_memory(error) or not own(error):
            raise
        said = (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
        raise CapabilityError(f"{what} does not take this model or these settings: {said}.") from error


def comes_from(folder: str, error: BaseException) -> bool:
    """Whether the way to the error led into the package of this folder, and not back to this library, which asks the model."""
    inside = list(dropwhile(lambda file: not _within(folder, file), _files(error)))
    return bool(inside) and not any(_within(HOUSE, file) for file in inside)


def ends_in(folder: str, error: BaseException) -> bool:
    """Whether the package of this folder raised the error itself: for one that runs the model's own layers."""
    return _within(folder, _files(error)[-1])


def _files(error: BaseException) -> list[str]:
    """Of the code on the way to the error, its place the last."""
    return [frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)]


def _within(folder: str, file: str) -> bool:
    return file.startswith(folder + os.sep)
