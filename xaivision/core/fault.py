"""Whose fault an unforeseen error is, by the calls that led to it: the model's, this library's, or the memory's."""

import traceback
from itertools import pairwise
from pathlib import Path

from xaivision.core.batching import is_out_of_memory
from xaivision.core.errors import XaivisionError

PACKAGE = Path(__file__).resolve().parents[1]
# Where the library asks what it was handed over. What is called from there, and is no part of the library, is the model.
DOORS = ("*classifier.py", "*_session.py")
# Every call of a torch module goes through this file, whoever asks.
MODULES = ("torch", "nn", "modules", "module.py")


def fault(error: Exception) -> str:
    """What went wrong, in one sentence without its beginning; errors of this library are sentences already."""
    if isinstance(error, XaivisionError):
        return str(error)
    said = f"{type(error).__name__}: {error}"
    if is_out_of_memory(error):
        return f"the memory ran out: {said}"
    if raised_by_model(error):
        return f"the model raised {said}"
    return f"a fault of xaivision{_place(error)}, and none of the model: {said}"


def raised_by_model(error: Exception) -> bool:
    """Whether it came out of a call of the model, rather than out of what the library does before and after it."""
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    if files and _is_ours(files[-1]) and not files[-1].is_relative_to(PACKAGE / "models"):
        return False  # a hook of ours, say, that runs within the model's pass
    if any(file.parts[-len(MODULES) :] == MODULES for file in files):
        return True
    return any(_is_door(door) and not _is_ours(called) for door, called in pairwise(files))


def _is_door(file: Path) -> bool:
    return file.parent == PACKAGE / "core" and any(map(file.match, DOORS))


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(PACKAGE)


def _place(error: Exception) -> str:
    """` (curves.py, line 31)`: the last place of the library on the way to the error; empty where there is none."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(Path(frame.filename))]
    return f" ({Path(ours[-1].filename).name}, line {ours[-1].lineno})" if ours else ""
